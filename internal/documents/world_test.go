package documents_test

import (
	"io/fs"
	"log/slog"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/documents"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// world is casestest's, with documents.
type world struct {
	*casestest.World
	docs  *documents.Documents
	queue *jobs.Queue
	t     *testing.T

	address string // of the portal
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(newWorld(t, d)) }, migrations()...)
}

func migrations() []fs.FS {
	return casestest.Migrations(jobs.Migrations(), documents.Migrations())
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{World: casestest.New(t, d), t: t, address: "https://one.gov.mv"}
	all := []fs.FS{web.Locales(), forms.Locales(), services.Locales(), cases.Locales(), documents.Locales()}
	catalogue, err := i18n.Load(all...)
	if err != nil {
		t.Fatal(err)
	}
	w.queue = jobs.NewQueue(jobs.Config{DB: d, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler)})
	w.docs = w.documents(w.Store, catalogue)
	w.Followers = append(w.Followers, w.docs.Follow)
	w.Cases.Documents = w.docs.Items
	return w
}

func (w *world) documents(s *vaulttest.Store, catalogue *i18n.Catalogue) *documents.Documents {
	return documents.New(documents.Config{
		DB: s.DB, Vault: s.Vault, Cases: w.Cases, Jobs: w.queue, Codes: s.Ring, Policy: w.Policy, Clock: s.Clock,
		Languages: func() []string { return []string{"en", "dv"} }, Address: func() string { return w.address },
		Printer: func(lang string) *i18n.Printer { return catalogue.Printer(lang, servicestest.Zone()) },
	})
}

// approved has an application taken and approved; its fee is due.
func (w *world) approved(who policy.Actor, answers forms.Answers) *cases.Case {
	w.t.Helper()
	row := w.AppliedFor(who, w.Service, answers)
	w.Taken(row, w.Official)
	if _, err := w.Act(w.t.Context(), w.Official, row.ID, "in-review", "approve", ""); err != nil {
		w.t.Fatal(err)
	}
	return row
}

// paid notes that the fee of a case is paid, which issues its document.
func (w *world) paid(row *cases.Case) error {
	return w.Vault.Update(w.t.Context(), func(tx *db.Tx) error {
		_, err := w.Settle(tx, row.ID)
		return err
	})
}

// work does the jobs that wait.
func (w *world) work() {
	w.t.Helper()
	if _, err := w.queue.Work(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if dead, err := w.queue.Dead(w.t.Context()); err != nil || len(dead) > 0 {
		w.t.Fatalf("given up: %v (%v)", dead, err)
	}
}

// issued is the document of an application that was approved and paid.
func (w *world) issued(who policy.Actor, answers forms.Answers) *documents.Document {
	w.t.Helper()
	row := w.approved(who, answers)
	if err := w.paid(row); err != nil {
		w.t.Fatal(err)
	}
	w.work()
	return w.of(row)[0]
}

// of lists the documents of a case, the latest first.
func (w *world) of(row *cases.Case) []*documents.Document {
	w.t.Helper()
	list, err := w.docs.Of(w.t.Context(), row.Subject, row.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// open is a document as the person sees it.
func (w *world) open(who policy.Actor, id string) *documents.Paper {
	w.t.Helper()
	p, err := w.docs.Open(w.t.Context(), who, id)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	return p
}

// verdict is how a document stands that has this number and token.
func (w *world) verdict(number, token string) documents.State {
	w.t.Helper()
	v, err := w.docs.Verify(w.t.Context(), number, token, "a network")
	if err != nil {
		w.t.Fatal(err)
	}
	return v.State
}

// with are the world's answers with some changed.
func with(changed forms.Answers) forms.Answers {
	a := casestest.Answers()
	for key, text := range changed {
		a[key] = text
	}
	return a
}

// count is how many documents a case of the citizen has.
func (w *world) count(caseID string) int {
	w.t.Helper()
	list, err := w.docs.Of(w.t.Context(), w.Citizen.ID, caseID)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}

// of1 is the latest document of a case of the citizen.
func (w *world) of1(caseID string) *documents.Document {
	w.t.Helper()
	list, err := w.docs.Of(w.t.Context(), w.Citizen.ID, caseID)
	if err != nil {
		w.t.Fatal(err)
	}
	return list[0]
}
