package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// newsletterTerms are those of policytest's newsletter. They stand here so that
// nobody makes every consent that was given void by writing them otherwise.
const newsletterTerms = "1dff9f58bb584ccbba5ede29ddb4d4e2c44596cbce4616d54248218b6a36e458"

// sound returns requests that are allowed, by name.
func sound() map[string]policy.Request {
	return map[string]policy.Request{
		"own account": {
			Actor: policy.Actor{Kind: policy.Person, ID: "ali"}, Subject: "ali", Activity: "account", Scope: "profile",
			Operation: policy.Use, Fields: []string{"person.name", "person.email"}, Now: noon, Tx: 7,
		},
		"case at hand": {
			Actor:   policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"administrator", "permit-officer"}, Strong: true},
			Subject: "ali", Activity: "road-permit.decide", Scope: "case:1", Operation: policy.Use,
			Fields: []string{"person.name", "road-permit.road"},
			Task:   policy.Task{Scope: "case:1", Holder: "shifa", Open: true}, Now: noon, Tx: 7,
		},
		"review": {
			Actor:   policy.Actor{Kind: policy.Staff, ID: "niuma", Roles: []string{"reviewer"}, Strong: true},
			Subject: "ali", Activity: "road-permit.review", Scope: "case:1", Operation: policy.Use,
			Fields: []string{"person.name"}, Because: "A complaint came in.", Now: noon, Tx: 7,
		},
		"code to e-mail": {
			Actor: policy.Actor{Kind: policy.System}, Subject: "ali", Activity: "sign-in", Scope: "profile",
			Operation: policy.Use, Fields: []string{"person.email"}, Now: noon, Tx: 7,
		},
		"list of staff": {
			Actor:   policy.Actor{Kind: policy.Staff, ID: "root", Roles: []string{"administrator"}, Party: "operator", Strong: true},
			Subject: "shifa", Activity: "staff-directory", Scope: "profile", Operation: policy.Use,
			Fields: []string{"staff.name"}, Now: noon, Tx: 7,
		},
		"newsletter": {
			Actor: policy.Actor{Kind: policy.System}, Subject: "ali", Activity: "newsletter", Scope: "profile",
			Operation: policy.Use, Fields: []string{"person.email"}, State: policy.State{Consent: newsletterTerms}, Now: noon, Tx: 7,
		},
		"own staff account": {
			Actor:   policy.Actor{Kind: policy.Staff, ID: "shifa", Strong: true},
			Subject: "shifa", Activity: "staff-account", Scope: "profile", Operation: policy.Collect,
			Fields: []string{"staff.name"}, Now: noon, Tx: 7,
		},
	}
}

