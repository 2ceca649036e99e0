package services

import (
	"fmt"
	"slices"

	"portico/internal/platform/i18n"
)

// Draft is the state of an application that was not submitted yet.
const Draft = "draft"

// Workflow is workflow.yaml: a table of states.
type Workflow struct {
	Initial string  `yaml:"initial" doc:"the state of an application that was just sent"`
	States  []State `yaml:"states" doc:"where a case can stand"`
}

// State is where a case stands.
type State struct {
	ID       string    `yaml:"id" doc:"small letters"`
	Name     i18n.Text `yaml:"name" doc:"what people call it"`
	Says     i18n.Text `yaml:"says" doc:"what it means and what happens next, to the applicant"`
	Look     Look      `yaml:"look" doc:"how it is drawn, beside its name"`
	By       Turn      `yaml:"by,omitempty" doc:"whose turn it is; the official's if left out"`
	Deadline int       `yaml:"deadline,omitempty" doc:"in working days: from receipt where it is the official's turn, otherwise from when the case came into the state"`
	Pauses   bool      `yaml:"pauses" doc:"while it is the applicant's turn, the deadline of the office stands still"`
	Amend    bool      `yaml:"amend" doc:"the applicant may still change answers"`
	Final    bool      `yaml:"final" doc:"the case is closed"`
	Issues   bool      `yaml:"issues" doc:"a case that comes here gets its document, see document.yaml"`
	Fee      bool      `yaml:"fee" doc:"the fee is due; where the case goes on, by an action of payment"`
	Refund   bool      `yaml:"refund" doc:"what was paid is given back when the case comes here"`
	Actions  []Action  `yaml:"actions,omitempty" doc:"what can be done here"`
}

// Turn says whose turn it is.
type Turn string

// The turns. The empty Turn is Official.
const (
	Official  Turn = "official"
	Applicant Turn = "applicant"
	System    Turn = "system"
	Payment   Turn = "payment"
	Program   Turn = "program"
)

// Values lists the turns.
func (Turn) Values() []string {
	return []string{string(Official), string(Applicant), string(System), string(Payment), string(Program)}
}

// or is t, Official if it was left out.
func (t Turn) or() Turn {
	if t == "" {
		return Official
	}
	return t
}

// Look is how a state is drawn, beside its name.
type Look string

// Values lists the looks.
func (Look) Values() []string { return []string{"neutral", "info", "good", "warn", "bad"} }

// Action is what can be done in a state.
type Action struct {
	ID       string    `yaml:"id" doc:"small letters"`
	Name     i18n.Text `yaml:"name" doc:"what stands on the button, such as Approve"`
	To       string    `yaml:"to" doc:"the state that it leads to"`
	By       Turn      `yaml:"by,omitempty" doc:"who does it; an official if left out, system: by itself once the deadline has passed, payment: by itself once the fee is paid, program: at once after sending, where a rule holds"`
	Rule     string    `yaml:"rule,omitempty" doc:"of an action by program: the decision rule of rules.yaml by which it happens"`
	Effect   i18n.Text `yaml:"effect,omitempty" doc:"of an action by program: what it means for the person, as the policy says it"`
	Contests bool      `yaml:"contests" doc:"of an action by the applicant: they ask that a person decides what the program decided"`
	Take     bool      `yaml:"take" doc:"it makes the official the holder of the case"`
	Releases bool      `yaml:"releases" doc:"nobody holds the case afterwards"`
	Other    bool      `yaml:"other" doc:"four eyes: only an official who has not acted on this case but by taking it or by such actions"`
	Asks     bool      `yaml:"asks" doc:"it asks the applicant for information, in a message"`
	Remarks  Writing   `yaml:"remarks,omitempty" doc:"whether the official writes remarks, which the applicant reads with the decision"`
}

// Writing says whether an action comes with remarks to the person.
type Writing string

// The ways of writing. The empty Writing is Never.
const (
	Never    Writing = "none"
	Optional Writing = "optional"
	Always   Writing = "required"
)

// Values lists the ways of writing.
func (Writing) Values() []string { return []string{string(Never), string(Optional), string(Always)} }

// Turn is whose turn it is in the state.
func (s State) Turn() Turn { return s.By.or() }

