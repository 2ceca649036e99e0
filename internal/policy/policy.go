package policy

// Policy is a set of declarations compiled into tables. It never changes and
// is safe for concurrent use.
type Policy struct {
	hash         string
	terms        map[string]string // of each purpose that rests on consent
	demo         bool
	declarations *Declarations
	activities   map[string]*activity
	fields       map[string]int // index into declarations.Fields
	categories   map[string]int
	parties      map[string]int
	purposes     map[string]int
	retention    map[string]int
	roles        map[string]int
}

// relation is how an actor must stand to the data.
type relation uint8

const (
	relationSelf relation = iota + 1
	relationTask
	relationDuty
	relationReason
	relationSystem
)

// activity is an Activity as Decide needs it.
type activity struct {
	id, purpose, basis    string
	person, staff, system bool
	grants                []grant
	relation              relation
	use, collect          bool
	fields                []string
	index                 map[string]uint16
	party                 string // the first of its parties
	whileRestricted       bool
	deferrable            bool   // see Deferral
	consent               string // terms of the consent that it rests on; empty: it rests on none
}

// grant is a role that may act, and the party it acts for.
type grant struct{ role, party string }

// Decide answers whether req is allowed under the policy, and why (I2, I4). It
// is pure and allocates nothing. If permit is not nil, it is emptied, and
// filled when the request is allowed. A nil Policy denies.
func (p *Policy) Decide(req *Request, permit *Permit) Decision {
	if permit != nil {
		permit.reset()
	}
	if p == nil || req == nil {
		return Decision{}
	}
	a := p.activities[req.Activity]
	d := Decision{}
	if a != nil {
		d.Purpose, d.Basis = a.purpose, a.basis
		if a.relation == relationSystem {
			d.Party = a.party
		}
	}
	var fields [maxFields / 64]uint64
	d.Reason = p.decide(req, a, &d, &fields)
	if d.Reason != ReasonAllowed {
		return d
	}
	d.Allowed = true
	if permit != nil {
		permit.self = permit
		permit.policy, permit.activity, permit.fields = p, a, fields
		permit.actor, permit.actorID = req.Actor.Kind, req.Actor.ID
		permit.subject, permit.scope = req.Subject, req.Scope
		permit.decision, permit.operation = d, req.Operation
		permit.version, permit.tx = req.State.Version, req.Tx
		permit.deadline = req.Now.Add(Lifetime)
		permit.spent.Store(false)
	}
	return d
}

func (p *Permit) reset() {
	p.self, p.policy, p.activity = nil, nil, nil
	p.fields = [maxFields / 64]uint64{}
	p.actor, p.actorID, p.subject, p.scope = 0, "", "", ""
	p.decision, p.operation, p.version, p.tx = Decision{}, 0, 0, 0
	p.spent.Store(true)
}

// decide holds the conditions, in the order of the reasons.
func (p *Policy) decide(req *Request, a *activity, d *Decision, fields *[maxFields / 64]uint64) Reason {
	actor := &req.Actor
	switch actor.Kind {
	case Person, Staff:
		if actor.ID == "" {
			return ReasonUnknownActor
		}
	case System:
	default:
		return ReasonUnknownActor
	}
	if a == nil {
		return ReasonUnknownActivity
	}
	if req.Subject == "" || req.Scope == "" {
		return ReasonUnknownSubject
	}
	if req.State.Erased {
		return ReasonErased
	}
	if !a.admits(actor, d) {
		return ReasonActorNotDeclared
	}
	if actor.Kind == Staff && !actor.Strong && !p.demo {
		return ReasonWeak
	}
	if !(req.Operation == Use && a.use || req.Operation == Collect && a.collect) {
		return ReasonWrongOperation
	}
	if len(req.Fields) == 0 {
		return ReasonNoFields
	}
	for _, f := range req.Fields {
		i, ok := a.index[f]
		if !ok {
			if _, known := p.fields[f]; !known {
				return ReasonUnknownField
			}
			return ReasonFieldNotDeclared
		}
		fields[i/64] |= 1 << (i % 64)
	}
	if a.consent != "" && req.State.Consent != a.consent && !(actor.Kind == Person && a.relation == relationSelf && actor.ID == req.Subject) {
		return ReasonNoConsent
	}
	if actor.Kind == System {
		return a.suspended(&req.State)
	}
	switch a.relation {
	case relationSelf:
		if actor.ID != req.Subject {
			return ReasonNotOwnData
		}
		return ReasonAllowed // a restriction never binds the person themself
	case relationTask:
		if req.Task.Scope == "" || req.Task.Scope != req.Scope {
			return ReasonNoTask
		}
		if req.Task.Holder != actor.ID {
			return ReasonTaskOfAnother
		}
		if !req.Task.Open {
			return ReasonTaskClosed
		}
	case relationDuty:
	case relationReason:
		if req.Because == "" {
			return ReasonNoBecause
		}
	default:
		return ReasonActorNotDeclared
	}
	return a.suspended(&req.State)
}

// suspended is what a restriction or an objection of the person leads to.
func (a *activity) suspended(s *State) Reason {
	switch {
	case a.whileRestricted:
	case s.Restricted:
		return ReasonRestricted
	case s.Objected:
		return ReasonObjected
	}
	return ReasonAllowed
}

// admits reports whether the activity is for this actor, and by which role.
func (a *activity) admits(actor *Actor, d *Decision) bool {
	switch actor.Kind {
	case Person:
		return a.person
	case System:
		return a.system
	}
	for i := range a.grants {
		g := &a.grants[i]
		if actor.Party != "" && actor.Party != g.party {
			continue
		}
		for _, r := range actor.Roles {
			if r == g.role {
				d.Role = g.role
				if a.relation != relationSelf {
					d.Party = g.party
				}
				return true
			}
		}
	}
	return a.staff
}
