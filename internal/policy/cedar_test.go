package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// cedarSays asks Cedar about a request. Any error counts as a denial.
func cedarSays(set *cedar.PolicySet, r *policy.Request) (allowed bool, errors int) {
	text := func(s string) cedar.Value { return cedar.String(s) }
	texts := func(of []string) cedar.Value {
		var vs []cedar.Value
		for _, s := range of {
			vs = append(vs, cedar.String(s))
		}
		return cedar.NewSet(vs...)
	}
	principal := map[policy.Kind]cedar.EntityType{policy.Person: "Person", policy.Staff: "Staff", policy.System: "System", 0: "Nobody"}[r.Actor.Kind]
	decision, diagnostic := cedar.Authorize(set, cedar.EntityMap{}, cedar.Request{
		Principal: cedar.NewEntityUID(principal, cedar.String(r.Actor.ID)),
		Action:    cedar.NewEntityUID("Action", cedar.String(r.Activity)),
		Resource:  cedar.NewEntityUID("Data", cedar.String(r.Scope)),
		Context: cedar.NewRecord(cedar.RecordMap{
			"actor": text(r.Actor.ID), "subject": text(r.Subject), "scope": text(r.Scope),
			"operation": text(r.Operation.String()), "party": text(r.Actor.Party),
			"fields": texts(r.Fields), "roles": texts(r.Actor.Roles),
			"strong": cedar.Boolean(r.Actor.Strong), "erased": cedar.Boolean(r.State.Erased), "restricted": cedar.Boolean(r.State.Restricted), "objected": cedar.Boolean(r.State.Objected),
			"taskScope": text(r.Task.Scope), "because": text(r.Because), "consent": text(r.State.Consent), "taskHolder": text(r.Task.Holder), "taskOpen": cedar.Boolean(r.Task.Open),
		}),
	})
	return decision == cedar.Allow && len(diagnostic.Errors) == 0, len(diagnostic.Errors)
}

func TestI4_CedarDecidesTheSame(t *testing.T) {
	for name, demo := range map[string]bool{"store": false, "demo store": true} {
		t.Run(name, func(t *testing.T) {
			p := policytest.CompileAs(t, policytest.WithNewsletter(policytest.Declarations()), policy.Options{Languages: policytest.Languages(), Demo: demo})
			set, err := cedar.NewPolicySetFromBytes("policy.cedar", []byte(p.Cedar()))
			if err != nil {
				t.Fatalf("%v in\n%s", err, p.Cedar())
			}
			rng, allowed := random(t), 0
			for range 20_000 {
				r := generated(rng, p.Declarations())
				d := p.Decide(&r, nil)
				got, errors := cedarSays(set, &r)
				if got != d.Allowed || errors > 0 {
					t.Fatalf("Decide: %t (%s), Cedar: %t with %d errors, for %+v", d.Allowed, d.Reason, got, errors, r)
				}
				if got {
					allowed++
				}
			}
			if allowed < 500 {
				t.Fatalf("only %d of the requests were allowed: the test shows too little", allowed)
			}
		})
	}
}

// Seen red: the test above must notice when one condition is missing.
func TestI4_CedarWithoutAConditionDecidesOtherwise(t *testing.T) {
	p := policytest.CompileAs(t, policytest.WithNewsletter(policytest.Declarations()), policy.Options{Languages: policytest.Languages()})
	for _, condition := range []string{fmt.Sprintf("context.consent == %q", p.Terms("newsletter")), "context.strong", "!context.erased", "context.taskOpen", "context.actor == context.subject", "!context.restricted", "!context.objected", `context.taskHolder == context.actor`, `context.because != ""`} {
		weaker := strings.ReplaceAll(p.Cedar(), condition, "true")
		set, err := cedar.NewPolicySetFromBytes("policy.cedar", []byte(weaker))
		if err != nil {
			t.Fatal(err)
		}
		rng, noticed := random(t), false
		// One of some 6,000 requests shows that an open task is not asked for: of
		// so many as this, one try in e^30 shows none.
		for range 200_000 {
			r := generated(rng, p.Declarations())
			got, _ := cedarSays(set, &r)
			if got != p.Decide(&r, nil).Allowed {
				noticed = true
				break
			}
		}
		if !noticed {
			t.Errorf("nobody notices that %s is gone", condition)
		}
	}
}