func TestI4_EveryAnswerHasItsReason(t *testing.T) {
	p := policytest.CompileAs(t, policytest.WithNewsletter(policytest.Declarations()), policy.Options{Languages: policytest.Languages()})
	for _, c := range []struct {
		from   string
		change func(*policy.Request)
		reason policy.Reason
	}{
		{"own account", func(*policy.Request) {}, policy.ReasonAllowed},
		{"case at hand", func(*policy.Request) {}, policy.ReasonAllowed},
		{"code to e-mail", func(*policy.Request) {}, policy.ReasonAllowed},
		{"review", func(*policy.Request) {}, policy.ReasonAllowed},
		{"review", func(r *policy.Request) { r.Because = "" }, policy.ReasonNoBecause},
		{"review", func(r *policy.Request) { r.Operation = policy.Collect }, policy.ReasonWrongOperation},
		{"review", func(r *policy.Request) { r.Actor.Roles = []string{"permit-officer"} }, policy.ReasonActorNotDeclared},
		{"review", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonRestricted},
		{"list of staff", func(*policy.Request) {}, policy.ReasonAllowed},
		{"own staff account", func(*policy.Request) {}, policy.ReasonAllowed},
		{"own account", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonAllowed},
		{"code to e-mail", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonAllowed},
		{"case at hand", func(r *policy.Request) { r.Actor.Party = "council" }, policy.ReasonAllowed},
		{"newsletter", func(*policy.Request) {}, policy.ReasonAllowed},
		{"newsletter", func(r *policy.Request) { r.State.Consent = "" }, policy.ReasonNoConsent},
		{"newsletter", func(r *policy.Request) { r.State.Consent = strings.Repeat("0", 64) }, policy.ReasonNoConsent},
		{"newsletter", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonRestricted},

		{"own account", func(r *policy.Request) { *r = policy.Request{} }, policy.ReasonUnknownActor},
		{"own account", func(r *policy.Request) { r.Actor.ID = "" }, policy.ReasonUnknownActor},
		{"own account", func(r *policy.Request) { r.Actor.Kind = 9 }, policy.ReasonUnknownActor},
		{"own account", func(r *policy.Request) { r.Activity = "marketing" }, policy.ReasonUnknownActivity},
		{"own account", func(r *policy.Request) { r.Subject, r.Actor.ID = "", "" }, policy.ReasonUnknownActor},
		{"code to e-mail", func(r *policy.Request) { r.Subject = "" }, policy.ReasonUnknownSubject},
		{"own account", func(r *policy.Request) { r.Scope = "" }, policy.ReasonUnknownSubject},
		{"own account", func(r *policy.Request) { r.State.Erased = true }, policy.ReasonErased},
		{"own account", func(r *policy.Request) { r.Actor.Kind = policy.Staff }, policy.ReasonActorNotDeclared},
		{"own account", func(r *policy.Request) { r.Actor.Kind = policy.System }, policy.ReasonActorNotDeclared},
		{"case at hand", func(r *policy.Request) { r.Actor.Roles = []string{"administrator"} }, policy.ReasonActorNotDeclared},
		{"case at hand", func(r *policy.Request) { r.Actor.Kind = policy.Person }, policy.ReasonActorNotDeclared},
		{"case at hand", func(r *policy.Request) { r.Actor.Party = "operator" }, policy.ReasonActorNotDeclared},
		{"case at hand", func(r *policy.Request) { r.Actor.Strong = false }, policy.ReasonWeak},
		{"own staff account", func(r *policy.Request) { r.Actor.Strong = false }, policy.ReasonWeak},
		{"code to e-mail", func(r *policy.Request) { r.Operation = policy.Collect }, policy.ReasonWrongOperation},
		{"own account", func(r *policy.Request) { r.Operation = 0 }, policy.ReasonWrongOperation},
		{"own account", func(r *policy.Request) { r.Fields = nil }, policy.ReasonNoFields},
		{"own account", func(r *policy.Request) { r.Fields = []string{"person.name", "person.religion"} }, policy.ReasonUnknownField},
		{"case at hand", func(r *policy.Request) { r.Fields = []string{"person.name", "person.email"} }, policy.ReasonFieldNotDeclared},
		{"own account", func(r *policy.Request) { r.Subject = "hawwa" }, policy.ReasonNotOwnData},
		{"own staff account", func(r *policy.Request) { r.Subject = "ali" }, policy.ReasonNotOwnData},
		{"case at hand", func(r *policy.Request) { r.Task = policy.Task{} }, policy.ReasonNoTask},
		{"case at hand", func(r *policy.Request) { r.Scope = "case:2" }, policy.ReasonNoTask},
		{"case at hand", func(r *policy.Request) { r.Task.Holder = "niuma" }, policy.ReasonTaskOfAnother},
		{"case at hand", func(r *policy.Request) { r.Task.Holder = "" }, policy.ReasonTaskOfAnother},
		{"case at hand", func(r *policy.Request) { r.Task.Open = false }, policy.ReasonTaskClosed},
		{"case at hand", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonRestricted},
		{"list of staff", func(r *policy.Request) { r.State.Restricted = true }, policy.ReasonRestricted},
		{"own account", func(r *policy.Request) { r.State.Objected = true }, policy.ReasonAllowed},
		{"code to e-mail", func(r *policy.Request) { r.State.Objected = true }, policy.ReasonAllowed},
		{"case at hand", func(r *policy.Request) { r.State.Objected = true }, policy.ReasonObjected},
		{"newsletter", func(r *policy.Request) { r.State.Objected = true }, policy.ReasonObjected},
		{"case at hand", func(r *policy.Request) { r.State.Objected, r.State.Restricted = true, true }, policy.ReasonRestricted},
	} {
		r := sound()[c.from]
		c.change(&r)
		var permit policy.Permit
		got := p.Decide(&r, &permit)
		if got.Reason != c.reason || got.Allowed != (c.reason == policy.ReasonAllowed) {
			t.Errorf("%s, changed to expect %s: got %s, allowed %t", c.from, c.reason, got.Reason, got.Allowed)
		}
		if err := permit.Spend(r.Tx, noon); (err == nil) != got.Allowed {
			t.Errorf("%s, expecting %s: allowed %t, but spending says %v", c.from, c.reason, got.Allowed, err)
		}
	}
}

