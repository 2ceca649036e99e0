package cases

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/platform/fault"
	"portico/internal/services"
)

// What follows are the rules by which a case moves: no I/O.

// MaxText is how many characters remarks, a message or a note have at most.
const MaxText = 2000

// The faults of what somebody wants to do with a case.
var (
	errAgain     = fault.New(fault.Conflict, "cases.error.other-official")
	errLeft      = fault.New(fault.Conflict, "cases.error.left")
	errNoMessage = fault.New(fault.NotFound, "cases.error.no-messages")
)

// enter brings a case from a state into another. What the office's deadline
// counts from moves by as long as it stood still; the deadline of a state that
// is not the office's counts from when the case came there.
func (c *Case) enter(from, to services.State, now time.Time) {
	switch {
	case c.Clock.IsZero():
		c.Clock = c.Submitted
	case from.Pauses:
		c.Clock = c.Clock.Add(now.Sub(c.Entered))
	}
	c.State, c.Changed, c.Entered, c.Days = to.ID, now, now, to.Deadline
	c.Counted, c.Late = c.Clock, time.Time{}
	if to.Turn() != services.Official {
		c.Counted = now
	}
	if to.Final {
		c.Closed = now
	}
}

// hold changes who holds the case, as an action says.
func (c *Case) hold(a services.Action, actor string) {
	switch {
	case a.Releases:
		c.Holder = ""
	case a.Doer() == services.Official:
		c.Holder = actor
	}
}

// acted reports whether an official has done something on a case that is not
// taking it, handing it over or an action for a second pair of eyes.
func acted(w *services.Workflow, steps []Step, official string) bool {
	state := ""
	for _, step := range steps {
		from, _ := w.State(state)
		state = step.State
		a, ok := from.Action(step.Action)
		if step.Actor == official && ok && !a.Take && !a.Other {
			return true
		}
	}
	return false
}

// asked returns the step by which the office asked for information and has
// not got it yet.
func asked(w *services.Workflow, steps []Step) (Step, bool) {
	for i := len(steps) - 1; i > 0; i-- {
		if isOwn(steps[i].Action) {
			continue // it did not lead here
		}
		from, _ := w.State(steps[i-1].State)
		a, ok := from.Action(steps[i].Action)
		return steps[i], ok && a.Asks
	}
	return Step{}, false
}

// isOwn reports a step that is no action of the workflow.
func isOwn(action string) bool {
	return slices.Contains([]string{StepSubmit, StepAmend, StepHandOver, StepRelease, StepClaim, StepOverdue, StepMessage}, action)
}

// Asked returns the step by which the office asks the applicant for
// information at the moment, and whether it does.
func (a *Application) Asked() (Step, bool) {
	if !a.Open() || a.State().Turn() != services.Applicant {
		return Step{}, false
	}
	return asked(&a.Service.Workflow, a.Steps)
}

// Decision returns the step by which an official or the program decided the
// case, if that is what was done last, so that one can appeal. What payment or
// time did since, or the person by accepting it, changes nothing of it.
func (a *Application) Decision() (Step, bool) {
	for i := len(a.Steps) - 1; i > 0; i-- {
		from, _ := a.Service.Workflow.State(a.Steps[i-1].State)
		to, _ := a.Service.Workflow.State(a.Steps[i].State)
		action, ok := from.Action(a.Steps[i].Action)
		switch {
		case ok && action.Doer() == services.Official:
			return a.Steps[i], to.Decides()
		case ok && action.Doer() == services.Program:
			return a.Steps[i], true
		case ok && action.Doer() == services.Applicant && !from.Accepts(action):
			return Step{}, false
		}
	}
	return Step{}, false
}

// Changeable returns the keys of the questions whose answers the applicant may
// change now: those that the office named when it asked, otherwise all but
// what is computed. Files are changed by Replace, the rest by Amend.
func (a *Application) Changeable() []string { return changeable(a.Service, a.Case, a.Steps) }

func changeable(d *services.Definition, row *Case, steps []Step) []string {
	s, _ := d.Workflow.State(row.State)
	if !row.Open() || !s.Amend {
		return nil
	}
	if step, ok := asked(&d.Workflow, steps); ok && s.Turn() == services.Applicant {
		return step.Keys
	}
	return askable(d)
}

// askable are the keys of what a form asks.
func askable(d *services.Definition) (keys []string) {
	for _, f := range d.Form.Fields() {
		if f.Asked() {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// write checks what somebody wrote into an input.
func write(name, text string, needed bool) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case utf8.RuneCountInString(text) > MaxText:
		return "", fault.Input(fault.Field{Name: name, Code: "cases.error." + name + "-long", Args: []any{"n", MaxText}})
	case needed && text == "":
		return "", fault.Input(fault.Field{Name: name, Code: "cases.error." + name + "-missing"})
	}
	return text, nil
}

// input is the name of the input in which the text of an action is written.
func input(a services.Action) string {
	if a.Asks {
		return "message"
	}
	return "remarks"
}
