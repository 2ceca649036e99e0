package policy_test

import (
	"slices"
	"strings"
	"testing"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestI1_CompileFindsEveryFault(t *testing.T) {
	options := policy.Options{
		Languages: policytest.Languages(), Controls: []string{"encryption-at-rest"}, Destinations: []string{"mail"},
	}
	if _, problems := policy.Compile(policytest.Declarations(), options); len(problems) > 0 {
		t.Fatalf("the sound declarations have problems: %v", problems)
	}
	for _, c := range []struct {
		name    string
		change  func(*policy.Declarations)
		path    string
		message string
	}{
		{"field with no activity", func(d *policy.Declarations) {
			d.Fields = append(d.Fields, d.Fields[0])
			d.Fields[len(d.Fields)-1].ID = "person.religion"
		}, "fields/person.religion", "no activity uses"},
		{"purpose with no basis", func(d *policy.Declarations) { d.Purposes[0].Basis = policy.Basis{} }, "purposes/services/basis", "no legal basis"},
		{"category with no period", func(d *policy.Declarations) { d.Categories[1].Retention = "" }, "categories/contact", "no period"},
		{"category with an unknown period", func(d *policy.Declarations) { d.Categories[1].Retention = "ever" }, "categories/contact/retention", `no retention rule "ever"`},
		{"unknown field", func(d *policy.Declarations) { d.Activities[0].Fields[0] = "person.nam" }, "activities/account/fields", `no field "person.nam"`},
		{"unknown role", func(d *policy.Declarations) { d.Activities[5].Who[0] = "role:mayor" }, "activities/road-permit.decide/who", `no role "mayor"`},
		{"unknown party", func(d *policy.Declarations) { d.Activities[5].Parties[0] = "police" }, "activities/road-permit.decide/parties", `no party "police"`},
		{"unknown purpose", func(d *policy.Declarations) { d.Activities[5].Purpose = "fun" }, "activities/road-permit.decide/purpose", `no purpose "fun"`},
		{"purpose of nothing", func(d *policy.Declarations) {
			d.Purposes = append(d.Purposes, d.Purposes[0])
			d.Purposes[2].ID = "news"
		}, "purposes/news", "no activity has this purpose"},
		{"party without the purpose", func(d *policy.Declarations) { d.Parties[1].Purposes = []string{"access"} }, "activities/road-permit.decide/parties", "not for the purpose"},
		{"role of a party that gets nothing", func(d *policy.Declarations) { d.Activities[5].Parties = nil }, "activities/road-permit.decide/who", "not among the parties"},
		{"missing language", func(d *policy.Declarations) { delete(d.Fields[2].Why, "dv") }, "fields/person.identity-number/why", `no text in language "dv"`},
		{"empty text", func(d *policy.Declarations) { d.Roles[0].Name = nil }, "roles/permit-officer/name", `no text in language "en"`},
		{"language of nobody", func(d *policy.Declarations) { d.Cookies[0].Purpose["fr"] = "x" }, "cookies/0/purpose", `"fr" is none`},
		{"optional text in one language", func(d *policy.Declarations) { d.Promises[0].Covers = i18n.Text{"en": "All."} }, "promises/encryption-at-rest/covers", `"dv"`},
		{"duplicate id", func(d *policy.Declarations) { d.Parties[2].ID = "council" }, "parties/2/id", "declared twice"},
		{"no id", func(d *policy.Declarations) { d.Parties[2].ID = "" }, "parties/2/id", "no id"},
		{"id of one part", func(d *policy.Declarations) { d.Fields[0].ID = "name" }, "fields/0/id", "two parts"},
		{"cookie twice", func(d *policy.Declarations) { d.Cookies = append(d.Cookies, d.Cookies[0]) }, "cookies/1/name", "declared twice"},
		{"promise of nothing", func(d *policy.Declarations) { d.Promises[1].NotYetKept = false }, "promises/trained-staff", "neither a control nor"},
		{"promise kept twice", func(d *policy.Declarations) { d.Promises[0].NotYetKept = true }, "promises/encryption-at-rest", "more than one"},
		{"unknown control", func(d *policy.Declarations) { d.Promises[0].Control = "magic" }, "promises/encryption-at-rest/control", `no control "magic"`},
		{"control never promised", func(d *policy.Declarations) { d.Promises[0].Control, d.Promises[0].NotYetKept = "", true }, "promises", "never promised"},
		{"attestation without evidence", func(d *policy.Declarations) {
			d.Promises[1].NotYetKept = false
			d.Promises[1].Attestation = &policy.Attestation{By: i18n.Text{"en": "Head", "dv": "ވެރިޔާ"}, Evidence: "training.pdf", SHA256: "abc", On: "2026-01-01", Until: "2027-01-01"}
		}, "promises/trained-staff/attestation/sha256", "SHA-256"},
		{"attestation for ever", func(d *policy.Declarations) {
			d.Promises[1].NotYetKept = false
			d.Promises[1].Attestation = &policy.Attestation{By: i18n.Text{"en": "Head", "dv": "ވެރިޔާ"}, Evidence: "training.pdf", SHA256: strings.Repeat("a", 64), On: "2026-01-01"}
		}, "promises/trained-staff/attestation/until", "no value"},
		{"core activity missing", func(d *policy.Declarations) { d.Activities = slices.Delete(d.Activities, 1, 2) }, "activities", `"sign-in" is missing`},
		{"core field missing", func(d *policy.Declarations) { d.Activities[1].Fields = d.Activities[1].Fields[:1] }, "activities/sign-in/fields", "person.phone"},
		{"core relation changed", func(d *policy.Declarations) { d.Activities[0].Relation = "task" }, "activities/account/relation", "must be"},
		{"system in a task", func(d *policy.Declarations) { d.Activities[5].Who = append(d.Activities[5].Who, "system") }, "activities/road-permit.decide/who", "cannot hold a task"},
		{"person as system", func(d *policy.Declarations) { d.Activities[1].Who = append(d.Activities[1].Who, "person") }, "activities/sign-in/who", "cannot act"},
		{"citizens' data by duty", func(d *policy.Declarations) {
			d.Activities[3].Fields = append(d.Activities[3].Fields, "person.name")
		}, "activities/staff-directory/fields", "needs a task"},
		{"unknown relation", func(d *policy.Declarations) { d.Activities[5].Relation = "curiosity" }, "activities/road-permit.decide/relation", "none of"},
		{"unknown operation", func(d *policy.Declarations) { d.Activities[5].Operations[0] = "sell" }, "activities/road-permit.decide/operations/0", "none of"},
		{"unknown source", func(d *policy.Declarations) { d.Fields[0].Sources = []string{"rumour"} }, "fields/person.name/sources", "none of"},
		{"no source", func(d *policy.Declarations) { d.Fields[0].Sources = nil }, "fields/person.name/sources", "no source"},
		{"source of nobody", func(d *policy.Declarations) { d.Fields[0].Sources = []string{"party:police"} }, "fields/person.name/sources", "police"},
		{"no date", func(d *policy.Declarations) { d.Revision.Date = "2026-02-30" }, "revision/date", "no date"},
		{"no period", func(d *policy.Declarations) { d.Retention[1].Period = "five years" }, "retention/application/period", "no period"},
		{"no term", func(d *policy.Declarations) { d.Purposes[0].DPV = "<script>" }, "purposes/services/dpv", "no term"},
		{"destination of nobody", func(d *policy.Declarations) { d.Parties[2].Destinations = nil }, "parties", `"mail" of the environment belongs to no party`},
		{"destination of two", func(d *policy.Declarations) { d.Parties[1].Destinations = []string{"mail"} }, "parties/mailer/destinations", "belongs to"},
		{"destination unknown", func(d *policy.Declarations) { d.Parties[1].Destinations = []string{"ads"} }, "parties/council/destinations", `no destination "ads"`},
		{"third party's cookie of nobody", func(d *policy.Declarations) { d.Cookies[0].Class = policy.CookieThirdParty }, "cookies/0/party", "names the party"},
		{"third party's cookie without its policy", func(d *policy.Declarations) {
			d.Cookies[0].Class, d.Cookies[0].Party = policy.CookieThirdParty, d.Parties[1].ID
		}, "cookies/0/party", "needs the address of its policy"},
		{"choice that nothing keeps", func(d *policy.Declarations) { d.Cookies[0].Class = policy.CookiePerformance }, "cookies", "declare it"},
		{"measure for nothing", func(d *policy.Declarations) { d.Measures[0].Promises[0] = "x" }, "measures/keys/promises", `no promise "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := policytest.Declarations()
			c.change(d)
			p, problems := policy.Compile(d, options)
			if p != nil {
				t.Error("a policy came of it")
			}
			if !slices.ContainsFunc(problems, func(p policy.Problem) bool {
				return p.Path == c.path && strings.Contains(p.Message, c.message)
			}) {
				t.Errorf("no problem at %s with %q among %v", c.path, c.message, problems)
			}
		})
	}
}

func TestCompileReportsAllFaultsAtOnceAndNeverPanics(t *testing.T) {
	d := policytest.Declarations()
	d.Fields[0].Category, d.Purposes[0].DPV, d.Cookies[0].Class = "x", "", "tasty"
	if _, problems := policy.Compile(d, policy.Options{Languages: policytest.Languages()}); len(problems) != 3 {
		t.Errorf("%d problems, want 3: %v", len(problems), problems)
	}
	if p, problems := policy.Compile(&policy.Declarations{}, policy.Options{}); p != nil || len(problems) == 0 {
		t.Error("nothing at all compiles")
	}
}

func TestO3_EveryValueKnowsItsSource(t *testing.T) {
	p := policytest.Compile(t)
	if !p.HasSource("person.name", "form") || p.HasSource("person.name", "party:council") || p.HasSource("person.religion", "form") {
		t.Error("a source that is not declared counts")
	}
}

func TestO6_DataGoesToDeclaredPartiesOnly(t *testing.T) {
	p := policytest.Compile(t)
	var ids []string
	for _, party := range p.Recipients(p.Service("road-permit")...) {
		ids = append(ids, party.ID)
	}
	if !slices.Equal(ids, []string{"council"}) {
		t.Errorf("recipients of road-permit: %v", ids)
	}
	if party, ok := p.Destination("mail"); !ok || party.ID != "mailer" {
		t.Errorf("the connection mail belongs to %q", party.ID)
	}
	if _, ok := p.Destination("ads"); ok {
		t.Error("a connection that nobody declared belongs to somebody")
	}
	r := sound()["case at hand"]
	r.Actor.Party = "mailer"
	if d := p.Decide(&r, nil); d.Allowed {
		t.Error("an official of a party that gets nothing is allowed")
	}
}

func TestO19_WhatIdentifiesIndirectlyIsAFieldLikeAnyOther(t *testing.T) {
	p := policytest.Compile(t)
	f, ok := p.Field(policy.FieldBrowser)
	if !ok || f.Identifies != "indirectly" {
		t.Fatalf("%+v", f)
	}
	r := sound()["case at hand"]
	r.Fields = []string{policy.FieldBrowser}
	if d := p.Decide(&r, nil); d.Reason != policy.ReasonFieldNotDeclared {
		t.Errorf("an official sees a device: %s", d.Reason)
	}
}

func TestPeriods(t *testing.T) {
	for s, want := range map[policy.Period]string{
		"P5Y": "2031-11-22", "P1M": "2026-12-22", "P2W": "2026-12-06", "P30D": "2026-12-22", "P1Y2M3W4D": "2028-02-16", "none": "2026-11-22",
	} {
		got, err := s.After(noon)
		if err != nil || got.Format("2006-01-02") != want {
			t.Errorf("%s after 2026-11-22: %v (%v), want %s", s, got, err, want)
		}
	}
	for _, s := range []policy.Period{"", "P", "5Y", "P5", "PT5H", "P-1D", "P1D1Y", "p1d"} {
		if _, err := s.After(noon); err == nil {
			t.Errorf("%q is a period", s)
		}
	}
}
