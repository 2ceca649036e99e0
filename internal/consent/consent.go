package consent

import (
	"embed"
	"io/fs"
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

// Act is what somebody said about a purpose.
type Act string

// The acts.
const (
	Given     Act = "given"
	Refused   Act = "refused"
	Withdrawn Act = "withdrawn"
)

// Event is what somebody said about a purpose, at a time.
type Event struct {
	Subject string
	N       int64 // the person's own number: 1, 2, 3 …
	ID      string
	Purpose string
	Act     Act
	Terms   string // what it was said to: policy.Asked
	At      time.Time
	Receipt []byte
}

// standing is where a person stands on a purpose: the last that they said.
func standing(events []Event, purpose string) (last Event) {
	for _, e := range events {
		if e.Purpose == purpose && e.N > last.N {
			last = e
		}
	}
	return last
}

// Faults that people see.
var (
	errUnknown = fault.New(fault.NotFound, "consent.unknown")
	errChanged = fault.New(fault.Conflict, "consent.changed")
	errNothing = fault.New(fault.Conflict, "consent.nothing")
)
