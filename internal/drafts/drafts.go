package drafts

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"portico/internal/cases"
	"portico/internal/forms/sent"
	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/uploads"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the table of this package holds (I1).
func Holding() []db.Table {
	return []db.Table{{Name: "drafts_draft", Columns: map[string]db.Holds{
		"subject": db.Pseudonym, "id": db.Pseudonym, "service": db.Nothing, "variant": db.Nothing, "instance": db.Nothing,
		"revision": db.Nothing, "channel": db.Nothing, "made_by": db.Pseudonym, "page": db.Nothing, "changed_at": db.Nothing,
	}}}
}

// Kept declares applications that are not sent (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{
		Name: policy.KindDraft, Table: "drafts_draft", ID: "id", Revision: "revision", Service: "service", Scope: "case:",
		Events: []holdings.Event{{Name: "change", Column: "changed_at"}},
	}}
}

// Config is what the drafts of a portal need.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Catalogue services.Catalogue
	Cases     *cases.Cases
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Jobs      *jobs.Queue   // nil: nothing expires by itself
	Files     *uploads.Site // nil: no form asks for files
	Mandates  Mandates      // nil: nobody acts for a company
	Disposer  holdings.Disposer
	Endings   Endings // nil: nobody is told before a draft expires
	// Reach has somebody for whom an official entered an application found by
	// what it names of them, for their rights; nil: nobody is.
	Reach func(tx *db.Tx, subject, scope, field, value string) error
}

// Endings tells people that a draft of theirs expires.
type Endings interface {
	// DraftDays is how many days before somebody is told; 0: nobody is.
	DraftDays() int
	// DraftEnds tells of one, once for each end.
	DraftEnds(tx *db.Tx, subject, draft string, ends time.Time) error
}

// Mandates knows for which companies a person may act.
type Mandates interface {
	// Companies are those for which the person may act for a service now.
	Companies(ctx context.Context, subject, service string) ([]sent.Company, error)
	// Named is a company as an official writes it down for somebody who says
	// that they act for it; what is wrong is about company-name and
	// company-number.
	Named(name, number string) (sent.Company, error)
	// Holds reports whether the person may act for one of them, in the
	// transaction that depends on it.
	Holds(tx *db.Tx, subject, company, service string) (bool, error)
}

// Drafts is the use cases of this package. It is safe for concurrent use.
type Drafts struct{ Config }

// New returns the drafts of a portal.
func New(c Config) *Drafts {
	s := &Drafts{c}
	if c.Jobs != nil {
		c.Jobs.Every(jobSweep, time.Hour, s.Sweep, jobs.Options{Timeout: 10 * time.Minute})
	}
	return s
}

// Draft is an application that was not sent yet, as its row says: nothing of
// what it is about.
type Draft struct {
	Subject  string
	ID       string
	Service  string
	Variant  string
	Instance string // hash of the instance it was last changed under
	Revision int64
	Channel  cases.Channel
	By       string // who makes it
	Page     string // that was reached
	Changed  time.Time
}

// Scope is where it is sealed.
func (d *Draft) Scope() string { return "case:" + d.ID }

// The faults of this package.
var (
	errUnknown  = fault.New(fault.NotFound, "services.error.unknown")
	errNotFound = fault.New(fault.NotFound, "drafts.error.not-found")
	errMoved    = fault.New(fault.Conflict, "drafts.error.moved")
	errBusy     = fault.New(fault.Unavailable, "drafts.error.busy")
	errBarred   = fault.New(fault.Conflict, "drafts.error.barred")
	errOdd      = fault.New(fault.Invalid, "drafts.error.odd")
	errSent     = fault.New(fault.Conflict, "drafts.error.sent")
	errTooMuch  = fault.New(fault.Invalid, "drafts.error.too-much")
	errAgain    = errors.New("the draft has changed since it was read")
)

// Moved reports whether an error says that the draft is not what the person
// saw.
func Moved(err error) bool { return errors.Is(err, errMoved) }

// Sent is what a change of a draft comes to that was sent already.
type Sent struct{ Case *cases.Case }

func (*Sent) Error() string { return "the draft was sent already" }

// Differs is what a change comes to of a page that another window or device
// has changed since it was shown.
type Differs struct{ Saved *Work }

func (*Differs) Error() string { return "the page was changed since it was shown" }
