package services

import (
	"fmt"
	"slices"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// byPerson is what a test expects where the program decides nothing.
const byPerson = "person"

// AutomaticActivity is the id of the portal's own use of the answers by which
// it decides without a person. A service in which it decides nothing has none.
func (d *Definition) AutomaticActivity() string { return d.ID + ".automatic" }

// ByProgram lists what the program can decide by itself, right after sending.
func (d *Definition) ByProgram() []Action {
	s, _ := d.Workflow.State(d.Workflow.Initial)
	return s.Of(Program)
}

// AutomaticKeys returns the keys of the answers that those rules read.
func (d *Definition) AutomaticKeys() (keys []string) {
	for _, r := range d.Form.Decisions() {
		keys = append(keys, r.Reads...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// AutomaticReads returns the ids of their fields.
func (d *Definition) AutomaticReads() (ids []string) {
	for _, key := range d.AutomaticKeys() {
		f, _ := d.Form.Field(key)
		ids = append(ids, f.ID)
	}
	return ids
}

// Decided returns what the program does with an application that was just
// sent, and false where a person decides: if no rule holds, or more than one.
func (d *Definition) Decided(answers forms.Answers, at forms.At) (Action, bool, error) {
	rules, err := d.Form.Decided(answers, at)
	if err != nil || len(rules) != 1 {
		return Action{}, false, err
	}
	list := d.ByProgram()
	i := slices.IndexFunc(list, func(a Action) bool { return a.Rule == rules[0] })
	return list[i], true, nil
}

// Because is a decision rule in words.
func (d *Definition) Because(rule string) i18n.Text {
	for _, r := range d.Form.Decisions() {
		if r.Rule == rule {
			return r.Because
		}
	}
	return nil
}

// Contest returns the action by which the applicant asks that a person decides
// what the program decided, and whether the state has one.
func (s State) Contest() (Action, bool) {
	i := slices.IndexFunc(s.Actions, func(a Action) bool { return a.Contests })
	if i < 0 {
		return Action{}, false
	}
	return s.Actions[i], true
}

// Accepts reports whether an action of the applicant accepts what the program
// decided: it leads where the case goes if nobody contests it.
func (s State) Accepts(a Action) bool {
	_, contested := s.Contest()
	return contested && !a.Contests && a.To == s.Of(System)[0].To
}

// deciding returns the portal's own use of answers for deciding.
func (d *Definition) deciding() []policy.Activity {
	list := d.ByProgram()
	if len(list) == 0 {
		return nil
	}
	use := policy.Activity{
		ID: d.AutomaticActivity(), Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention, Name: d.Automatic.Name,
		Who: []string{"system"}, Relation: policy.RelationSystem, Operations: []policy.OperationName{"use"}, Fields: d.AutomaticReads(),
	}
	for _, a := range list {
		to, _ := d.Workflow.State(a.To)
		use.Automated = append(use.Automated, policy.Automated{Rule: a.Rule, Name: a.Name, Logic: d.Because(a.Rule), Effect: a.Effect, Days: to.Deadline})
	}
	return []policy.Activity{use}
}

// automatic checks what the program decides: each decision has its rule and
// its effect in words, takes no effect before the person has accepted it or let
// the term pass, and is a person's as soon as it is contested.
func (c *compiler) automatic(d *Definition) {
	taken := map[string]bool{}
	for i, s := range d.Workflow.States {
		for j, a := range s.Actions {
			at := func(key string) string { return fmt.Sprintf("states/%d/actions/%d/%s", i, j, key) }
			to, _ := d.Workflow.State(a.To)
			if a.Contests {
				c.contest(d, s, a, at)
			}
			_, contested := to.Contest()
			switch {
			case a.Doer() != Program && (a.Rule != "" || len(a.Effect) > 0):
				c.fail(workflowFile, at("by"), "rule and effect are for actions by: program")
			case a.Doer() != Program && contested:
				c.fail(workflowFile, at("to"), "%q is for what the program decided, since it can be contested: lead elsewhere", a.To)
			case a.Doer() != Program:
			case s.ID != d.Workflow.Initial:
				c.fail(workflowFile, at("by"), "the program decides once, right after sending: only in %q", d.Workflow.Initial)
			case d.Because(a.Rule) == nil || taken[a.Rule]:
				c.fail(workflowFile, at("rule"), "an action by: program has a decision rule of its own in rules.yaml: %q", a.Rule)
			case len(a.Effect) == 0:
				c.fail(workflowFile, at("effect"), "an action by: program says what it means for the person")
			case !contested || to.Turn() != Applicant || to.Fee || len(to.Of(System)) == 0:
				c.fail(workflowFile, at("to"), "what the program decides waits for the person: %q must be by: applicant, without fee, with an action that contests: true and one by: system for when nobody contests", a.To)
			}
			taken[a.Rule] = true
		}
	}
	for i, r := range d.Form.Decisions() {
		if !taken[r.Rule] {
			c.fail(rulesFile, fmt.Sprintf("decision/%d/id", i), "no action by: program has the rule %q", r.Rule)
		}
	}
	switch decides := len(d.ByProgram()) > 0; {
	case decides && d.Automatic == nil:
		c.fail(serviceFile, "automatic", "the program decides: name that use of the answers")
	case decides && d.Message == nil:
		c.fail(serviceFile, "message", "whoever contests a decision can say why: declare what the messages are")
	case !decides && d.Automatic != nil:
		c.fail(serviceFile, "automatic", "no action is by: program, so the program decides nothing")
	}
}

// contest checks that whoever contests a decision gets a person's: no program
// and no deadline decides from there on.
func (c *compiler) contest(d *Definition, s State, a Action, at func(string) string) {
	to, _ := d.Workflow.State(a.To)
	switch first, _ := s.Contest(); {
	case a.Doer() != Applicant:
		c.fail(workflowFile, at("by"), "it is the applicant who contests")
	case first.ID != a.ID:
		c.fail(workflowFile, at("contests"), "one action at the most contests in a state")
	case to.Final || to.Turn() != Official:
		c.fail(workflowFile, at("to"), "a person decides what is contested: %q must be by: official", a.To)
	}
	seen := map[string]bool{}
	var walk func(id string)
	walk = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		s, _ := d.Workflow.State(id)
		for _, a := range s.Actions {
			if a.Doer() == Program || a.Doer() == System && s.Turn() == Official {
				c.fail(workflowFile, at("to"), "a person decides what is contested, but %q of %q would be taken without one", a.ID, s.ID)
			}
			walk(a.To)
		}
	}
	walk(a.To)
}
