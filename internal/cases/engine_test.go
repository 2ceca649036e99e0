package cases_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/testkit"
)

// asked has the official ask about the named questions.
func (w *world) asked(row *cases.Case, keys ...string) {
	w.t.Helper()
	if _, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "ask", "Which side of the road?", keys...); err != nil {
		w.t.Fatalf("ask: %v", err)
	}
}

// seen is the application as the citizen sees it.
func (w *world) seen(row *cases.Case) *cases.Application {
	w.t.Helper()
	a, err := w.Application(w.t.Context(), w.citizen, row.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func TestO18_ARequestIsAnsweredInsideTheApplicationAndStopsTheClock(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		w.taken(row, w.official)
		before := w.Due(w.seen(row).Case)
		w.store.Clock.Advance(24 * time.Hour)
		w.asked(row, "section")

		a := w.seen(row)
		if a.Case.State != "information-requested" || len(a.Messages) != 1 || a.Messages[0].Text != "Which side of the road?" || !a.Messages[0].Office {
			w.t.Fatalf("the person sees %s and %+v", a.Case.State, a.Messages)
		}
		if step, ok := a.Asked(); !ok || !slices.Equal(step.Keys, []string{"section"}) || !slices.Equal(a.Changeable(), []string{"section"}) {
			w.t.Errorf("asked %v, changeable %v", step, a.Changeable())
		}
		if _, err := w.Do(ctx, w.citizen, row.ID, "information-requested", "answer", " "); !fieldIs(err, "message") {
			w.t.Errorf("answered with nothing: %v", err)
		}

		// Only what was asked for changes.
		w.store.Clock.Advance(6 * 24 * time.Hour)
		change, err := w.Amend(ctx, w.citizen, row.ID, a.Revision, forms.Answers{"section": "The eastern side", "road": "Another road"})
		if err != nil || !slices.Equal(change.Changed, []string{"section"}) {
			w.t.Fatalf("changed %v (%v)", change.Changed, err)
		}
		if _, err := w.Do(ctx, w.citizen, row.ID, "information-requested", "answer", "The eastern one."); err != nil {
			w.t.Fatal(err)
		}

		official, err := w.View(ctx, w.official, row.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		if official.Answers["section"] != "The eastern side" || official.Answers["road"] != "Dhigu Magu" || len(official.Messages) != 2 || official.Messages[1].Office {
			w.t.Errorf("the official sees %v and %+v", official.Answers, official.Messages)
		}
		if official.Holder != w.official.ID || official.News != cases.Answered {
			w.t.Errorf("the holder is %q, told %q", official.Holder, official.News)
		}
		again, err := w.View(ctx, w.official, row.ID)
		if err != nil || again.News != cases.NoNews {
			w.t.Errorf("told again: %q (%v)", again.News, err)
		}
		// One of five working days was used on Monday, so four are left from Sunday.
		if after := w.Due(official.Case); before.Format(time.DateOnly) != "2026-11-29" || after.Format(time.DateOnly) != "2026-12-03" {
			w.t.Errorf("the deadline went from %s to %s although the office waited six days", before, after)
		}
		last := official.Steps
		if got := w.seen(row).Steps; !slices.Equal(got[3].Keys, []string{"section"}) || got[3].Action != cases.StepAmend || len(got) != 5 {
			w.t.Errorf("steps: %+v, %d of them seen by the official", got, len(last))
		}
	})
}

// fieldIs reports an error about one input.
func fieldIs(err error, name string) bool {
	f := fault.From(err)
	return f.Kind == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Name == name
}

func TestO18_AnswersChangeOnlyWhileTheStateAllows(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		revision := w.seen(row).Revision
		change, err := w.Amend(ctx, w.citizen, row.ID, revision, with("hours", "0"))
		if err != nil || len(change.Outcome.Errors) == 0 || len(change.Changed) > 0 {
			w.t.Errorf("wrong answers: %+v (%v)", change, err)
		}
		change, err = w.Amend(ctx, w.citizen, row.ID, revision, with("hours", "10"))
		if err != nil || !slices.Equal(change.Changed, []string{"hours", "end"}) {
			w.t.Fatalf("changed %+v (%v)", change, err)
		}
		a := w.seen(row)
		if a.Answers["hours"] != "10" || a.Answers["end"] != "2026-11-30T19:00:00+05:00" || a.Sources["end"] != policy.SourceSystem || a.Fee.Total != 114000 {
			w.t.Errorf("it says %v, fee %d", a.Answers, a.Fee.Total)
		}
		if _, err := w.Amend(ctx, w.citizen, row.ID, revision, with("hours", "11")); !cases.Moved(err) {
			w.t.Errorf("changed what had changed: %v", err)
		}
		if _, err := w.Amend(ctx, w.person("Hawwa Ibrahim"), row.ID, a.Revision, with("hours", "11")); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else changed it: %v", err)
		}
		w.taken(row, w.official)
		if _, err := w.Amend(ctx, w.citizen, row.ID, w.seen(row).Revision, with("hours", "11")); !cases.Moved(err) {
			w.t.Errorf("changed while it is reviewed: %v", err)
		}
	})
}