// Of lists the actions of the state that somebody does.
func (s State) Of(t Turn) (list []Action) {
	for _, a := range s.Actions {
		if a.Doer() == t {
			list = append(list, a)
		}
	}
	return list
}

// Paid returns the action that happens once the fee is paid, and whether the
// state waits for it.
func (s State) Paid() (Action, bool) {
	if by := s.Of(Payment); len(by) > 0 {
		return by[0], true
	}
	return Action{}, false
}

// Decides reports whether the office has decided once a case is here: it is
// closed, or waits for the fee.
func (s State) Decides() bool {
	_, waits := s.Paid()
	return s.Final || waits
}

// Doer is who does the action.
func (a Action) Doer() Turn { return a.By.or() }

// Writes reports whether remarks can come with the action.
func (a Action) Writes() bool { return a.Remarks == Optional || a.Remarks == Always }

// State returns a state of the workflow.
func (w *Workflow) State(id string) (State, bool) {
	i := slices.IndexFunc(w.States, func(s State) bool { return s.ID == id })
	if i < 0 {
		return State{}, false
	}
	return w.States[i], true
}

// Action returns an action of the state.
func (s State) Action(id string) (Action, bool) {
	i := slices.IndexFunc(s.Actions, func(a Action) bool { return a.ID == id })
	if i < 0 {
		return Action{}, false
	}
	return s.Actions[i], true
}

// workflow checks the table of states.
func (c *compiler) workflow(w *Workflow) {
	at := func(i int, key string) string { return fmt.Sprintf("states/%d/%s", i, key) }
	seen := map[string]bool{}
	for i, s := range w.States {
		if !idForm.MatchString(s.ID) || seen[s.ID] || s.ID == Draft {
			c.fail(workflowFile, at(i, "id"), "a state has an id of its own, in small letters, and not %q", Draft)
		}
		seen[s.ID] = true
		switch {
		case s.Final && len(s.Actions) > 0:
			c.fail(workflowFile, at(i, "actions"), "nothing follows a final state")
		case s.Final && (s.Deadline > 0 || s.Pauses || s.Amend || s.By != ""):
			c.fail(workflowFile, at(i, "id"), "a final state is nobody's turn: it has no by, deadline, pauses or amend")
		case s.Issues && !s.Final:
			c.fail(workflowFile, at(i, "issues"), "a document is issued at the end: what it says changes no more")
		case !s.Final && len(s.Actions) == 0:
			c.fail(workflowFile, at(i, "id"), "a dead end: give it an action, or final: true")
		case !s.Final && (s.Deadline < 1 || s.Deadline > 366):
			c.fail(workflowFile, at(i, "deadline"), "an open state has a deadline in working days")
		case !s.Final:
			c.turn(s, at(i, "by"), at(i, "pauses"))
			c.paid(w, s, at(i, "fee"))
		}
		if s.Refund && !slices.ContainsFunc(w.States, func(s State) bool { return len(s.Of(Payment)) > 0 }) {
			c.fail(workflowFile, at(i, "refund"), "nothing is paid in this workflow: no action is by: payment")
		}
		ids, late := map[string]bool{}, 0
		for j, a := range s.Actions {
			at := func(key string) string { return fmt.Sprintf("states/%d/actions/%d/%s", i, j, key) }
			if !idForm.MatchString(a.ID) || ids[a.ID] || reserved(a.ID) {
				c.fail(workflowFile, at("id"), "an action has an id of its own in its state, in small letters, and none of %v", reservedSteps())
			}
			ids[a.ID] = true
			c.action(w, a, at)
			if a.Doer() == System {
				if late++; late > 1 {
					c.fail(workflowFile, at("by"), "one action at the most happens by itself in a state")
				}
			}
		}
	}
	if s, ok := w.State(w.Initial); !ok {
		c.fail(workflowFile, "initial", "there is no state %q", w.Initial)
		return
	} else if s.Final {
		c.fail(workflowFile, "initial", "a case does not begin at its end")
	}
	c.reach(w)
}

// turn checks that whoever's turn it is can do something, and that a case
// does not wait for the applicant for ever.
func (c *compiler) turn(s State, by, pauses string) {
	if len(s.Of(s.Turn())) == 0 && (s.Turn() != Applicant || len(s.Of(Payment)) == 0) {
		c.fail(workflowFile, by, "it is the turn of the %s, who has no action here", s.Turn())
	}
	if s.Turn() != Applicant {
		if s.Pauses {
			c.fail(workflowFile, pauses, "the office's deadline stands still only while it is the applicant's turn")
		}
		return
	}
	if len(s.Of(System)) == 0 && len(s.Of(Official)) == 0 {
		c.fail(workflowFile, by, "if the applicant never acts, the case waits for ever: give it an action by system, or one by an official")
	}
}

