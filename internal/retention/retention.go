package retention

import (
	"context"
	"errors"
	"time"

	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Requests knows what people asked for and is not answered yet: package rights.
type Requests interface {
	// Open returns, of each thing, the id of an open request that holds back its
	// disposal, empty if there is none. The request that asks for the disposal
	// itself, if any, does not.
	Open(tx *db.Tx, items []holdings.Item, asked string) ([]string, error)
}

// Tell has a person told, in the caller's transaction, when a thing goes whose
// days of grace have begun.
type Tell func(tx *db.Tx, i holdings.Item, goes time.Time) error

// Transfer is that a party took over what was disposed of here.
type Transfer struct {
	Party     string
	Reference string // of the party's own
	At        time.Time
	SHA256    string // of the file in which it was handed over
}

// Handed says how a thing was handed over, by the ref of its disposal: package
// handover.
type Handed func(tx *db.Tx, ref string) (*Transfer, error)

// Foreground is what people wait for in this process: *web.Router.
type Foreground interface {
	Busy() bool                                   // somebody waits for an answer
	Calm(ctx context.Context, most time.Duration) // returns once nobody does, or after most
}

// Config is what the package needs.
type Config struct {
	DB         *db.DB
	Vault      *vault.Vault
	Holdings   *holdings.Registry
	Jobs       *jobs.Queue
	Ring       *keys.Ring
	Policy     func() *policy.Policy
	Clock      clock.Clock
	Zone       func() *time.Location
	Requests   Requests   // nil: nobody can ask for anything
	Handed     Handed     // nil: nothing is handed over
	Foreground Foreground // nil: nobody waits; a portal sets it once what answers people is built
	Tell       Tell       // nil: nobody is told; a portal sets it once what tells people is built
}

// Service disposes of what is kept. It is safe for concurrent use.
type Service struct{ Config }

// The jobs. Their payloads hold ids.
const (
	jobSweep = "retention.sweep"
	jobRun   = "retention.run"
	jobTurn  = "retention.turn"
	runEvery = 24 * time.Hour
)

// New returns the service and registers its jobs.
func New(c Config) *Service {
	s := &Service{c}
	s.Jobs.Register(jobSweep, s.sweepJob, jobs.Options{Timeout: 10 * time.Minute, Inside: true})
	s.Jobs.Every(jobRun, time.Hour, s.Run, jobs.Options{Timeout: 50 * time.Minute})
	s.Jobs.Every(jobTurn, time.Hour, s.Turn, jobs.Options{Timeout: 50 * time.Minute})
	return s
}

// Why is why something is disposed of.
type Why struct {
	Because string // one of holdings.Because…
	Ref     string // of the run or the request
	Actor   policy.Kind
}

// Disposal is one act of disposing of things of one person, as it was written.
type Disposal struct {
	Subject string
	ID      string
	At      time.Time
	Because string
	Ref     string
	Actor   string
	Policy  string
	Last    bool // nothing is left of the person
	Items   []Item
	Swept   int64     // rows that were removed since
	Done    time.Time // when none was left; zero: not yet
}

// Item is one thing that was disposed of.
type Item struct {
	Kind    string
	ID      string
	Scope   string // whose key was destroyed; empty: it had none of its own
	Service string
	Outcome string
	Rule    string
	Since   time.Time
	Due     time.Time
	Action  policy.DisposalAction
}

// What people are told.
var (
	errHeld    = fault.New(fault.Conflict, "retention.error.held")
	errOpen    = fault.New(fault.Conflict, "retention.error.open")
	errMoved   = fault.New(fault.Conflict, "retention.error.moved")
	errUnknown = fault.New(fault.NotFound, "retention.error.unknown")
)

// Refused is that something may not be disposed of now, and by what.
type Refused struct {
	Item    holdings.Item
	Hold    string // id of a legal hold; empty: it is a request
	Request string
}

// Error says what held it back.
func (r *Refused) Error() string {
	if r.Hold != "" {
		return "disposal of a " + r.Item.Kind + ": the hold " + r.Hold + " stands"
	}
	return "disposal of a " + r.Item.Kind + ": the request " + r.Request + " is open"
}

// Unwrap is what people are told.
func (r *Refused) Unwrap() error {
	if r.Hold != "" {
		return errHeld
	}
	return errOpen
}

// IsMoved reports whether a disposal failed because a thing changed, or went,
// since it was seen.
func IsMoved(err error) bool { return errors.Is(err, errMoved) }
