package cases_test

import (
	"slices"
	"strings"
	"testing"

	"portico/internal/cases"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
)

// changed puts a road permit in force whose workflow says something else.
func (w *world) changed(pairs ...string) {
	w.t.Helper()
	files := servicestest.RoadPermitFiles(w.t)
	text := string(files["workflow.yaml"].Data)
	for pair := range slices.Chunk(pairs, 2) {
		if strings.Count(text, pair[0]) != 1 {
			w.t.Fatalf("the road permit's workflow does not say once %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	files["workflow.yaml"].Data = []byte(text)
	d, problems := services.Compile(files, "road-permit", servicestest.Env(w.t))
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	w.catalogue.Set("two", d)
}

func TestO18_FourEyesAreTwoPeople(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.changed("to: approved, remarks: optional}", "to: approved, other: true, remarks: optional}\n      - {id: propose, name: {en: Propose, dv: ހުށަހަޅާ}, to: proposed, releases: true}",
			"  - id: information-requested\n", `  - {id: proposed, name: {en: a, dv: a}, says: {en: a, dv: a}, look: info, deadline: 5, actions: [
      {id: take-over, name: {en: a, dv: a}, to: in-review, take: true, other: true}]}
  - id: information-requested
`)
		ctx, row := w.t.Context(), w.Applied(w.citizen)
		act := func(who policy.Actor, state, action string) error {
			_, err := w.Act(ctx, who, row.ID, state, action, "")
			return err
		}
		is := func(err error) bool { return fault.From(err).Code == "cases.error.other-official" }
		w.taken(row, w.official)
		if err := act(w.official, "in-review", "propose"); err != nil {
			w.t.Fatal(err)
		}
		if err := act(w.official, "proposed", "take-over"); !is(err) {
			w.t.Errorf("who proposed takes it over: %v", err)
		}
		if err := act(w.colleague, "proposed", "take-over"); err != nil {
			w.t.Fatal(err)
		}
		// By way of handing over, which is no action of the workflow, it is
		// still the same two eyes.
		if _, err := w.HandOver(ctx, w.colleague, row.ID, w.seen(row).Revision, w.official.ID, ""); err != nil {
			w.t.Fatal(err)
		}
		if err := act(w.official, "in-review", "approve"); !is(err) {
			w.t.Errorf("who proposed approves: %v", err)
		}
		if _, err := w.HandOver(ctx, w.official, row.ID, w.seen(row).Revision, w.colleague.ID, ""); err != nil {
			w.t.Fatal(err)
		}
		if err := act(w.colleague, "in-review", "approve"); err != nil {
			w.t.Fatal(err)
		}
		if a := w.seen(row); a.Case.State != "approved" || a.Steps[len(a.Steps)-1].Actor != w.colleague.ID {
			w.t.Errorf("%s, the last step %+v", a.Case.State, a.Steps[len(a.Steps)-1])
		}
	})
}

func TestO18_AmendingAgainstDecidingHasOneWinner(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.changed("    deadline: 5\n    actions:\n      - {id: approve", "    deadline: 5\n    amend: true\n    actions:\n      - {id: approve")
		for range 8 {
			row := w.Applied(w.citizen)
			w.taken(row, w.official)
			before := w.seen(row)
			errs := race(func() error {
				_, err := w.Act(w.t.Context(), w.official, row.ID, "in-review", "refuse", "The road is closed already.")
				return err
			}, func() error {
				_, err := w.Amend(w.t.Context(), w.citizen, row.ID, before.Revision, with("hours", "10"))
				return err
			})
			after := w.seen(row)
			if won := errs[0] == nil; won == (errs[1] == nil) || won != (after.Case.State == "refused") || won == (after.Answers["hours"] == "10") || len(after.Steps) != len(before.Steps)+1 {
				w.t.Fatalf("%v: %s with %s hours after %d steps", errs, after.Case.State, after.Answers["hours"], len(after.Steps))
			}
			for i, who := range []string{"the official", "the applicant"} {
				if errs[i] != nil && !cases.Moved(errs[i]) {
					w.t.Errorf("%s is told: %v", who, errs[i])
				}
			}
		}
	})
}