// paid checks that a fee can be paid where it is due, once, and that what it
// was worked out from stands still.
func (c *compiler) paid(w *Workflow, s State, at string) {
	by := s.Of(Payment)
	if len(by) == 0 {
		if s.Fee {
			c.fail(workflowFile, at, "the fee is due in %q, where the case goes on: give it an action by: payment", s.ID)
		}
		return
	}
	to, _ := w.State(by[0].To)
	switch {
	case len(by) > 1:
		c.fail(workflowFile, at, "one action at the most is by: payment in a state")
	case !s.Fee || s.Turn() != Applicant || s.Amend:
		c.fail(workflowFile, at, "a state with an action by: payment has fee: true and by: applicant, and amend: false")
	case to.Fee && !to.Final || to.Refund:
		c.fail(workflowFile, at, "once the fee is paid it is not due again and not given back: not %q", to.ID)
	}
}

// action checks one action.
func (c *compiler) action(w *Workflow, a Action, at func(string) string) {
	to, ok := w.State(a.To)
	switch {
	case !ok:
		c.fail(workflowFile, at("to"), "there is no state %q", a.To)
	case a.Doer() != Official && (a.Take || a.Releases || a.Other || a.Asks || a.Writes()):
		c.fail(workflowFile, at("by"), "take, releases, other, asks and remarks are for officials")
	case a.Take && a.Releases:
		c.fail(workflowFile, at("releases"), "who takes a case does not release it")
	case a.Take && a.Writes():
		c.fail(workflowFile, at("remarks"), "who takes a case writes nothing yet")
	case a.Take && to.Final:
		c.fail(workflowFile, at("to"), "who takes a case has it to decide, so %q cannot be final", a.To)
	case a.Asks && (a.Take || a.Writes()):
		c.fail(workflowFile, at("asks"), "who asks writes a message, no remarks, and holds the case already")
	case a.Asks && to.Turn() != Applicant:
		c.fail(workflowFile, at("to"), "who asks for information waits for it: %q must be by: applicant", a.To)
	}
}

// reservedSteps are what the steps of a case are called beside its actions.
func reservedSteps() []string {
	return []string{"submit", "amend", "message", "hand-over", "release", "claim", "overdue"}
}

func reserved(action string) bool { return slices.Contains(reservedSteps(), action) }

// reach follows the actions from the beginning: every state is reached,
// whoever acts holds the case, and some end is reached from everywhere.
func (c *compiler) reach(w *Workflow) {
	held, free := map[string]bool{}, map[string]bool{}
	var walk func(id string, taken bool)
	walk = func(id string, taken bool) {
		visited := free
		if taken {
			visited = held
		}
		if visited[id] {
			return
		}
		visited[id] = true
		s, _ := w.State(id)
		for _, a := range s.Actions {
			if taken || a.Take || a.Doer() != Official {
				walk(a.To, (taken || a.Take) && !a.Releases)
			}
		}
	}
	walk(w.Initial, false)
	ends := map[string]bool{}
	for range w.States {
		for _, s := range w.States {
			if s.Final || slices.ContainsFunc(s.Actions, func(a Action) bool { return ends[a.To] }) {
				ends[s.ID] = true
			}
		}
	}
	for i, s := range w.States {
		at := fmt.Sprintf("states/%d/id", i)
		switch {
		case !held[s.ID] && !free[s.ID]:
			c.fail(workflowFile, at, "no action leads to %q", s.ID)
		case free[s.ID] && !s.Final && s.Turn() == Official && !slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Take }):
			c.fail(workflowFile, at, "%q has no owner: a case that nobody holds needs an action with take: true", s.ID)
		case !ends[s.ID]:
			c.fail(workflowFile, at, "no end is reached from %q", s.ID)
		}
	}
}

// asks reports whether some action asks the applicant for information.
func (w *Workflow) asks() bool {
	return slices.ContainsFunc(w.States, func(s State) bool {
		return slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Asks })
	})
}
