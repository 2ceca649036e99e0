package services

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"portico/internal/forms"
)

// Trial is one case of the service's own tests, and what came out of it.
type Trial struct {
	File  string
	Name  string
	Wrong []string // what came out otherwise than expected; none: it passed

	tests Tests
	test  Test
}

// tests runs the files of tests/ against the definition.
func (c *compiler) tests(d *Definition) {
	files, err := fs.Glob(c.fsys, "tests/*.yaml")
	if err != nil || len(files) == 0 {
		c.fail(serviceFile, "", "the service has no tests: write tests/*.yaml")
		return
	}
	for _, file := range files {
		var tests Tests
		before := len(c.problems)
		c.decode(file, &tests, true)
		if len(c.problems) > before {
			continue
		}
		if len(tests.Cases) == 0 {
			c.fail(file, "cases", "there is no case")
		}
		for i, t := range tests.Cases {
			trial := Trial{File: file, Name: t.Name, tests: tests, test: t}
			d.trials = append(d.trials, trial)
			for _, m := range d.run(trial) {
				c.fail(file, fmt.Sprintf("cases/%d", i), "%q: %s", t.Name, m)
			}
		}
	}
}

// Trials runs the service's own tests again.
func (d *Definition) Trials() []Trial {
	all := slices.Clone(d.trials)
	for i, t := range all {
		all[i].Wrong = d.run(t)
	}
	return all
}

// run runs one test and says what came out otherwise than expected.
func (d *Definition) run(trial Trial) []string {
	t := trial.test
	now, err := moment(cmp.Or(t.Now, trial.tests.Now))
	if err != nil {
		return []string{err.Error()}
	}
	variant := cmp.Or(t.Variant, trial.tests.Variant)
	offer, ok := d.Offer(variant)
	if !ok {
		return []string{fmt.Sprintf("the service has no variant %q", variant)}
	}
	answers := forms.Answers{}
	for _, given := range []map[string]any{trial.tests.Answers, t.Answers} {
		for key, v := range given {
			if v == nil {
				delete(answers, key)
				continue
			}
			text, err := d.Form.Text(key, v)
			if err != nil {
				return []string{err.Error()}
			}
			answers[key] = text
		}
	}
	o, err := d.Form.Check(answers, forms.At{Now: now, Variant: variant})
	if err != nil {
		return []string{explain(err)}
	}
	wrong := d.compare(t.Expect, o, forms.At{Now: now, Variant: variant})
	wrong = append(wrong, d.first(t, offer, now)...)
	return append(wrong, d.follow(t, o, forms.At{Now: now, Variant: variant})...)
}

// explain says why a rule failed, with what it read.
func explain(err error) string {
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		return rule.Explain()
	}
	return err.Error()
}

// moment reads a time of a test.
func moment(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("%q is no time such as 2026-11-23T09:00:00+05:00", s)
	}
	return at, nil
}

// compare holds what came out of the form against what is expected, and says
// of each difference by which rule it came, with what the rule read.
func (d *Definition) compare(want Expect, o *forms.Outcome, at forms.At) (wrong []string) {
	differ := func(what string, got, want any, rules ...string) {
		if reflect.DeepEqual(got, want) {
			return
		}
		says := fmt.Sprintf("%s: got %v, expected %v", what, got, want)
		for _, rule := range rules {
			says += "; " + d.Form.Reads(rule, o.Answers, at)
		}
		wrong = append(wrong, says)
	}
	errs := map[string]string{}
	var blamed []string
	for _, e := range o.Errors {
		errs[e.Key] = e.Rule
		if len(e.Says) == 0 {
			errs[e.Key] = e.Code[strings.LastIndex(e.Code, ".")+1:]
		}
		if e.Rule != "" && want.Errors[e.Key] != errs[e.Key] {
			blamed = append(blamed, e.Rule)
		}
	}
	for key, rule := range want.Errors {
		if errs[key] != rule {
			blamed = append(blamed, rule)
		}
	}
	expected := want.Errors
	if expected == nil {
		expected = map[string]string{}
	}
	slices.Sort(blamed)
	differ("errors", errs, expected, d.rules(slices.Compact(blamed))...)
	if want.Hidden != nil {
		hidden := slices.Sorted(maps.Keys(o.Hidden))
		hidden = slices.DeleteFunc(hidden, func(path string) bool { return strings.Contains(path, ".*.") }) // of rows that are not there
		differ("hidden", hidden, slices.Sorted(slices.Values(want.Hidden)), d.hiders(o.Hidden, want.Hidden)...)
	}
	for _, key := range slices.Sorted(maps.Keys(want.Values)) {
		text, err := d.Form.Text(key, want.Values[key])
		if err != nil {
			return []string{err.Error()}
		}
		differ(key, o.Answers[key], text, d.Form.Computes(key)...)
	}
	for _, f := range []struct {
		what string
		want *int64
		got  *forms.Fee
	}{{"fee", want.Fee, o.Fee}, {"estimate", want.Estimate, o.Estimate}} {
		if f.want == nil {
			continue
		}
		got, rules := int64(0), []string{}
		if f.got != nil {
			got = f.got.Total
			for _, l := range f.got.Lines {
				rules = append(rules, l.Rule)
			}
		}
		differ(f.what, got, *f.want, rules...)
	}
	if want.Until != "" {
		differ("until", d.ends(o.Answers, at.Now), want.Until)
	}
	if want.Stage != "" {
		differ("stage", d.Stage(at.Now), want.Stage)
	}
	return wrong
}

