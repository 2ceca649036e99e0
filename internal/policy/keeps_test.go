package policy_test

import (
	"strings"
	"testing"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// TestO7_EachKindHasARuleAndEachRuleAKind: a policy that says nothing of
// something that is kept is no policy, nor is one with a rule for nothing.
func TestO7_EachKindHasARuleAndEachRuleAKind(t *testing.T) {
	kept := map[string][]string{"case": {"decision", "receipt"}, "visit": {"visit"}}
	sound := func(d *policy.Declarations) {
		d.Retention = append(d.Retention[:0:0], d.Retention...)
		for i := range d.Retention {
			d.Retention[i].Keeps = []string{"case"}
			d.Retention[i].Services = []string{"service-" + d.Retention[i].ID}
		}
		whole := d.Retention[0]
		whole.ID, whole.Keeps, whole.Services, whole.Event = "all", []string{"case", "visit"}, nil, ""
		d.Retention = append(d.Retention, whole)
	}
	for name, c := range map[string]struct {
		change func(*policy.Declarations)
		says   string
	}{
		"sound":                  {func(*policy.Declarations) {}, ""},
		"a kind without a rule":  {func(d *policy.Declarations) { last(d).Keeps = []string{"case"} }, `no rule keeps things of the kind "visit"`},
		"a rule for nothing":     {func(d *policy.Declarations) { d.Retention[0].Keeps = nil }, "keeps nothing"},
		"an unknown kind":        {func(d *policy.Declarations) { last(d).Keeps = append(last(d).Keeps, "spaceship") }, `nothing of the kind "spaceship" is kept`},
		"an unknown event":       {func(d *policy.Declarations) { last(d).Event = "receipt" }, `"receipt" never happens to a visit`},
		"two for the same":       {func(d *policy.Declarations) { d.Retention[1].Services = d.Retention[0].Services }, "keeps the same"},
		"only for some outcomes": {func(d *policy.Declarations) { last(d).Outcomes = []string{"lost"} }, "no rule keeps"},
		"handed to nobody":       {func(d *policy.Declarations) { d.Retention[0].Action = policy.Archive }, "names the party"},
		"handed to a stranger": {func(d *policy.Declarations) {
			d.Retention[0].Action, d.Retention[0].To = policy.Archive, "museum"
		}, `no party "museum"`},
		"handed over by nothing": {func(d *policy.Declarations) {
			d.Retention[0].Action, d.Retention[0].To = policy.Archive, "council"
		}, `the activity "archive-council" is missing`},
		"a party and nothing for it": {func(d *policy.Declarations) { d.Retention[0].To = "council" }, "no other action does"},
		"a visit for an archive": {func(d *policy.Declarations) {
			last(d).Action, last(d).To = policy.Archive, "council"
		}, `a thing of the kind "visit" cannot be handed over`},
		"a word too late": {func(d *policy.Declarations) { last(d).Tell, last(d).Grace = true, "" }, "declare grace"},
		"a word to nobody": {func(d *policy.Declarations) {
			last(d).Tell, last(d).Grace, last(d).Keeps = true, "P30D", append(last(d).Keeps, "upload")
		}, `nobody can be told that a thing of the kind "upload" goes`},
		"until a browser closes": {func(d *policy.Declarations) { last(d).Period = policy.PeriodSession }, "not with a browser"},
	} {
		d := policytest.Declarations()
		sound(d)
		c.change(d)
		_, problems := policy.Compile(d, policy.Options{Languages: policytest.Languages(), Kept: kept})
		var said []string
		for _, p := range problems {
			said = append(said, p.Error())
		}
		if all := strings.Join(said, "\n"); c.says == "" && all != "" || !strings.Contains(all, c.says) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func last(d *policy.Declarations) *policy.Retention { return &d.Retention[len(d.Retention)-1] }

// TestO7_WhatBeganLaterNeverEndsEarlier: months have different lengths.
func TestO7_WhatBeganLaterNeverEndsEarlier(t *testing.T) {
	for _, period := range []policy.Period{"P1M", "P1Y", "P1Y1M30D", "P13M", "none", "P30D", "P2W"} {
		var before time.Time
		for day := range 3 * 366 {
			at, err := period.After(time.Date(2023, 1, 1+day, 12, 0, 0, 0, time.UTC))
			if err != nil || at.Before(before) {
				t.Fatalf("%s after day %d is %v, before %v (%v)", period, day, at, before, err)
			}
			before = at
		}
	}
	for from, want := range map[string]string{"2026-01-31": "2026-02-28", "2028-01-31": "2028-02-29", "2026-03-31": "2026-04-30", "2026-01-28": "2026-02-28", "2026-12-31": "2027-01-31"} {
		start, _ := time.Parse(time.DateOnly, from)
		if at, err := policy.Period("P1M").After(start); err != nil || at.Format(time.DateOnly) != want {
			t.Errorf("a month after %s is %v, not %s", from, at, want)
		}
	}
}
