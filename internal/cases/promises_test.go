package cases_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
	"portico/internal/vault"
)

func TestO2_RowsHoldNothingThatWasAnswered(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		schema, err := w.DB.Schema(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		declared := map[string]db.Table{}
		for _, table := range cases.Holding() {
			declared[table.Name] = table
		}
		for _, name := range []string{"cases_case", "cases_step"} {
			for _, column := range schema[name] {
				if h := declared[name].Columns[column]; h != db.Nothing && h != db.Pseudonym {
					w.t.Errorf("%s.%s holds %q", name, column, h)
				}
			}
		}
		if row.Reference == "" || row.State != "submitted" {
			w.t.Errorf("the row says %+v", row)
		}
	})
}

func TestO6_O10_OnlyTheHolderSeesOnlyWhatDecidingNeeds(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)

		before, err := w.View(ctx, w.official, row.ID)
		if err != nil || len(before.Answers) > 0 {
			w.t.Errorf("a case that nobody holds shows %v (%v)", before.Answers, err)
		}
		w.taken(row, w.official)
		seen, err := w.View(ctx, w.official, row.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		for key := range seen.Answers {
			f, _ := w.service.Form.Field(key)
			if !slices.Contains(w.service.Shown(), f.ID) {
				w.t.Errorf("the official sees %s, which deciding does not need", key)
			}
		}
		if seen.Answers["road"] != "Dhigu Magu" || seen.Fee.Total != 104000 {
			w.t.Errorf("the official sees %v and a fee of %v", seen.Answers, seen.Fee)
		}

		events := w.store.Events(w.t, w.citizen.ID)
		last := events[len(events)-1]
		if last.Kind != audit.KindAccess || last.Activity != "road-permit.decide" || last.Actor.ID != w.official.ID ||
			last.Actor.Party != "fuvahmulah-city-council" || last.Reference != row.Reference {
			w.t.Errorf("the view is recorded as %+v", last)
		}

		weak := w.official
		weak.Strong = false
		stranger := policy.Actor{Kind: policy.Staff, ID: w.store.Subject(w.t), Roles: []string{"administrator"}, Strong: true}
		for name, who := range map[string]policy.Actor{"a colleague": w.colleague, "somebody of another role": stranger, "the holder without a second factor": weak} {
			n := len(w.denials(w.citizen.ID))
			if _, err := w.View(ctx, who, row.ID); fault.KindOf(err) != fault.Denied {
				w.t.Errorf("%s sees the case: %v", name, err)
			}
			if len(w.denials(w.citizen.ID)) != n+1 {
				w.t.Errorf("%s was not recorded: %v", name, w.denials(w.citizen.ID))
			}
		}

		if _, err := w.Act(ctx, w.official, row.ID, "in-review", "refuse", "The road is closed."); err != nil {
			w.t.Fatal(err)
		}
		after, err := w.View(ctx, w.official, row.ID)
		if err != nil || len(after.Answers) > 0 {
			w.t.Errorf("a decided case still shows %v (%v)", after.Answers, err)
		}
	})
}

func TestO10_AFieldThatDecidingDoesNotNeedStaysSealed(t *testing.T) {
	onEachEngine(t, func(w *world) {
		// The same service, whose officials need no phone number.
		d := *w.service
		d.Decide.Fields = slices.DeleteFunc(slices.Clone(d.Decide.Fields), func(f string) bool { return f == "phone" })
		p := servicestest.Policy(w.t, &d)
		w.service = &d
		w.catalogue.Set("two", &d)
		narrow := vault.New(vault.Config{DB: w.DB, Ring: w.store.Ring, Log: w.store.Log, Clock: w.store.Clock, Policy: func() *policy.Policy { return p }})
		w.Vault, w.Policy = narrow, func() *policy.Policy { return p }
		row := w.Applied(w.citizen)
		w.taken(row, w.official)
		seen, err := w.View(w.t.Context(), w.official, row.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, ok := seen.Answers["phone"]; ok {
			w.t.Error("the official sees the phone number")
		}
		mine, err := w.Application(w.t.Context(), w.citizen, row.ID)
		if err != nil || mine.Answers["phone"] != "+9607771234" {
			w.t.Errorf("the person does not see their own: %v %v", mine, err)
		}
	})
}

func TestTwoOfficialsTakeOneCase(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for round := range int64(20) {
			row := w.Applied(w.citizen)
			errs := make([]error, 2)
			begin := make(chan struct{})
			var wg sync.WaitGroup
			for i, who := range []policy.Actor{w.official, w.colleague} {
				wg.Go(func() {
					<-begin
					_, errs[i] = w.Act(w.t.Context(), who, row.ID, "submitted", "take", "")
				})
			}
			close(begin)
			wg.Wait()
			won := 0
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case fault.From(err).Code != "cases.error.taken":
					w.t.Errorf("the other is told: %v", err)
				}
			}
			if won != 1 {
				w.t.Fatalf("%d officials took case %d", won, round)
			}
		}
		if reasons := w.denials(w.citizen.ID); len(reasons) > 0 {
			w.t.Errorf("being slower was recorded as a denial: %v", reasons)
		}
	})
}