// rules are those of the ids that are rules: an error has the last word of a
// code where no rule found it.
func (d *Definition) rules(ids []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return !d.Form.HasRule(id) })
}

// hiders are the rules by which what is hidden differs from what should be.
func (d *Definition) hiders(got map[string]string, want []string) (rules []string) {
	for key, rule := range got {
		if !slices.Contains(want, key) && !strings.Contains(key, ".*.") {
			rules = append(rules, rule)
		}
	}
	for _, key := range want {
		if rule, _ := d.Form.Visible(key); got[key] == "" && rule != "" {
			rules = append(rules, rule)
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// history is what somebody of a test has reached.
type history []Happened

// Reached returns when the state was last reached, of what is not in the future.
func (h history) Reached(_ context.Context, _, service, variant, state string) (last time.Time, err error) {
	for _, e := range h {
		at, err := moment(e.At)
		if err != nil {
			return last, err
		}
		if e.Service == service && e.State == state && (variant == "" || e.Variant == variant) && at.After(last) {
			last = at
		}
	}
	return last, nil
}

// first compares what is still to be completed first.
func (d *Definition) first(t Test, offer Offer, now time.Time) []string {
	if t.Expect.Missing == nil {
		return nil
	}
	all, err := d.Progress(context.Background(), history(t.Reached), "", offer, now)
	if err != nil {
		return []string{err.Error()}
	}
	got := []string{}
	for _, p := range Missing(all) {
		got = append(got, p.Service)
	}
	if !slices.Equal(got, t.Expect.Missing) {
		return []string{fmt.Sprintf("missing: got %v, expected %v", got, t.Expect.Missing)}
	}
	return nil
}

// follow walks through the workflow by what the program decides and by the
// actions of a test. A fee of nothing is paid at once.
func (d *Definition) follow(t Test, o *forms.Outcome, now forms.At) []string {
	if len(o.Errors) > 0 {
		if len(t.Actions) > 0 || t.Expect.State != "" || t.Expect.Decided != "" {
			return []string{"with errors nothing is submitted, so there is no state"}
		}
		return nil
	}
	at := d.Workflow.Initial
	held := false
	action, taken, err := d.Decided(o.Answers, now)
	if err != nil {
		return []string{explain(err)}
	}
	if want := t.Expect.Decided; want != "" && want != cmp.Or(action.Rule, byPerson) {
		says := fmt.Sprintf("decided: got %s, expected %s", cmp.Or(action.Rule, byPerson), want)
		for _, r := range d.Form.Decisions() {
			says += "; " + d.Form.Reads(r.Rule, o.Answers, now)
		}
		return []string{says}
	}
	if taken {
		at = action.To
	}
	for _, id := range t.Actions {
		s, _ := d.Workflow.State(at)
		a, ok := s.Action(id)
		if !ok {
			return []string{fmt.Sprintf("in state %q there is no action %q", at, id)}
		}
		if a.Doer() == Official && !a.Take && !held {
			return []string{fmt.Sprintf("nobody holds the case, so nobody can %q", id)}
		}
		at, held = a.To, (held || a.Take) && !a.Releases
		s, _ = d.Workflow.State(at)
		if paid, waits := s.Paid(); waits && o.Fee.Amount() == 0 {
			at = paid.To
		}
	}
	if t.Expect.State != "" && t.Expect.State != at {
		return []string{fmt.Sprintf("state: got %s, expected %s", at, t.Expect.State)}
	}
	return nil
}
