package cases_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/testkit"
)

func TestThePersonSeesTheDecision(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		citizen, at := w.browse(w.citizen), w.Applied(w.citizen).ID
		for _, step := range [][3]string{{"submitted", "take", ""}, {"in-review", "refuse", "The road is closed for a procession on that day."}} {
			if _, err := w.Act(t.Context(), w.official, at, step[0], step[1], step[2]); err != nil {
				t.Fatal(err)
			}
		}

		// The citizen sees it: the reason, how to appeal, and who looked.
		page, _, _ := citizen.get("/en/cabinet/applications")
		if !strings.Contains(page.One("main table").Text(), "Refused") {
			t.Errorf("the list says: %s", page.One("main").Text())
		}
		page, _, _ = citizen.get(page.One("main table a").Attr("href"))
		for _, want := range []string{"procession", "within 30 days", "Refused", "Stated by you", "Computed"} {
			if !strings.Contains(page.One("main").Text(), want) {
				t.Errorf("the application does not say %q", want)
			}
		}
		if !strings.HasPrefix(page.Find(`main a[href*="/cabinet/access"]`).Attr("href"), "/en/cabinet/access?case=") {
			t.Error("no way to who used the data")
		}
	})
}

func TestPagesInDhivehi(t *testing.T) {
	w := newWorldOn(t)
	w.Applied(w.citizen)
	b := w.browse(w.citizen)
	for _, path := range []string{
		"/dv/", "/dv/services", "/dv/services?q=xyz", "/dv/services/road-permit", "/dv/cabinet/applications",
	} {
		page, status, _ := b.get(path)
		if status != http.StatusOK || page.One("html").Attr("dir") != "rtl" || page.Find("h1").Len() != 1 {
			t.Errorf("%s: %d, dir %s, %d h1", path, status, page.One("html").Attr("dir"), page.Find("h1").Len())
		}
		if text := page.One("main").Text(); strings.Contains(text, "services.") || strings.Contains(text, "cases.") || strings.Contains(text, "forms.") {
			t.Errorf("%s shows a key: %s", path, text)
		}
	}
}

func TestSearchFindsByWords(t *testing.T) {
	w := newWorldOn(t)
	b := w.browse(policy.Actor{})
	for words, want := range map[string]int{"road": 1, "ROAD cables": 1, "passport": 0, "": 1, "<script>": 0} {
		page, status, _ := b.get("/en/services?q=" + url.QueryEscape(words))
		if got := page.Find(".items .item").Len(); status != http.StatusOK || got != want {
			t.Errorf("%q finds %d services (%d)", words, got, status)
		}
	}
	if page, _, _ := b.get("/en/services/road-permit"); page.One("main a.button.primary").Text() != "Sign in and start" {
		t.Error("who is not signed in is not told so")
	}
	if _, status, _ := b.get("/en/services/unknown"); status != http.StatusNotFound {
		t.Errorf("an unknown service: %d", status)
	}
}

func TestBadInputNeverFails(t *testing.T) {
	w := newWorldOn(t)
	row, citizen := w.Applied(w.citizen), w.browse(w.citizen)
	for _, path := range []string{"/en/cabinet/applications/x", "/en/cabinet/applications/" + row.ID + "/x"} {
		if _, status, _ := citizen.get(path); status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// newWorldOn is a world on SQLite, for what does not depend on the engine.
func newWorldOn(t *testing.T) *world {
	t.Helper()
	return newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
}
