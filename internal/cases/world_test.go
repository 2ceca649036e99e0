package cases_test

import (
	"io/fs"
	"net/url"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// world is casestest's, with what only the tests of this package do.
type world struct {
	*casestest.World
	t         *testing.T
	store     *vaulttest.Store
	catalogue *servicestest.Catalogue
	service   *services.Definition
	citizen   policy.Actor
	official  policy.Actor
	colleague policy.Actor
	router    *web.Router
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(newWorld(t, d)) }, migrations()...)
}

func migrations() []fs.FS { return casestest.Migrations() }

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := casestest.New(t, d)
	return &world{
		World: w, t: t, store: w.Store, catalogue: w.Catalogue, service: w.Service,
		citizen: w.Citizen, official: w.Official, colleague: w.Colleague, router: w.Router(w.Mount),
	}
}

func (w *world) person(name string) policy.Actor { return w.Person(name) }

func (w *world) denials(subject string) []string { return w.Denials(subject) }

func (w *world) taken(row *cases.Case, who policy.Actor) { w.Taken(row, who) }

// browser is somebody's browser.
type browser struct{ *casestest.Browser }

func (w *world) browse(who policy.Actor) *browser { return &browser{w.Browse(w.router, who)} }

func (b *browser) get(path string) (testkit.Nodes, int, string) { return b.Get(path) }

func (b *browser) post(path string, form url.Values) (testkit.Nodes, int, string) {
	return b.Post(path, form)
}

// answers are what the citizen types about the work.
func answers() url.Values {
	return url.Values{
		"name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"},
		"road": {"Dhigu Magu"}, "section": {"From the school to the harbour"}, "kind": {"construction"},
		"start-day": {"30"}, "start-month": {"11"}, "start-year": {"2026"}, "start-time": {"09:00"}, "hours": {"9"}, "boards": {"3"},
		"_ordinal": {"0"},
	}
}

// saved makes a draft.
func (w *world) saved(who policy.Actor, ordinal int64) *cases.Draft {
	w.t.Helper()
	draft, err := w.Save(w.t.Context(), who, "road-permit", ordinal, answers(), "_ordinal")
	if err != nil {
		w.t.Fatalf("save a draft: %v", err)
	}
	if len(draft.Outcome.Errors) > 0 {
		w.t.Fatalf("the draft is wrong: %v", draft.Outcome.Errors)
	}
	return draft
}

// applied submits an application.
func (w *world) applied(who policy.Actor, ordinal int64) *cases.Case {
	w.t.Helper()
	draft := w.saved(who, ordinal)
	row, err := w.Send(w.t.Context(), who, "road-permit", ordinal, draft.Case.Revision)
	if err != nil {
		w.t.Fatalf("submit: %v", err)
	}
	return row
}

func worldAnswers() forms.Answers { return casestest.Answers() }
