package cases

import (
	"embed"
	"errors"
	"io/fs"
	"time"

	"portico/internal/forms"
	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"

	"github.com/a-h/templ"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "cases_case", Columns: map[string]db.Holds{
			"subject": who, "id": who, "service": no, "variant": no, "ordinal": no, "reference": who, "state": no, "revision": no,
			"holder": who, "channel": no, "instance": no, "policy": no, "changed_at": no, "submitted_at": no, "entered_at": no,
			"clock_at": no, "counted_at": no, "days": no, "closed_at": no, "news": no, "unread": no, "late_at": no, "fee": no, "language": no}},
		{Name: "cases_related", Columns: map[string]db.Holds{"subject": who, "case_id": who, "earlier": who}},
		{Name: "cases_step", Columns: map[string]db.Holds{
			"subject": who, "case_id": who, "n": no, "at": no, "action": no, "state": no, "actor": who, "questions": no, "holder": who, "rule": no}},
		{Name: "cases_item", Columns: map[string]db.Holds{"subject": who, "case_id": who, "item": no, "actor": who}},
	}
}

// Kept declares applications and their decisions (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: policy.KindCase, Table: "cases_case", ID: "id", Reference: "reference", Revision: "revision", Service: "service", Outcome: "state", Scope: "case:",
		Events: []holdings.Event{{Name: "decision", Column: "closed_at"}},
		Parts:  []holdings.Part{holdings.Rows("cases_step", "case_id", "n"), holdings.Rows("cases_item", "case_id", "item"), holdings.Rows("cases_related", "case_id", "earlier")}}}
}

// Calendar knows the working days of the operator.
type Calendar interface {
	// Due returns the end of the n-th working day after the day of t.
	Due(t time.Time, n int, zone *time.Location) time.Time
}

// Config is what the cases of a portal need.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Catalogue services.Catalogue
	Officials Officials
	Policy    func() *policy.Policy
	Calendar  func() Calendar
	Zone      func() *time.Location
	Currency  func() string
	Clock     clock.Clock
	Drafts    Drafts                                                                         // nil: none are listed
	Followers []Follower                                                                     // told of each step, in this order
	Documents func(q *web.Req, caseID string) ([]ui.Item, error)                             // issued to whoever is signed in
	Decided   func(q *web.Req, a *Application, typed, wrong string) (templ.Component, error) // what the program decided, with what one can do about it; nil: it decides nothing
	Files     func(q *web.Req, a *Application) (templ.Component, error)                      // that a person sent; nil: no form asks for any
}

// Cases is the use cases of this package. It is safe for concurrent use.
type Cases struct{ Config }

// New returns the cases of a portal.
func New(c Config) *Cases { return &Cases{c} }

// Case is an application as its row says: nothing of what it is about.
type Case struct {
	Subject   string
	ID        string
	Service   string
	Variant   string
	Ordinal   int64
	Reference string
	State     string // of the workflow
	Revision  int64
	Holder    string // the official who took it
	Channel   Channel
	Instance  string // hash of the instance it was submitted under
	Policy    string // hash of the policy then in force
	Changed   time.Time
	Submitted time.Time
	Entered   time.Time // when it came into its state
	Clock     time.Time // receipt, moved forward by every pause
	Counted   time.Time // what the deadline of its state counts from
	Days      int       // working days that its state has
	Closed    time.Time // zero while it is open
	News      News      // what the applicant did that the holder has not seen
	Unread    bool      // the office wrote, and the applicant has not looked
	Late      time.Time // when it was noted that its state is overdue
	Fee       int64     // what the answers come to, in the smallest unit
	Language  string    // in which it was made, empty if that is not known
}

// News is what the applicant did since the holder last looked.
type News string

// The news.
const (
	NoNews   News = ""
	Amended  News = "amended"
	Answered News = "answered"
	Wrote    News = "message"
)

// Scope is where the answers are sealed.
func (c *Case) Scope() string { return "case:" + c.ID }

// Open reports whether somebody may still act on it.
func (c *Case) Open() bool { return c.Closed.IsZero() }

// task is the case as a decision sees it.
func (c *Case) task() policy.Task {
	return policy.Task{Scope: c.Scope(), Holder: c.Holder, Open: c.Open()}
}

// Step is something that happened to a case.
type Step struct {
	N      int64
	At     time.Time
	Action string   // one of those below, or an action of the workflow
	State  string   // the state it led to
	Actor  string   // who did it
	Keys   []string // the questions that were changed or, by asking, may be, or that a rule read
	Holder string   // to whom the case was handed over
	Rule   string   // by which the program decided
}

// What the steps of a case are called beside the actions of its workflow.
const (
	StepSubmit  = "submit"
	StepAmend   = "amend"
	StepOverdue = "overdue"
	StepMessage = "message" // followers are told of it; it is no step of the history
)

// Who takes a step when nobody does: time, payment, and a rule.
const (
	BySystem  = "system"
	ByPayment = "payment"
	ByProgram = "program"
)

// Message is one of the messages between applicant and office.
type Message struct {
	ID     string
	At     time.Time
	Text   string
	Office bool // the office wrote it
}

// Note is what an official noted for the others.
type Note struct {
	ID    string
	At    time.Time
	Text  string
	Actor string // the official
}

// The faults of this package.
var (
	errTermOver  = fault.New(fault.Conflict, "cases.error.term-over")
	errNotFound  = fault.New(fault.NotFound, "cases.error.not-found")
	errUnknown   = fault.New(fault.NotFound, "services.error.unknown")
	errMoved     = fault.New(fault.Conflict, "cases.error.moved")
	errTaken     = fault.New(fault.Conflict, "cases.error.taken")
	errSubmitted = fault.New(fault.Conflict, "cases.error.submitted")
	errDenied    = fault.New(fault.Denied, "cases.error.denied")
)

// Moved reports whether an error says that somebody else was first.
func Moved(err error) bool {
	return errors.Is(err, errMoved) || errors.Is(err, errTaken) || errors.Is(err, errSubmitted) || errors.Is(err, errTermOver)
}

// Left reports whether an error says that the service of a case is not in the
// policy in force: the gate decides by no other, so nobody opens the case until
// the operator declares the service again, closed to new applications.
func Left(err error) bool { return errors.Is(err, errLeft) }

// left reports whether the policy in force does not know an activity.
func (c *Cases) left(activity string) bool {
	_, ok := c.Policy().Activity(activity)
	return !ok
}

// Taken reports whether an error says that somebody else took the case first.
func Taken(err error) bool { return errors.Is(err, errTaken) }

// Application is a case with what is in it, as somebody may see it.
type Application struct {
	*Case
	Service  *services.Definition // the version it was submitted under
	Answers  forms.Answers
	Sources  map[string]string // key → source
	Values   vault.Values      // as they were opened, the right ones too that officials wrote down later (see package correct)
	Remarks  string
	Fee      *forms.Fee
	Steps    []Step
	Messages []Message // the oldest first
	Notes    []Note    // the oldest first; never to the applicant
	Earlier  []string  // ids of the cases that it goes back to
}

// State is the state of the workflow that the case is in.
func (a *Application) State() services.State {
	s, _ := a.Service.Workflow.State(a.Case.State)
	return s
}
