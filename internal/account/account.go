package account

import (
	"context"
	"embed"
	"io/fs"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
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

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Also is an activity under which things of a kind are kept (package holdings).
type Also struct{ Kind, Activity string }

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Log      *audit.Log
	Identity *identity.Service
	Jobs     *jobs.Queue
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Zone     func() *time.Location
	Address  func() string // of the portal, as links in messages begin
	// Confirm is after how long people are asked whether their contact data is
	// still right; none: never.
	Confirm      func() policy.Period
	Applications Applications
	// Prefers is the language that somebody chose, empty if they chose none.
	Prefers func(ctx context.Context, subject string) (string, error)
	// Also are the activities of other features under which something is kept of
	// somebody.
	Also func(ctx context.Context, subject string) ([]Also, error)
}

// Applications knows what a person has applied for.
type Applications interface {
	// Of lists what whoever is signed in has applied for, and what they have not
	// sent yet.
	Of(q *web.Req) ([]Application, error)
}

// Application is one that somebody has made or begun, for the page on which
// they close their cabinet.
type Application struct {
	Title     string
	Reference string
	Href      string // where it can be withdrawn, or sent
	Draft     bool   // not sent yet
	Open      bool   // neither decided nor withdrawn
	Service   string
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	throttle *credential.Throttle
}

// New returns the service and tells identity who knows people's levels, and
// whom to tell of each who signs in.
func New(c Config) *Service {
	s := &Service{Config: c, throttle: credential.NewThrottle(c.Clock)}
	c.Identity.SetLevels(s)
	c.Identity.SetArrivals(s)
	s.Jobs.Register(jobCode, s.sendCode, jobs.Options{Attempts: 5, Timeout: 30 * time.Second})
	s.Jobs.Register(jobChanged, s.sendChanged, jobs.Options{})
	s.Jobs.Register(jobClosing, s.sendClosing, jobs.Options{})
	s.Jobs.Register(jobClose, s.close, jobs.Options{Inside: true})
	return s
}

// How often what may happen.
func (s *Service) limits() (send, sends, typed credential.Limit) {
	return credential.Limit{Times: 4, Within: 30 * time.Minute}, // codes to one contact
		credential.Limit{Times: 10, Within: time.Hour}, // codes asked for by one account
		credential.Limit{Times: 100, Within: 15 * time.Minute} // codes tried from one network
}

// Faults that people see.
var (
	errTooMany = fault.New(fault.TooMany, "identity.too-many")
	errRaced   = fault.New(fault.Conflict, "account.raced")
)

// person is somebody who acts on their own data.
func person(subject string) policy.Actor { return policy.Actor{Kind: policy.Person, ID: subject} }

func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// read opens what somebody's own scope holds.
func (s *Service) read(ctx context.Context, subject, scope string, fields ...string) (vault.Values, error) {
	return s.Vault.Read(ctx, vault.Use{
		Actor: person(subject), Subject: subject, Activity: policy.ActivityAccount, Operation: policy.Use, Scope: scope, Fields: fields,
	})
}

// put seals values in somebody's own scope.
func (s *Service) put(tx *db.Tx, subject, scope string, values ...vault.Value) error {
	var fields []string
	for _, v := range values {
		if !slices.Contains(fields, v.Field) {
			fields = append(fields, v.Field)
		}
	}
	permit, err := s.Vault.Permit(tx, vault.Use{
		Actor: person(subject), Subject: subject, Activity: policy.ActivityAccount, Operation: policy.Collect, Scope: scope, Fields: fields,
	})
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, values)
}

// note writes an event about an account that its holder caused.
func (s *Service) note(tx *db.Tx, subject, reason string, fields ...string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: subject, Reason: reason, Fields: fields, Policy: s.Policy().Hash(),
		Actor: audit.Actor{ID: subject, Kind: policy.Person.String()},
	})
}

// noteSystem writes an event about an account that the program caused.
func (s *Service) noteSystem(tx *db.Tx, subject, reason string, fields ...string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: subject, Reason: reason, Fields: fields, Policy: s.Policy().Hash(),
		Actor: audit.Actor{Kind: policy.System.String()},
	})
}

// Verification says that somebody's identity number is theirs.
type Verification struct {
	ID       string
	Level    web.Level
	Official string // who saw the card; empty for a register or a login
	Role     string // of the official
	Party    string // for which they acted
	At       time.Time
}

// Proved is the level at which somebody's identity is verified; the lowest if
// it is not.
func (s *Service) Proved(tx *db.Tx, subject string) (web.Level, error) {
	v, err := selectVerification(tx, subject)
	return v.Level, err
}

// Level is how well it is known who a person is.
func (s *Service) Level(tx *db.Tx, subject string) (web.Level, error) {
	v, err := selectVerification(tx, subject)
	if err != nil {
		return 0, err
	}
	if v.ID != "" {
		return v.Level, nil
	}
	state, err := s.Identity.State(tx, web.RealmPerson, subject)
	switch {
	case err != nil:
		return 0, err
	case state == "" || state == identity.Pending:
		return web.LevelDeclared, nil
	}
	return web.LevelConfirmed, nil
}
