package news_test

import (
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portico/internal/news"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

// portal is one that has these news.
func portal(t *testing.T, c clock.Clock, items *[]news.Item) *testkit.Browser {
	t.Helper()
	catalogue, err := i18n.Load(web.Locales(), news.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	shown := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	r, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Portal: func() *web.Portal { return shown }, Sessions: nobody{},
		Cookies: func() []web.Cookie { return nil }, Clock: c, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	news.New(news.Config{
		Items: func() []news.Item { return *items }, Name: func() i18n.Text { return shown.Name },
		Address: func() string { return "https://one.gov.mv" }, Clock: c,
	}).Mount(r)
	return testkit.Browse(t, r)
}

func item(id string, date time.Time, title, text string) news.Item {
	return news.Item{ID: id, Date: date, Title: i18n.Text{"en": title, "dv": "ޚަބަރު"}, Text: i18n.Text{"en": text, "dv": "ލިޔުން"}}
}

// feed reads the feed as a reader of feeds does.
func feed(t *testing.T, b *testkit.Browser, lang string) (f struct {
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Lang    string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Content string `xml:"content"`
	} `xml:"entry"`
}) {
	t.Helper()
	resp := b.Get("/" + lang + "/news.atom")
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		t.Fatalf("the feed answers %d, %v", resp.StatusCode, err)
	}
	if err := xml.Unmarshal(body, &f); err != nil {
		t.Fatalf("the feed is no XML: %v\n%s", err, body)
	}
	if f.Lang != lang {
		t.Errorf("the feed is in %q", f.Lang)
	}
	return f
}

func TestO16_NewsAppearOnTheirDayOnThePagesAndInTheFeed(t *testing.T) {
	c := testkit.Clock()
	today := c.Now().Truncate(24 * time.Hour)
	var items []news.Item
	b := portal(t, c, &items)
	if page := b.Page("/en/news", 200); !strings.Contains(page.Text(), "There is no news yet") || len(feed(t, b, "en").Entries) != 0 {
		t.Error("a portal without news does not say so")
	}
	items = []news.Item{
		item("old", today.AddDate(0, 0, -3), "An old one", "It was."),
		item("tomorrow", today.AddDate(0, 0, 1), "One to come", "It will be."),
		item("new", today, "A new one", "First.\n\nSecond."),
	}
	titles := func() (list []string) {
		for a := range b.Page("/en/news", 200).Find("main .item-title").All() {
			list = append(list, a.Text())
		}
		return list
	}
	if got := strings.Join(titles(), ", "); got != "A new one, An old one" {
		t.Errorf("the page lists %s", got)
	}
	b.Page("/en/news/tomorrow", 404)
	if page := b.Page("/en/news/new", 200); page.Find("main p:not(.caption)").Len() != 2 || !strings.Contains(page.One("main .caption").Text(), "2026") {
		t.Errorf("the item reads %s", page.One("main").Text())
	}
	if !strings.Contains(b.Page("/dv/news/new", 200).One("main").Text(), "ލިޔުން") {
		t.Error("the item is not in Dhivehi")
	}
	before := feed(t, b, "en")
	if len(before.Entries) != 2 || before.Entries[0].ID != "https://one.gov.mv/en/news/new" || before.Updated != today.Format(time.RFC3339) {
		t.Errorf("the feed is %+v", before)
	}
	c.Advance(24 * time.Hour)
	if got := strings.Join(titles(), ", "); got != "One to come, A new one, An old one" {
		t.Errorf("a day later the page lists %s", got)
	}
	if after := feed(t, b, "en"); len(after.Entries) != 3 || after.Entries[1] != before.Entries[0] || after.ID != before.ID {
		t.Errorf("a day later the feed is %+v", after)
	}
	if feed(t, b, "dv").Entries[0].Title != "ޚަބަރު" {
		t.Error("the feed is not in Dhivehi")
	}
}

func TestWhatStandsInNewsIsTextInPagesAndFeed(t *testing.T) {
	c := testkit.Clock()
	bad := `<script>alert(1)</script> & "]]>` + "\x01"
	items := []news.Item{item("bad", c.Now(), bad, bad)}
	b := portal(t, c, &items)
	for _, path := range []string{"/en/news", "/en/news/bad"} {
		if page := b.Page(path, 200); page.One("main").Has("script") || !strings.Contains(page.Text(), "<script>alert(1)</script>") {
			t.Errorf("%s reads markup", path)
		}
	}
	if e := feed(t, b, "en").Entries[0]; !strings.HasPrefix(e.Title, `<script>alert(1)</script> & "]]>`) || e.Content != e.Title {
		t.Errorf("the feed says %+v", e)
	}
}
