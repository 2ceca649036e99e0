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
	Initial string  `yaml:"initial"`
	States  []State `yaml:"states"`
}

// State is where a case stands.
type State struct {
	ID       string    `yaml:"id"`
	Name     i18n.Text `yaml:"name"`
	Says     i18n.Text `yaml:"says"`
	Look     Look      `yaml:"look"`
	Deadline int       `yaml:"deadline,omitempty"` // working days from receipt
	Final    bool      `yaml:"final"`
	Fee      bool      `yaml:"fee"` // the fee is due
	Actions  []Action  `yaml:"actions,omitempty"`
}

// Look is how a state is drawn, beside its name.
type Look string

// Values lists the looks.
func (Look) Values() []string { return []string{"neutral", "info", "good", "warn", "bad"} }

// Action is what an official can do in a state.
type Action struct {
	ID      string    `yaml:"id"`
	Name    i18n.Text `yaml:"name"`
	To      string    `yaml:"to"`
	Take    bool      `yaml:"take"`
	Remarks Writing   `yaml:"remarks,omitempty"`
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
		case s.Final && s.Deadline > 0:
			c.fail(workflowFile, at(i, "deadline"), "a final state has no deadline")
		case !s.Final && len(s.Actions) == 0:
			c.fail(workflowFile, at(i, "id"), "a dead end: give it an action, or final: true")
		case !s.Final && (s.Deadline < 1 || s.Deadline > 366):
			c.fail(workflowFile, at(i, "deadline"), "an open state has a deadline in working days")
		}
		actions := map[string]bool{}
		for j, a := range s.Actions {
			at := func(key string) string { return fmt.Sprintf("states/%d/actions/%d/%s", i, j, key) }
			if !idForm.MatchString(a.ID) || actions[a.ID] {
				c.fail(workflowFile, at("id"), "an action has an id of its own in its state, in small letters")
			}
			actions[a.ID] = true
			if _, ok := w.State(a.To); !ok {
				c.fail(workflowFile, at("to"), "there is no state %q", a.To)
			}
			if a.Take && a.Remarks != "" && a.Remarks != Never {
				c.fail(workflowFile, at("remarks"), "who takes a case writes nothing yet")
			}
			if to, _ := w.State(a.To); a.Take && to.Final {
				c.fail(workflowFile, at("to"), "who takes a case has it to decide, so %q cannot be final", a.To)
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
			if taken || a.Take {
				walk(a.To, true)
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
		case free[s.ID] && !slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Take }):
			c.fail(workflowFile, at, "%q has no owner: a case that nobody holds needs an action with take: true", s.ID)
		case !ends[s.ID]:
			c.fail(workflowFile, at, "no end is reached from %q", s.ID)
		}
	}
}
