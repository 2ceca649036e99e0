package policy_test

import (
	"strings"
	"testing"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func withNewsletter(t *testing.T, change func(*policy.Declarations)) (*policy.Policy, []policy.Problem) {
	t.Helper()
	d := policytest.WithNewsletter(policytest.Declarations())
	change(d)
	return policy.Compile(d, policy.Options{Languages: policytest.Languages()})
}

func TestI13_AConsentIsForExactlyWhatWasAsked(t *testing.T) {
	last := func(d *policy.Declarations) *policy.Activity { return &d.Activities[len(d.Activities)-1] }
	for _, c := range []struct {
		name   string
		change func(*policy.Declarations)
		same   bool
	}{
		{"nothing", func(*policy.Declarations) {}, true},
		{"another wording", func(d *policy.Declarations) { last(d).Name = d.Fields[0].Name }, true},
		{"another order", func(d *policy.Declarations) { d.Activities[0], d.Activities[7] = d.Activities[7], d.Activities[0] }, true},
		{"another use of the same data", func(d *policy.Declarations) {
			d.Activities[1].Fields = append(d.Activities[1].Fields, policy.FieldName)
		}, true},
		{"one field more", func(d *policy.Declarations) { last(d).Fields = append(last(d).Fields, policy.FieldName) }, false},
		{"another field", func(d *policy.Declarations) { last(d).Fields = []string{policy.FieldPhone} }, false},
		{"one recipient more", func(d *policy.Declarations) {
			d.Parties[0].Purposes = append(d.Parties[0].Purposes, "newsletter")
			last(d).Parties = append(last(d).Parties, "operator")
		}, false},
		{"one activity more", func(d *policy.Declarations) {
			d.Activities = append(d.Activities, *last(d))
			last(d).ID = "newsletter-again"
		}, false},
		{"longer", func(d *policy.Declarations) { d.Retention[0].Period = "P9Y" }, false},
		{"another operation", func(d *policy.Declarations) { last(d).Operations = append(last(d).Operations, "collect") }, false},
	} {
		p, problems := withNewsletter(t, c.change)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", c.name, problems)
		}
		if got := p.Terms("newsletter"); (got == newsletterTerms) != c.same {
			t.Errorf("%s: the terms are %s", c.name, got)
		}
	}
	p, _ := withNewsletter(t, func(*policy.Declarations) {})
	asked := p.Asked()
	if len(asked) != 1 || asked[0].Terms != newsletterTerms || asked[0].Purpose.ID != "newsletter" || len(asked[0].Fields) != 1 ||
		asked[0].Recipients[0].ID != "mailer" || asked[0].Retention[0].ID != "account" {
		t.Errorf("%+v", asked)
	}
	if _, ok := p.AskedFor("services"); ok || p.Terms("account") != "" {
		t.Error("what rests on another basis is asked for")
	}
}

func TestI7_NothingThatPeopleDependOnRestsOnAConsent(t *testing.T) {
	for _, c := range []struct {
		change        func(*policy.Declarations)
		path, message string
	}{
		{func(d *policy.Declarations) { d.Purposes[0].Basis.DPV = "dpv:Consent"; d.Activities[5].Basis = nil }, "activities/road-permit.apply/basis", "a service never depends"},
		{func(d *policy.Declarations) { d.Purposes[1].Basis.DPV = "eu-gdpr:A6-1-a-explicit-consent" }, "activities/sign-in/basis", "cannot rest on a consent"},
		{func(d *policy.Declarations) {
			d.Activities[3].Basis = &policy.Basis{DPV: "dpv:ExplicitlyExpressedConsent"}
		}, "activities/staff-directory/basis", "as a whole or not at all"},
		{func(d *policy.Declarations) { d.Activities[7].Basis = &policy.Basis{DPV: "dpv:LegalObligation"} }, "activities/newsletter/basis", "as a whole or not at all"},
	} {
		_, problems := withNewsletter(t, c.change)
		found := false
		for _, p := range problems {
			found = found || p.Path == c.path && strings.Contains(p.Message, c.message)
		}
		if !found {
			t.Errorf("want %s %q, got %v", c.path, c.message, problems)
		}
	}
}

func TestI13_WhatIsUsedForMoreThanWasSaidIsFound(t *testing.T) {
	newService := func(d *policy.Declarations) {
		library := d.Activities[5]
		library.ID = "library.decide"
		d.Activities = append(d.Activities, library)
		d.Activities[len(d.Activities)-1].Fields = []string{policy.FieldAddress}
	}
	for _, c := range []struct {
		name   string
		change func(*policy.Declarations)
		want   string
	}{
		{"nothing", func(*policy.Declarations) {}, ""},
		{"wording", func(d *policy.Declarations) { d.Fields[0].Why = d.Fields[0].Name }, ""},
		{"a new field", func(d *policy.Declarations) {
			d.Fields = append(d.Fields, d.Fields[0])
			d.Fields[len(d.Fields)-1].ID = "road-permit.width"
			d.Activities[5].Fields = append(d.Activities[5].Fields, "road-permit.width")
		}, ""},
		{"less", func(d *policy.Declarations) { d.Activities[5].Fields = d.Activities[5].Fields[1:] }, ""},
		{"a new service", newService, ""},
		{"a known field for an activity that is there", func(d *policy.Declarations) {
			d.Activities[5].Fields = append(d.Activities[5].Fields, policy.FieldBirthDate)
		}, "road-permit.decide: person.birth-date for services; road-permit.decide: person.birth-date to council"},
		{"a new recipient", func(d *policy.Declarations) {
			d.Parties[2].Purposes = append(d.Parties[2].Purposes, "services")
			d.Activities[6].Parties = append(d.Activities[6].Parties, "mailer")
		}, "road-permit.review: person.name road-permit.road to mailer"},
		{"a new purpose, asked for apart", func(d *policy.Declarations) { policytest.WithNewsletter(d) }, "newsletter: person.email for newsletter (asked)"},
		{"a person's own use", func(d *policy.Declarations) {
			d.Purposes = append(d.Purposes, policy.Purpose{ID: "own", Basis: d.Purposes[0].Basis})
			d.Activities = append(d.Activities, policy.Activity{ID: "own", Purpose: "own", Relation: policy.RelationSelf, Who: []string{"person"}, Fields: []string{policy.FieldName}})
		}, ""},
	} {
		d := policytest.Declarations()
		c.change(d)
		var got []string
		for _, w := range policy.Widened(policytest.Declarations(), d) {
			s := w.Activity.ID + ":"
			for _, f := range w.Fields {
				s += " " + f.ID
			}
			if w.Recipient != nil {
				s += " to " + w.Recipient.ID
			} else {
				s += " for " + w.Purpose.ID
			}
			if w.Asked {
				s += " (asked)"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
	}
}
