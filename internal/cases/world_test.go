package cases_test

import (
	"io/fs"
	"net/url"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/amend"
	"portico/internal/cases/casestest"
	"portico/internal/cases/letter"
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
		citizen: w.Citizen, official: w.Official, colleague: w.Colleague, router: w.Router(func(r *web.Router) {
			w.Mount(r)
			(&amend.Site{Cases: w.Cases}).Mount(r)
			(&letter.Site{Cases: w.Cases, Langs: []string{"en", "dv"}}).Mount(r)
		}),
	}
}

func (w *world) person(name string) policy.Actor { return w.Person(name) }

func (w *world) denials(subject string) []string { return w.Denials(subject) }

func (w *world) taken(row *cases.Case, who policy.Actor) { w.Taken(row, who) }

// browser is somebody's browser.
type browser struct {
	*casestest.Browser
	of *world
}

func (b *browser) w() *world { return b.of }

func (w *world) browse(who policy.Actor) *browser { return &browser{w.Browse(w.router, who), w} }

func (b *browser) get(path string) (testkit.Nodes, int, string) { return b.Get(path) }

func (b *browser) post(path string, form url.Values) (testkit.Nodes, int, string) {
	return b.Post(path, form)
}

func worldAnswers() forms.Answers { return casestest.Answers() }

func decided(a *cases.Application) bool { _, ok := a.Decision(); return ok }
