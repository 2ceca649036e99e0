package retention_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/retention"
	"portico/internal/vault/vaulttest"
)

// in is all of a hold but its words, which no ledger has.
func in(h *retention.Hold) string {
	return fmt.Sprint(h.ID, h.Person, h.Service, h.Rule, h.Item, h.Ground, h.By, h.From, h.Until, h.Review, h.Lifted.Equal(time.Time{}))
}

// TestI9_ARestoreHoldsAgainJustWhatWasHeld: the store is lost with its holds,
// and the ledger makes them again as they were: what each named, on which
// ground, by whom, from when until when, and when it is looked at. One that was
// lifted is lifted, and what nothing holds goes.
func TestI9_ARestoreHoldsAgainJustWhatWasHeld(t *testing.T) {
	each(t, func(w *world) {
		now := w.s.Clock.Now()
		anna, ben, officer := w.s.Subject(t), w.s.Subject(t), w.s.Subject(t)
		held, other, lifted := w.lent(anna, "read", 1000, "x"), w.lent(anna, "read", 1000, "y"), w.lent(anna, "read", 1000, "z")
		bens := w.lent(ben, "lost", 1000, "b")
		hold := func(h retention.Hold) string {
			h.Ground, h.Reason, h.Review = "court-order", "The court asked for it.", now.AddDate(0, 2, 0)
			made, err := w.Hold(t.Context(), h, officer)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		hold(retention.Hold{Person: anna, Item: held, Until: now.AddDate(1, 0, 0)})
		hold(retention.Hold{Service: "crime", Rule: "lost-books"})
		over := hold(retention.Hold{Person: anna})
		if err := w.Lift(t.Context(), over, "The case is closed.", officer); err != nil {
			t.Fatal(err)
		}
		before, err := w.Holds(t.Context())
		if err != nil || len(before) != 3 {
			t.Fatalf("%d holds, %v", len(before), err)
		}

		w.update(func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM retention_hold`); return err })
		for range 2 { // a restore that broke off does it again
			if _, err := ledger.Read(w.s.Ring.Dir(), vaulttest.Instance, func(e ledger.Entry) error {
				return w.s.DB.Update(t.Context(), func(tx *db.Tx) error {
					if mine, err := w.Replay(tx, e.Act); err != nil || !mine {
						t.Errorf("act %d, %q: it is taken as mine: %v, %v", e.N, e.Kind, mine, err)
					}
					return nil
				})
			}); err != nil {
				t.Fatal(err)
			}
		}
		after, err := w.Holds(t.Context())
		if err != nil || len(after) != len(before) {
			t.Fatalf("%d holds of %d are back, %v", len(after), len(before), err)
		}
		for i, h := range after {
			if got, want := in(h), in(before[i]); got != want || h.Reason+h.Why != "" {
				t.Errorf("a hold came back as\n%s (%q, %q), and was\n%s", got, h.Reason, h.Why, want)
			}
		}
		for what, one := range map[string]struct {
			subject, book string
			held          bool
		}{"the thing that was held": {anna, held, true}, "another thing of theirs": {anna, other, false},
			"what a lifted hold had held": {anna, lifted, false}, "what the rule held": {ben, bens, true}} {
			_, err := w.dispose(one.subject, one.book, retention.Why{Because: holdings.BecauseDue})
			var refused *retention.Refused
			if errors.As(err, &refused) != one.held || err != nil && !one.held {
				t.Errorf("%s is disposed of with %v", what, err)
			}
		}
	})
}
