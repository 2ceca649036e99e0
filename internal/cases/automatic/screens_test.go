package automatic_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// TestScreensHoldInARealBrowser looks at decisions of the program in both
// languages, narrow and wide. With PORTICO_PICTURES set to a folder, it leaves
// their pictures there.
func TestScreensHoldInARealBrowser(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
	granted, declined, contested := w.sent(t), w.sent(t, "doors", "23:30"), w.sent(t, "doors", "23:30")
	if _, err := w.Do(t.Context(), w.Citizen, contested.ID, "declined", "contest", "It is New Year's Eve."); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	browser := chromium.Start(t)
	for _, look := range []chromium.Look{{Width: 360}, {Width: 1280, Dark: true}} {
		tab := browser.Tab(t, look)
		for _, lang := range []string{"en", "dv"} {
			tab.Cookie(site.URL, web.SessionCookie, w.Citizen.ID)
			for name, path := range map[string]string{"granted": granted.ID, "declined": declined.ID, "contested": contested.ID, "letter": declined.ID + "/letter"} {
				tab.Open(site.URL + "/" + lang + "/cabinet/applications/" + path)
				tab.Judge()
				if folder := os.Getenv("PORTICO_PICTURES"); folder != "" {
					tab.Picture(filepath.Join(folder, lang+"-"+name+"-"+look.String()+".png"))
				}
			}
		}
	}
}
