package cases_test

import (
	"maps"
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

func TestPermitFromStartToDecision(t *testing.T) {
	onEachEngine(t, func(w *world) {
		t := w.t
		citizen, official := w.browse(w.citizen), w.browse(w.official)

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

		// The official: nothing personal in the queue, then take and see.
		page, _, _ = official.get("/staff/cases")
		if text := page.One("main").Text(); !strings.Contains(text, reference) || strings.Contains(text, "Aishath") || strings.Contains(text, "Dhigu") {
			t.Errorf("the queue says: %s", text)
		}
		at := page.One("table tbody a").Attr("href")
		page, _, _ = official.get(at)
		if strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Error("a case that nobody holds shows what was stated")
		}
		action, sent = form(page)
		sent.Set("action", "take")
		page, _, _ = official.post(action, sent)
		if text := page.One("main").Text(); !strings.Contains(text, "Dhigu Magu") || !strings.Contains(text, "Stated by the applicant") {
			t.Errorf("the case says: %s", text)
		}
		colleague, status, _ := w.browse(w.colleague).get(at)
		if status != http.StatusForbidden || strings.Contains(colleague.One("main").Text(), "Dhigu") {
			t.Errorf("a colleague gets %d", status)
		}
		// Slower by a moment: told, not denied.
		late, status, _ := w.browse(w.colleague).post(action, sent)
		if status != http.StatusConflict || !strings.Contains(late.One("main").Text(), "Somebody else took this case") {
			t.Errorf("the slower one gets %d: %s", status, late.One("main").Text())
		}

		action, sent = form(page)
		sent.Set("action", "refuse")
		page, status, _ = official.post(action, sent)
		if status != http.StatusUnprocessableEntity || !page.Has("#remarks-error") {
			t.Errorf("refused without a reason: %d", status)
		}
		sent.Set("remarks", strings.Repeat("long ", 500))
		page, status, _ = official.post(action, sent)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page.One("#remarks").Text(), "long long") {
			t.Errorf("oversized remarks: %d, and what was typed is kept: %v", status, page.Has("#remarks"))
		}
		for name, twice := range map[string][]string{"action": {"approve", "refuse"}, "remarks": {"Closed.", "Open."}, "_state": {"in-review", "in-review"}} {
			both := maps.Clone(sent)
			both.Set("remarks", "Closed.")
			both[name] = twice
			if _, status, _ = official.post(action, both); status != http.StatusUnprocessableEntity {
				t.Errorf("two values of %s decide: %d", name, status)
			}
		}
		sent.Set("remarks", "The road is closed for a procession on that day.")
		if page, _, _ = official.post(action, sent); strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Error("a decided case still shows what was stated")
		}
		sent.Set("action", "approve")
		if _, status, _ = official.post(action, sent); status != http.StatusConflict {
			t.Errorf("a decided case is decided again: %d", status)
		}
		if page, _, _ = official.get("/staff/cases?from=900"); strings.Contains(page.One("main").Text(), "900") {
			t.Errorf("beyond the end of the queue: %s", page.One("main").Text())
		}
		for _, show := range []string{"mine", "closed", "refused", "nonsense"} {
			if _, status, _ := official.get("/staff/cases?show=" + show); status != http.StatusOK {
				t.Errorf("the queue by %s: %d", show, status)
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
	citizen, official := w.browse(w.citizen), w.browse(w.official)
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
	for _, path := range []string{"/en/cabinet/applications/x", "/en/cabinet/applications/" + row.ID + "/sent/x", "/staff/cases/x"} {
		if _, status, _ := citizen.get(path); status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, sent := range []url.Values{{}, {"action": {"take"}}, {"action": {"take"}, "_state": {"draft"}}, {"action": {"approve"}, "_state": {"in-review"}}} {
		if _, status, _ := official.post("/staff/cases/"+row.ID, sent); status < 400 || status > 499 {
			t.Errorf("%v: %d", sent, status)
		}
	}
	stranger := w.Staff("clerk", "permit-officer")
	w.Sessions[stranger.ID].Roles = []string{"administrator"}
	page, status, _ := w.browse(stranger).get("/staff/cases")
	if status != http.StatusOK || !strings.Contains(page.One("main").Text(), "None of your roles") {
		t.Errorf("somebody who decides on nothing: %d", status)
	}
	if _, status, _ := w.browse(stranger).get("/staff/cases/" + row.ID); status != http.StatusForbidden {
		t.Errorf("somebody who decides on nothing opens a case: %d", status)
	}
}

// newWorldOn is a world on SQLite, for what does not depend on the engine.
func newWorldOn(t *testing.T) *world {
	t.Helper()
	return newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
}