func TestDecidedOnceFromTwoWindows(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		w.taken(row, w.official)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, action := range []string{"approve", "refuse"} {
			wg.Go(func() {
				_, errs[i] = w.Act(w.t.Context(), w.official, row.ID, "in-review", action, "Reason of "+action)
			})
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			w.t.Fatalf("one decision should win: %v, %v", errs[0], errs[1])
		}
		if lost := errors.Join(errs...); !cases.Moved(lost) {
			w.t.Errorf("the other is told: %v", lost)
		}
		mine, err := w.Application(w.t.Context(), w.citizen, row.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		want := map[string]string{"approved": "Reason of approve", "refused": "Reason of refuse"}[mine.Case.State]
		if mine.Remarks != want || len(mine.Steps) != 3 {
			w.t.Errorf("%s says %q after %d steps", mine.Case.State, mine.Remarks, len(mine.Steps))
		}
	})
}

func TestDecidingIsTheHoldersAlone(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		w.taken(row, w.official)
		if _, err := w.Act(w.t.Context(), w.colleague, row.ID, "in-review", "approve", ""); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("a colleague decided: %v", err)
		}
		if got := w.denials(w.citizen.ID); !slices.Equal(got, []string{policy.ReasonTaskOfAnother.String()}) {
			w.t.Errorf("recorded: %v", got)
		}
		if _, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "refuse", " "); fault.KindOf(err) != fault.Invalid {
			w.t.Errorf("refused without a reason: %v", err)
		}
		if _, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "issue", ""); !cases.Moved(err) {
			w.t.Errorf("an action that there is not: %v", err)
		}
	})
}

func TestSomebodyElsesCaseIsNotFoundAndRecorded(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		other := w.person("Hawwa Ibrahim")
		if _, err := w.Application(w.t.Context(), other, row.ID); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else's application: %v", err)
		}
		if _, _, err := w.Row(w.t.Context(), other, row.ID); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else's confirmation: %v", err)
		}
		if got := w.denials(w.citizen.ID); !slices.Contains(got, policy.ReasonNotOwnData.String()) {
			w.t.Errorf("recorded: %v", got)
		}
		for _, id := range []string{"", "1", "../" + row.ID, row.ID + "x", "0198c0de-0000-7000-8000-000000000000"} {
			if _, err := w.Application(w.t.Context(), other, id); fault.KindOf(err) != fault.NotFound {
				w.t.Errorf("%q: %v", id, err)
			}
		}
	})
}

func TestCaseKeepsItsVersion(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.Applied(w.citizen)
		changed := *w.service
		changed.Name = map[string]string{"en": "Road permit, new", "dv": "x"}
		w.catalogue.Set("two", &changed)
		mine, err := w.Application(w.t.Context(), w.citizen, row.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		if mine.Service != w.service || mine.Instance != "one" || mine.Case.Policy != w.Policy().Hash() {
			w.t.Errorf("the case goes on under %q, policy %q", mine.Instance, mine.Case.Policy)
		}
		if second := w.Applied(w.citizen); second.Instance != "two" {
			w.t.Errorf("the next one is under %q", second.Instance)
		}
	})
}
