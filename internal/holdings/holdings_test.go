package holdings_test

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
)

// shelf is a feature with one table of books, their pages, and their covers,
// which are part of a book.
var shelf = fstest.MapFS{"20261122000000_shelf.sql": {Data: []byte(`-- +goose Up
CREATE TABLE shelf_book (subject TEXT NOT NULL, id TEXT NOT NULL UNIQUE, genre TEXT NOT NULL, fate TEXT NOT NULL, revision BIGINT NOT NULL,
	lent_at BIGINT NOT NULL, returned_at BIGINT, PRIMARY KEY (subject, id));
CREATE TABLE shelf_page (subject TEXT NOT NULL, book TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (subject, book, n));
CREATE TABLE shelf_cover (subject TEXT NOT NULL, id TEXT NOT NULL UNIQUE, book TEXT NOT NULL, PRIMARY KEY (subject, id));
`)}}

func kinds() []holdings.Kind {
	return []holdings.Kind{
		{Name: "book", Table: "shelf_book", ID: "id", Service: "genre", Outcome: "fate", Scope: "book:", Revision: "revision",
			Events: []holdings.Event{{Name: "return", Column: "returned_at"}, {Name: "loan", Column: "lent_at"}},
			Parts:  []holdings.Part{holdings.Rows("shelf_page", "book", "n")}},
		{Name: "cover", Table: "shelf_cover", ID: "id", Within: "book", Prefix: "book:", Scope: "cover:"},
	}
}

// rules are those of policytest, and four about books.
func rules(t *testing.T) *policy.Policy {
	d := policytest.Declarations()
	for _, r := range []policy.Retention{
		{ID: "books", Keeps: []string{"book"}, Period: "P2Y"},
		{ID: "lost-books", Keeps: []string{"book"}, Outcomes: []string{"lost", "burnt"}, Event: "loan", Period: "P3M", Grace: "P10D"},
		{ID: "poems", Keeps: []string{"book"}, Services: []string{"poems"}, Period: "P1Y"},
		{ID: "lost-poems", Keeps: []string{"book"}, Services: []string{"poems"}, Outcomes: []string{"lost"}, Period: "P9Y"},
	} {
		r.Name, r.Trigger, r.Review = d.Retention[0].Name, d.Retention[0].Trigger, "2027-11-22"
		d.Retention = append(d.Retention, r)
	}
	return policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
}

var start = time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)

