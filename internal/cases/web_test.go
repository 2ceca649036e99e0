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

// form is the only form of the page that is sent by POST.
func form(page testkit.Nodes) (string, url.Values) {
	f := page.One("main form[method=post]")
	return f.Attr("action"), f.Values()
}

func TestPermitFromStartToDecisionAsThePersonSeesIt(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		citizen := w.browse(w.citizen)

		// Before starting: who will get which data and for how long.
		page, status, _ := citizen.get("/en/services/road-permit")
		row := page.One("#your-data ~ table tbody tr").Text()
		for _, want := range []string{"Fuvahmulah City Council", "National identity card number", "5 years, from the decision"} {
			if status != http.StatusOK || !strings.Contains(row, want) {
				t.Errorf("the start page (%d) does not say %q: %s", status, want, row)
			}
		}
		page, _, _ = citizen.get(page.One("a.button.primary").Attr("href"))

		// The profile fills in, and says so.
		if got := page.One("#name").Attr("value"); got != "Aishath Mohamed" {
			t.Errorf("the name is filled in as %q", got)
		}
		if hint := page.One("#name-hint").Text(); !strings.Contains(hint, "your profile") {
			t.Errorf("its source is told as %q", hint)
		}
		for field := range page.Find("main .field").All() {
			if text := field.Text(); !strings.Contains(text, "How long it is kept") && !strings.Contains(text, "time") {
				t.Errorf("a question does not say why it is asked: %s", text)
			}
		}

		// Wrong answers stay, beside what is wrong with them.
		action, sent := form(page)
		for key, v := range answers() {
			sent[key] = v
		}
		sent.Set("hours", "0")
		page, status, _ = citizen.post(action, sent)
		if status != http.StatusUnprocessableEntity || page.One("#hours-error").Text() != "Error: “Duration” must be 1 or more." {
			t.Errorf("%d: %s", status, page.Find("#hours-error").Text())
		}
		if page.One("#road").Attr("value") != "Dhigu Magu" || !strings.HasPrefix(page.One("title").Text(), "Error: ") {
			t.Error("what else was typed is lost, or the title does not say Error")
		}
		page.One(`.summary a[href="#hours"]`)

		// Check answers, then declare and send.
		action, sent = form(page)
		sent.Set("hours", "9")
		page, _, path := citizen.post(action, sent)
		if path != "/en/services/road-permit/apply/check" || !strings.Contains(page.One("main").Text(), "1,040") {
			t.Fatalf("at %s: %s", path, page.One("main").Text())
		}
		if href := page.Find(".fact-action a").Attr("href"); href != "/en/services/road-permit/apply#name" {
			t.Errorf("change leads to %s", href)
		}
		action, sent = form(page)
		page, status, _ = citizen.post(action, sent)
		if status != http.StatusUnprocessableEntity || !page.Has("#_declared-error") {
			t.Errorf("sent without the declaration: %d", status)
		}
		sent.Set("_declared", "yes")
		page, _, first := citizen.post(action, sent)
		reference := page.One(".panel .reference").Text()
		if again, _, path := citizen.post(action, sent); path != first || again.One(".panel .reference").Text() != reference {
			t.Errorf("sent again it leads to %s", path)
		}
		if bookmark, _, _ := citizen.get(first); bookmark.One(".panel .reference").Text() != reference {
			t.Error("the confirmation does not survive a bookmark")
		}
		// The stale question page of another tab leads to what was sent.
		if _, _, path := citizen.post("/en/services/road-permit/apply", answers()); path != first {
			t.Errorf("a stale form leads to %s", path)
		}

		at, _ := strings.CutPrefix(first, "/en/cabinet/applications/")
		at = strings.TrimSuffix(at, "/sent")
		for _, step := range [][3]string{{"submitted", "take", ""}, {"in-review", "refuse", "The road is closed for a procession on that day."}} {
			if _, err := w.Act(t.Context(), w.official, at, step[0], step[1], step[2]); err != nil {
				t.Fatal(err)
			}
		}

		// The citizen sees it: the reason, how to appeal, and who looked.
		page, _, _ = citizen.get("/en/cabinet/applications")
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
	w.applied(w.citizen, 0)
	w.saved(w.citizen, 1)
	b := w.browse(w.citizen)
	for _, path := range []string{
		"/dv/", "/dv/services", "/dv/services?q=xyz", "/dv/services/road-permit", "/dv/services/road-permit/apply",
		"/dv/services/road-permit/apply/check", "/dv/cabinet/applications",
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
	row := w.applied(w.citizen, 0)
	citizen := w.browse(w.citizen)
	apply := "/en/services/road-permit/apply"
	for name, change := range map[string]url.Values{
		"broken UTF-8":         {"road": {"\xff\xfe"}},
		"direction override":   {"road": {"Dhigu \u202eugaM"}},
		"control character":    {"road": {"Dhigu\x00Magu"}},
		"twice":                {"road": {"a road", "another"}},
		"unknown":              {"admin": {"1"}},
		"a forged number":      {"_ordinal": {"77"}},
		"no number":            {"_ordinal": {"x"}},
		"a choice of nothing":  {"kind": {"../../etc"}},
		"a date of nothing":    {"start-month": {"13"}},
		"hours beyond numbers": {"hours": {"99999999999999999999"}},
	} {
		sent := answers()
		sent.Set("_ordinal", "1")
		for key, v := range change {
			sent[key] = v
		}
		page, status, _ := citizen.post(apply, sent)
		if name == "no number" {
			continue // read as the first application, which was sent: it leads there
		}
		if status < 400 || status > 499 {
			t.Errorf("%s: %d", name, status)
		}
		if !page.Has("#section") || page.One("#section").Attr("value") != answers().Get("section") {
			t.Errorf("%s: what else was typed is lost", name)
		}
	}
	for _, path := range []string{"/en/cabinet/applications/x", "/en/cabinet/applications/" + row.ID + "/sent/x"} {
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
