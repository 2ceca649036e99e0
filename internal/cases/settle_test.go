package cases_test

import (
	"errors"
	"testing"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/platform/db"
)

// settle settles a case in a transaction of its own.
func (w *world) settle(row *cases.Case) error {
	return w.Vault.Update(w.t.Context(), func(tx *db.Tx) error { _, err := w.Settle(tx, row.ID); return err })
}

func TestO18_WhatIsPaidIsIssuedOnceAndNothingElseIs(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.t.Context()
		row := w.Applied(w.citizen)
		if row.Fee != 104000 {
			w.t.Errorf("the fee of what was sent is %d", row.Fee)
		}
		w.taken(row, w.official)
		if err := w.settle(row); !cases.Moved(err) {
			w.t.Errorf("paid before it was approved: %v", err)
		}
		if _, err := w.Act(ctx, w.official, row.ID, "in-review", "approve", ""); err != nil {
			w.t.Fatal(err)
		}
		a := w.seen(row)
		if a.Case.State != "approved" || !a.Open() || !decided(a) {
			w.t.Errorf("%s, open %v, decided %v", a.Case.State, a.Open(), decided(a))
		}
		for name, press := range map[string]error{
			"the official":  second(w.Act(ctx, w.official, row.ID, "approved", "paid", "")),
			"the applicant": second(w.Do(ctx, w.citizen, row.ID, "approved", "paid", "")),
		} {
			if !cases.Moved(press) {
				w.t.Errorf("%s says that it is paid: %v", name, press)
			}
		}
		errs := race(func() error { return w.settle(row) }, func() error { return w.settle(row) })
		if (errs[0] == nil) == (errs[1] == nil) || !cases.Moved(errors.Join(errs...)) {
			w.t.Fatalf("it should be settled once: %v", errs)
		}
		a = w.seen(row)
		if last := a.Steps[len(a.Steps)-1]; a.Case.State != "issued" || a.Open() || !decided(a) || len(a.Steps) != 4 || last.Actor != cases.ByPayment {
			w.t.Errorf("%s after %+v", a.Case.State, a.Steps)
		}
	})
}

func TestO18_AFeeOfNothingIsPaidAtOnceAndAChangedAnswerChangesIt(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.t.Context()
		row := w.Applied(w.citizen)
		given := casestest.Answers()
		given["boards"] = "0"
		a := w.seen(row)
		change, err := w.Amend(ctx, w.citizen, row.ID, a.Revision, given)
		if err != nil || len(change.Changed) == 0 {
			w.t.Fatalf("%+v, %v", change, err)
		}
		if a = w.seen(row); a.Case.Fee != a.Fee.Total || a.Case.Fee >= row.Fee {
			w.t.Errorf("the row says %d, the answers %d", a.Case.Fee, a.Fee.Total)
		}
		if err := w.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE cases_case SET fee = 0 WHERE id = $1`, row.ID)
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		w.taken(row, w.official)
		if _, err := w.Act(ctx, w.official, row.ID, "in-review", "approve", ""); err != nil {
			w.t.Fatal(err)
		}
		if a = w.seen(row); a.Case.State != "issued" || len(a.Steps) != 5 {
			w.t.Errorf("%s after %+v", a.Case.State, a.Steps)
		}
	})
}

func second(_ *cases.Case, err error) error { return err }