func TestDecisionNamesPurposeBasisRoleAndParty(t *testing.T) {
	p := policytest.Compile(t)
	for name, want := range map[string]policy.Decision{
		"own account":    {Purpose: "access", Basis: "eu-gdpr:A6-1-b"},
		"case at hand":   {Purpose: "services", Basis: "eu-gdpr:A6-1-c", Role: "permit-officer", Party: "council"},
		"code to e-mail": {Purpose: "access", Basis: "eu-gdpr:A6-1-b", Party: "mailer"},
	} {
		r := sound()[name]
		want.Allowed, want.Reason = true, policy.ReasonAllowed
		if got := p.Decide(&r, nil); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestO10_SecondFactorIsAskedExceptInADemoStore(t *testing.T) {
	r := sound()["case at hand"]
	r.Actor.Strong = false
	if d := policytest.Compile(t).Decide(&r, nil); d.Reason != policy.ReasonWeak {
		t.Errorf("a weak official in an ordinary store: %s", d.Reason)
	}
	demo := policytest.CompileAs(t, policytest.Declarations(), policy.Options{Languages: policytest.Languages(), Demo: true})
	if d := demo.Decide(&r, nil); !d.Allowed {
		t.Errorf("a weak official in a demo store: %s", d.Reason)
	}
}

func TestI2_DefaultIsDeny(t *testing.T) {
	var none *policy.Policy
	var permit policy.Permit
	r := sound()["own account"]
	if d := none.Decide(&r, &permit); d.Allowed || permit.Spend(7, noon) == nil {
		t.Error("no policy allows")
	}
	if d := policytest.Compile(t).Decide(nil, nil); d.Allowed {
		t.Error("no request is allowed")
	}
	// Words that no declaration knows, in every place of a sound request.
	p, rng := policytest.Compile(t), random(t)
	for range 2000 {
		for name, r := range sound() {
			odd := fmt.Sprintf("x%d", rng.Uint64())
			switch rng.IntN(4) {
			case 0:
				r.Activity = odd
			case 1:
				r.Fields = slices.Insert(slices.Clone(r.Fields), rng.IntN(len(r.Fields)+1), odd)
			case 2:
				r.Operation = policy.Operation(3 + rng.IntN(250))
			case 3:
				r.Actor.Kind = policy.Kind(4 + rng.IntN(250))
			}
			if d := p.Decide(&r, nil); d.Allowed {
				t.Fatalf("%s with %+v is allowed", name, r)
			}
		}
	}
}

func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// generated is a request made of words that the declarations know or nearly
// know: as often as not a sound one with some parts taken from another.
func generated(rng *rand.Rand, d *policy.Declarations) policy.Request {
	other := wild(rng, d)
	if rng.IntN(2) == 0 {
		return other
	}
	all := sound()
	r := all[pick(rng, slices.Sorted(maps.Keys(all))...)]
	for range rng.IntN(3) {
		switch rng.IntN(13) {
		case 0:
			r.Actor.Kind = other.Actor.Kind
		case 1:
			r.Actor.ID = other.Actor.ID
		case 2:
			r.Actor.Roles = other.Actor.Roles
		case 3:
			r.Actor.Party = other.Actor.Party
		case 4:
			r.Actor.Strong = other.Actor.Strong
		case 5:
			r.Subject = other.Subject
		case 6:
			r.Activity = other.Activity
		case 7:
			r.Scope = other.Scope
		case 8:
			r.Operation = other.Operation
		case 9:
			r.Fields = other.Fields
		case 10:
			r.Task = other.Task
		case 11:
			r.State = other.State
		case 12:
			r.Because = other.Because
		}
	}
	return r
}

// wild is any request.
func wild(rng *rand.Rand, d *policy.Declarations) policy.Request {
	r := policy.Request{
		Actor: policy.Actor{
			Kind:   pick(rng, policy.Person, policy.Staff, policy.Staff, policy.System, 0),
			ID:     pick(rng, "ali", "shifa", "shifa", ""),
			Party:  pick(rng, "", "", "council", "operator", "mailer"),
			Strong: rng.IntN(4) > 0,
		},
		Subject:   pick(rng, "ali", "ali", "shifa", ""),
		Activity:  pick(rng, d.Activities...).ID,
		Scope:     pick(rng, "profile", "case:1", "case:1", ""),
		Operation: pick(rng, policy.Use, policy.Use, policy.Collect, 0),
		Task:      policy.Task{Scope: pick(rng, "case:1", "case:1", "case:2", "profile", ""), Holder: pick(rng, "shifa", "shifa", "ali", ""), Open: rng.IntN(4) > 0},
		Because:   pick(rng, "", "A complaint came in."),
		State:     policy.State{Erased: rng.IntN(8) == 0, Restricted: rng.IntN(4) == 0, Objected: rng.IntN(4) == 0, Consent: pick(rng, "", newsletterTerms, "0000")},
		Now:       noon, Tx: 7,
	}
	for range rng.IntN(3) {
		r.Actor.Roles = append(r.Actor.Roles, pick(rng, "permit-officer", "administrator", "reviewer", "nobody"))
	}
	var declared []string
	for _, a := range d.Activities {
		if a.ID == r.Activity {
			declared = a.Fields
		}
	}
	for range rng.IntN(4) {
		f := pick(rng, declared...)
		if rng.IntN(8) == 0 {
			f = pick(rng, pick(rng, d.Fields...).ID, "person.religion")
		}
		r.Fields = append(r.Fields, f)
	}
	if rng.IntN(16) == 0 {
		r.Activity = "marketing"
	}
	return r
}

func TestI2_TakingAwayNeverAllows(t *testing.T) {
	p, rng := policytest.Compile(t), random(t)
	allowed := 0
	for range 50_000 {
		r := generated(rng, p.Declarations())
		before := p.Decide(&r, nil)
		if before.Allowed {
			allowed++
		}
		less := r
		switch rng.IntN(8) {
		case 0:
			less.Actor.Roles = nil
		case 1:
			less.Actor.Strong = false
		case 2:
			less.Task.Open = false
		case 3:
			less.State.Restricted = true
		case 4:
			less.State.Erased = true
		case 5:
			less.Because = ""
		case 6:
			less.Fields = append(slices.Clone(less.Fields), pick(rng, p.Declarations().Fields...).ID)
		case 7:
			less.State.Objected = true
		}
		if after := p.Decide(&less, nil); after.Allowed && !before.Allowed && len(r.Fields) > 0 {
			t.Fatalf("denied (%s) with more, allowed with less:\n%+v\n%+v", before.Reason, r, less)
		}
		// And each allowed set of fields is allowed in every part.
		if before.Allowed {
			less := r
			less.Fields = r.Fields[:1]
			if d := p.Decide(&less, nil); !d.Allowed {
				t.Fatalf("allowed with %v, denied (%s) with %v", r.Fields, d.Reason, less.Fields)
			}
		}
	}
	if allowed < 1000 {
		t.Fatalf("only %d of the requests were allowed: the test shows too little", allowed)
	}
}

func TestI4_ReplayFromTheDeclarationsGivesTheSameAnswer(t *testing.T) {
	p := policytest.Compile(t)
	written, err := json.Marshal(p.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	var d policy.Declarations
	if err := json.Unmarshal(written, &d); err != nil {
		t.Fatal(err)
	}
	again := policytest.CompileAs(t, &d, policy.Options{Languages: policytest.Languages()})
	if again.Hash() != p.Hash() || len(p.Hash()) != 64 {
		t.Fatalf("hash %q became %q", p.Hash(), again.Hash())
	}
	rng := random(t)
	for range 10_000 {
		r := generated(rng, p.Declarations())
		before := p.Decide(&r, nil)
		if after := again.Decide(&r, nil); after != before {
			t.Fatalf("%+v: first %+v, replayed %+v", r, before, after)
		}
	}
	d.Activities[0].Fields = d.Activities[0].Fields[1:]
	if h, err := policy.Hash(&d); err != nil || h == p.Hash() {
		t.Errorf("another policy has the same hash (%v)", err)
	}
}

func TestI4_DecidingAllocatesNothing(t *testing.T) {
	p := policytest.Compile(t)
	var permit policy.Permit
	for name, r := range sound() {
		denied := r
		denied.Fields = []string{"person.religion"}
		if n := testing.AllocsPerRun(1000, func() {
			p.Decide(&r, &permit)
			p.Decide(&denied, &permit)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestPermitIsForOneUseInOneTransaction(t *testing.T) {
	p := policytest.Compile(t)
	r := sound()["case at hand"]
	r.State.Version = 42
	permit := new(policy.Permit)
	renew := func() {
		if d := p.Decide(&r, permit); !d.Allowed {
			t.Fatal(d.Reason)
		}
	}
	expect := func(err error, want policy.Reason) {
		t.Helper()
		var denied *policy.Denied
		if !errors.As(err, &denied) || denied.Decision.Reason != want || denied.Decision.Allowed {
			t.Errorf("got %v, want %s", err, want)
		}
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("%v is no fault of kind Denied", err)
		}
	}
	renew()
	if err := permit.Spend(7, noon.Add(policy.Lifetime)); err != nil {
		t.Error(err)
	}
	expect(permit.Spend(7, noon), policy.ReasonSpent)
	renew()
	expect(permit.Spend(8, noon), policy.ReasonOtherTransaction)
	expect(permit.Spend(7, noon), policy.ReasonSpent)
	renew()
	expect(permit.Spend(7, noon.Add(policy.Lifetime+1)), policy.ReasonExpired)
	expect(new(policy.Permit).Spend(0, noon), policy.ReasonNoPermit)
	expect((*policy.Permit)(nil).Spend(0, noon), policy.ReasonNoPermit)

	renew()
	if permit.Version() != 42 || permit.PolicyHash() != p.Hash() || permit.Subject() != "ali" || permit.Scope() != "case:1" ||
		permit.Activity() != "road-permit.decide" || !slices.Equal(permit.Fields(), r.Fields) {
		t.Errorf("the permit is for something else: %s %s %s %v", permit.Subject(), permit.Scope(), permit.Activity(), permit.Fields())
	}
	for _, c := range []struct {
		op    policy.Operation
		field string
		want  bool
	}{
		{policy.Use, "person.name", true},
		{policy.Use, "road-permit.remarks", false}, // of the activity, but not asked for
		{policy.Use, "person.email", false},
		{policy.Collect, "person.name", false},
	} {
		if got := permit.Allows(c.op, c.field); got != c.want {
			t.Errorf("%s of %s: %t", c.op, c.field, got)
		}
	}
	// What the caller changes after the decision changes nothing.
	r.Fields[0] = "road-permit.remarks"
	if !permit.Allows(policy.Use, "person.name") || permit.Allows(policy.Use, "road-permit.remarks") {
		t.Error("the permit followed a slice that changed")
	}
	// A denial empties a permit that was good.
	r.State.Erased = true
	p.Decide(&r, permit)
	expect(permit.Spend(7, noon), policy.ReasonNoPermit)
}

func TestPermitIsSpentOnceByMany(t *testing.T) {
	p := policytest.Compile(t)
	r := sound()["own account"]
	var permit policy.Permit
	p.Decide(&r, &permit)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if permit.Spend(7, noon) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("spent %d times", won.Load())
	}
}

func TestReasonCodesAreDistinct(t *testing.T) {
	seen := map[string]policy.Reason{}
	for r := policy.ReasonUndecided; r <= policy.ReasonExpired; r++ {
		if first, twice := seen[r.String()]; twice {
			t.Errorf("reasons %d and %d are both %q", first, r, r)
		}
		seen[r.String()] = r
		if strings.ContainsAny(r.String(), " _") {
			t.Errorf("%q is no code", r)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	p := policytest.Compile(b)
	r := sound()["case at hand"]
	var permit policy.Permit
	for b.Loop() {
		p.Decide(&r, &permit)
	}
}
