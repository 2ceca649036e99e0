package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/platform/fault"
)

// Lifetime is how long a permit may be spent after its decision.
const Lifetime = 5 * time.Second

// maxFields is how many fields one activity may name.
const maxFields = 1024

// Permit allows one use: of the fields asked for, of one subject and scope,
// for one activity, in one transaction, at one version of the gate, within
// Lifetime. Only Policy.Decide fills one. The zero Permit allows nothing, and
// so does a spent one. A copy allows nothing either.
//
// The vault's way with it:
//
//	var permit policy.Permit
//	if d := p.Decide(&req, &permit); !d.Allowed { return req.Denied(d) }
//	…
//	if err := permit.Spend(tx, now); err != nil { return err }   // once
//	UPDATE gate … WHERE subject = permit.Subject() AND version = permit.Version()
//	for each field: permit.Allows(policy.Use, field)
type Permit struct {
	self      *Permit // where it was filled: a copy stands elsewhere
	policy    *Policy
	activity  *activity
	fields    [maxFields / 64]uint64
	actor     Kind
	actorID   string
	subject   string
	scope     string
	decision  Decision
	operation Operation
	version   int64
	tx        uint64
	deadline  time.Time
	spent     atomic.Bool
}

// Spend uses the permit up. It answers nil once, and only in the transaction
// tx and before the deadline; otherwise a *Denied that says which of these
// failed. A refused attempt spends the permit too.
func (p *Permit) Spend(tx uint64, now time.Time) error {
	switch {
	case p == nil || p.activity == nil || p.self != p:
		return &Denied{Decision: Decision{Reason: ReasonNoPermit}}
	case !p.spent.CompareAndSwap(false, true):
		return p.refuse(ReasonSpent)
	case tx != p.tx:
		return p.refuse(ReasonOtherTransaction)
	case now.After(p.deadline):
		return p.refuse(ReasonExpired)
	}
	return nil
}

func (p *Permit) refuse(r Reason) error {
	d := p.decision
	d.Allowed, d.Reason = false, r
	return &Denied{
		Decision: d, Actor: Actor{Kind: p.actor, ID: p.actorID},
		Subject: p.subject, Activity: p.activity.id, Scope: p.scope,
		Operation: p.operation, Fields: p.Fields(),
	}
}

// Allows reports whether the permit is for this operation on this field. It
// says nothing about whether the permit was spent.
func (p *Permit) Allows(o Operation, field string) bool {
	if p == nil || p.activity == nil || o != p.operation {
		return false
	}
	i, ok := p.activity.index[field]
	return ok && p.fields[i/64]&(1<<(i%64)) != 0
}

// Fields returns the ids of the fields permitted, in the activity's order.
func (p *Permit) Fields() []string {
	if p == nil || p.activity == nil {
		return nil
	}
	var ids []string
	for i, id := range p.activity.fields {
		if p.fields[i/64]&(1<<(i%64)) != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// Subject is the person whose data it is; empty for the zero Permit.
func (p *Permit) Subject() string { return p.subject }

// Scope is the scope of the subject that may be opened.
func (p *Permit) Scope() string { return p.scope }

// Activity is the id of the activity permitted.
func (p *Permit) Activity() string {
	if p.activity == nil {
		return ""
	}
	return p.activity.id
}

// Operation is what may be done.
func (p *Permit) Operation() Operation { return p.operation }

// Decision is what was decided: purpose, basis, role and party for the event.
func (p *Permit) Decision() Decision { return p.decision }

// Actor is the kind and id of who asked.
func (p *Permit) Actor() (Kind, string) { return p.actor, p.actorID }

// Version is the version of the gate on which the decision depends.
func (p *Permit) Version() int64 { return p.version }

// PolicyHash is the hash of the policy that decided.
func (p *Permit) PolicyHash() string {
	if p.policy == nil {
		return ""
	}
	return p.policy.hash
}

// Denied is the error of a use that was not allowed: what was asked and why
// not. Through Unwrap it is a fault of kind fault.Denied. It holds no values,
// so that it can be logged and become an event.
type Denied struct {
	Decision  Decision
	Actor     Actor
	Subject   string
	Activity  string
	Scope     string
	Operation Operation
	Fields    []string
}

// Denied returns d as an error, with the facts of r that an event needs.
func (r *Request) Denied(d Decision) *Denied {
	return &Denied{
		Decision: d, Actor: r.Actor, Subject: r.Subject, Activity: r.Activity,
		Scope: r.Scope, Operation: r.Operation, Fields: slices.Clone(r.Fields),
	}
}

// Error names activity, operation, fields and reason.
func (d *Denied) Error() string {
	return fmt.Sprintf("denied: %s of [%s] for %q: %s", d.Operation, strings.Join(d.Fields, " "), d.Activity, d.Decision.Reason)
}

// Unwrap returns the fault that the edge shows.
func (d *Denied) Unwrap() error {
	switch d.Decision.Reason {
	case ReasonRestricted:
		return fault.New(fault.Denied, "policy.denied.restricted")
	case ReasonObjected:
		return fault.New(fault.Denied, "policy.denied.objected")
	}
	return fault.New(fault.Denied, "policy.denied")
}

// Refused is other because of err; but the denial itself where it is one that
// an official must know the reason of: the person restricted processing, or
// objected to its purpose.
func Refused(other *fault.Fault, err error) error {
	var d *Denied
	if errors.As(err, &d) && (d.Decision.Reason == ReasonRestricted || d.Decision.Reason == ReasonObjected) {
		return err
	}
	return other.Because(err)
}
