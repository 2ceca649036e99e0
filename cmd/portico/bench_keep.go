package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"portico/internal/app"
	"portico/internal/audit"
	"portico/internal/instance"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy"
	forgetting "portico/internal/retention/measure"
	"portico/internal/rights"
	"portico/internal/vault"
)

// The bounds of forgetting.
const (
	eraseBound  = 1.2 // times as long for many rows as for one
	retainBound = 0.7 // of the rows a second of a plain DELETE
	besideBound = 1.5 // times as long for the slowest hundredth of people beside it
)

// keeping is how much forgetting is measured with.
type keeping struct {
	base               string // folder for the store
	database           string // postgres:// address of an empty database; empty: the embedded one
	many, turns        int    // rows of the person who has many, and how often both are erased
	rows, each, rounds int    // rows that the schedule removes, of things that have so many, in so many runs
	small              int    // rows of a small thing
}

// measure measures what erasing and the schedule cost, in a store of its own
// that has the policy of an instance.
func (k *keeping) measured(ctx context.Context, dir string) (all []measure, err error) {
	opts, err := app.LoadOptions(true)
	if err != nil {
		return nil, err
	}
	in, faults := instance.Load(os.DirFS(dir), opts)
	if len(faults) > 0 {
		return nil, fmt.Errorf("the instance has faults: %v", faults[0])
	}
	declared := *in.Policy.Declarations()
	declared.Retention = append([]policy.Retention{forgetting.Rule(declared.Retention[0])}, declared.Retention...)
	pol, problems := policy.Compile(&declared, policy.Options{Languages: in.Portal.Langs()})
	if len(problems) > 0 {
		return nil, fmt.Errorf("compile the policy: %v", problems[0])
	}
	address := k.database
	if address == "" {
		address = "file:" + filepath.Join(k.base, "keeping.db")
	}
	d, err := db.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx, append(app.Migrations(), forgetting.Migrations())...); err != nil {
		return nil, err
	}
	c := forgetting.Config{DB: d, Policy: func() *policy.Policy { return pol }, Clock: &forgetting.Days{}, Kept: app.Kept(), Requests: &rights.Service{}}
	if c.Ring, err = vault.OpenKeys(ctx, d, filepath.Join(k.base, "keeping-keys"), string(in.Portal.ID), true, c.Clock); err != nil {
		return nil, err
	}
	acts, err := ledger.Open(ctx, ledger.Config{DB: d, Ring: c.Ring, Clock: c.Clock})
	if err != nil {
		return nil, err
	}
	if c.Log, err = audit.Open(ctx, audit.Config{DB: d, Ring: c.Ring, Keeper: vault.NewKeeper(c.Ring), Clock: c.Clock, Dir: filepath.Join(k.base, "keeping-log")}); err != nil {
		return nil, err
	}
	c.Vault = vault.New(vault.Config{DB: d, Ring: c.Ring, Log: c.Log, Ledger: acts, Policy: c.Policy, Clock: c.Clock})
	m := forgetting.New(c)
	one, many, err := m.Erasing(ctx, k.many, k.turns)
	if err != nil {
		return nil, err
	}
	on := ", " + string(d.Engine())
	all = append(all, measure{
		Name: "erasing many rows" + on, Value: float64(many) / float64(one), Bound: eraseBound, Unit: "times",
		Note: fmt.Sprintf("%d rows, median of %d: %.2f ms; one row: %.2f ms", k.many, k.turns, milliseconds(many), milliseconds(one)),
	})
	kept, err := m.Retaining(ctx, k.rows, k.each, k.rounds)
	if err != nil {
		return nil, err
	}
	beside := func(kept forgetting.Kept, rows, each int) string {
		return fmt.Sprintf("%d rows of things of %d: %.0f rows/s; plainly %.0f rows/s", rows, each, kept.Rows, kept.PlainRows)
	}
	small, err := m.Retaining(ctx, k.rows/10, k.small, k.rounds)
	if err != nil {
		return nil, err
	}
	return append(all, measure{
		Name: "schedule beside DELETE" + on, Value: kept.Rows / kept.PlainRows, Bound: retainBound, Least: true, Unit: "times", Note: beside(kept, k.rows, k.each),
	}, measure{
		Name: "schedule of small things" + on, Value: small.Rows / small.PlainRows, Unit: "times",
		Note: beside(small, k.rows/10, k.small) + "; each has a certificate, a line of the ledger and an event",
	}, measure{
		Name: "people beside the schedule" + on, Value: float64(kept.Beside) / float64(kept.Alone), Bound: besideBound, Unit: "times",
		Note: fmt.Sprintf("%d reads, 99th percentile, median of %d rounds: %.1f ms; alone %.1f ms; beside the plain DELETE %.1f ms",
			kept.Requests, k.rounds, milliseconds(kept.Beside), milliseconds(kept.Alone), milliseconds(kept.BesidePlain)),
	}), nil
}
