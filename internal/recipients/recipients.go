package recipients

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Kind is what happened to what recipients have.
type Kind string

// The kinds of acts.
const (
	Rectified  Kind = "rectified"  // it was wrong, and is corrected
	Erased     Kind = "erased"     // it is not kept here any more
	Restricted Kind = "restricted" // it may not be used for the time being
	Lifted     Kind = "lifted"     // it may be used again
)

// Act is what happened to some of a person's data.
type Act struct {
	Subject   string
	Kind      Kind
	Request   string   // id of the request of package rights behind it; empty: the person did it themselves
	Reference string   // what people call that request
	Scopes    []string // where the data is; none: everywhere
	Fields    []string // which of it; none: all

	id    string
	at    time.Time
	found time.Time // when it was known who received it
}

// Channel is how a recipient is told.
type Channel string

// The channels.
const (
	Page Channel = "page" // the staff page of an institution whose officials work here
	Mail Channel = "mail" // the address that the policy declares
	None Channel = "none" // there is no way
)

// Notice is that one recipient is told of an act.
type Notice struct {
	Subject      string
	ID           string
	Reference    string
	Party        string
	Kind         Kind
	Request      string
	Asked        string // what people call the request
	Channel      Channel
	About        []string // references of the applications that the recipient knows
	Fields       []string
	Since        time.Time // when it happened
	Sent         time.Time // zero: not yet
	Failed       time.Time // when it was given up to send it
	Acknowledged time.Time // zero: not yet
	By           string    // official who acknowledged it; empty: somebody with the link of the mail
	Noted        bool      // by the operator's own, for the recipient
}

// within is how long a recipient has to acknowledge.
const within = 14 * 24 * time.Hour

// Due is when a notice is overdue; zero while it was not sent.
func (n *Notice) Due() time.Time {
	if n.Sent.IsZero() {
		return time.Time{}
	}
	return n.Sent.Add(within)
}

// State is where a notice stands.
type State string

// The states.
const (
	Waiting      State = "waiting"      // to be sent
	Told         State = "told"         // sent, and not acknowledged
	Overdue      State = "overdue"      // not acknowledged in time
	Acknowledged State = "acknowledged" // done
	Unreachable  State = "unreachable"  // no address, or nobody takes mail there
)

// State is where a notice stands at a moment.
func (n *Notice) State(now time.Time) State {
	switch {
	case !n.Acknowledged.IsZero():
		return Acknowledged
	case n.Channel == None || !n.Failed.IsZero():
		return Unreachable
	case n.Sent.IsZero():
		return Waiting
	case now.After(n.Due()):
		return Overdue
	}
	return Told
}

// use is that a recipient received something, as an event tells it.
type use struct {
	party, scope, reference string
	fields                  []string
}

// received are those outside of the operator who got something by an event.
func received(pol *policy.Policy, e *audit.Event) (list []use) {
	if e.Kind != audit.KindAccess && e.Kind != audit.KindCollect {
		return nil
	}
	add := func(party string) {
		if party != "" && !operator(pol, party) && !slices.ContainsFunc(list, func(u use) bool { return u.party == party }) {
			list = append(list, use{party: party, scope: e.Scope, reference: e.Reference, fields: e.Fields})
		}
	}
	if e.Actor.Kind == policy.Staff.String() {
		add(e.Actor.Party)
	}
	a, _ := pol.Activity(e.Activity)
	for _, party := range a.Parties {
		if p, ok := pol.Party(party); ok && (len(p.Destinations) > 0 || e.Activity == policy.HandOver(party)) {
			add(party)
		}
	}
	return list
}

// operator reports whether a party is the one whose officials answer for the
// portal: to itself it tells nothing.
func operator(pol *policy.Policy, party string) bool {
	return slices.ContainsFunc(pol.Declarations().Roles, func(r policy.Role) bool {
		return r.Party == party && slices.Contains(r.May, policy.AnswerRights)
	})
}

// rolesOf are the roles of a party's officials.
func rolesOf(pol *policy.Policy, party string) (ids []string) {
	for _, r := range pol.Declarations().Roles {
		if r.Party == party {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// channel is how a party is told.
func channel(pol *policy.Policy, party string) Channel {
	if len(rolesOf(pol, party)) > 0 {
		return Page
	}
	if p, ok := pol.Party(party); ok && p.Email != "" {
		return Mail
	}
	return None
}

// concerned are the recipients of an act among those who received something:
// one entry each, with the fields and the references that they know. What
// hangs on an application bears its reference, whatever key it is under.
func (a *Act) concerned(all []use) (list []use) {
	var about []string
	for _, u := range all {
		if u.reference != "" && u.scope != "" && slices.Contains(a.Scopes, u.scope) {
			about = append(about, u.reference)
		}
	}
	for _, u := range all {
		fields := slices.DeleteFunc(slices.Clone(u.fields), func(f string) bool { return len(a.Fields) > 0 && !slices.Contains(a.Fields, f) })
		if len(fields) == 0 || len(a.Scopes) > 0 && !slices.Contains(a.Scopes, u.scope) && !slices.Contains(about, u.reference) {
			continue
		}
		i := slices.IndexFunc(list, func(o use) bool { return o.party == u.party })
		if i < 0 {
			i, list = len(list), append(list, use{party: u.party})
		}
		one := &list[i]
		one.fields = union(one.fields, fields...)
		if u.reference != "" {
			one.reference = strings.Join(union(strings.Fields(one.reference), u.reference), " ")
		}
	}
	slices.SortFunc(list, func(a, b use) int { return strings.Compare(a.party, b.party) })
	return list
}

// union adds what is not there yet, in order.
func union(list []string, more ...string) []string {
	list = slices.Concat(list, more)
	slices.Sort(list)
	return slices.Compact(list)
}

// What people are told.
var (
	errUnknown = fault.New(fault.NotFound, "recipients.unknown")
	errDenied  = fault.New(fault.Denied, "recipients.denied")
	errButton  = fault.New(fault.Invalid, "recipients.button")
)
