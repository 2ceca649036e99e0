package policy

import "time"

// Kind is what sort of actor asks. The zero Kind is nobody.
type Kind uint8

// The kinds of actor.
const (
	Person Kind = iota + 1 // a citizen, signed in
	Staff                  // an official, signed in
	System                 // the program itself
)

// String returns the kind as events and declarations write it.
func (k Kind) String() string {
	switch k {
	case Person:
		return "person"
	case Staff:
		return "staff"
	case System:
		return "system"
	}
	return "nobody"
}

// Operation is what is done with the fields. The zero Operation is denied.
type Operation uint8

// The operations.
const (
	Use     Operation = iota + 1 // read
	Collect                      // write
)

// String returns the operation as events and declarations write it.
func (o Operation) String() string {
	switch o {
	case Use:
		return "use"
	case Collect:
		return "collect"
	}
	return "none"
}

// Actor is who asks. Party is the institution the official acts for; empty
// means whichever the role belongs to. Strong: a second factor was shown.
type Actor struct {
	Kind   Kind
	ID     string
	Roles  []string
	Party  string
	Strong bool
}

// Task is the case that an official works on, as it stands in the store.
// Scope is the case's, Holder the subject who took it.
type Task struct {
	Scope  string
	Holder string
	Open   bool
}

// State is what the subject's gate says. Version is not looked at by Decide:
// it goes into the permit, so that the vault passes the gate only as it was.
type State struct {
	Version    int64
	Erased     bool
	Restricted bool   // only the person's own activities go on
	Objected   bool   // and those of the activity's purpose, to which the person objected
	Consent    string // terms of what the person consents to for the activity's purpose; empty: to nothing
}

// Request is one use that somebody asks for. Tx identifies the transaction in
// which the permit may be spent; Now is the request's only clock. Because is
// the reason in writing of whoever acts without a task.
type Request struct {
	Actor     Actor
	Subject   string
	Activity  string
	Scope     string
	Operation Operation
	Fields    []string
	Task      Task
	Because   string
	State     State
	Now       time.Time
	Tx        uint64
}

// Decision is the answer. Purpose and Basis are the activity's (Basis as a DPV
// term), Role the role by which an official was allowed, Party where the data
// goes: the party of that role, for the system the activity's first. They are
// filled for a denial too, as far as the activity is known.
type Decision struct {
	Allowed bool
	Reason  Reason
	Purpose string
	Basis   string
	Role    string
	Party   string
}

// Reason is why a request was allowed or denied. Its zero value denies.
type Reason uint8

// The reasons, in the order in which Decide looks, then those of Spend.
const (
	ReasonUndecided        Reason = iota // nobody decided: the zero Decision
	ReasonAllowed                        // every condition holds
	ReasonUnknownActor                   // no kind, or no id
	ReasonUnknownActivity                // the policy declares no such activity
	ReasonUnknownSubject                 // the request names nobody, or no scope
	ReasonErased                         // the person was forgotten
	ReasonActorNotDeclared               // the activity is not for this kind of actor or any of its roles
	ReasonWeak                           // an official without a second factor
	ReasonWrongOperation                 // the activity does not collect, or does not use
	ReasonNoFields                       // no field asked for
	ReasonUnknownField                   // the policy declares no such field
	ReasonFieldNotDeclared               // the field exists, but not for this activity
	ReasonNoConsent                      // the purpose rests on a consent, and the person gave none to these terms
	ReasonNotOwnData                     // somebody else's data
	ReasonNoTask                         // no task, or one on another scope
	ReasonTaskOfAnother                  // somebody else holds the task
	ReasonTaskClosed                     // the task is done
	ReasonNoBecause                      // the activity asks for a reason in writing
	ReasonRestricted                     // the person restricted processing
	ReasonObjected                       // the person objected to the purpose
	ReasonNoPermit                       // Spend: the zero permit, or a copy
	ReasonSpent                          // Spend: used before
	ReasonOtherTransaction               // Spend: made for another transaction
	ReasonExpired                        // Spend: older than its deadline
)

// String returns the reason's code, as events write it.
func (r Reason) String() string {
	switch r {
	case ReasonAllowed:
		return "allowed"
	case ReasonUnknownActor:
		return "unknown-actor"
	case ReasonUnknownActivity:
		return "unknown-activity"
	case ReasonUnknownSubject:
		return "unknown-subject"
	case ReasonErased:
		return "erased"
	case ReasonActorNotDeclared:
		return "actor-not-declared-for-activity"
	case ReasonWeak:
		return "weak-authentication"
	case ReasonWrongOperation:
		return "wrong-operation"
	case ReasonNoFields:
		return "no-fields"
	case ReasonUnknownField:
		return "unknown-field"
	case ReasonFieldNotDeclared:
		return "field-not-declared-for-activity"
	case ReasonNoConsent:
		return "no-consent"
	case ReasonNotOwnData:
		return "not-own-data"
	case ReasonNoTask:
		return "no-task"
	case ReasonTaskOfAnother:
		return "task-of-somebody-else"
	case ReasonTaskClosed:
		return "task-closed"
	case ReasonNoBecause:
		return "no-reason-given"
	case ReasonRestricted:
		return "restricted"
	case ReasonObjected:
		return "objected"
	case ReasonNoPermit:
		return "no-permit"
	case ReasonSpent:
		return "spent"
	case ReasonOtherTransaction:
		return "other-transaction"
	case ReasonExpired:
		return "expired"
	}
	return "undecided"
}
