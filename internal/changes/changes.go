package changes

import (
	"embed"
	"io/fs"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
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

// Announcement is a version of policy and terms whose date was set.
type Announcement struct {
	ID        string
	Hash      string // of the instance
	Words     string // of its policy and terms
	Reason    policy.Cause
	Summary   i18n.Text
	By        string // the official who announced it
	At        time.Time
	On        time.Time // the date from which on it is to be in force
	Told      int64     // how many people had their notice queued
	Enforced  time.Time // zero while it is not in force
	Cancelled time.Time
}

// revision is the announcement as a policy says why it changed.
func (a *Announcement) revision(zone *time.Location) policy.Revision {
	return policy.Revision{Date: policy.Date(a.On.In(zone).Format(time.DateOnly)), Reason: a.Reason, Summary: a.Summary}
}

// What an announcement may measure.
const (
	summaryMax = 500
	farthest   = 366 * 24 * time.Hour
)

// Faults that people see.
var (
	errDenied   = fault.New(fault.Denied, "error.denied")
	errMoved    = fault.New(fault.Conflict, "changes.moved")
	errOpen     = fault.New(fault.Conflict, "changes.open")
	errNoNotice = fault.New(fault.Conflict, "changes.no-notice")
	errClosed   = fault.New(fault.Conflict, "changes.closed")
)

func wrong(field, code string, args ...any) fault.Field {
	return fault.Field{Name: field, Code: code, Args: args}
}
