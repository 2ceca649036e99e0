package desk_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"portico/internal/cases/casestest"
	"portico/internal/cases/letter"
	"portico/internal/desk"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/testkit"
)

// world is casestest's, with the desk in front of it.
type world struct {
	*casestest.World
	desk   *desk.Desk
	staff  *officials
	router *web.Router
}

func newWorld(w *casestest.World) *world {
	out := &world{World: w, staff: &officials{w: w}}
	out.desk = desk.New(desk.Config{DB: w.Store.DB, Cases: w.Cases, Letters: &letter.Site{Cases: w.Cases, Langs: []string{"en", "dv"}}, Officials: out.staff, Clock: w.Store.Clock})
	out.router = w.Router(out.desk.Mount, desk.Locales())
	return out
}

// officials are those who are signed in, in place of package staff. Their
// references are their names, and only some instances let names be opened.
type officials struct {
	w     *casestest.World
	names bool
}

func (o *officials) Colleagues(_ context.Context, roles []string, also ...string) (list []staff.Colleague, err error) {
	for _, id := range slices.Sorted(maps.Keys(o.w.Sessions)) {
		s := o.w.Sessions[id]
		if s.Realm == web.RealmStaff && (slices.Contains(also, id) || slices.ContainsFunc(s.Roles, func(r string) bool { return slices.Contains(roles, r) })) {
			list = append(list, staff.Colleague{Subject: id, Reference: "ST-" + s.Name, Roles: s.Roles, Working: !o.w.Away[id]})
		}
	}
	return list, nil
}

func (o *officials) Names(_ context.Context, _ policy.Actor, subjects []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range subjects {
		if o.names {
			names[id] = "Name of " + o.w.Sessions[id].Name
		}
	}
	return names, nil
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	casestest.OnEachEngine(t, func(w *casestest.World) { run(w.T, newWorld(w)) }, desk.Migrations())
}

// onSQLite is a world for what does not depend on the engine.
func onSQLite(t *testing.T) *world {
	t.Helper()
	return newWorld(casestest.New(t, testkit.Database(t, db.SQLite, casestest.Migrations(desk.Migrations())...)))
}

// nodes are what a page has.
type nodes = testkit.Nodes

// index lets somebody be found by an identifier, as registering does.
func (w *world) index(t *testing.T, subject, field, value string) {
	t.Helper()
	if err := w.Store.DB.Update(t.Context(), func(tx *db.Tx) error { return w.Store.Index(tx, field, subject, value) }); err != nil {
		t.Fatal(err)
	}
}

// events counts the events about everybody.
func (w *world) events(t *testing.T) (n int) {
	t.Helper()
	if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM audit_event`).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// form is the form of the page by which a case is acted on.
func form(page testkit.Nodes) (string, url.Values) {
	f := page.One(`main form[method=post][action^="/staff/cases/"]`)
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
		for _, look := range []string{"show=mine", "show=closed", "holder=me&state=in-review", "due=overdue&service=road-permit", "closed=yes", "after=nonsense", "state=%ff", "holder=x&due=y&closed=z"} {
			if _, status, _ := official.Get("/staff/cases?" + look); status != http.StatusOK {
				t.Errorf("the queue by %s: %d", look, status)
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
