package demo

import (
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Mount declares the page that shows what was caught.
func (k *Catcher) Mount(r *web.Router) {
	r.Handle(web.Route{
		Method: http.MethodGet, Path: "/demo/mail", Unprefixed: true, Audience: web.Public,
		Activity: "none: shows what a demo's people, who do not exist, were sent",
		Handler:  k.show,
	})
}

// card is a message as the page shows it.
type card struct {
	Title string
	Rows  []ui.Row
}

func (k *Catcher) show(q *web.Req) error {
	var cards []card
	for _, m := range k.Messages() {
		cards = append(cards, shown(q.P, m, q.R.Host))
	}
	q.W.Header().Set("Cache-Control", "no-store")
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("demo.mail.title"), Body: page(cards), Private: true})
}

func shown(p *i18n.Printer, m Message, host string) card {
	title := m.Subject
	if title == "" {
		title = p.T("demo.mail.sms")
	}
	text := ui.Row{Key: p.T("demo.mail.text"), Value: strings.TrimSpace(m.Text)}
	if path := link(m.Text, host); path != "" {
		text.Href, text.Action = path, p.T("demo.mail.follow")
	}
	rows := []ui.Row{
		{Key: p.T("demo.mail.to"), Value: m.To, LTR: true},
		{Key: p.T("demo.mail.at"), Value: p.DateTime(m.At)},
		text,
	}
	if path := link(m.Ends, host); path != "" {
		rows = append(rows, ui.Row{Key: "List-Unsubscribe", Value: path, LTR: true, Href: path, Action: p.T("demo.mail.follow")})
	}
	return card{title, rows}
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// link is where the first address in a text leads, if it is of this portal.
func link(text, host string) string {
	for _, found := range address.FindAllString(text, -1) {
		u, err := url.Parse(found)
		if err == nil && u.Host == host && web.LocalPath(u.RequestURI()) {
			return u.RequestURI()
		}
	}
	return ""
}
