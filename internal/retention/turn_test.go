package retention_test

import (
	"slices"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/vault"
)

// numbers are those of the events that can be read of a person, the newest
// first.
func (w *world) numbers(subject string) (list []int64) {
	w.t.Helper()
	events, err := w.s.Log.Events(w.t.Context(), subject, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		list = append(list, e.N)
	}
	return list
}

// whole integrates the log and fails unless nothing is wrong with it; it
// returns how many events nobody can read any more.
func (w *world) whole() int64 {
	w.t.Helper()
	if err := w.s.Log.Integrate(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	f, err := w.s.Log.Check(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if !f.Kept() {
		w.t.Errorf("the log has faults: %q", f.Faults)
	}
	return f.Gone
}

// TestM10_WhatStandsInTheLogOfALivingPersonGoesWhenItsTimeIsOver, year by year,
// by a rule; the tree stays verifiable, and what is newer stays readable.
func TestM10_WhatStandsInTheLogOfALivingPersonGoesWhenItsTimeIsOver(t *testing.T) {
	each(t, func(w *world) {
		w.Holdings = holdings.New(append(retentiontest.Kinds(), vault.Kinds()...))
		turn := func() {
			t.Helper()
			if err := w.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run := func() {
			t.Helper()
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.work()
		}
		anna, ben := w.s.Subject(t), w.s.Subject(t)
		w.lent(anna, "read", -1, "a first word")
		first := w.numbers(anna)
		turn() // the store was founded this year
		if n := w.number(`SELECT count(*) FROM vault_record`); n != 0 {
			t.Errorf("%d years have ended in the first one", n)
		}
		w.s.Clock.Advance(365 * 24 * time.Hour)
		turn()
		turn()
		w.lent(anna, "read", -1, "a second word")
		second := w.numbers(anna)
		if n := w.number(`SELECT count(*) FROM vault_record`); n != 1 || len(second) != 2*len(first) { // of ben nothing happened
			t.Errorf("%d years have ended; %d events can be read, there were %d", n, len(second), len(first))
		}
		if rec, err := w.s.Log.Record(t.Context(), anna, 1); err != nil {
			t.Errorf("the first event has no record: %v", err)
		} else if len(rec.Event) == 0 {
			t.Error("the record of the first event is empty")
		}
		if gone := w.whole(); gone != 0 {
			t.Errorf("%d events cannot be read", gone)
		}
		// A hold keeps them; without it they go.
		w.s.Clock.Advance(2 * 366 * 24 * time.Hour)
		hold, err := w.Hold(t.Context(), retention.Hold{Person: anna, Ground: "investigation", Reason: "Who read this?", Review: w.s.Clock.Now().AddDate(0, 1, 0)}, ben)
		if err != nil {
			t.Fatal(err)
		}
		run()
		if got := w.numbers(anna); !slices.Equal(got, second) {
			t.Errorf("events %v can be read while they are held, not %v", got, second)
		}
		if err := w.Lift(t.Context(), hold, "It is known.", ben); err != nil {
			t.Fatal(err)
		}
		w.s.Clock.Advance(24 * time.Hour)
		run()
		left := w.numbers(anna)
		if len(left) == 0 || left[len(left)-1] != int64(len(first)+1) {
			t.Errorf("events %v can be read; the first %d had their time", left, len(first))
		}
		if gone := w.whole(); gone != int64(len(first)) {
			t.Errorf("%d events cannot be read, not %d", gone, len(first))
		}
		if _, err := w.s.Log.Record(t.Context(), anna, 1); err == nil {
			t.Error("an event whose time was over has a record")
		}
		c := audit.Config{DB: w.s.DB, Ring: w.s.Ring, Keeper: vault.NewKeeper(w.s.Ring), Clock: w.s.Clock}
		if _, err := audit.Open(t.Context(), c); err != nil { // as a process that begins does
			t.Errorf("the log does not open: %v", err)
		}
		// The same without a trace in the ledger is a fault.
		w.lent(anna, "read", -1, "a third word")
		turn()
		w.update(func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM vault_scope WHERE subject = $1 AND scope LIKE 'evidence:%'`, anna)
			return err
		})
		if f, err := w.s.Log.Check(t.Context()); err != nil || f.Kept() {
			t.Errorf("a key that went another way is no fault: %+v, %v", f, err)
		}
	})
}

// TestO7_EvidenceGoesWhenItsTimeIsOver, counted from when nothing else was left
// of the person: the last there is of them.
func TestO7_EvidenceGoesWhenItsTimeIsOver(t *testing.T) {
	each(t, func(w *world) {
		w.Holdings = holdings.New(append(retentiontest.Kinds(), vault.Kinds()...))
		anna := w.s.Subject(t)
		if d, err := w.dispose(anna, w.lent(anna, "read", 10, "x"), request); err != nil || !d.Last {
			t.Fatalf("%+v, %v", d, err)
		}
		w.s.Clock.Advance(5*365*24*time.Hour - 48*time.Hour)
		if r := w.run(); r.Disposed != 0 || len(w.numbers(anna)) == 0 {
			t.Errorf("before its time: %+v", r)
		}
		w.s.Clock.Advance(96 * time.Hour)
		if r := w.run(); r.Disposed != 1 || len(w.numbers(anna)) != 0 || w.number(`SELECT count(*) FROM vault_scope WHERE subject = $1`, anna) != 0 {
			t.Errorf("after its time: %+v", r)
		}
		if gone := w.whole(); gone == 0 {
			t.Error("its events can be read")
		}
	})
}
