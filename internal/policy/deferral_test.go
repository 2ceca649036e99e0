package policy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestI15_OnlyWhatALawNamesMayBeShownLater(t *testing.T) {
	p := policytest.CompileAs(t, policytest.WithInquiry(policytest.Declarations()), policy.Options{Languages: policytest.Languages()})
	if !p.Deferrable("inquire") {
		t.Error("what the declaration names cannot be shown later")
	}
	for _, a := range []string{"road-permit.decide", "road-permit.review", policy.ActivityAccount, policy.ActivitySignIn, "nothing", ""} {
		if p.Deferrable(a) {
			t.Errorf("%q could be shown later, and no ground names it", a)
		}
	}
	ground, ok := p.Deferral("criminal-inquiry")
	if !ok || ground.Asks != "inquirer" || ground.Allows != "reviewer" || len(p.Deferrals()) != 1 {
		t.Errorf("the ground is %+v, %v", ground, ok)
	}
	if _, ok := p.Deferral("curiosity"); ok {
		t.Error("there is a ground that nobody declared")
	}
	at, err := ground.Latest(time.Date(2026, 8, 31, 10, 0, 0, 0, time.UTC))
	if want := time.Date(2027, 2, 28, 10, 0, 0, 0, time.UTC); err != nil || !at.Equal(want) {
		t.Errorf("at the latest %v, %v; want %v", at, err, want)
	}
	if without := policytest.Compile(t); len(without.Deferrals()) > 0 || without.Deferrable("inquire") {
		t.Error("a policy without grounds defers")
	}
}

func TestI15_AGroundThatCannotBeKeptIsRefused(t *testing.T) {
	const at = "deferrals/criminal-inquiry/"
	for name, c := range map[string]struct {
		change        func(*policy.Declarations, *policy.Deferral)
		path, message string
	}{
		"a role of nobody that asks":   {func(_ *policy.Declarations, v *policy.Deferral) { v.Asks = "mayor" }, at + "asks", `no role "mayor"`},
		"a role of nobody that allows": {func(_ *policy.Declarations, v *policy.Deferral) { v.Allows = "mayor" }, at + "allows", `no role "mayor"`},
		"nobody who allows":            {func(_ *policy.Declarations, v *policy.Deferral) { v.Allows = "" }, at + "allows", "no value"},
		"who asks may not read":        {func(_ *policy.Declarations, v *policy.Deferral) { v.Asks = "reviewer" }, at + "asks", "may not do"},
		"a use that is not declared":   {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities[0] = "spy" }, at + "activities", `no activity "spy"`},
		"no use at all":                {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities = nil }, at + "activities", "names no use"},
		"a use twice":                  {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities = []string{"inquire", "inquire"} }, at + "activities", "twice"},
		"the person's own use":         {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities[0] = policy.ActivityAccount }, at + "activities", "no official's use"},
		"a use of the program":         {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities[0] = policy.ActivitySignIn }, at + "activities", "no official's use"},
		"data of officials":            {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities[0] = "staff-directory" }, at + "activities", "no official's use"},
		"a use that writes":            {func(_ *policy.Declarations, v *policy.Deferral) { v.Activities[0] = "road-permit.decide" }, at + "activities", "writes data"},
		"no time":                      {func(_ *policy.Declarations, v *policy.Deferral) { v.Longest = "" }, at + "longest", "no value"},
		"for ever":                     {func(_ *policy.Declarations, v *policy.Deferral) { v.Longest = policy.PeriodNone }, at + "longest", "at the latest"},
		"a day more than five years":   {func(_ *policy.Declarations, v *policy.Deferral) { v.Longest = "P5Y1D" }, at + "longest", "more than 5 years"},
		"years written as months":      {func(_ *policy.Declarations, v *policy.Deferral) { v.Longest = "P61M" }, at + "longest", "more than 5 years"},
		"a ground in one language":     {func(_ *policy.Declarations, v *policy.Deferral) { delete(v.Name, "dv") }, at + "name", `"dv"`},
		"a ground without a law":       {func(_ *policy.Declarations, v *policy.Deferral) { v.Law = nil }, at + "law", "no text"},
		"a ground twice": {func(d *policy.Declarations, v *policy.Deferral) { d.Deferrals = append(d.Deferrals, *v) },
			"deferrals/1/id", "declared twice"},
	} {
		t.Run(name, func(t *testing.T) {
			d := policytest.WithInquiry(policytest.Declarations())
			c.change(d, &d.Deferrals[0])
			p, problems := policy.Compile(d, policy.Options{Languages: policytest.Languages()})
			if p != nil || !slices.ContainsFunc(problems, func(p policy.Problem) bool { return p.Path == c.path && strings.Contains(p.Message, c.message) }) {
				t.Errorf("no problem at %s with %q among %v", c.path, c.message, problems)
			}
		})
	}
	d := policytest.WithInquiry(policytest.Declarations())
	d.Deferrals[0].Longest = "P5Y"
	policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
}

func TestI15_WhoeverShowsUsesLaterPromisesThatTheyAreShown(t *testing.T) {
	o := policy.Options{Languages: policytest.Languages(), Controls: []string{"encryption-at-rest", policy.ControlDeferred}}
	policytest.CompileAs(t, policytest.Declarations(), o)
	_, problems := policy.Compile(policytest.WithInquiry(policytest.Declarations()), o)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, `"deferred" is never promised`) {
		t.Errorf("problems: %v", problems)
	}
}

func TestI15_WhatMayBeShownLaterIsAChangeOfThePolicy(t *testing.T) {
	a, b := policytest.Declarations(), policytest.WithInquiry(policytest.Declarations())
	has := func(a, b *policy.Declarations, want policy.Change) bool {
		return slices.ContainsFunc(policy.Compare(a, b), func(c policy.Change) bool {
			return c.Verb == want.Verb && c.What == "deferral" && c.Part == want.Part && c.Before == want.Before && c.After == want.After
		})
	}
	if !has(a, b, policy.Change{Verb: policy.Added}) || !has(b, a, policy.Change{Verb: policy.Removed}) {
		t.Error("a ground came or went, and the policy says nothing of it")
	}
	longer := policytest.WithInquiry(policytest.Declarations())
	longer.Deferrals[0].Longest = "P1Y"
	if !has(b, longer, policy.Change{Verb: policy.Changed, Part: "longest", Before: "P6M", After: "P1Y"}) {
		t.Error("uses are shown later than before, and the policy says nothing of it")
	}
	if fields := policy.Concerned(b, longer); !slices.Contains(fields, policy.FieldEmail) || slices.Contains(fields, policy.FieldAddress) {
		t.Errorf("it concerns %v", fields)
	}
	without, err := json.Marshal(a)
	if err != nil || strings.Contains(string(without), "deferral") {
		t.Errorf("a policy without grounds is written with them, so that its hash is no longer what the log says: %v %s", err, without)
	}
}
