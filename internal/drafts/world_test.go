package drafts_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/url"
	"slices"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/cases/letter"
	"portico/internal/drafts"
	"portico/internal/drafts/enter"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
)

// world is a portal on which applications are made.
type world struct {
	*casestest.World
	d         *drafts.Drafts
	router    *web.Router
	place     drafts.Place   // the citizen's application for a road permit
	policy    *policy.Policy // in force
	retention *retention.Service
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	casestest.OnEachEngine(t, func(w *casestest.World) { run(newWorld(w)) }, migrations()...)
}

func migrations() []fs.FS {
	return []fs.FS{drafts.Migrations(), jobs.Migrations(), retention.Migrations()}
}

// worldOn is a world on one engine.
func worldOn(t *testing.T, engine db.Engine) *world {
	t.Helper()
	return newWorld(casestest.New(t, testkit.Database(t, engine, casestest.Migrations(migrations()...)...)))
}

func newWorld(w *casestest.World) *world {
	own := &world{World: w, place: drafts.Place{Actor: w.Citizen, Service: "road-permit"}, policy: w.Policy()}
	queue := jobs.NewQueue(jobs.Config{DB: w.DB, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler)})
	own.retention = retentiontest.New(w.Store, queue, func() *policy.Policy { return own.policy }, cases.Kept(), drafts.Kept())
	own.d = drafts.New(drafts.Config{
		DB: w.DB, Vault: w.Vault, Catalogue: w.Catalogue, Cases: w.Cases, Policy: func() *policy.Policy { return own.policy }, Clock: w.Store.Clock, Disposer: own.retention,
	})
	w.Drafts = own.d
	own.router = w.Router(func(r *web.Router) {
		w.Mount(r)
		(&letter.Site{Cases: w.Cases}).Mount(r)
		own.d.Mount(r)
		enter.New(own.d).Mount(r)
	}, drafts.Locales())
	return own
}

// answers are what the citizen types, by page.
func answers(page string) url.Values {
	all := map[string]url.Values{
		"applicant": {"applicant": {"person"}, "name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"}},
		"work": {
			"road": {"Dhigu Magu"}, "section": {"From the school to the harbour"}, "kind": {"construction"},
			"start-day": {"30"}, "start-month": {"11"}, "start-year": {"2026"}, "start-time": {"09:00"}, "hours": {"9"}, "boards": {"3"},
		},
	}
	return all[page]
}

// with changes what is typed.
func with(form url.Values, name string, values ...string) url.Values {
	out := url.Values{}
	for n, v := range form {
		out[n] = slices.Clone(v)
	}
	out[name] = values
	return out
}

// open returns the application as it stands.
func (w *world) open() *drafts.Work {
	w.T.Helper()
	work, err := w.d.Open(w.T.Context(), w.place)
	if err != nil {
		w.T.Fatalf("open: %v", err)
	}
	return work
}

// typed saves a page as somebody who has it open now.
func (w *world) typed(page string, form url.Values) *drafts.Work {
	w.T.Helper()
	work, err := w.try(page, form)
	if err != nil {
		w.T.Fatalf("save %s: %v", page, err)
	}
	return work
}

func (w *world) try(page string, form url.Values) (*drafts.Work, error) {
	w.T.Helper()
	return w.d.Save(w.T.Context(), w.place, w.now(page, form))
}

// now is a change of a page as it stands now.
func (w *world) now(page string, form url.Values) drafts.Change {
	w.T.Helper()
	work := w.open()
	ch := drafts.Change{Page: page, Seen: work.Seen(page), Before: work.Before, Sent: form, Onward: true}
	if work.Draft != nil {
		ch.Draft = work.Draft.ID
	}
	return ch
}

// whole types all pages.
func (w *world) whole() *drafts.Work {
	w.T.Helper()
	w.typed("applicant", answers("applicant"))
	work := w.typed("work", answers("work"))
	if len(work.Outcome.Errors) > 0 {
		w.T.Fatalf("the draft is wrong: %v", work.Outcome.Errors)
	}
	return work
}

// send submits a draft as it was seen.
func (w *world) send(ctx context.Context, work *drafts.Work) (*cases.Case, error) {
	return w.d.Submit(ctx, w.place, work.Draft.ID, work.Draft.Revision)
}

// sent makes and sends a whole application.
func (w *world) sent() *cases.Case {
	w.T.Helper()
	row, err := w.send(w.T.Context(), w.whole())
	if err != nil {
		w.T.Fatalf("send: %v", err)
	}
	return row
}

// drafted are the drafts that the citizen has.
func (w *world) drafted() []*drafts.Draft {
	w.T.Helper()
	list, err := w.d.Of(w.T.Context(), w.Citizen.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return list
}

// values are what the store holds of a scope of the citizen: fields, and
// whether their text is there.
func (w *world) fields(scope string) (fields []string) {
	w.T.Helper()
	err := w.DB.View(w.T.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var field string
			err := r.Scan(&field)
			fields = append(fields, field)
			return err
		}, `SELECT field FROM vault_value WHERE subject = $1 AND scope = $2 ORDER BY field`, w.Citizen.ID, scope)
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return fields
}

// other is somebody else with a profile.
func (w *world) other() policy.Actor { return w.Person("Hawwa Ibrahim") }
