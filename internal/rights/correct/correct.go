package correct

import (
	"embed"
	"io/fs"
	"slices"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/rights"
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

// Activity is the one that an instance declares for those who correct.
const Activity = "rights-correct"

// Field is what can be corrected in a place.
type Field struct {
	ID   string
	Name i18n.Text
}

// Owner is who answers for a place, and how it is corrected.
type Owner struct {
	Party     string
	Roles     []string
	Activity  string // under which right values are written
	Reference string // what people call the place
	Name      i18n.Text
	Fields    []Field
}

// has reports whether an official acts for the owner.
func (o Owner) has(roles []string) bool {
	return slices.ContainsFunc(o.Roles, func(r string) bool { return slices.Contains(roles, r) })
}

// State is where a task stands.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Taken    State = "taken"
	Answered State = "answered"
)

// Task is something to be corrected, as its row says.
type Task struct {
	Subject  string // who asked
	ID       string
	Request  string
	N        int    // which part of it
	About    string // whose data it is
	Scope    string
	Party    string
	State    State
	Holder   string
	Decision rights.Decision
	Created  time.Time
	Ordered  time.Time // zero: nothing was granted on appeal
	Answered time.Time

	revision int64
}

// since is from when a change counts as its being carried out.
func (t *Task) since() time.Time {
	if !t.Ordered.IsZero() {
		return t.Ordered
	}
	return t.Created
}

// task is it as an official's task on a scope.
func (t *Task) task(scope string) policy.Task {
	return policy.Task{Scope: scope, Holder: t.Holder, Open: t.State == Taken}
}

// Corrected is what was corrected of somebody's data.
type Corrected struct {
	Subject   string
	Request   string
	Reference string // of the request
	Scope     string
	Fields    []string
}

// Faults that people see.
var (
	errUnknown = fault.New(fault.NotFound, "correct.unknown")
	errMoved   = fault.New(fault.Conflict, "correct.moved")
	errRole    = fault.New(fault.Denied, "correct.denied.role")
	errDenied  = fault.New(fault.Denied, "correct.denied")
)