// with are the world's answers with one changed.
func with(key, text string) forms.Answers {
	a := worldAnswers()
	a[key] = text
	return a
}

func TestO18_WithdrawnByTheApplicantAndNobodyElse(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		if _, err := w.Do(ctx, w.person("Hawwa Ibrahim"), row.ID, "submitted", "withdraw", ""); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else withdrew it: %v", err)
		}
		if got := w.denials(w.citizen.ID); !slices.Contains(got, policy.ReasonNotOwnData.String()) {
			w.t.Errorf("recorded: %v", got)
		}
		if _, err := w.Act(ctx, w.official, row.ID, "submitted", "withdraw", ""); !cases.Moved(err) {
			w.t.Errorf("an official withdrew it: %v", err)
		}
		for _, action := range []string{"take", "answer", "approve", ""} {
			if _, err := w.Do(ctx, w.citizen, row.ID, "submitted", action, ""); !cases.Moved(err) {
				w.t.Errorf("the applicant did %q: %v", action, err)
			}
		}
		done, err := w.Do(ctx, w.citizen, row.ID, "submitted", "withdraw", "")
		if err != nil || done.Open() || done.State != "withdrawn" {
			w.t.Fatalf("withdrawn: %+v (%v)", done, err)
		}
		if _, err := w.Act(ctx, w.official, row.ID, "submitted", "take", ""); !cases.Moved(err) || cases.Taken(err) {
			w.t.Errorf("taken afterwards: %v", err)
		}
	})
}

func TestO6_MessagesAndNotesAreSealedAndNotesAreOfficialsOnly(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		if err := w.Reply(ctx, w.official, row.ID, "Hello"); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("wrote on a case that they do not hold: %v", err)
		}
		w.taken(row, w.official)
		if err := w.Write(ctx, w.citizen, row.ID, "When will you decide?"); err != nil {
			w.t.Fatal(err)
		}
		w.store.Clock.Advance(time.Minute)
		for _, err := range []error{w.Reply(ctx, w.official, row.ID, "On Monday."), w.Note(ctx, w.official, row.ID, "Called the engineer.")} {
			if err != nil {
				w.t.Fatal(err)
			}
		}
		if err := w.Note(ctx, w.colleague, row.ID, "Me too."); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("a colleague noted: %v", err)
		}
		if err := w.Write(ctx, w.person("Hawwa Ibrahim"), row.ID, "Hm"); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else wrote: %v", err)
		}
		if err := w.Write(ctx, w.citizen, row.ID, strings.Repeat("x", cases.MaxText+1)); !fieldIs(err, "message") {
			w.t.Errorf("too long: %v", err)
		}
		official, err := w.View(ctx, w.official, row.ID)
		if err != nil || len(official.Messages) != 2 || len(official.Notes) != 1 || official.Notes[0].Actor != w.official.ID || official.News != cases.Wrote {
			w.t.Fatalf("the official sees %+v (%v)", official, err)
		}
		a := w.seen(row)
		if len(a.Messages) != 2 || a.Messages[0].Office || !a.Messages[1].Office || len(a.Notes) > 0 || !a.Unread {
			w.t.Errorf("the person sees %+v %+v", a.Messages, a.Notes)
		}
		if w.seen(row).Unread {
			w.t.Error("what was read is unread again")
		}
		if _, err := w.Act(ctx, w.official, row.ID, "in-review", "refuse", "The road is closed."); err != nil {
			w.t.Fatal(err)
		}
		if err := w.Write(ctx, w.citizen, row.ID, "Thanks"); !cases.Moved(err) {
			w.t.Errorf("wrote on a closed case: %v", err)
		}
	})
}

// TestRacesOnOneCase has two people do two things at once: one wins, the other
// is told, and what is there afterwards is what the winner did.
func TestO18_RacesOnOneCaseHaveOneWinner(t *testing.T) {
	type act func(w *world, row *cases.Case) error
	approve := func(w *world, row *cases.Case) error {
		_, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "approve", "")
		return err
	}
	for name, other := range map[string]act{
		"withdraw": func(w *world, row *cases.Case) error {
			_, err := w.Do(w.t.Context(), w.citizen, row.ID, "in-review", "withdraw", "")
			return err
		},
		"hand over": func(w *world, row *cases.Case) error {
			_, err := w.HandOver(w.t.Context(), w.official, row.ID, row.Revision+1, w.colleague.ID, "")
			return err
		},
		"ask": func(w *world, row *cases.Case) error {
			_, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "ask", "Why?")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, d *db.DB) {
				w := newWorld(t, d)
				for range 6 {
					row := w.Applied(w.citizen)
					w.taken(row, w.official)
					errs := race(func() error { return approve(w, row) }, func() error { return other(w, row) })
					won := 0
					for _, err := range errs {
						switch {
						case err == nil:
							won++
						case !cases.Moved(err) && fault.KindOf(err) != fault.Denied:
							t.Errorf("the other is told: %v", err)
						}
					}
					a := w.seen(row)
					if won != 1 || len(a.Steps) != 3 || (errs[0] == nil) != (a.Case.State == "approved") {
						t.Fatalf("%d won, %s after %d steps: %v", won, a.Case.State, len(a.Steps), errs)
					}
				}
			}, migrations()...)
		})
	}
}

