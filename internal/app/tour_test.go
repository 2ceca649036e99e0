package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// TestTheDemosTourLeadsWhereItSays follows the tour from the first page: each
// sign-in lets in whom it names, and each link of a step opens for them.
func TestTheDemosTourLeadsWhereItSays(t *testing.T) {
	t.Parallel()
	portal := serveDemo(t)
	for _, lang := range []string{"en", "dv"} {
		at := portal.Browse().Page("/"+lang+"/", http.StatusOK).One(".demo a").Attr("href")
		steps := 0
		for step := range portal.Browse().Page(at, http.StatusOK).Find("main ol > li").All() {
			steps++
			b := portal.Browse()
			links := step.Find("a")
			if links.Len() > 1 {
				who, in := step.Find(".ident").Text(), links.Attr("href")
				name := "contact"
				if strings.HasPrefix(in, "/staff/") {
					name = "email"
				}
				if resp := b.Post(in, url.Values{name: {who}, "password": {demo.Password}}); resp.StatusCode != http.StatusSeeOther {
					t.Errorf("%s cannot sign in at %s: %d", who, in, resp.StatusCode)
				}
			}
			var last testkit.Nodes
			for link := range links.All() {
				last = link
			}
			b.Page(last.Attr("href"), http.StatusOK).One("main h1")
		}
		if steps != 6 {
			t.Errorf("the tour in %s has %d steps", lang, steps)
		}
	}
}
