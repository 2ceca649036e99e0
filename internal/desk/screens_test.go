package desk_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit/chromium"
)

// site is a world in a real browser.
type site struct {
	*world
	t   *testing.T
	url string
	tab *chromium.Tab
}

func (w *world) site(t *testing.T) *site {
	t.Helper()
	server := httptest.NewServer(w.router)
	t.Cleanup(server.Close)
	return &site{world: w, t: t, url: server.URL}
}

// signIn opens the tab for an official.
func (s *site) signIn(who policy.Actor, lang string) {
	s.t.Helper()
	s.tab.Open(s.url + "/staff/cases?lang=" + lang)
	s.tab.Cookie(s.url, web.StaffCookie, who.ID)
}

// shot judges the page that is open. With PORTICO_PICTURES set to a folder, it
// leaves its picture there.
func (s *site) shot(name string) {
	s.t.Helper()
	s.tab.Judge()
	if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
		s.tab.Picture(filepath.Join(folder, name+"-"+s.tab.Look.String()+".png"))
	}
}

// TestScreensHoldInARealBrowser looks at every page of officials in both
// languages: wide and light in the one, narrow and dark in the other. The tour
// of all routes in package app looks at the rest.
func TestScreensHoldInARealBrowser(t *testing.T) {
	w := onSQLite(t)
	refused, open, held := w.Applied(w.Citizen), w.Applied(w.Citizen), w.Applied(w.Citizen)
	w.Taken(refused, w.Official)
	w.Taken(held, w.Official)
	if _, err := w.Act(t.Context(), w.Official, refused.ID, "in-review", "refuse", "The road is closed for a procession on that day.\nChoose another day."); err != nil {
		t.Fatal(err)
	}
	lead := w.supervisor()
	s := w.site(t)
	browser := chromium.Start(t)
	for i, lang := range []string{"en", "dv"} {
		s.tab = browser.Tab(t, chromium.Look{Width: 1280})
		s.signIn(w.Official, lang)
		pages := []struct{ name, path string }{
			{"queue", "/staff/cases"}, {"closed", "/staff/cases?closed=yes"}, {"open", "/staff/cases/" + open.ID},
			{"held", "/staff/cases/" + held.ID}, {"refused", "/staff/cases/" + refused.ID},
			{"hand-over", "/staff/cases/hand-over?case=" + held.ID}, {"nothing-to-hand-over", "/staff/cases/hand-over"},
			{"remarks", "/staff/remarks"}, {"keys", "/staff/keys"}, {"narrowed", "/staff/cases?service=road-permit&holder=me"},
		}
		look := func(name, path string) {
			s.tab.Open(s.url + path)
			s.tab.See([]int64{1280, 360}[i], i == 1)
			s.shot(lang + "-" + name)
		}
		for _, page := range pages {
			look(page.name, page.path)
		}
		s.signIn(lead, lang)
		look("load", "/staff/load")
		look("load-of-one", "/staff/load/ST-official")
		look("denied", "/staff/cases/"+w.Applied(w.Citizen).ID[:8])
	}
}