func put(t *testing.T, d *db.DB, subject, id, genre, fate string, returned time.Time) {
	t.Helper()
	var at *int64
	if !returned.IsZero() {
		us := clock.Micros(returned)
		at = &us
	}
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO shelf_book (subject, id, genre, fate, revision, lent_at, returned_at) VALUES ($1, $2, $3, $4, 1, $5, $6)`,
			subject, id, genre, fate, clock.Micros(start), at); err != nil {
			return err
		}
		for n := range 5 {
			if _, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, $3)`, subject, id, n); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO shelf_cover (subject, id, book) VALUES ($1, $2, $3)`, subject, "cover-of-"+id, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// said is what a test compares: kind, id, rule, scope and when it began.
func said(items []holdings.Item) (out []string) {
	for _, i := range items {
		since := "not yet"
		if !i.Since.IsZero() {
			since = i.Since.Format(time.DateOnly)
		}
		out = append(out, fmt.Sprintf("%s %s by %s in %s since %s", i.Kind, i.ID, i.Rule, i.Scope, since))
	}
	return out
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func onEach(t *testing.T, fn func(*testing.T, *db.DB, *holdings.Registry, *policy.Policy)) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) { fn(t, d, holdings.New(kinds()), rules(t)) }, []fs.FS{shelf}...)
}

func view[T any](t *testing.T, d *db.DB, fn func(*db.Tx) (T, error)) (out T) {
	t.Helper()
	if err := d.View(t.Context(), func(tx *db.Tx) (err error) { out, err = fn(tx); return err }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestO7_EachThingIsGovernedByTheNearestRule: outcome and service decide, and
// what is part of a thing is kept as long as that.
func TestO7_EachThingIsGovernedByTheNearestRule(t *testing.T) {
	onEach(t, func(t *testing.T, d *db.DB, r *holdings.Registry, pol *policy.Policy) {
		put(t, d, "anna", "a", "crime", "read", start.AddDate(0, 1, 0))
		put(t, d, "anna", "b", "crime", "lost", time.Time{})
		put(t, d, "anna", "c", "poems", "lost", start.AddDate(0, 2, 0))
		put(t, d, "anna", "d", "poems", "burnt", time.Time{})
		put(t, d, "anna", "e", "poems", "lent", time.Time{})
		put(t, d, "ben", "f", "crime", "read", start)
		held := view(t, d, func(tx *db.Tx) ([]holdings.Item, error) { return r.Held(tx, pol, "anna") })
		equal(t, said(held), []string{
			"book a by books in book:a since 2026-03-03",
			"book b by lost-books in book:b since 2026-01-31",
			"book c by lost-poems in book:c since 2026-03-31",
			"book d by lost-books in book:d since 2026-01-31",
			"book e by poems in book:e since not yet",
			"cover cover-of-a by books in cover:cover-of-a since 2026-03-03",
			"cover cover-of-b by lost-books in cover:cover-of-b since 2026-01-31",
			"cover cover-of-c by lost-poems in cover:cover-of-c since 2026-03-31",
			"cover cover-of-d by lost-books in cover:cover-of-d since 2026-01-31",
			"cover cover-of-e by poems in cover:cover-of-e since not yet",
		})
		parts := view(t, d, func(tx *db.Tx) ([][]holdings.Item, error) { return r.Parts(tx, held[:2]) })
		equal(t, said(parts[0]), []string{"cover cover-of-a by books in cover:cover-of-a since 2026-03-03"})
		equal(t, said(parts[1]), []string{"cover cover-of-b by lost-books in cover:cover-of-b since 2026-01-31"})
	})
}

// TestO7_WhatIsDueComesOldestFirst and in pages that miss nothing and say
// nothing twice, even where many things happened at one moment.
func TestO7_WhatIsDueComesOldestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, d *db.DB, r *holdings.Registry, pol *policy.Policy) {
		for n := range 7 {
			put(t, d, "anna", fmt.Sprint("same", n), "crime", "read", start)
		}
		put(t, d, "ben", "late", "crime", "read", start.AddDate(0, 0, 9))
		put(t, d, "ben", "early", "crime", "read", start.AddDate(0, 0, -9))
		put(t, d, "ben", "other", "crime", "lost", start.AddDate(0, 0, -9))
		put(t, d, "ben", "poem", "poems", "read", start.AddDate(0, 0, -9))
		put(t, d, "ben", "never", "crime", "read", time.Time{})
		q := holdings.Due{Kind: "book", Service: "crime", Outcomes: []string{"lost", "burnt"}, Others: true, Before: start.AddDate(0, 0, 9), Limit: 3}
		var got []string
		for {
			page := view(t, d, func(tx *db.Tx) ([]holdings.Item, error) { return r.Due(tx, pol, q) })
			for _, i := range page {
				got = append(got, i.ID)
				q.After, q.AfterID = i.Since, i.ID
			}
			if len(page) < q.Limit {
				break
			}
		}
		equal(t, got, []string{"early", "same0", "same1", "same2", "same3", "same4", "same5", "same6"})
		q.After, q.AfterID = time.Time{}, ""
		if n := view(t, d, func(tx *db.Tx) (int64, error) { return r.Count(tx, q) }); n != 8 {
			t.Errorf("%d are counted, not 8", n)
		}
		equal(t, view(t, d, func(tx *db.Tx) ([]string, error) { return r.Services(tx, "book") }), []string{"crime", "poems"})
	})
}

// TestO7_AThingIsTakenAsItWasSeen and swept a few rows at a time.
func TestO7_AThingIsTakenAsItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, d *db.DB, r *holdings.Registry, pol *policy.Policy) {
		put(t, d, "anna", "a", "crime", "read", start)
		put(t, d, "anna", "b", "crime", "read", start)
		seen := view(t, d, func(tx *db.Tx) ([]holdings.Item, error) { return r.Held(tx, pol, "anna") })[0]
		take := func(i holdings.Item) (ok bool) {
			t.Helper()
			if err := d.Update(t.Context(), func(tx *db.Tx) (err error) { ok, err = r.Take(tx, []holdings.Item{i}); return err }); err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE shelf_book SET revision = revision + 1 WHERE id = 'a'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if take(seen) {
			t.Error("what had changed since it was seen was taken")
		}
		again, found, err := holdings.Item{}, false, error(nil)
		_ = d.View(t.Context(), func(tx *db.Tx) error { again, found, err = r.Find(tx, pol, "book", "anna", "a"); return err })
		if err != nil || !found || !take(again) || take(again) {
			t.Errorf("as it is now it is found (%v, %v), taken once, and not twice", found, err)
		}
		left := func() int64 {
			return view(t, d, func(tx *db.Tx) (int64, error) { return r.Left(tx, again) })
		}
		var swept []int
		for n, more := 0, true; more; {
			if err := d.Update(t.Context(), func(tx *db.Tx) (err error) { n, more, err = r.Sweep(tx, again, 2); return err }); err != nil {
				t.Fatal(err)
			}
			swept = append(swept, n)
		}
		if !slices.Equal(swept, []int{2, 2, 1}) || left() != 0 {
			t.Errorf("swept %v, and %d are left", swept, left())
		}
		if n := view(t, d, func(tx *db.Tx) (n int64, err error) {
			err = tx.QueryRow(`SELECT count(*) FROM shelf_page`).Scan(&n)
			return n, err
		}); n != 5 {
			t.Errorf("%d pages of the other book are there, not 5", n)
		}
	})
}
