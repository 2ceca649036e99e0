package retention_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
)

// last is the latest run.
func (w *world) last() *retention.Run {
	w.t.Helper()
	runs, err := w.Runs(w.t.Context(), 1)
	if err != nil || len(runs) != 1 {
		w.t.Fatalf("runs: %v, %v", runs, err)
	}
	return runs[0]
}

func (w *world) run() *retention.Run {
	w.t.Helper()
	if err := w.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.last()
}

func (w *world) books() int64 { return w.number(`SELECT count(*) FROM shelf_book`) }

// TestO7_TheDailyRunDisposesOfWhatIsDueAndOfNothingElse: first the people are
// told, when the grace begins; then, when it has passed, the things go.
func TestO7_TheDailyRunDisposesOfWhatIsDueAndOfNothingElse(t *testing.T) {
	each(t, func(w *world) {
		anna, ben := w.s.Subject(w.t), w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "she reads it")
		due := w.lent(anna, "read", 365+30, "due today") // 22 November 2026 comes a year after 22 November 2025
		grace := w.lent(ben, "told", 365, "in its grace")
		w.lent(ben, "told", 364, "not yet")
		w.lent(ben, "lost", 31, "lost for a month and a day")
		held := w.lent(ben, "read", 1000, "in a lawsuit")
		if _, err := w.Hold(w.t.Context(), retention.Hold{Item: held, Ground: "legal-claim", Reason: "A lawsuit.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, anna); err != nil {
			t.Fatal(err)
		}
		r := w.run()
		if r.Disposed != 2 || r.Held != 1 || r.Told != 1 || r.Ended.IsZero() || w.books() != 4 || r.Passed != r.Steps {
			t.Errorf("%d books are left after %+v", w.books(), r)
		}
		if n := w.number(`SELECT count(*) FROM shelf_book WHERE id = '` + due + `'`); n != 0 {
			t.Error("what was due is there")
		}
		if n := w.number(`SELECT count(*) FROM acts WHERE what = 'told' AND ref = '` + grace + `'`); n != 1 {
			t.Error("whose grace begins was not told")
		}
		if again := w.run(); again.ID != r.ID || again.Disposed != 2 {
			t.Errorf("the same day: %+v", again)
		}
		w.s.Clock.Advance(24 * time.Hour)
		if next := w.run(); next.ID == r.ID || next.Disposed != 0 || next.Told != 1 {
			t.Errorf("the next day: %+v", next)
		}
		w.s.Clock.Advance(29 * 24 * time.Hour)
		if next := w.run(); next.Disposed != 1 || w.books() != 3 {
			t.Errorf("when the grace has passed: %+v", next)
		}
		st, err := w.Stand(w.t.Context())
		if err != nil || st.Overdue || st.Late != 0 || st.Sweeping != 0 || st.Reviewed != 3 || st.Left != 0 {
			t.Errorf("it stands so: %+v, %v", st, err)
		}
		w.s.Clock.Advance(3 * 24 * time.Hour)
		if st, err = w.Stand(w.t.Context()); err != nil || !st.Overdue || st.Late != 1 {
			t.Errorf("three days without a run: %+v, %v", st, err)
		}
	})
}

// TestO7_WhoIsToldHasTheirGraceFromThen: nothing goes that its person was to be
// told of and was not; a hold keeps it from being announced; what changes is
// announced anew.
func TestO7_WhoIsToldHasTheirGraceFromThen(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "she reads it")
		late, held := w.lent(anna, "told", 1000, "the schedule was changed yesterday"), w.lent(anna, "told", 1000, "in a lawsuit")
		hold, err := w.Hold(w.t.Context(), retention.Hold{Item: held, Ground: "legal-claim", Reason: "A lawsuit.", Review: w.s.Clock.Now().AddDate(1, 0, 0)}, anna)
		if err != nil {
			t.Fatal(err)
		}
		begun := w.s.Clock.Now()
		if r := w.run(); r.Told != 1 || r.Disposed != 0 || r.Held != 1 || w.number(`SELECT count(*) FROM acts WHERE what = 'told' AND ref = $1`, late) != 1 {
			t.Errorf("whoever was not told loses %+v", r)
		}
		if _, at, found, err := w.Goes(w.t.Context(), "book", anna, late); err != nil || !found || !at.Equal(begun.In(w.Zone()).AddDate(0, 0, 30)) {
			t.Errorf("it goes at %v (%v, %v)", at, found, err)
		}
		if st, err := w.Stand(w.t.Context()); err != nil || st.Late != 0 {
			t.Errorf("in its grace it is late: %+v, %v", st, err)
		}
		w.s.Clock.Advance(30*24*time.Hour - time.Second)
		if r := w.run(); r.Told != 0 || r.Disposed != 0 {
			t.Errorf("a second early: %+v", r)
		}
		w.update(func(tx *db.Tx) error { // it is lent and given back again
			_, err := tx.Exec(`UPDATE shelf_book SET returned_at = returned_at + 1, revision = revision + 1 WHERE id = $1`, late)
			return err
		})
		w.s.Clock.Advance(24 * time.Hour)
		if r := w.run(); r.Told != 1 || r.Disposed != 0 {
			t.Errorf("what changed was not announced anew: %+v", r)
		}
		if err := w.Lift(w.t.Context(), hold, "The case is closed.", anna); err != nil {
			t.Fatal(err)
		}
		w.s.Clock.Advance(30 * 24 * time.Hour)
		if r := w.run(); r.Told != 1 || r.Disposed != 1 || w.books() != 2 {
			t.Errorf("after its grace, and of what was held: %+v", r)
		}
		if n := w.number(`SELECT count(*) FROM retention_told`); n != 1 {
			t.Errorf("%d notes are kept of who was told", n)
		}
	})
}

