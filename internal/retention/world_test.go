package retention_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// world is a store with people who lent books.
type world struct {
	t *testing.T
	s *vaulttest.Store
	*retention.Service
	jobs  *jobs.Queue
	pol   *policy.Policy
	asked map[string]string // item → open request
	stop  func() error      // asked at each disposal
}

// acts is where the test notes who was told.
var acts = fstest.MapFS{"20261122000002_acts.sql": {Data: []byte(`-- +goose Up
CREATE TABLE acts (what TEXT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (what, ref));
`)}}

func (w *world) Open(_ *db.Tx, items []holdings.Item, asked string) ([]string, error) {
	open := make([]string, len(items))
	for n, i := range items {
		if w.stop != nil && i.Kind == "book" {
			if err := w.stop(); err != nil {
				return nil, err
			}
		}
		if r := w.asked[i.ID]; r != asked {
			open[n] = r
		}
	}
	return open, nil
}

func migrations() []fs.FS {
	return append(retentiontest.Migrations(), acts)
}

// rules are those of policytest with a newsletter, and those of books.
func rules(t testing.TB) *policy.Policy {
	d := policytest.WithNewsletter(policytest.Declarations())
	for _, r := range []policy.Retention{
		{ID: "books", Keeps: []string{"book"}, Period: "P1Y", Grace: "P30D"},
		{ID: "told-books", Keeps: []string{"book"}, Outcomes: []string{"told"}, Period: "P1Y", Grace: "P30D", Tell: true},
		{ID: "lines", Keeps: []string{"record"}, Event: "year", Period: "P2Y"},
		{ID: "evidence", Keeps: []string{"evidence"}, Event: "end", Period: "P5Y"},
		{ID: "lost-books", Keeps: []string{"book"}, Outcomes: []string{"lost"}, Period: "P1M", Action: policy.Anonymise},
	} {
		r.Name, r.Trigger, r.Review = d.Retention[0].Name, d.Retention[0].Trigger, "2027-11-22"
		d.Retention = append(d.Retention, r)
	}
	return policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	pol := rules(t)
	return onStore(t, d, vaulttest.Open(t, d, pol), pol)
}

// onStore is the world on a store as a process opens it.
func onStore(t *testing.T, d *db.DB, s *vaulttest.Store, pol *policy.Policy) *world {
	t.Helper()
	w := &world{t: t, s: s, pol: pol, asked: map[string]string{}}
	retentiontest.Remember(t, s, func() *policy.Policy { return pol })
	w.start()
	return w
}

// start builds the service, as a process that begins does.
func (w *world) start() {
	w.jobs = retentiontest.Queue(w.s)
	w.Service = retentiontest.New(w.s, w.jobs, func() *policy.Policy { return w.pol }, retentiontest.Kinds())
	w.Requests = w
	w.Tell = func(tx *db.Tx, i holdings.Item, due time.Time) error {
		_, err := tx.Exec(`INSERT INTO acts (what, ref) VALUES ($1, $2) ON CONFLICT (what, ref) DO NOTHING`, "told", i.ID)
		return err
	}
}

func each(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(newWorld(t, d)) }, migrations()...)
}

func (w *world) update(fn func(*db.Tx) error) {
	w.t.Helper()
	if err := w.s.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.s.DB.View(w.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(query, args...).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func use(subject, book string) vault.Use { return retentiontest.Use(subject, book) }

// lent has somebody give a book back some days ago.
func (w *world) lent(subject, fate string, daysAgo int, text string) (book string) {
	w.t.Helper()
	return retentiontest.Lend(w.t, w.s, subject, fate, daysAgo, text)
}

// dispose disposes of a book as its person asked for.
func (w *world) dispose(subject, book string, why retention.Why) (d *retention.Disposal, err error) {
	w.t.Helper()
	err = w.s.Update(w.t.Context(), func(tx *db.Tx) error {
		i, found, err := w.Holdings.Find(tx, w.pol, "book", subject, book)
		if err != nil || !found {
			return fmt.Errorf("found %v: %w", found, err)
		}
		d, err = w.Dispose(tx, []holdings.Item{i}, why)
		return err
	})
	return d, err
}

// work has the waiting jobs done.
func (w *world) work() {
	w.t.Helper()
	for {
		n, err := w.jobs.Work(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// raw is everything that the store's files hold, for a search.
func (w *world) raw(dir string) (all []byte) {
	w.t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

var request = retention.Why{Because: holdings.BecauseRequest, Ref: "request-1", Actor: policy.Staff}
