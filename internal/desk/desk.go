package desk

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"portico/internal/cases"
	"portico/internal/cases/letter"
	"portico/internal/holdings"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	return []db.Table{
		{Name: "desk_remark", Columns: map[string]db.Holds{
			"service": db.Nothing, "id": db.Nothing, "owner": db.Pseudonym, "wording": db.Nothing, "created_at": db.Nothing,
		}},
		{Name: "desk_keys", Columns: map[string]db.Holds{"subject": db.Pseudonym, "since_at": db.Nothing}},
	}
}

// Kept declares what hangs on an official's account (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: holdings.Staff, Parts: []holdings.Part{holdings.Rows("desk_keys", "subject", "subject")}}}
}

// Config is what the desk of a portal needs.
type Config struct {
	DB        *db.DB
	Cases     *cases.Cases
	Letters   *letter.Site
	Officials Officials
	Documents Documents // nil: the portal takes no files
	Mandates  Mandates  // nil: nobody acts for companies
	Notices   Notices   // nil: nobody is told of anything
	Clock     clock.Clock
}

// Desk is the pages of officials. It is safe for concurrent use.
type Desk struct {
	Config
	searched *credential.Throttle
}

// New returns the desk of a portal.
func New(c Config) *Desk { return &Desk{c, credential.NewThrottle(c.Clock)} }

// works reports whether an official decides on a service or supervises it.
func (k *Desk) works(who policy.Actor, service string) bool {
	d := k.Cases.Catalogue.Service(service)
	return d != nil && slices.Contains(k.Cases.Works(who), d)
}

// supervises reports whether an official leads those who decide on a service.
func (k *Desk) supervises(who policy.Actor, service string) bool {
	d := k.Cases.Catalogue.Service(service)
	return d != nil && k.Cases.Supervises(who, d)
}

// leads reports whether an official supervises any service.
func (k *Desk) leads(who policy.Actor) bool {
	for _, d := range k.Cases.Works(who) {
		if k.Cases.Supervises(who, d) {
			return true
		}
	}
	return false
}

// keysOn reports whether an official turned single keys on.
func (k *Desk) keysOn(ctx context.Context, subject string) (on bool, err error) {
	err = k.DB.View(ctx, func(tx *db.Tx) error {
		on, err = hasKeys(tx, subject)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look whether keys are on: %w", err)
	}
	return on, nil
}

// setKeys turns single keys on or off for an official.
func (k *Desk) setKeys(ctx context.Context, subject string, on bool) error {
	err := k.DB.Update(ctx, func(tx *db.Tx) error {
		if on {
			return putKeys(tx, subject, k.Clock.Now())
		}
		return deleteKeys(tx, subject)
	})
	if err != nil {
		return fmt.Errorf("turn keys on or off: %w", err)
	}
	return nil
}

// next finds the case that an official should turn to: the most urgent one
// that they hold and can act on, but for those left out. If there is none and
// they may take one, it is taken: the most urgent one that nobody holds.
func (k *Desk) next(ctx context.Context, who policy.Actor, service string, take bool, without ...string) (caseID string, err error) {
	page, err := k.Cases.Queue(ctx, who, cases.Filter{Service: service, Holder: who.ID, Turn: true})
	if err != nil {
		return "", err
	}
	for _, row := range page.Rows {
		if !slices.Contains(without, row.ID) {
			return row.ID, nil
		}
	}
	if !take {
		return "", nil
	}
	return k.takeNext(ctx, who, service)
}

// takeTries is how many cases are tried when others take them at the same time.
const takeTries = 50

// takeNext takes the most urgent case that nobody holds.
func (k *Desk) takeNext(ctx context.Context, who policy.Actor, service string) (caseID string, err error) {
	f := cases.Filter{Service: service, Free: true}
	for tried := 0; tried < takeTries; {
		page, err := k.Cases.Queue(ctx, who, f)
		if err != nil || len(page.Rows) == 0 {
			return "", err
		}
		for _, row := range page.Rows {
			tried++
			d, err := k.Cases.Version(row)
			if err != nil || !d.For(who.Roles) {
				continue
			}
			state, _ := d.Workflow.State(row.State)
			for _, a := range state.Actions {
				if !a.Take {
					continue
				}
				_, err := k.Cases.Act(ctx, who, row.ID, row.State, a.ID, "")
				if err == nil {
					return row.ID, nil
				}
				if !cases.Moved(err) {
					return "", err
				}
				break // somebody was faster: the next one
			}
		}
		if f.After = page.Next; page.Next == "" {
			break
		}
	}
	return "", nil
}
