package cases_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit/chromium"
)

// TestScreensHoldInARealBrowser looks at every page of services and cases in
// both languages, narrow and wide, light and dark. With PORTICO_PICTURES set
// to a folder, it leaves their pictures there.
func TestScreensHoldInARealBrowser(t *testing.T) {
	w := newWorldOn(t)
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	refused, approved, open := w.Applied(w.citizen), w.Applied(w.citizen), w.Applied(w.citizen)
	for row, action := range map[string]string{refused.ID: "refuse", approved.ID: "approve"} {
		for _, step := range [][3]string{{"submitted", "take", ""}, {"in-review", action, "The road is closed for a procession on that day.\nChoose another day."}} {
			if _, err := w.Act(t.Context(), w.official, row, step[0], step[1], step[2]); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.taken(w.Applied(w.citizen), w.official)

	citizen := []string{
		"/", "/services", "/services?q=passport", "/services/road-permit",
		"/cabinet/applications", "/cabinet/applications/" + open.ID,
		"/cabinet/applications/" + approved.ID, "/cabinet/applications/" + refused.ID,
		"/cabinet/applications/" + approved.ID + "/letter", "/cabinet/applications/" + refused.ID + "/letter",
	}
	browser := chromium.Start(t)
	for _, look := range []chromium.Look{{Width: 360}, {Width: 1280, Dark: true}} {
		for _, lang := range []string{"en", "dv"} {
			tab := browser.Tab(t, look)
			shot := func(name string) {
				tab.Judge()
				if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
					tab.Picture(filepath.Join(folder, lang+"-"+name+"-"+look.String()+".png"))
				}
			}
			signIn := func(who policy.Actor, cookie string) {
				tab.Cookie(site.URL, cookie, who.ID)
			}
			signIn(w.citizen, web.SessionCookie)
			for i, path := range citizen {
				tab.Open(site.URL + "/" + lang + path)
				shot("citizen-" + string(rune('a'+i)))
			}
		}
	}
}
