package handover_test

import (
	"testing"

	"portico/internal/platform/db"
	"portico/internal/retention/retentiontest"
)

// TestO7_WhatSomebodyObjectsToHandingOverGoesToNobodyAndIsKeptNoLonger: its time is
// over, and nothing waits for an archive that never gets it.
func TestO7_WhatSomebodyObjectsToHandingOverGoesToNobodyAndIsKeptNoLonger(t *testing.T) {
	each(t, func(w *world) {
		t, ctx := w.t, w.t.Context()
		one, other := w.s.Subject(t), w.s.Subject(t)
		due, packed, early, asked := w.lent(one, 400, "over"), w.lent(one, 500, "in a package"), w.lent(one, 300, "not yet"), w.lent(one, 400, "asked about")
		others := w.lent(other, 400, "of somebody else")
		restricted := w.s.Subject(t)
		stands := w.lent(restricted, 400, "restricted")
		w.asked = map[string]bool{due: true, asked: true, others: true, stands: true} // only one is in the package
		p, err := w.Make(ctx, "museum", w.official)
		w.must(err)
		w.asked = map[string]bool{asked: true}
		w.objects[one], w.objects[restricted] = true, true
		w.must(w.s.Update(ctx, func(tx *db.Tx) error {
			for _, subject := range []string{one, restricted} {
				if err := w.s.SetObjected(tx, subject, true); err != nil {
					return err
				}
			}
			return w.s.SetRestricted(tx, restricted, true)
		}))
		w.must(w.Rest(ctx))
		w.must(w.Rest(ctx))
		retentiontest.Run(t, w.keeps)
		if row, key := w.here(one, due); row || key {
			t.Errorf("what nobody is given stays although its time is over: row %v, key %v", row, key)
		}
		for book, subject := range map[string]string{packed: one, early: one, asked: one, others: other, stands: restricted} {
			if row, key := w.here(subject, book); !row || !key {
				t.Errorf("%s is gone: row %v, key %v", book, row, key)
			}
		}
		if things := w.things(w.given(p.ID)); len(things) != 0 {
			t.Errorf("the museum is given %+v", things)
		}
	})
}
