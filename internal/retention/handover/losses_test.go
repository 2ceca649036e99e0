package handover_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/retention"
	"portico/internal/retention/handover"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
	"portico/internal/vault/vaulttest"
)

// number is what a question to the store answers.
func (w *world) number(query string) (n int64) {
	w.t.Helper()
	w.must(w.s.DB.View(w.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(query).Scan(&n) }))
	return n
}

// TestTheProcessThatIsKilled is the process of TestI8_AKilledHandOverGoesOn, and
// nothing by itself.
func TestTheProcessThatIsKilled(t *testing.T) {
	pol := rules(t)
	d, s := vaulttest.Killed(t, pol)
	if d == nil {
		return
	}
	w := onStore(t, s, pol)
	list, err := w.List(t.Context())
	w.must(err)
	if list[0].Acknowledged.IsZero() {
		w.must(w.Acknowledge(t.Context(), list[0].ID, "M-1", w.official))
	}
	vaulttest.Begins()
	w.must(w.Rest(t.Context()))
}

// TestI8_AKilledHandOverGoesOn kills, kill -9, the process that disposes of what
// a museum has just taken over, again and again, and lets the last one end: each
// thing was disposed of once, with a certificate that says who has it, and
// nothing else went.
func TestI8_AKilledHandOverGoesOn(t *testing.T) {
	const people, killsMost = 5, 4
	for engine, each := range map[db.Engine]int{db.SQLite: 40, db.Postgres: 16} {
		t.Run(string(engine), func(t *testing.T) {
			chance := testkit.Chance(t)
			address := testkit.Address(t, engine, migrations()...)
			d, pol := testkit.Open(t, address), rules(t)
			w := onStore(t, vaulttest.Open(t, d, pol), pol)
			kept := map[string]string{} // book → person
			for range people {
				subject := w.s.Subject(t)
				retentiontest.Fill(t, w.s, subject, each)
				kept[w.lent(subject, 10, "kept")] = subject
			}
			p, err := w.Make(t.Context(), "museum", w.official)
			w.must(err)
			w.given(p.ID)
			kills, halfway := 0, false
			for ended := false; !ended; {
				if ended = vaulttest.Kill(t, "TestTheProcessThatIsKilled", address, w.s, kills < killsMost, time.Duration(chance.Int64N(int64(100*time.Millisecond)))); !ended {
					kills++
					halfway = halfway || w.number(`SELECT count(*) FROM retention_disposal`) < int64(people*each)
				}
			}
			w = onStore(t, vaulttest.Reopen(t, d, pol, w.s.Keys, w.s.Dir), pol)
			retentiontest.Run(t, w.keeps)
			t.Logf("%d kills", kills)
			if !halfway {
				t.Error("nothing was killed before all was disposed of, so that this shows nothing")
			}
			if n, things := w.number(`SELECT count(*) FROM retention_disposal`), w.number(`SELECT count(DISTINCT item) FROM retention_item WHERE kind = 'book'`); n != int64(people*each) || things != n {
				t.Errorf("%d disposals of %d books are written, and the museum has %d", n, things, people*each)
			}
			if books, keys := w.number(`SELECT count(*) FROM shelf_book`), w.number(`SELECT count(*) FROM vault_scope WHERE scope LIKE 'book:%'`); books != people || keys != people {
				t.Errorf("%d books with %d keys are there", books, keys)
			}
			for book, subject := range kept {
				if values, err := w.s.Read(t.Context(), retentiontest.Use(subject, book)); err != nil || values.Text("road-permit.road") != "kept" {
					t.Errorf("what was not handed over reads %v, %v", values, err)
				}
			}
			list, err := w.keeps.Latest(t.Context(), people*each+1)
			w.must(err)
			for _, one := range list {
				c := w.certificate(one.ID)
				if c.State != retention.Final || c.Transferred == nil || c.Transferred.Reference != "M-1" {
					t.Fatalf("the certificate says %+v", c)
				}
			}
			if all, err := w.List(t.Context()); err != nil || len(all) != 1 || all[0].Left != 0 {
				t.Errorf("the package stands as %+v, %v", all[0], err)
			}
		})
	}
}

