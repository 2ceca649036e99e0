package news

import (
	"embed"
	"encoding/xml"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Item is one piece of news.
type Item struct {
	ID    string
	Date  time.Time // the first moment of its day, in the portal's zone
	Title i18n.Text
	Text  i18n.Text // an empty line begins a paragraph
	Offer bool      // it offers something: no newsletter tells of it

	Important bool // everybody with an account is told of it, whatever they chose (N8)
}

// Config is what the package needs.
type Config struct {
	Items   func() []Item // all that are declared, in any order
	Name    func() i18n.Text
	Address func() string // of the portal, as links begin
	Clock   clock.Clock
}

// News is the news of a portal. It is safe for concurrent use.
type News struct{ Config }

// New returns it.
func New(c Config) *News { return &News{c} }

// Published are the items whose day has come, the newest first.
func (n *News) Published() (list []Item) {
	now := n.Clock.Now()
	for _, i := range n.Items() {
		if !i.Date.After(now) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b Item) int {
		if c := b.Date.Compare(a.Date); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Find returns a published item.
func (n *News) Find(id string) (Item, bool) {
	i, ok := n.declared(id)
	if !ok || i.Date.After(n.Clock.Now()) {
		return Item{}, false
	}
	return i, true
}

// declared returns an item, also one whose day is to come.
func (n *News) declared(id string) (Item, bool) {
	list := n.Items()
	i := slices.IndexFunc(list, func(i Item) bool { return i.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return list[i], true
}

// paragraphs are the parts of a text.
func paragraphs(text string) (list []string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// The parts of an Atom feed (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Link    atomLink `xml:"link"`
		Content string   `xml:"content"`
	}
)

// feedItems is how many items, the newest, a feed has.
const feedItems = 50

// feed writes the news in a language. The id of an entry is its address.
func (n *News) feed(p *i18n.Printer) ([]byte, error) {
	home, name := n.Address()+"/"+p.Lang+"/news", p.In(n.Name())
	f := atomFeed{
		Lang: p.Lang, ID: home, Title: p.T("news.feed.title", "portal", name), Author: name, Updated: stamp(time.Unix(0, 0)),
		Links: []atomLink{{"self", home + ".atom"}, {"alternate", home}},
	}
	list := n.Published()
	for _, i := range list[:min(len(list), feedItems)] {
		f.Entries = append(f.Entries, atomEntry{
			ID: home + "/" + i.ID, Title: p.In(i.Title), Updated: stamp(i.Date), Link: atomLink{"alternate", home + "/" + i.ID},
			Content: strings.TrimSpace(p.In(i.Text)),
		})
	}
	if len(f.Entries) > 0 {
		f.Updated = f.Entries[0].Updated
	}
	b, err := xml.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the feed of news: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
