package cases_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/cases/casestest"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/testkit"
)

// scattered makes cases whose deadlines count from many times and have one of
// several numbers of days, held by an official, by a colleague or by nobody.
// Whatever chance says, the official holds one that is due tomorrow, and an
// overdue one is free: no look at the queue is empty.
func scattered(w *casestest.World, n int) {
	w.T.Helper()
	chance := testkit.Chance(w.T)
	now := w.Store.Clock.Now()
	for i := range n {
		row := w.Applied(w.Citizen)
		holder, days := []string{"", w.Official.ID, w.Colleague.ID}[chance.IntN(3)], []int{3, 5, 15}[chance.IntN(3)]
		counted, decided := now.Add(-time.Duration(chance.IntN(40*24))*time.Hour), chance.IntN(6) == 0
		switch i {
		case 0:
			holder, days, counted, decided = w.Official.ID, 3, now.AddDate(0, 0, -4), false
		case 1:
			holder, days, counted, decided = "", 3, now.AddDate(0, 0, -30), false
		}
		var held, closed any
		state := "submitted"
		if holder != "" {
			held, state = holder, "in-review"
		}
		if decided {
			closed, state = clock.Micros(now.Add(-time.Duration(chance.IntN(5))*time.Hour)), "refused"
		}
		if err := w.Store.DB.Update(w.T.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE cases_case SET counted_at = $1, days = $2, holder = $3, state = $4, closed_at = $5 WHERE id = $6`,
				clock.Micros(counted), days, held, state, closed, row.ID)
			return err
		}); err != nil {
			w.T.Fatal(err)
		}
	}
}

// all reads every page of the queue.
func all(w *casestest.World, f cases.Filter) (rows []*cases.Case) {
	w.T.Helper()
	for {
		page, err := w.Queue(w.T.Context(), w.Official, f)
		if err != nil {
			w.T.Fatal(err)
		}
		rows = append(rows, page.Rows...)
		if f.After = page.Next; page.Next == "" {
			return rows
		}
		if len(page.Rows) != cases.PageSize || len(rows) > 1000 {
			w.T.Fatalf("a page of %d rows is followed by another", len(page.Rows))
		}
	}
}

func ids(rows []*cases.Case) (list []string) {
	for _, row := range rows {
		list = append(list, row.ID)
	}
	return list
}

func TestO18_QueueIsInOrderOfDeadlineOverAllPages(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		scattered(w, 90)
		now := w.Store.Clock.Now()
		soon := now.Add(48 * time.Hour)
		open := all(w, cases.Filter{})
		for name, c := range map[string]struct {
			filter cases.Filter
			keep   func(*cases.Case) bool
		}{
			"open":    {cases.Filter{}, func(row *cases.Case) bool { return true }},
			"mine":    {cases.Filter{Holder: w.Official.ID}, func(row *cases.Case) bool { return row.Holder == w.Official.ID }},
			"free":    {cases.Filter{Free: true}, func(row *cases.Case) bool { return row.Holder == "" }},
			"state":   {cases.Filter{State: "in-review"}, func(row *cases.Case) bool { return row.State == "in-review" }},
			"overdue": {cases.Filter{Before: now}, w.Overdue},
			"soon": {cases.Filter{From: now, Before: soon}, func(row *cases.Case) bool {
				return !w.Overdue(row) && w.Due(row).Before(soon)
			}},
		} {
			want := slices.DeleteFunc(slices.Clone(open), func(row *cases.Case) bool { return !c.keep(row) || !row.Open() })
			slices.SortFunc(want, func(a, b *cases.Case) int {
				return cmp.Or(w.Due(a).Compare(w.Due(b)), a.Counted.Compare(b.Counted), strings.Compare(a.ID, b.ID))
			})
			got := all(w, c.filter)
			if len(got) == 0 || !slices.Equal(ids(got), ids(want)) {
				w.T.Errorf("%s: %d rows, want %d in this order", name, len(got), len(want))
			}
			if n, err := w.Count(w.T.Context(), w.Official, c.filter); err != nil || n[0] != len(want) {
				w.T.Errorf("%s: counted %d, want %d (%v)", name, n, len(want), err)
			}
		}
		closed := all(w, cases.Filter{Closed: true})
		if len(closed)+len(open) != 90 || !slices.IsSortedFunc(closed, func(a, b *cases.Case) int { return b.Closed.Compare(a.Closed) }) {
			w.T.Errorf("%d open and %d decided cases of 90, or in a wrong order", len(open), len(closed))
		}
		for _, after := range []string{"x", "..", "zzzzzzzzzzzzzzzzz.5." + open[0].ID, "1.-1." + open[0].ID, "1.5.x"} {
			if page, err := w.Queue(w.T.Context(), w.Official, cases.Filter{After: after}); err != nil || page.Rows[0].ID != open[0].ID {
				w.T.Errorf("after %q: %v", after, err)
			}
		}
	})
}

func TestO10_QueueIsOfThoseWhoDecideOrSupervise(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		w.Applied(w.Citizen)
		stranger := w.Staff("stranger", "administrator")
		if page, err := w.Queue(w.T.Context(), stranger, cases.Filter{}); err != nil || len(page.Rows) > 0 {
			w.T.Errorf("somebody who decides on nothing sees %d cases (%v)", len(page.Rows), err)
		}
		if n, err := w.Count(w.T.Context(), stranger, cases.Filter{}); err != nil || n[0] > 0 {
			w.T.Errorf("and counts %d (%v)", n, err)
		}
	})
}

func TestO10_HandedOverByTheHolderAlone(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		ctx, row := w.T.Context(), w.Applied(w.Citizen)
		w.Taken(row, w.Official)
		seen := row.Revision + 1
		weak, third := w.Official, w.Staff("third", "permit-officer")
		weak.Strong = false
		for name, c := range map[string]struct {
			who  policy.Actor
			to   string
			seen int64
			want fault.Kind
		}{
			"by a colleague":              {w.Colleague, w.Colleague.ID, seen, fault.Denied},
			"without a second factor":     {weak, w.Colleague.ID, seen, fault.Denied},
			"by somebody of another role": {w.Staff("clerk", "administrator"), "", seen, fault.Denied},
			"to somebody of another role": {w.Official, w.Leader.ID, seen, fault.Invalid},
			"to themself":                 {w.Official, w.Official.ID, seen, fault.Conflict},
			"as it was before":            {w.Official, w.Colleague.ID, seen - 1, fault.Conflict},
		} {
			n := len(w.Denials(w.Citizen.ID))
			if _, err := w.HandOver(ctx, c.who, row.ID, c.seen, c.to, ""); fault.KindOf(err) != c.want {
				w.T.Errorf("%s: %v", name, err)
			}
			if denials := len(w.Denials(w.Citizen.ID)) - n; (denials == 1) != (c.want == fault.Denied) {
				w.T.Errorf("%s: %d denials are recorded", name, denials)
			}
		}
		moved, err := w.HandOver(ctx, w.Official, row.ID, seen, w.Colleague.ID, "")
		if err != nil || moved.Holder != w.Colleague.ID || moved.State != "in-review" {
			w.T.Fatalf("handed over: %+v %v", moved, err)
		}
		if _, err := w.View(ctx, w.Official, row.ID); fault.KindOf(err) != fault.Denied {
			w.T.Errorf("who handed a case over still sees it: %v", err)
		}
		if a, err := w.View(ctx, w.Colleague, row.ID); err != nil || a.Answers["road"] != "Dhigu Magu" {
			w.T.Errorf("who has it now does not see it: %v", err)
		}
		if _, err := w.HandOver(ctx, w.Colleague, row.ID, moved.Revision, "", ""); err != nil {
			w.T.Fatalf("give back: %v", err)
		}
		claimed, err := w.HandOver(ctx, third, row.ID, moved.Revision+1, third.ID, "")
		if err != nil || claimed.Holder != third.ID {
			w.T.Fatalf("claim: %+v %v", claimed, err)
		}
		a, err := w.Glance(ctx, row.ID)
		if err != nil {
			w.T.Fatal(err)
		}
		var did []string
		for _, s := range a.Steps {
			did = append(did, s.Action)
		}
		if want := []string{"submit", "take", cases.StepHandOver, cases.StepRelease, cases.StepClaim}; !slices.Equal(did, want) {
			w.T.Errorf("the steps are %v, want %v", did, want)
		}
	})
}
