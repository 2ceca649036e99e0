package desk_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/cases/casestest"
	"portico/internal/desk"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

// world is casestest's, with the desk in front of it.
type world struct {
	*casestest.World
	router *web.Router
}

func newWorld(w *casestest.World) *world {
	k := desk.New(desk.Config{Cases: w.Cases, Clock: w.Store.Clock})
	return &world{w, w.Router(k.Mount, desk.Locales())}
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	casestest.OnEachEngine(t, func(w *casestest.World) { run(w.T, newWorld(w)) })
}

// onSQLite is a world for what does not depend on the engine.
func onSQLite(t *testing.T) *world {
	t.Helper()
	return newWorld(casestest.New(t, testkit.Database(t, db.SQLite, casestest.Migrations()...)))
}

// form is the only form of the page that is sent by POST.
func form(page testkit.Nodes) (string, url.Values) {
	f := page.One("main form[method=post]")
	return f.Attr("action"), f.Values()
}

func TestO6_O10_CaseFromTheQueueToTheDecision(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen)
		reference := row.Reference
		official := w.Browse(w.router, w.Official)

		// The official: nothing personal in the queue, then take and see.
		page, _, _ := official.Get("/staff/cases")
		if text := page.One("main").Text(); !strings.Contains(text, reference) || strings.Contains(text, "Aishath") || strings.Contains(text, "Dhigu") {
			t.Errorf("the queue says: %s", text)
		}
		at := page.One("table tbody a").Attr("href")
		page, _, _ = official.Get(at)
		if strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Error("a case that nobody holds shows what was stated")
		}
		action, sent := form(page)
		sent.Set("action", "take")
		page, _, _ = official.Post(action, sent)
		if text := page.One("main").Text(); !strings.Contains(text, "Dhigu Magu") || !strings.Contains(text, "Stated by the applicant") {
			t.Errorf("the case says: %s", text)
		}
		colleague, status, _ := w.Browse(w.router, w.Colleague).Get(at)
		if status != http.StatusForbidden || strings.Contains(colleague.One("main").Text(), "Dhigu") {
			t.Errorf("a colleague gets %d", status)
		}
		// Slower by a moment: told, not denied.
		late, status, _ := w.Browse(w.router, w.Colleague).Post(action, sent)
		if status != http.StatusConflict || !strings.Contains(late.One("main").Text(), "Somebody else took this case") {
			t.Errorf("the slower one gets %d: %s", status, late.One("main").Text())
		}

		action, sent = form(page)
		sent.Set("action", "refuse")
		page, status, _ = official.Post(action, sent)
		if status != http.StatusUnprocessableEntity || !page.Has("#remarks-error") {
			t.Errorf("refused without a reason: %d", status)
		}
		sent.Set("remarks", strings.Repeat("long ", 500))
		page, status, _ = official.Post(action, sent)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page.One("#remarks").Text(), "long long") {
			t.Errorf("oversized remarks: %d, and what was typed is kept: %v", status, page.Has("#remarks"))
		}
		for name, twice := range map[string][]string{"action": {"approve", "refuse"}, "remarks": {"Closed.", "Open."}, "_state": {"in-review", "in-review"}} {
			both := maps.Clone(sent)
			both.Set("remarks", "Closed.")
			both[name] = twice
			if _, status, _ = official.Post(action, both); status != http.StatusUnprocessableEntity {
				t.Errorf("two values of %s decide: %d", name, status)
			}
		}
		sent.Set("remarks", "The road is closed for a procession on that day.")
		if page, _, _ = official.Post(action, sent); strings.Contains(page.One("main").Text(), "Dhigu") {
			t.Error("a decided case still shows what was stated")
		}
		sent.Set("action", "approve")
		if _, status, _ = official.Post(action, sent); status != http.StatusConflict {
			t.Errorf("a decided case is decided again: %d", status)
		}
		if page, _, _ = official.Get("/staff/cases?from=900"); strings.Contains(page.One("main").Text(), "900") {
			t.Errorf("beyond the end of the queue: %s", page.One("main").Text())
		}
		for _, show := range []string{"mine", "closed", "refused", "nonsense"} {
			if _, status, _ := official.Get("/staff/cases?show=" + show); status != http.StatusOK {
				t.Errorf("the queue by %s: %d", show, status)
			}
		}
	})
}

func TestBadInputNeverFails(t *testing.T) {
	w := onSQLite(t)
	row := w.Applied(w.Citizen)
	official := w.Browse(w.router, w.Official)
	for _, path := range []string{"/staff/cases/x", "/staff/cases/" + strings.Repeat("x", 1000)} {
		if _, status, _ := official.Get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, sent := range []url.Values{{}, {"action": {"take"}}, {"action": {"take"}, "_state": {"draft"}}, {"action": {"approve"}, "_state": {"in-review"}}} {
		if _, status, _ := official.Post("/staff/cases/"+row.ID, sent); status < 400 || status > 499 {
			t.Errorf("%v: %d", sent, status)
		}
	}
	stranger := w.Staff("clerk", "permit-officer")
	w.Sessions[stranger.ID].Roles = []string{"administrator"}
	page, status, _ := w.Browse(w.router, stranger).Get("/staff/cases")
	if status != http.StatusOK || !strings.Contains(page.One("main").Text(), "None of your roles") {
		t.Errorf("somebody who decides on nothing: %d", status)
	}
	if _, status, _ := w.Browse(w.router, stranger).Get("/staff/cases/" + row.ID); status != http.StatusForbidden {
		t.Errorf("somebody who decides on nothing opens a case: %d", status)
	}
}
