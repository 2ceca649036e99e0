package drafts_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit/chromium"
)

// TestScreensHoldInARealBrowser looks at every page on which an application is
// made, in both languages, narrow and wide, light and dark. With
// PORTICO_PICTURES set to a folder, it leaves their pictures there.
func TestScreensHoldInARealBrowser(t *testing.T) {
	w := worldOn(t, db.SQLite)
	site := httptest.NewServer(w.router)
	t.Cleanup(site.Close)
	row := w.sent()
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
			at := site.URL + "/" + lang
			tab.Cookie(site.URL, web.SessionCookie, w.Citizen.ID)
			ask := at + "/services/road-permit/apply"
			tab.Open(ask)
			shot("first")
			tab.Press("main button.primary")
			shot("wrong")
			tab.Choose("applicant", "person")
			tab.Press(`main button[value="use:identity-number"]`)
			tab.Press("main button.primary")
			if got := tab.Path(); !strings.HasSuffix(got, "/apply/work") {
				t.Fatalf("after the first page: %s", got)
			}
			tab.Type("road", "Dhigu Magu")
			tab.Press(`main button[value="save"]`)
			shot("saved")
			tab.Open(ask + "/check")
			shot("missing")
			work := answers("work")
			w.typed("work", work)
			tab.Open(ask + "/work")
			w.typed("work", with(work, "hours", "12"))
			tab.Type("hours", "5")
			tab.Press("main button.primary")
			shot("differs")
			tab.Open(ask + "/check")
			shot("check")
			tab.Press("main button.primary")
			shot("undeclared")
			tab.Open(at + "/cabinet/applications")
			shot("list")
			tab.Open(at + "/cabinet/applications/" + row.ID + "/sent")
			shot("sent")
			w.newer()
			tab.Open(ask)
			shot("changes")
			w.Catalogue.Set("without", nil...)
			tab.Open(ask)
			shot("withdrawn")
			w.Catalogue.Set("one", w.Service)
			tab.Open(ask + "/delete")
			shot("delete")
			tab.Press("main button.danger")
			if list := w.drafted(); len(list) != 0 {
				t.Fatalf("%d drafts are left", len(list))
			}
		}
	}
}
