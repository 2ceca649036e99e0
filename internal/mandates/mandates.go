package mandates

import (
	"embed"
	"io/fs"
	"slices"
	"time"

	"portico/internal/platform/fault"
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

// The activities that an instance declares when its services are for companies
// too. Without ActivityOwn there are no mandates.
const (
	ActivityOwn    = "mandate"            // a person's own: claim, see, appoint, accept
	ActivityCheck  = "mandate-check"      // an official looks at a claim
	ActivityInvite = "mandate-invitation" // writing to whom a delegate wants to appoint

	FieldName    = "mandate.company-name"
	FieldNumber  = "mandate.company-number"
	FieldInvited = "mandate.invited-email"
)

// State is where a mandate stands.
type State string

// The states of a mandate.
const (
	Claimed   State = "claimed"   // the person says so
	Verified  State = "verified"  // an official has verified it
	Appointed State = "appointed" // a verified delegate appointed them, and they accepted
	Refused   State = "refused"   // an official did not find it so
	Revoked   State = "revoked"   // it was ended
)

// Ground is what an official verified a claim on.
type Ground string

// The grounds.
const (
	Document Ground = "document" // a document that was shown
	Register Ground = "register" // the register of companies
)

// Mandate is that a person acts for a company.
type Mandate struct {
	Subject     string
	ID          string
	Reference   string // how a person and an official speak of it
	Company     string // id
	State       State
	Services    []string  // none: all
	Until       time.Time // zero: without end
	AppointedBy string    // the delegate; empty for an own claim
	Invitation  string
	Ground      Ground
	Created     time.Time
	Changed     time.Time
	Ended       time.Time // zero while it was not ended
}

// Scope is where the company's name and number are sealed.
func (m *Mandate) Scope() string { return "mandate:" + m.ID }

// Holds reports whether the mandate is in force at a moment, verified or not.
func (m *Mandate) Holds(now time.Time) bool {
	return m.Ended.IsZero() && (m.Until.IsZero() || now.Before(m.Until))
}

// For reports whether the mandate covers a service.
func (m *Mandate) For(service string) bool {
	return len(m.Services) == 0 || slices.Contains(m.Services, service)
}

// Sure reports whether somebody other than the person vouches for it.
func (m *Mandate) Sure() bool { return m.State == Verified || m.State == Appointed }

// Company is one for which a person may act, as a form offers it.
type Company struct {
	ID       string
	Name     string
	Verified bool // false: claimed until verified
}

// Faults that people see.
var (
	errUnknown = fault.New(fault.NotFound, "mandates.unknown")
	errRaced   = fault.New(fault.Conflict, "mandates.raced")
)