// TestO7_WhatWasSweptAndIsThereIsSeen: somebody puts a row back by hand.
func TestO7_WhatWasSweptAndIsThereIsSeen(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		book := w.lent(anna, "read", 1000, "x")
		w.run()
		w.work()
		w.update(func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO shelf_page (subject, book, n) VALUES ($1, $2, 1)`, anna, book)
			return err
		})
		if st, err := w.Stand(w.t.Context()); err != nil || st.Left != 1 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// TestO7_ARunThatIsStoppedGoesOnWhereItStood: it is stopped in the middle, a new
// process goes on, and everything is disposed of exactly once.
func TestO7_ARunThatIsStoppedGoesOnWhereItStood(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "stays")
		const due, stopAt, whole = 45, 30, 20 // so many are one transaction
		for i := range due {
			w.lent(anna, "read", 400+i/3, "x") // three at each moment
		}
		stop, cancel := context.WithCancel(w.t.Context())
		stopped := errors.New("stopped")
		n := 0
		w.stop = func() error {
			if n++; n == stopAt {
				cancel()
				return stopped
			}
			return nil
		}
		if err := w.Run(stop); err == nil {
			t.Fatal("it was not stopped")
		}
		r := w.last()
		if !r.Ended.IsZero() || w.books() != 1+due-whole || r.Disposed != whole {
			t.Fatalf("stopped in the middle %d books are left after %+v", w.books(), r)
		}
		w.stop = nil
		w.start() // another process
		if r := w.run(); r.Ended.IsZero() || r.Disposed != due || w.books() != 1 {
			t.Errorf("gone on, %d books are left after %+v", w.books(), r)
		}
		if n := w.number(`SELECT count(*) FROM retention_disposal`); n != due {
			t.Errorf("%d disposals are written", n)
		}
	})
}

// TestO7_TheForecastDestroysNothingAndSaysWhatTheRunWill, and what another
// policy would.
func TestO7_TheForecastDestroysNothingAndSaysWhatTheRunWill(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "stays")
		for _, ago := range []int{100, 200, 370, 380, 400, 500} {
			w.lent(anna, "read", ago, "x")
		}
		total := func(pol *policy.Policy) (kept, due, soon int64) {
			lines, err := w.Forecast(w.t.Context(), pol, w.s.Clock.Now().AddDate(0, 0, 30))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				kept, due, soon = kept+l.Kept, due+l.Due, soon+l.Soon
			}
			return kept, due, soon
		}
		if kept, due, soon := total(w.pol); kept != 7 || due != 2 || soon != 2 || w.books() != 7 {
			t.Errorf("in force: %d kept, %d due, %d soon", kept, due, soon)
		}
		d := *w.pol.Declarations()
		d.Retention = append(d.Retention[:0:0], d.Retention...)
		for i := range d.Retention {
			if d.Retention[i].ID == "books" {
				d.Retention[i].Period = "P3M"
			}
		}
		shorter, problems := policy.Compile(&d, policy.Options{Languages: []string{"en", "dv"}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if kept, due, _ := total(shorter); kept != 7 || due != 5 || w.books() != 7 {
			t.Errorf("shorter: %d kept, %d due", kept, due)
		}
		if r := w.run(); r.Disposed != 2 {
			t.Errorf("the run: %+v", r)
		}
	})
}

// TestO7_APersonSeesUntilWhenEachThingIsKept as the run will have it.
func TestO7_APersonSeesUntilWhenEachThingIsKept(t *testing.T) {
	each(t, func(w *world) {
		anna := w.s.Subject(w.t)
		w.lent(anna, "lent", -1, "x")
		w.lent(anna, "read", 100, "x")
		w.lent(anna, "read", 50, "x")
		w.lent(anna, "lost", 10, "x")
		list, err := w.Kept(w.t.Context(), anna)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		zone := w.Zone()
		want := w.s.Clock.Now().In(zone).AddDate(0, 0, -100).AddDate(1, 0, 0).AddDate(0, 0, 30)
		for _, o := range list {
			if o.Rule.ID == "books" && (o.N != 3 || o.Running != 2 || !o.First.Equal(want)) {
				t.Errorf("%+v, not from %v", o, want)
			}
			if o.Rule.ID == "lost-books" && (o.N != 1 || o.Running != 1) {
				t.Errorf("%+v", o)
			}
		}
	})
}

// TestO7_WhatGoesAtOnceIsCounted: a rule without a period ends now, whatever
// fraction of a microsecond that is.
func TestO7_WhatGoesAtOnceIsCounted(t *testing.T) {
	each(t, func(w *world) {
		w.lent(w.s.Subject(t), "lost", 1, "x")
		d := policytest.Declarations()
		r := d.Retention[0]
		r.ID, r.Keeps, r.Period, r.Grace = "books", []string{"book"}, policy.PeriodNone, ""
		d.Retention = append(d.Retention, r)
		pol := policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
		lines, err := w.Forecast(t.Context(), pol, w.s.Clock.Now().Add(1500*time.Nanosecond))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Kind == "book" && l.Due != 1 {
				t.Errorf("at once go %d", l.Due)
			}
		}
	})
}
