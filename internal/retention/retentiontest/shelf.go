package retentiontest

import (
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"

	"portico/internal/audit"
	"portico/internal/consent"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// Migrations are the schema of a shelf, and of what disposes of its books: a
// book has pages in rows and what its reader wrote, sealed in a scope of its own.
func Migrations() []fs.FS {
	shelf := fstest.MapFS{"20261122000001_shelf.sql": {Data: []byte(`-- +goose Up
CREATE TABLE shelf_book (subject TEXT NOT NULL, id TEXT NOT NULL UNIQUE, genre TEXT NOT NULL, fate TEXT NOT NULL, revision BIGINT NOT NULL,
	returned_at BIGINT, PRIMARY KEY (subject, id));
CREATE TABLE shelf_page (subject TEXT NOT NULL, book TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (subject, book, n));
CREATE TABLE shelf_mark (subject TEXT NOT NULL, id TEXT NOT NULL UNIQUE, book TEXT NOT NULL, PRIMARY KEY (subject, id));
`)}}
	return []fs.FS{audit.Migrations(), vault.Migrations(), jobs.Migrations(), ledger.Migrations(), consent.Migrations(), retention.Migrations(), shelf}
}

// Kinds are what a shelf keeps of people.
func Kinds() []holdings.Kind {
	return []holdings.Kind{
		{Name: "book", Table: "shelf_book", ID: "id", Service: "genre", Outcome: "fate", Scope: "book:", Revision: "revision",
			Events: []holdings.Event{{Name: "return", Column: "returned_at"}},
			Parts:  []holdings.Part{holdings.Rows("shelf_page", "book", "n")}},
		{Name: "mark", Table: "shelf_mark", ID: "id", Within: "book", Prefix: "book:"},
	}
}

// Queue is a queue of jobs of a store.
func Queue(s *vaulttest.Store) *jobs.Queue {
	return jobs.NewQueue(jobs.Config{DB: s.DB, Clock: s.Clock, Log: slog.New(slog.DiscardHandler)})
}

// Remember has the store's vault keep a ledger beside its keys.
func Remember(t testing.TB, s *vaulttest.Store, pol func() *policy.Policy) {
	t.Helper()
	acts, err := ledger.Open(t.Context(), ledger.Config{DB: s.DB, Ring: s.Ring, Clock: s.Clock})
	if err != nil {
		t.Fatal(err)
	}
	s.Vault = vault.New(vault.Config{DB: s.DB, Ring: s.Ring, Log: s.Log, Ledger: acts, Clock: s.Clock, Policy: pol, Consent: consent.Terms})
}

// Use is what a reader does with what they wrote into a book.
func Use(subject, book string) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: "road-permit.apply", Operation: policy.Use,
		Scope: "book:" + book, Fields: []string{"road-permit.road"},
	}
}

// Lend has somebody give a book back some days ago, or not yet where that is
// negative, with a few pages, a mark and what they wrote.
func Lend(t testing.TB, s *vaulttest.Store, subject, fate string, daysAgo int, text string) (book string) {
	t.Helper()
	now := s.Clock.Now()
	book = id.New(now)
	var at *int64
	if daysAgo >= 0 {
		us := clock.Micros(now.AddDate(0, 0, -daysAgo))
		at = &us
	}
	err := s.Update(t.Context(), func(tx *db.Tx) error {
		if err := s.NewScope(tx, subject, "book:"+book); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO shelf_book (subject, id, genre, fate, revision, returned_at) VALUES ($1, $2, 'crime', $3, 1, $4)`,
			subject, book, fate, at); err != nil {
			return err
		}
		for n := range 3 {
			if _, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, $3)`, subject, book, n); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO shelf_mark (subject, id, book) VALUES ($1, $2, $3)`, subject, "mark-"+book, book)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Collect(t, Use(subject, book), map[string]string{"road-permit.road": text})
	return book
}

// Fill has somebody give so many books back two years ago, each with pages and
// what they wrote.
func Fill(t testing.TB, s *vaulttest.Store, subject string, books int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *db.Tx) error {
		for n := range books {
			at := s.Clock.Now().AddDate(-2, 0, -n%7)
			book := id.New(at)
			if err := s.NewScope(tx, subject, "book:"+book); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO shelf_book (subject, id, genre, fate, revision, returned_at) VALUES ($1, $2, 'crime', 'read', 1, $3)`,
				subject, book, clock.Micros(at)); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, 1), ($1, $2, 2), ($1, $2, 3)`, subject, book); err != nil {
				return err
			}
			u := Use(subject, book)
			u.Operation = policy.Collect
			p, err := s.Permit(tx, u)
			if err == nil {
				err = s.Put(tx, p, []vault.Value{{Field: "road-permit.road", Text: "canary", Source: policy.SourceForm}})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