func TestO18_AmendingAgainstTakingHasOneWinner(t *testing.T) {
	onEachEngine(t, func(w *world) {
		for range 6 {
			row := w.Applied(w.citizen)
			revision := w.seen(row).Revision
			var change *cases.Change
			errs := race(func() error {
				_, err := w.Act(w.t.Context(), w.official, row.ID, "submitted", "take", "")
				return err
			}, func() (err error) {
				change, err = w.Amend(w.t.Context(), w.citizen, row.ID, revision, with("hours", "10"))
				return err
			})
			official, err := w.View(w.t.Context(), w.official, row.ID)
			if err != nil && errs[0] == nil {
				w.t.Fatal(err)
			}
			switch {
			case errs[0] != nil && errs[1] != nil:
				w.t.Fatalf("nobody won: %v", errs)
			case errs[1] != nil && !cases.Moved(errs[1]):
				w.t.Errorf("the applicant is told: %v", errs[1])
			case errs[0] == nil && official.Answers["hours"] != map[bool]string{true: "10", false: "9"}[errs[1] == nil]:
				w.t.Errorf("the official sees %q hours after %v", official.Answers["hours"], errs)
			case errs[1] == nil && len(change.Changed) != 2:
				w.t.Errorf("changed %v", change.Changed)
			}
		}
	})
}

func race(acts ...func() error) []error {
	errs := make([]error, len(acts))
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i, act := range acts {
		wg.Go(func() {
			<-begin
			errs[i] = act()
		})
	}
	close(begin)
	wg.Wait()
	return errs
}

func TestO10_WhoIsSuspendedLosesTheirCasesToWhomTheSupervisorChooses(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		w.taken(row, w.official)
		handOver := func(who policy.Actor, to string) error {
			_, err := w.HandOver(ctx, who, row.ID, w.seen(row).Revision, to, "")
			return err
		}
		w.Away[w.official.ID] = true
		if err := handOver(w.Leader, w.colleague.ID); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.View(ctx, w.official, row.ID); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("who held it still sees it: %v", err)
		}
		for name, to := range map[string]string{"somebody suspended": w.official.ID, "who leads only": w.Leader.ID, "a citizen": w.citizen.ID, "nobody": "x"} {
			if err := handOver(w.Leader, to); !fieldIs(err, "to") {
				w.t.Errorf("handed to %s: %v", name, err)
			}
		}
		if _, err := w.View(ctx, w.Leader, row.ID); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("supervising opened a case: %v", err)
		}
		steps := w.seen(row).Steps
		if last := steps[len(steps)-1]; last.Action != cases.StepHandOver || last.Actor != w.Leader.ID || last.Holder != w.colleague.ID {
			w.t.Errorf("the last step is %+v", last)
		}
	})
}

func TestM5_ACaseThatIsNotOnesTaskOpensForAReasonThatThePersonReads(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		w.taken(row, w.official)
		if _, err := w.Review(ctx, w.colleague, row.ID, " Too  few "); !fieldIs(err, "because") {
			w.t.Errorf("without a reason: %v", err)
		}
		const because = "The applicant called while the holder is on leave."
		a, err := w.Review(ctx, w.colleague, row.ID, because)
		if err != nil || a.Answers["road"] != "Dhigu Magu" {
			w.t.Fatalf("for a reason: %v (%v)", a, err)
		}
		events := w.store.Events(w.t, w.citizen.ID)
		last := events[len(events)-1]
		if last.Activity != "road-permit.review" || last.Actor.ID != w.colleague.ID || last.Facts["because"] != because {
			w.t.Errorf("the event says %+v", last)
		}
		clerk := w.Staff("clerk", "dewatering-officer")
		if _, err := w.Review(ctx, clerk, row.ID, because); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("somebody of another office: %v", err)
		}
		if got := w.denials(w.citizen.ID); !slices.Contains(got, policy.ReasonActorNotDeclared.String()) {
			w.t.Errorf("recorded: %v", got)
		}
		if _, err := w.Act(ctx, w.colleague, row.ID, "in-review", "approve", ""); fault.KindOf(err) != fault.Denied {
			w.t.Errorf("a reason let somebody decide: %v", err)
		}
	})
}
