package rights

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/rights/deadline"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS {
	f, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// The activities that an instance declares when rights are asked for on the
// portal.
const (
	ActivityOwn    = "rights"         // a person's own: ask, read the answer
	ActivityAnswer = "rights-answer"  // the official who holds a request
	ActivityEnter  = "rights-entry"   // an official writes down what came by another way
	ActivityWrite  = "rights-message" // writing to whoever asked without a cabinet

	FieldText    = "rights.text"
	FieldAnswer  = "rights.answer"
	FieldContact = "rights.contact"
)

// State is where a request stands.
type State string

// The states of a request.
const (
	Waiting  State = "waiting"  // nobody holds it
	Taken    State = "taken"    // an official holds it
	Making   State = "making"   // the program answers it by itself, with a package
	Answered State = "answered" // every item is decided
)

// Source is by which way a request came.
type Source string

// The sources.
const (
	Cabinet Source = "cabinet"
	Form    Source = "form"
	Mail    Source = "mail"
	Phone   Source = "phone"
	Letter  Source = "letter"
	Social  Source = "social"
	Desk    Source = "desk"
)

// What people may write, and how many requests they may have open.
const (
	MaxText  = 5000 // characters
	maxOpen  = 20   // requests of one person
	MaxItems = 100  // of one request
)

// AppealWithin is how long after an answer an appeal is taken.
const AppealWithin = 90 * 24 * time.Hour

// Request is what somebody asks for, as its row says.
type Request struct {
	Subject   string
	ID        string
	Reference string
	Right     string // of policy/rights.yaml
	Kind      policy.RightKind
	Source    Source
	State     State
	Language  string
	Holder    string
	Deciders  string // who decided on parts of it, by ids with spaces between
	Received  time.Time
	Asked     time.Time // from when it was outstanding who asks; zero: it never was
	Shown     time.Time // until when
	Extended  time.Time
	Answered  time.Time
	Appealed  time.Time // the clock runs anew from here
	Escalated time.Time // when officials were told that it is overdue

	Contacts []string // of who asks without a cabinet; to the official who holds it
	Cabinet  bool     // one of these belongs to a cabinet, which it is not about

	covers   []string // whose data it is about besides, in the order of their ids: those who carry an identifier that was shown
	revision int64
}

// Scope is where its texts are sealed.
func (r *Request) Scope() string { return "right:" + r.ID }

// People are whose data it is about, whoever asks first.
func (r *Request) People() []string { return append([]string{r.Subject}, r.covers...) }

// Open reports whether an answer is owed.
func (r *Request) Open() bool { return r.State != Answered }

// Paused reports whether it is outstanding who asks.
func (r *Request) Paused() bool { return r.moments().Paused() }

func (r *Request) moments() deadline.Moments {
	return deadline.Moments{Received: r.Received, Asked: r.Asked, Shown: r.Shown, Extended: r.Extended, Appealed: r.Appealed}
}

// decidedBy reports whether somebody decided on a part of it.
func (r *Request) decidedBy(who string) bool {
	return slices.Contains(strings.Fields(r.Deciders), who)
}

// decides notes that somebody decides on a part of it.
func (r *Request) decides(who string) {
	if !r.decidedBy(who) {
		r.Deciders = strings.TrimSpace(r.Deciders + " " + who)
	}
}

// task is the request as an official's task.
func (r *Request) task() policy.Task {
	return policy.Task{Scope: r.Scope(), Holder: r.Holder, Open: r.State == Taken}
}

// Outside reports whether whoever asks has no cabinet in which to read.
func (r *Request) Outside() bool { return !r.Asked.IsZero() }

// own is the use of a request by whom it is about.
func (r *Request) own(op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: r.Subject}, Subject: r.Subject, Activity: ActivityOwn, Operation: op,
		Scope: r.Scope(), Fields: fields, Reference: r.Reference,
	}
}

// answering is the use of a request by an official.
func (r *Request) answering(who policy.Actor, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: who, Subject: r.Subject, Activity: ActivityAnswer, Operation: op,
		Scope: r.Scope(), Fields: fields, Task: r.task(), Reference: r.Reference,
	}
}

// Item is what a request is about: a place where something is kept, a purpose,
// or all of it.
type Item struct {
	N        int
	Sort     Sort
	ID       string // of the purpose, or the scope
	Decision Decision
	Ground   policy.Ground
	Decided  time.Time
}

// Sort is what an item is.
type Sort string

// The sorts of items.
const (
	All     Sort = "all"
	Place   Sort = "place"   // a scope
	Purpose Sort = "purpose" // a purpose that others than the person use data for
	Further Sort = "further" // the request as which it goes on, by its reference
)

// SortOf is what requests of a kind name.
func SortOf(k policy.RightKind) Sort {
	switch k {
	case policy.RightErasure, policy.RightRectification:
		return Place
	case policy.RightObjection, policy.RightOptOut:
		return Purpose
	}
	return All
}

// Value is the item as a form sends it.
func (i Item) Value() string { return string(i.Sort) + " " + i.ID }

// parseItem reads what Value wrote.
func parseItem(s string) (Item, bool) {
	sort, id, _ := strings.Cut(s, " ")
	return Item{Sort: Sort(sort), ID: id}, slices.Contains([]Sort{All, Place, Purpose}, Sort(sort))
}

// Decision is what became of an item.
type Decision string

// The decisions.
const (
	Open    Decision = ""
	Granted Decision = "granted"
	Refused Decision = "refused"
	Passed  Decision = "passed" // it goes on as another request
)

// Outcome of a request is what became of its items together.
type Outcome string

// The outcomes.
const (
	Pending Outcome = "pending"
	Whole   Outcome = "granted"
	Some    Outcome = "partial"
	None    Outcome = "refused"
	Onward  Outcome = "onward" // it goes on as another request
)

// OutcomeOf folds the decisions of a request.
func OutcomeOf(items []Item) Outcome {
	granted, refused := 0, 0
	for _, i := range items {
		switch i.Decision {
		case Granted:
			granted++
		case Refused:
			refused++
		case Passed:
			return Onward
		default:
			return Pending
		}
	}
	switch {
	case refused == 0:
		return Whole
	case granted == 0:
		return None
	}
	return Some
}

// Line is a text of a request, the person's or the office's.
type Line struct {
	Text   string
	Source string
	At     time.Time
	Office bool
}

// Suspension is a restriction or an objection of a person, with what it rests
// on.
type Suspension struct {
	Subject   string
	ID        string
	Purpose   string // empty: a restriction, of every use
	Request   string
	Since     time.Time
	Announced time.Time // when the person was told that it ends
	Ends      time.Time
	Ended     time.Time
}

// Faults that people see.
var (
	errUnknown = fault.New(fault.NotFound, "rights.unknown")
	errMoved   = fault.New(fault.Conflict, "rights.moved")
	errDone    = fault.New(fault.Conflict, "rights.answered.already")
	errDenied  = fault.New(fault.Denied, "rights.denied")
	errRole    = fault.New(fault.Denied, "rights.denied.role")
	errOften   = fault.New(fault.TooMany, "rights.often")
	errAnother = fault.New(fault.Denied, "rights.another")
	errOver    = fault.New(fault.Conflict, "rights.over")
)
