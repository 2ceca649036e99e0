package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"portico/internal/app"
	"portico/internal/audit"
	"portico/internal/demo/cast"
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
	rows, each, rounds int    // rows that the schedule removes, of things that have so many, in each of so many runs
	small              int    // rows of a small thing
}

// measured measures what erasing and the schedule cost, in a store of its own
// that has the policy of an instance: the schedule beside the portal, erasing
// once that has ended.
func (k *keeping) measured(ctx context.Context, dir string) (all []measure, err error) {
	in, err := loaded(dir)
	if err != nil {
		return nil, err
	}
	pol, err := declared(in)
	if err != nil {
		return nil, err
	}
	if dir, err = k.populated(in, dir); err != nil {
		return nil, err
	}
	store := app.Store{Data: filepath.Join(k.base, "keeping"), Keys: filepath.Join(k.base, "keeping-keys"), Database: k.database, Demo: true}
	var said bytes.Buffer
	var failed error
	until, end := context.WithCancel(ctx)
	defer end()
	if err := app.Serve(until, app.Options{
		Store: store, Dir: dir, Listen: "127.0.0.1:0", Out: &said, Logger: slog.New(slog.DiscardHandler),
		Measure: func(ctx context.Context, c forgetting.Config, url string) {
			defer end()
			c.Policy, c.Clock = func() *policy.Policy { return pol }, &forgetting.Days{}
			b, err := openBrowsers(ctx, url, people(said.String()))
			if failed = err; err != nil {
				return
			}
			c.Beside = b.beside
			all, err = k.retaining(ctx, c)
			failed = errors.Join(err, b.close())
		},
	}); err != nil || failed != nil {
		return nil, errors.Join(err, failed)
	}
	erased, err := k.erasing(ctx, store, string(in.Portal.ID), pol)
	return append([]measure{erased}, all...), err
}

// populated copies an instance and gives its demo as many citizens as ask for pages.
func (k *keeping) populated(in *instance.Instance, dir string) (string, error) {
	first := cast.People(&in.Demo)[0]
	var people []map[string]string
	for n := range citizens {
		people = append(people, map[string]string{
			"role": first.Role, "email": fmt.Sprintf("citizen-%d@demo.example", n), "name": first.Name, "birth-date": first.BirthDate, "identity-number": first.IdentityNumber, "address": first.Address,
		})
	}
	text, err := json.Marshal(map[string]any{"people": people, "officials": append(in.Demo.Officials, "Official")}) // which is YAML
	to := filepath.Join(k.base, "populated")
	if err == nil {
		err = os.CopyFS(to, os.DirFS(dir))
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "demo.yaml"), text, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("give an instance more people: %w", err)
	}
	return to, nil
}

// loaded is the instance of a folder.
func loaded(dir string) (*instance.Instance, error) {
	opts, err := app.LoadOptions(true)
	if err != nil {
		return nil, err
	}
	in, faults := instance.Load(os.DirFS(dir), opts)
	if len(faults) > 0 {
		return nil, fmt.Errorf("the instance has faults: %v", faults[0])
	}
	return in, nil
}

// declared is the policy of an instance with the rule for what is measured.
func declared(in *instance.Instance) (*policy.Policy, error) {
	declared := *in.Policy.Declarations()
	declared.Retention = append([]policy.Retention{forgetting.Rule(declared.Retention[0])}, declared.Retention...)
	pol, problems := policy.Compile(&declared, policy.Options{Languages: in.Portal.Langs()})
	if len(problems) > 0 {
		return nil, fmt.Errorf("compile the policy: %v", problems[0])
	}
	return pol, nil
}

// people are the addresses of a demo's citizens, from what it said.
func people(said string) (all []string) {
	for line := range strings.Lines(said) {
		if words := strings.Fields(line); words[0] == "demo" && len(all) < citizens {
			all = append(all, words[2])
		}
	}
	return all
}

// retaining measures the schedule.
func (k *keeping) retaining(ctx context.Context, c forgetting.Config) ([]measure, error) {
	if err := c.DB.Migrate(ctx, append(app.Migrations(), forgetting.Migrations())...); err != nil {
		return nil, err
	}
	m := forgetting.New(c)
	kept, err := m.Retaining(ctx, k.rows, k.each, k.rounds)
	if err != nil {
		return nil, err
	}
	small, err := m.Retaining(ctx, k.rows/10, k.small, k.rounds)
	if err != nil {
		return nil, err
	}
	on := ", " + string(c.DB.Engine())
	beside := func(kept forgetting.Kept, rows, each int) string {
		return fmt.Sprintf("%d rows of things of %d: %.0f rows/s; plainly %.0f rows/s", rows, each, kept.Rows, kept.PlainRows)
	}
	return []measure{{
		Name: "schedule beside DELETE" + on, Value: kept.Rows / kept.PlainRows, Bound: retainBound, Least: true, Unit: "times", Note: beside(kept, k.rows, k.each),
	}, {
		Name: "schedule of small things" + on, Value: small.Rows / small.PlainRows, Unit: "times",
		Note: beside(small, k.rows/10, k.small) + "; each has a certificate, a line of the ledger and an event",
	}, {
		Name: "people beside the schedule" + on, Value: float64(kept.Beside) / float64(kept.Alone), Bound: besideBound, Unit: "times",
		Note: fmt.Sprintf("%d pages, 99th percentile, median of %d rounds: %.1f ms; alone %.1f ms; beside the plain DELETE %.1f ms",
			kept.Requests, k.rounds, milliseconds(kept.Beside), milliseconds(kept.Alone), milliseconds(kept.BesidePlain)),
	}}, nil
}

// erasing measures how long somebody waits until their erasure is confirmed.
func (k *keeping) erasing(ctx context.Context, store app.Store, portal string, pol *policy.Policy) (_ measure, err error) {
	d, err := db.Open(ctx, store.URL())
	if err != nil {
		return measure{}, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c := forgetting.Config{DB: d, Policy: func() *policy.Policy { return pol }, Clock: &forgetting.Days{}, Kept: app.Kept(), Requests: &rights.Service{}}
	if c.Ring, err = vault.OpenKeys(ctx, d, store.Keys, portal, true, c.Clock); err != nil {
		return measure{}, err
	}
	acts, err := ledger.Open(ctx, ledger.Config{DB: d, Ring: c.Ring, Clock: c.Clock})
	if err != nil {
		return measure{}, err
	}
	log, err := audit.Open(ctx, audit.Config{DB: d, Ring: c.Ring, Keeper: vault.NewKeeper(c.Ring), Clock: c.Clock, Dir: filepath.Join(store.Data, "log")})
	if err != nil {
		return measure{}, err
	}
	c.Vault = vault.New(vault.Config{DB: d, Ring: c.Ring, Log: log, Ledger: acts, Policy: c.Policy, Clock: c.Clock})
	one, many, err := forgetting.New(c).Erasing(ctx, k.many, k.turns)
	return measure{
		Name: "erasing many rows, " + string(d.Engine()), Value: float64(many) / float64(one), Bound: eraseBound, Unit: "times",
		Note: fmt.Sprintf("%d rows, median of %d: %.2f ms; one row: %.2f ms", k.many, k.turns, milliseconds(many), milliseconds(one)),
	}, err
}
