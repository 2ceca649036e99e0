package automatic

import (
	"slices"
	"time"

	"portico/internal/cases"
	"portico/internal/services"
)

// Fate is what became of a decision of the program.
type Fate string

// The fates. A decision waits until the person has contested or accepted it, or
// the term is over.
const (
	Waits     Fate = "waits"
	Accepted  Fate = "accepted"
	Stood     Fate = "stood"
	Withdrawn Fate = "withdrawn"
	Contested Fate = "contested" // and a person has not decided yet
	ByPerson  Fate = "person"    // contested, and a person decided
)

// Decision is what the program decided on a case.
type Decision struct {
	Step    cases.Step      // by which it did
	Action  services.Action // of the workflow
	State   services.State  // to which it led
	Fate    Fate
	At      time.Time // when that became of it; zero while it waits
	Decider string    // of what was contested: who took the step that decided it
}

// Of returns what the program decided on a case, and whether it decided.
func Of(a *cases.Application) (d Decision, ok bool) {
	w := &a.Service.Workflow
	i := slices.IndexFunc(a.Steps, func(s cases.Step) bool { return s.Actor == cases.ByProgram })
	if i < 0 {
		return d, false
	}
	d.Step, d.Fate = a.Steps[i], Waits
	d.State, _ = w.State(d.Step.State)
	first, _ := w.State(w.Initial)
	d.Action, _ = first.Action(d.Step.Action)
	at := d.State
	for _, s := range a.Steps[i+1:] {
		action, moves := at.Action(s.Action)
		if !moves {
			continue // it left the case where it was
		}
		from := at
		at, _ = w.State(s.State)
		switch {
		case d.Fate == Waits && action.Contests:
			d.Fate, d.At = Contested, s.At
		case d.Fate == Waits && action.Doer() == services.System:
			d.Fate, d.At = Stood, s.At
		case d.Fate == Waits && d.State.Accepts(action):
			d.Fate, d.At = Accepted, s.At
		case d.Fate == Waits:
			d.Fate, d.At = Withdrawn, s.At
		case d.Fate == Contested && at.Decides() && from.Turn() == services.Official && action.Doer() != services.Applicant:
			d.Fate, d.Decider = ByPerson, s.Actor
		case d.Fate == Contested && at.Final:
			d.Fate, d.At = Withdrawn, s.At
		}
	}
	return d, true
}
