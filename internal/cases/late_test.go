package cases_test

import (
	"errors"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
	"portico/internal/vault"
)

func TestO18_WhatIsOverdueIsNotedOnceAndMovesNothingUnlessDeclared(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx := w.t.Context()
		held, asked := w.Applied(w.citizen), w.Applied(w.citizen)
		w.taken(held, w.official)
		w.taken(asked, w.official)
		w.asked(asked)
		noteLate := func(want int) {
			w.t.Helper()
			if n, err := w.NoteLate(ctx); err != nil || n != want {
				w.t.Fatalf("%d were noted, want %d (%v)", n, want, err)
			}
		}
		w.store.Clock.Advance(w.Due(w.seen(held).Case).Sub(w.store.Clock.Now()))
		noteLate(0) // it is due today, until midnight
		w.store.Clock.Advance(2 * time.Second)
		errs := race(func() error { _, err := w.NoteLate(ctx); return err }, func() error { _, err := w.NoteLate(ctx); return err })
		if err := errors.Join(errs...); err != nil {
			w.t.Fatal(err)
		}
		noteLate(0)
		a := w.seen(held)
		if last := a.Steps[len(a.Steps)-1]; a.Case.State != "in-review" || a.Holder != w.official.ID || len(a.Steps) != 3 || last.Action != cases.StepOverdue || a.Late.IsZero() {
			w.t.Errorf("%s after %+v", a.Case.State, a.Steps)
		}
		if _, err := w.Act(ctx, w.official, held.ID, "in-review", "approve", ""); err != nil {
			w.t.Errorf("the official cannot go on: %v", err)
		}
		// The applicant had ten working days; then what is declared happens.
		w.store.Clock.Advance(9 * 24 * time.Hour)
		noteLate(1)
		a = w.seen(asked)
		if last := a.Steps[len(a.Steps)-1]; a.Open() || a.Case.State != "withdrawn" || last.Action != "expire" || last.Actor != "system" || decided(a) {
			w.t.Errorf("%s after %+v", a.Case.State, a.Steps)
		}
	})
}

// TestO6_ACaseWhoseServiceLeftThePolicyStaysShut: the gate decides by the
// policy in force and by no other, so nobody sees what is in the case, and
// everybody is told the same, not a fault of the program.
func TestO6_ACaseWhoseServiceLeftThePolicyStaysShut(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		w.taken(row, w.official)
		other := *w.service
		other.ID = "street-permit"
		p := servicestest.Policy(w.t, &other)
		w.Vault = vault.New(vault.Config{DB: w.DB, Ring: w.store.Ring, Log: w.store.Log, Clock: w.store.Clock, Policy: func() *policy.Policy { return p }})
		w.Policy = func() *policy.Policy { return p }
		w.catalogue.Set("two", &other)
		if _, err := w.View(w.t.Context(), w.official, row.ID); !cases.Left(err) {
			w.t.Errorf("an official: %v", err)
		}
		if _, err := w.Application(w.t.Context(), w.citizen, row.ID); !cases.Left(err) {
			w.t.Errorf("the person: %v", err)
		}
		for _, e := range w.store.Events(w.t, w.citizen.ID) {
			if e.Kind == audit.KindDenied {
				w.t.Errorf("recorded as a denial: %+v", e)
			}
		}
	})
}
