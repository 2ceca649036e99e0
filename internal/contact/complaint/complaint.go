package complaint

import (
	"regexp"
	"slices"
	"time"

	"portico/internal/contact"
	"portico/internal/platform/fault"
	"portico/internal/policy"
)

// The activities that an instance declares where complaints are investigated.
// Without ActivityAuthority nothing goes to an authority.
const (
	ActivityInvestigate = "complaint-investigate" // the official who holds the complaint
	ActivityAuthority   = "complaint-authority"   // the same, for a party of the activity that no official works for

	FieldFinding = "inquiry.finding" // what the investigation found
	FieldAttempt = "inquiry.attempt" // how it was tried to resolve it
)

// Investigation is what an official writes down of a complaint.
type Investigation struct {
	Transfer bool // it is about a transfer of data
	Finding  string
	Attempt  string
	Resolved bool // by that attempt
}

// Standing is how what is owed to a complaint stands.
type Standing struct {
	Subject   string
	ID        string
	Request   string
	Transfer  bool
	Resolved  bool
	Found     time.Time // zero: it was not investigated
	FoundBy   string
	Given     time.Time // what goes to the authority was opened for it; zero: not yet
	Referred  time.Time // the authority has it; zero: it has not
	By        string    // who wrote that down
	Authority string
	Reference string // of the authority
}

// Owed reports whether a complaint goes to the authority, and has not yet.
func (s *Standing) Owed() bool { return s.Transfer && !s.Resolved && s.Referred.IsZero() }

// current reports whether the investigation is one of what is open now: what
// somebody wrote after an answer is investigated anew.
func (s *Standing) current(r *contact.Request) bool { return s != nil && !s.Found.Before(r.Since) }

// What people are told.
var (
	errFirst    = fault.New(fault.Conflict, "complaint.error.first")
	errRefer    = fault.New(fault.Conflict, "complaint.error.refer")
	errNoAct    = fault.New(fault.Invalid, "complaint.error.no-act")
	errMoved    = fault.New(fault.Conflict, "complaint.error.moved")
	errNotGiven = fault.New(fault.Conflict, "complaint.error.not-given")
)

// referenceForm is what a reference of an authority may be: a number, no text.
var referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]{0,59}$`)

// authority is the party that the policy declares for what cannot be resolved,
// beside the one whose officials bring it there; empty: it declares none.
func authority(pol *policy.Policy) string {
	a, _ := pol.Activity(ActivityAuthority)
	for _, party := range a.Parties {
		if !slices.ContainsFunc(pol.Declarations().Roles, func(r policy.Role) bool { return r.Party == party }) {
			return party
		}
	}
	return ""
}
