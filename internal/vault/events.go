package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// The facts of an event about a use, beyond what its other members say.
const (
	factConsent    = "consent"    // terms of the consent that the person had given
	factBecause    = "because"    // the reason in writing of who had no task
	factGate       = "gate"       // the gate's version
	factHolder     = "holder"     // who held the task
	factOpen       = "open"       // the task was open
	factOperation  = "operation"  // use | collect
	factParty      = "acting-for" // the party that the actor claimed
	factRestricted = "restricted" // the person had restricted processing
	factObjected   = "objected"   // the person had objected to the purpose
	factErased     = "erased"     // the person was forgotten
	factRoles      = "roles"      // the actor's roles, a space between them
	factStrong     = "strong"     // a second factor was shown
	factTask       = "task"       // the task's scope
	yes            = "yes"
)

// event is the event of a permit.
func (p *Permit) event(kind string, n int64) *audit.Event {
	e := useEvent(&p.use, p.state, p.granted.Decision())
	e.Kind, e.N, e.At = kind, n, clock.Micros(p.now)
	e.Policy = p.granted.PolicyHash()
	e.Fields = p.granted.Fields()
	return e
}

// useEvent says who asked for what, and what the decision saw.
func useEvent(u *Use, state policy.State, d policy.Decision) *audit.Event {
	facts := make(audit.Facts, 6)
	facts[factOperation] = u.Operation.String()
	facts[factGate] = strconv.FormatInt(state.Version, 10)
	if len(u.Actor.Roles) > 0 {
		facts[factRoles] = strings.Join(u.Actor.Roles, " ")
	}
	for _, f := range []struct {
		name string
		text string
	}{{factParty, u.Actor.Party}, {factHolder, u.Task.Holder}, {factTask, u.Task.Scope}, {factBecause, u.Because}, {factConsent, state.Consent}} {
		if f.text != "" {
			facts[f.name] = f.text
		}
	}
	for _, f := range []struct {
		name string
		is   bool
	}{{factStrong, u.Actor.Strong}, {factOpen, u.Task.Open}, {factRestricted, state.Restricted}, {factObjected, state.Objected}, {factErased, state.Erased}} {
		if f.is {
			facts[f.name] = yes
		}
	}
	return &audit.Event{
		Subject: u.Subject, Activity: u.Activity, Scope: u.Scope, Reference: u.Reference,
		Actor:   audit.Actor{ID: u.Actor.ID, Kind: u.Actor.Kind.String(), Party: d.Party, Role: d.Role},
		Purpose: d.Purpose, Basis: d.Basis, Reason: d.Reason.String(), Facts: facts,
	}
}

// Replay returns the request that an access or collect event was decided on,
// so that the policy with the event's hash can decide it again (I4).
func Replay(e *audit.Event) (policy.Request, error) {
	req := policy.Request{
		Actor: policy.Actor{
			ID: e.Actor.ID, Party: e.Facts[factParty],
			Roles: strings.Fields(e.Facts[factRoles]), Strong: e.Facts[factStrong] == yes,
		},
		Subject: cmp.Or(e.Facts[audit.FactPerson], e.Subject), Activity: e.Activity, Scope: e.Scope, Fields: e.Fields,
		Task:    policy.Task{Scope: e.Facts[factTask], Holder: e.Facts[factHolder], Open: e.Facts[factOpen] == yes},
		Because: e.Facts[factBecause],
		State: policy.State{
			Erased: e.Facts[factErased] == yes, Restricted: e.Facts[factRestricted] == yes, Objected: e.Facts[factObjected] == yes,
			Consent: e.Facts[factConsent],
		},
		Now: clock.FromMicros(e.At),
	}
	for _, k := range []policy.Kind{policy.Person, policy.Staff, policy.System} {
		if k.String() == e.Actor.Kind {
			req.Actor.Kind = k
		}
	}
	for _, o := range []policy.Operation{policy.Use, policy.Collect} {
		if o.String() == e.Facts[factOperation] {
			req.Operation = o
		}
	}
	var err error
	if req.State.Version, err = strconv.ParseInt(e.Facts[factGate], 10, 64); err != nil {
		return req, fmt.Errorf("replay event %d: it does not say which version the gate had", e.N)
	}
	return req, nil
}

// Denials are recorded the same one once in denialPause, and for each actor at
// most denialBudget in that time; the rest are counted. Each node keeps its own
// account.
const (
	denialPause  = time.Minute
	denialBudget = 20
	denialMemory = 10_000 // actors and denials remembered at the most
)

type denials struct {
	mu      sync.Mutex
	seen    map[string]time.Time
	budget  map[string]int
	since   time.Time
	counted atomic.Int64
}

// record reports whether a denial is to become an event.
func (d *denials) record(actor, denial string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.since) >= denialPause || len(d.seen) >= denialMemory {
		old := d.seen
		d.seen, d.budget, d.since = map[string]time.Time{}, map[string]int{}, now
		for what, at := range old {
			if now.Sub(at) < denialPause && len(d.seen) < denialMemory/2 {
				d.seen[what] = at
			}
		}
	}
	if at, ok := d.seen[denial]; ok && now.Sub(at) < denialPause || d.budget[actor] >= denialBudget {
		d.counted.Add(1)
		return false
	}
	d.seen[denial] = now
	d.budget[actor]++
	return true
}

// Unrecorded is how many denials became no event since the start: repeated
// ones, those over an actor's budget, those of nobody and about nobody.
func (v *Vault) Unrecorded() int64 { return v.denials.counted.Load() }

// denial is a *policy.Denied with what its event needs besides.
type denial struct {
	*policy.Denied
	use   Use
	state policy.State
}

// Unwrap returns the denial as policy says it.
func (d *denial) Unwrap() error { return d.Denied }

// denied records a *policy.Denied in err's chain and returns err.
func (v *Vault) denied(ctx context.Context, err error) error {
	var d *denial
	var plain *policy.Denied
	switch {
	case errors.As(err, &d):
	case errors.As(err, &plain):
		d = &denial{Denied: plain, use: Use{
			Actor: plain.Actor, Subject: plain.Subject, Activity: plain.Activity,
			Operation: plain.Operation, Scope: plain.Scope, Fields: plain.Fields,
		}}
	default:
		return err
	}
	nobody := d.Actor.Kind != policy.System && d.Actor.ID == ""
	if nobody || d.Subject == "" || d.Decision.Reason == policy.ReasonUnknownSubject {
		v.denials.counted.Add(1)
		return err
	}
	what := strings.Join([]string{d.Actor.ID, d.Subject, d.Activity, d.Scope, d.Operation.String(), d.Decision.Reason.String()}, "\x00")
	if !v.denials.record(d.Actor.ID, what, v.clock.Now()) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	failed := v.db.Update(ctx, func(tx *db.Tx) error {
		e := useEvent(&d.use, d.state, d.Decision)
		e.Kind, e.Fields, e.Policy = audit.KindDenied, d.use.Fields, v.policy().Hash()
		if e.Actor.Role == "" && len(d.Actor.Roles) > 0 { // no role allowed it: say which one asked
			e.Actor.Role = d.Actor.Roles[0]
		}
		aside, err := v.deferred(tx, &d.use)
		if err == nil && aside.id != "" {
			return v.Defer(tx, aside.id, *e)
		}
		if err != nil {
			return err
		}
		return v.Append(tx, *e)
	})
	if failed != nil { // the answer is no all the same
		slog.ErrorContext(ctx, "a denial could not be recorded", "error", failed)
	}
	return err
}
