package services

import (
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
			at := fmt.Sprintf("cases/%d", i)
			for _, m := range d.run(tests, t) {
				c.fail(file, at, "%q: %s", t.Name, m)
			}
		}
	}
}

// run runs one test and says what came out otherwise than expected.
func (d *Definition) run(tests Tests, t Test) []string {
	clock := tests.Now
	if t.Now != "" {
		clock = t.Now
	}
	now, err := time.Parse(time.RFC3339, clock)
	if err != nil {
		return []string{fmt.Sprintf("now is %q, not a time such as 2026-11-23T09:00:00+05:00", clock)}
	}
	answers := forms.Answers{}
	for _, given := range []map[string]any{tests.Answers, t.Answers} {
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
	o, err := d.Form.Check(answers, forms.At{Now: now})
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		return []string{rule.Explain()}
	}
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	differ := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			wrong = append(wrong, fmt.Sprintf("%s: got %v, expected %v", what, got, want))
		}
	}
	errs := map[string]string{}
	for _, e := range o.Errors {
		errs[e.Key] = e.Rule
		if len(e.Says) == 0 {
			errs[e.Key] = e.Code[strings.LastIndex(e.Code, ".")+1:]
		}
	}
	want := t.Expect.Errors
	if want == nil {
		want = map[string]string{}
	}
	differ("errors", errs, want)
	if t.Expect.Hidden != nil {
		differ("hidden", slices.Sorted(maps.Keys(o.Hidden)), slices.Sorted(slices.Values(t.Expect.Hidden)))
	}
	for _, key := range slices.Sorted(maps.Keys(t.Expect.Values)) {
		differ(key, o.Answers[key], t.Expect.Values[key])
	}
	if t.Expect.Fee != nil {
		got := int64(0)
		if o.Fee != nil {
			got = o.Fee.Total
		}
		differ("fee", got, *t.Expect.Fee)
	}
	return append(wrong, d.follow(t, len(o.Errors) == 0)...)
}

// follow walks through the workflow by the actions of a test.
func (d *Definition) follow(t Test, submitted bool) []string {
	if !submitted {
		if len(t.Actions) > 0 || t.Expect.State != "" {
			return []string{"with errors nothing is submitted, so there is no state"}
		}
		return nil
	}
	at := d.Workflow.Initial
	held := false
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
	}
	if t.Expect.State != "" && t.Expect.State != at {
		return []string{fmt.Sprintf("state: got %s, expected %s", at, t.Expect.State)}
	}
	return nil
}
