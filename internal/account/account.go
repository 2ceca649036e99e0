package account

import (
	"embed"
	"io/fs"
	"time"

	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
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

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Identity *identity.Service
	Policy   func() *policy.Policy
	Clock    clock.Clock
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct{ Config }

// New returns the service and tells identity who knows people's levels, and
// whom to tell of each who signs in.
func New(c Config) *Service {
	s := &Service{c}
	c.Identity.SetLevels(s)
	c.Identity.SetArrivals(s)
	return s
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

// Arrived is told of each sign-in (identity.Arrivals).
func (s *Service) Arrived(*db.Tx, string) error { return nil }

// Welcome is where somebody goes who has just signed in (identity.Arrivals).
func (s *Service) Welcome(_ *web.Req, next string) string { return next }
