package cases_test

import (
	"errors"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault"
)

func TestO3_EveryValueKnowsItsSource(t *testing.T) {
	onEachEngine(t, func(w *world) {
		form := answers()
		form.Set("name", "Somebody Else")
		draft, err := w.Save(w.t.Context(), w.citizen, "road-permit", 0, form, "_ordinal")
		if err != nil || len(draft.Outcome.Errors) > 0 {
			w.t.Fatalf("save: %v %v", err, draft.Outcome.Errors)
		}
		begun, err := w.Begin(w.t.Context(), w.citizen, "road-permit")
		if err != nil {
			w.t.Fatal(err)
		}
		for _, f := range w.service.Form.Fields() {
			want := policy.SourceForm
			if f.Computed {
				want = policy.SourceSystem
			}
			if got := begun.Sources[f.Key]; got != want {
				w.t.Errorf("%s comes from %q, want %q", f.Key, got, want)
			}
			if !w.Policy().HasSource(f.ID, begun.Sources[f.Key]) {
				w.t.Errorf("%s comes from %q, which is not declared", f.Key, begun.Sources[f.Key])
			}
		}
	})
}

func TestO2_RowsHoldNothingThatWasAnswered(t *testing.T) {
	onEachEngine(t, func(w *world) {
		row := w.applied(w.citizen, 0)
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
		ctx, row := w.t.Context(), w.applied(w.citizen, 0)

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

		if _, err := w.Act(ctx, w.official, row.ID, "in-review", "approve", ""); err != nil {
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
		row := w.applied(w.citizen, 0)
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

func TestSubmittedExactlyOnceUnderConcurrency(t *testing.T) {
	onEachEngine(t, func(w *world) {
		draft := w.saved(w.citizen, 0)
		var wg sync.WaitGroup
		rows, errs := make([]*cases.Case, 16), make([]error, 16)
		for i := range rows {
			wg.Go(func() {
				rows[i], errs[i] = w.Send(w.t.Context(), w.citizen, "road-permit", 0, draft.Case.Revision)
			})
		}
		wg.Wait()
		for i, row := range rows {
			if errs[i] != nil {
				w.t.Fatalf("submit: %v", errs[i])
			}
			if row.ID != rows[0].ID || row.Reference == "" || row.Reference != rows[0].Reference {
				w.t.Errorf("two answers: %s %s and %s %s", rows[0].ID, rows[0].Reference, row.ID, row.Reference)
			}
		}
		list, err := w.Of(w.t.Context(), w.citizen.ID)
		if err != nil || len(list) != 1 {
			w.t.Errorf("%d applications (%v)", len(list), err)
		}
		mine, err := w.Application(w.t.Context(), w.citizen, rows[0].ID)
		if err != nil || len(mine.Steps) != 1 {
			w.t.Errorf("steps: %+v (%v)", mine.Steps, err)
		}
	})
}

// pair is a clock that lets two callers go on only together, so that both are
// at the same place of their transactions.
type pair struct {
	clock.Clock
	arrive, leave chan struct{}
}

func (p *pair) Now() time.Time {
	select {
	case p.arrive <- struct{}{}:
		<-p.leave
	case <-p.arrive:
		p.leave <- struct{}{}
	}
	return p.Clock.Now()
}

// TestSubmittedOnceByTwoThatBothSawTheDraft has two transactions see the draft
// before either submits it. SQLite has one writer, so that cannot be there.
func TestSubmittedOnceByTwoThatBothSawTheDraft(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.Postgres, migrations()...))
	draft := w.saved(w.citizen, 0)
	w.Clock = &pair{w.Clock, make(chan struct{}), make(chan struct{})}
	rows, errs := make([]*cases.Case, 2), make([]error, 2)
	var wg sync.WaitGroup
	for i := range rows {
		wg.Go(func() {
			rows[i], errs[i] = w.Send(w.t.Context(), w.citizen, "road-permit", 0, draft.Case.Revision)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if rows[0].Reference == "" || rows[0].Reference != rows[1].Reference {
		t.Errorf("two references: %q and %q", rows[0].Reference, rows[1].Reference)
	}
}

func TestDraftsOfTwoTabsAreOne(t *testing.T) {
	onEachEngine(t, func(w *world) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := w.Save(w.t.Context(), w.citizen, "road-permit", 0, answers(), "_ordinal"); err != nil {
					w.t.Errorf("save: %v", err)
				}
			})
		}
		wg.Wait()
		if list, err := w.Of(w.t.Context(), w.citizen.ID); err != nil || len(list) != 1 {
			w.t.Errorf("%d drafts (%v)", len(list), err)
		}
	})
}

func TestSubmitRefusesWhatWasNotSeen(t *testing.T) {
	onEachEngine(t, func(w *world) {
		seen := w.saved(w.citizen, 0).Case.Revision
		w.saved(w.citizen, 0) // changed in another tab
		if _, err := w.Send(w.t.Context(), w.citizen, "road-permit", 0, seen); !cases.Moved(err) {
			w.t.Errorf("answers were sent that the person did not see: %v", err)
		}
	})
}

func TestAnswerTakenBackIsGone(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.saved(w.citizen, 0)
		form := answers()
		form.Del("boards")
		if _, err := w.Save(w.t.Context(), w.citizen, "road-permit", 0, form, "_ordinal"); err != nil {
			w.t.Fatal(err)
		}
		begun, err := w.Begin(w.t.Context(), w.citizen, "road-permit")
		if err != nil {
			w.t.Fatal(err)
		}
		if text, there := begun.Answers["boards"]; there {
			w.t.Errorf("the draft still says %q", text)
		}
	})
}

func TestTwoOfficialsTakeOneCase(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for round := range int64(20) {
			row := w.applied(w.citizen, round)
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
		row := w.applied(w.citizen, 0)
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
		row := w.applied(w.citizen, 0)
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
		row := w.applied(w.citizen, 0)
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
		row := w.applied(w.citizen, 0)
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
		if second := w.applied(w.citizen, 1); second.Instance != "two" {
			w.t.Errorf("the next one is under %q", second.Instance)
		}
	})
}

func TestWrongAnswersStoreNothing(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for name, change := range map[string]url.Values{
			"missing":    {"road": {""}},
			"duplicated": {"road": {"one", "two"}},
			"unknown":    {"admin": {"true"}},
			"oversize":   {"road": {string(make([]rune, 5000))}},
			"past":       {"start-year": {"2020"}},
		} {
			form := answers()
			for key, v := range change {
				form[key] = v
			}
			draft, err := w.Save(w.t.Context(), w.citizen, "road-permit", 0, form, "_ordinal")
			if err != nil || len(draft.Outcome.Errors) == 0 {
				w.t.Errorf("%s: accepted (%v)", name, err)
				continue
			}
			if draft.Typed["section"] != answers().Get("section") {
				w.t.Errorf("%s: what else was typed is lost: %v", name, draft.Typed)
			}
		}
		if list, err := w.Of(w.t.Context(), w.citizen.ID); err != nil || len(list) > 0 {
			w.t.Errorf("%d drafts are stored (%v)", len(list), err)
		}
	})
}