// certificate is that of a disposal, verified.
func (w *world) certificate(disposal string) *retention.Certificate {
	w.t.Helper()
	var file []byte
	w.must(w.s.DB.View(w.t.Context(), func(tx *db.Tx) (err error) { file, err = w.keeps.Certificate(tx, disposal); return err }))
	c, err := retention.Verify(file, w.s.Ring.Vkey())
	w.must(err)
	return c
}

// snapshot is a copy of the rows of the shelf and of the packages, as a backup
// has them; put puts it back, with the rows that are there no more.
func (w *world) snapshot() (put func()) {
	w.t.Helper()
	tables := map[string]string{
		"shelf_book": "subject, id, genre, fate, revision, returned_at", "handover_package": "id, party, made_at, made_by, things, opened_at, sha256, acked_at, acked_by, reference",
		"handover_thing": "subject, kind, item, package, since_at",
	}
	exec := func(query string) {
		w.must(w.s.DB.Update(w.t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(query); return err }))
	}
	for table, columns := range tables {
		exec("CREATE TABLE copy_" + table + " AS SELECT " + columns + " FROM " + table)
	}
	return func() {
		for table, columns := range tables {
			exec("DELETE FROM " + table)
			exec("INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM copy_" + table)
		}
	}
}

// replay has the acts of the ledger behind one replayed, as a restore does, and
// returns the number of the last.
func (w *world) replay(after int64) (last int64) {
	w.t.Helper()
	var since []ledger.Act
	_, err := ledger.Read(w.s.Ring.Dir(), vaulttest.Instance, func(e ledger.Entry) error {
		if last = e.N; e.N > after {
			since = append(since, e.Act)
		}
		return nil
	})
	w.must(err)
	w.must(w.s.Update(w.t.Context(), func(tx *db.Tx) error {
		for _, a := range since {
			mine, err := w.Replay(tx, a)
			if err == nil && mine != strings.HasPrefix(a.Ref, "handover:") {
				w.t.Errorf("an act %q is taken as mine: %v", a.Ref, mine)
			}
			if err == nil && !mine {
				_, err = w.keeps.Replay(tx, a)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return last
}

// TestI8_ARestoreKnowsWhatAMuseumHas: a store is put back to before a hand-over,
// wherever that had come to. What left is in its package again, is not handed
// over a second time unsaid, and goes where the museum has it.
func TestI8_ARestoreKnowsWhatAMuseumHas(t *testing.T) {
	each(t, func(w *world) {
		ctx := t.Context()
		one, other := w.s.Subject(t), w.s.Subject(t)
		old, another, held := w.lent(one, 400, "Dhigu Magu"), w.lent(other, 400, "Orchid Magu"), w.lent(other, 400, "held")
		first, err := w.Make(ctx, "museum", w.official) // before the backup, and left out of
		w.must(err)
		put, before := w.snapshot(), w.replay(1<<60)
		hold, err := w.keeps.Hold(ctx, retention.Hold{Item: held, Ground: "legal-claim", Reason: "An appeal.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, w.official)
		w.must(err)
		w.given(first.ID)
		whole, err := w.List(ctx)
		w.must(err)

		// Downloaded, and the museum has not answered yet.
		put()
		w.replay(before)
		w.replay(before) // a restore that broke off does it again
		if again, err := w.List(ctx); err != nil || len(again) != 1 || *again[0] != *whole[0] {
			t.Fatalf("the package was %+v, and is %+v, %v", whole[0], again, err)
		}
		if waiting, err := w.Waiting(ctx); err != nil || waiting[0].Ready != 0 || waiting[0].Held != 1 {
			t.Errorf("to be handed over are %+v, %v: what the museum was given, again", waiting, err)
		}
		// Taken over, and destroyed here: what comes back goes, and just that.
		w.must(w.Acknowledge(ctx, first.ID, "M-1", w.official))
		retentiontest.Run(t, w.keeps)
		put()
		if row, _ := w.here(one, old); !row {
			t.Fatal("the copy holds nothing, so that this shows nothing")
		}
		w.replay(before)
		w.must(w.keeps.Lift(ctx, hold, "It was decided.", w.official))
		w.must(w.Rest(ctx))
		retentiontest.Run(t, w.keeps)
		for subject, book := range map[string]string{one: old, other: another} {
			if row, key := w.here(subject, book); row || key {
				t.Errorf("what the museum has is back: row %v, key %v", row, key)
			}
			if said := w.fate(subject, book); !strings.Contains(said, "M-1") {
				t.Errorf("what became of it is %q", said)
			}
		}
		if row, key := w.here(other, held); !row || !key {
			t.Error("what was left out of the package is gone")
		}

		// Withdrawn since: it is to be handed over again.
		second, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		w.given(second.ID)
		w.must(w.Withdraw(ctx, second.ID, w.official))
		put()
		w.replay(before)
		list, err := w.List(ctx)
		w.must(err)
		if slices.ContainsFunc(list, func(p *handover.Package) bool { return p.ID == second.ID }) {
			t.Error("a package that was withdrawn is back")
		}
		if _, err := w.Make(ctx, "museum", w.official); err != nil {
			t.Errorf("what the museum did not take cannot be handed over: %v", err)
		}
	})
}

// TestI8_ARestoreOfABrokenDownloadSaysSo: what left in a file of which nobody
// knows whether it was whole stands there as broken off.
func TestI8_ARestoreOfABrokenDownloadSaysSo(t *testing.T) {
	each(t, func(w *world) {
		ctx := t.Context()
		w.lent(w.s.Subject(t), 400, "Dhigu Magu")
		put, before := w.snapshot(), w.replay(1<<60)
		p, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		opened, err := w.Service.Open(ctx, p.ID, w.official)
		w.must(err)
		end := &ending{}
		if err := w.Write(ctx, opened, end); err == nil || !bytes.Contains(end.Bytes(), []byte("things/")) {
			t.Fatalf("it did not break off at its end: %v", err)
		}
		put()
		w.replay(before)
		list, err := w.List(ctx)
		if err != nil || len(list) != 1 || list[0].ID != p.ID || list[0].Opened.IsZero() || list[0].SHA256 != "" || list[0].Things != 1 {
			t.Fatalf("the packages are %+v, %v", list, err)
		}
		if waiting, err := w.Waiting(ctx); err != nil || waiting[0].Ready != 0 {
			t.Errorf("to be handed over are %+v, %v", waiting, err)
		}
		if err := w.Acknowledge(ctx, p.ID, "M-1", w.official); err == nil {
			t.Error("what broke off was taken over")
		}
		w.must(w.Withdraw(ctx, p.ID, w.official))
		if waiting, err := w.Waiting(ctx); err != nil || waiting[0].Ready != 1 {
			t.Errorf("to be handed over are %+v, %v", waiting, err)
		}
	})
}

// ending is a connection that ends where the manifest of a package begins.
type ending struct{ bytes.Buffer }

func (e *ending) Write(b []byte) (int, error) {
	if i := bytes.Index(b, []byte("manifest")); i >= 0 {
		n, _ := e.Buffer.Write(b[:i])
		return n, io.ErrClosedPipe
	}
	return e.Buffer.Write(b)
}

// TestO14_WhatWasCorrectedSinceIsHandedOverAgain: the museum has the old value,
// so that the right one is not destroyed, and is handed over too.
func TestO14_WhatWasCorrectedSinceIsHandedOverAgain(t *testing.T) {
	each(t, func(w *world) {
		ctx := t.Context()
		one := w.s.Subject(t)
		book := w.lent(one, 400, "Digu Magu")
		p, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		w.given(p.ID)
		w.s.Clock.Advance(time.Hour)
		w.s.Collect(t, retentiontest.Use(one, book), map[string]string{"road-permit.road": "Dhigu Magu"})
		w.must(w.Acknowledge(ctx, p.ID, "M-1", w.official))
		retentiontest.Run(t, w.keeps)
		if row, key := w.here(one, book); !row || !key {
			t.Fatal("what the museum has as it was is gone as it is")
		}
		p, err = w.Make(ctx, "museum", w.official)
		w.must(err)
		if things := w.things(w.given(p.ID)); len(things) != 1 || len(things[0].Values) != 1 || things[0].Values[0].Value != "Dhigu Magu" {
			t.Errorf("the second package holds %+v", things)
		}
		w.must(w.Acknowledge(ctx, p.ID, "M-2", w.official))
		retentiontest.Run(t, w.keeps)
		if row, key := w.here(one, book); row || key {
			t.Error("what the museum has as it is stays")
		}
	})
}
