package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// markup collects what is wrong with a page that a browser would forgive.
type markup struct {
	ids     map[string]int
	wanted  map[string]string // id → who points there
	labels  map[string]bool
	inputs  map[string]bool
	h1      int
	mains   int
	title   string
	primary int
	faults  []string
}

func inspect(t *testing.T, page string) *markup {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	m := &markup{ids: map[string]int{}, wanted: map[string]string{}, labels: map[string]bool{}, inputs: map[string]bool{}}
	m.walk(doc)
	for id, n := range m.ids {
		if n > 1 {
			m.faults = append(m.faults, "the id "+id+" stands twice")
		}
	}
	for id, who := range m.wanted {
		if m.ids[id] == 0 {
			m.faults = append(m.faults, who+" points to "+id+", which is not there")
		}
	}
	for id := range m.inputs {
		if !m.labels[id] {
			m.faults = append(m.faults, "the input "+id+" has no label")
		}
	}
	if m.h1 != 1 || m.mains != 1 {
		m.faults = append(m.faults, "not exactly one h1 and one main")
	}
	return m
}

func (m *markup) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		m.element(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		m.walk(c)
	}
}

func (m *markup) element(n *html.Node) {
	a := map[string]string{}
	for _, at := range n.Attr {
		a[at.Key] = at.Val
		if at.Key == "style" || strings.HasPrefix(at.Key, "on") {
			m.faults = append(m.faults, n.Data+" has the attribute "+at.Key)
		}
	}
	if a["id"] != "" {
		m.ids[a["id"]]++
	}
	for _, k := range []string{"aria-describedby", "aria-labelledby"} {
		for _, id := range strings.Fields(a[k]) {
			m.wanted[id] = n.Data + " " + k
		}
	}
	switch n.Data {
	case "h1":
		m.h1++
	case "main":
		m.mains++
	case "title":
		m.title = n.FirstChild.Data
	case "style":
		m.faults = append(m.faults, "an inline style")
	case "script":
		if n.FirstChild != nil {
			m.faults = append(m.faults, "an inline script")
		}
	case "label":
		m.labels[a["for"]] = true
		m.wanted[a["for"]] = "label"
	case "input", "select", "textarea":
		m.inputs[a["id"]] = true
		if a["type"] == "password" && a["value"] != "" {
			m.faults = append(m.faults, "a password is sent back")
		}
	case "a":
		if id, ok := strings.CutPrefix(a["href"], "#"); ok && id != "" {
			m.wanted[id] = "link"
		}
	case "button":
		if !strings.Contains(a["class"], "secondary") && strings.Contains(a["class"], "button") {
			m.primary++
		}
	}
}

func TestTheMarkupOfEveryComponentHoldsTogether(t *testing.T) {
	r := newRouter(t, nil)
	mountGallery(r)
	for path, page := range galleryPages(r.cfg.Catalogue.Printer("en", nil)) {
		for _, lang := range r.cfg.Langs {
			m := inspect(t, fetch(t, r, get("/"+lang+path)).Body.String())
			for _, f := range m.faults {
				t.Errorf("%s %s: %s", lang, path, f)
			}
			if m.primary > 1 {
				t.Errorf("%s %s: %d primary buttons", lang, path, m.primary)
			}
			if want := " – " + portalName[lang]; !strings.HasSuffix(m.title, want) {
				t.Errorf("%s %s: title %q", lang, path, m.title)
			}
			if lang == "en" && page.Invalid != strings.HasPrefix(m.title, "Error: ") {
				t.Errorf("%s: title %q", path, m.title)
			}
			if page.Service != "" && strings.Count(m.title, " – ") != 2 {
				t.Errorf("%s: title %q does not name the service", path, m.title)
			}
		}
	}
}

func TestWhatPeopleTypeIsShownAsText(t *testing.T) {
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/echo", Activity: "public", Handler: func(q *Req) error {
		return q.Page(200, Page{Title: q.Value("v"), Back: q.Value("v"), Body: faultPage(q.Value("v"), q.Value("v"), q.Value("v"), Link{Href: q.Value("v"), Text: q.Value("v")})})
	}})
	for _, v := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`} {
		req := get("/en/echo")
		q := req.URL.Query()
		q.Set("v", v)
		req.URL.RawQuery = q.Encode()
		body := fetch(t, r, req).Body.String()
		for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript:`} {
			if strings.Contains(body, bad) {
				t.Errorf("%q became markup: %s", v, bad)
			}
		}
	}
}
