package measure

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/vault"
)

const (
	kind  = "measured"
	scope = kind + ":"
	ours  = "portal" // the side of things that the schedule disposes of
)

// Config is an open store to which Migrations were applied, and the portal that
// is measured in it.
type Config struct {
	DB         *db.DB
	Vault      *vault.Vault
	Ring       *keys.Ring
	Policy     func() *policy.Policy // with Rule
	Clock      *Days
	Kept       []holdings.Kind // of the portal's features
	Requests   retention.Requests
	Foreground retention.Foreground
	// Beside has people ask the portal for pages while something is done, and
	// returns how long each waited each time.
	Beside func(do func() error) ([]time.Duration, error)
}

// Days is a clock that can be moved on by a day, for another daily run.
type Days struct {
	clock.System
	mu sync.Mutex
	by time.Duration
}

// Now is the machine's time, some days later.
func (d *Days) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.System.Now().Add(d.by)
}

func (d *Days) next() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.by += 24 * time.Hour
}

// Rule keeps what is measured for a day.
func Rule(like policy.Retention) policy.Retention {
	return policy.Retention{ID: kind, Name: like.Name, Keeps: []string{kind}, Trigger: like.Trigger, Period: "P1D", Review: like.Review}
}

// Measure is the portal under measurement.
type Measure struct {
	Config
	keeps *retention.Service
}

// New builds what disposes of things, as a portal has it.
func New(c Config) *Measure {
	m := &Measure{Config: c}
	measured := holdings.Kind{
		Name: kind, Table: "measure_thing", ID: "id", Where: "side = '" + ours + "'", Scope: scope,
		Events: []holdings.Event{{Name: "end", Column: "ended_at"}}, Parts: []holdings.Part{holdings.Rows("measure_row", "thing", "n")},
	}
	m.keeps = retention.New(retention.Config{
		Jobs: jobs.NewQueue(jobs.Config{DB: c.DB, Clock: c.Clock, Log: slog.New(slog.DiscardHandler)}), // nobody runs it: a run sweeps by itself
		DB:   c.DB, Vault: c.Vault, Holdings: holdings.New(append([]holdings.Kind{measured}, c.Kept...)), Ring: c.Ring,
		Policy: c.Policy, Clock: c.Clock, Zone: func() *time.Location { return time.UTC }, Requests: c.Requests, Foreground: c.Foreground,
	})
	return m
}

// thing makes a thing with its rows, under a key of its own.
func (m *Measure) thing(tx *db.Tx, subject, side string, ended time.Time, rows int, sealed []byte) (string, error) {
	name := id.New(m.Clock.Now())
	if err := m.Vault.NewScope(tx, subject, scope+name); err != nil {
		return "", err
	}
	if err := insertThing(tx, subject, name, side, ended); err != nil || rows == 0 {
		return name, err
	}
	return name, insertRows(tx, subject, name, rows, sealed)
}

// sealed is about as long as a sealed answer.
func sealed() []byte {
	b := make([]byte, 120)
	_, _ = rand.Read(b)
	return b
}

// valuesMost is how many values one statement puts: SQLite takes 32,766
// parameters.
const valuesMost = 4000

// person makes somebody who has so many rows in one scope: sealed values, as
// many as one statement puts, and rows of a feature's own.
func (m *Measure) person(ctx context.Context, rows int) (subject, name string, err error) {
	var list []vault.Value
	for range min(rows, valuesMost) {
		list = append(list, vault.Value{Field: policy.FieldName, Item: id.New(m.Clock.Now()), Text: "Aishath Nasreena Ibrahim", Source: policy.SourceForm})
	}
	err = m.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if subject, err = m.Vault.NewSubject(tx); err != nil {
			return err
		}
		if name, err = m.thing(tx, subject, ours, time.Time{}, rows-len(list), sealed()); err != nil {
			return err
		}
		p, err := m.Vault.Permit(tx, m.use(subject, scope+name, policy.Collect))
		if err != nil {
			return err
		}
		return m.Vault.Put(tx, p, list)
	})
	return subject, name, err
}

// use is what a person does with their own data.
func (m *Measure) use(subject, scope string, o policy.Operation) vault.Use {
	return vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Operation: o,
		Scope: scope, Fields: []string{policy.FieldName}}
}

// Erasing measures, in turns, how long it takes until the erasure of somebody
// with one row and of somebody with many is confirmed: the medians.
func (m *Measure) Erasing(ctx context.Context, many, turns int) (one, all time.Duration, err error) {
	var took [2][]time.Duration
	for turn := range turns {
		var people [2][2]string // id, and that of the thing
		for which, rows := range []int{1, many} {
			if people[which][0], people[which][1], err = m.person(ctx, rows); err != nil {
				return 0, 0, fmt.Errorf("make somebody: %w", err)
			}
		}
		for range others { // what the making left to the next writers is done by them,
			if _, _, err := m.person(ctx, 1); err != nil {
				return 0, 0, fmt.Errorf("make somebody: %w", err)
			}
		}
		if err := pause(ctx, time.Second/2); err != nil { // and what it left to be taken into the file, meanwhile
			return 0, 0, err
		}
		for n := range 2 {
			which := (turn + n) % 2 // now the one first, now the other
			began := m.Clock.Now()
			if err := m.Vault.Update(ctx, func(tx *db.Tx) error {
				_, err := m.keeps.Of(tx, kind, people[which][0], people[which][1], holdings.BecauseRequest)
				return err
			}); err != nil {
				return 0, 0, fmt.Errorf("erase somebody: %w", err)
			}
			took[which] = append(took[which], m.Clock.Now().Sub(began))
		}
	}
	return median(took[0]), median(took[1]), nil
}

func median[T cmp.Ordered](list []T) T { return percentile(list, 50) }

func percentile[T cmp.Ordered](list []T, p int) T {
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, len(list)*p/100)]
}

// Kept is how a run of the schedule did: medians of the rounds.
type Kept struct {
	Rows, PlainRows float64       // a second
	Alone           time.Duration // 99th percentile of a request while nothing is removed
	Beside          time.Duration // while the schedule runs
	BesidePlain     time.Duration
	Requests        int // beside the schedule, in all rounds
}

const (
	others    = 16  // who write between a making and an erasure
	plainOnce = 500 // rows that the plain script deletes in a transaction
)

// Retaining measures in rounds, beside a portal that serves people, how many
// rows a second a run of the schedule removes, each thing having so many, and how
// many a plain DELETE in batches does; and how long people wait for their pages
// meanwhile, and while nothing is removed. Each round has all rows, and begins
// with another of the three; a small one before them does not count.
func (m *Measure) Retaining(ctx context.Context, rows, each, rounds int) (k Kept, err error) {
	long := time.Second // as long as the schedule takes, once that is known
	sides := []func(context.Context) error{
		m.schedule,
		func(ctx context.Context) error { return m.plainly(ctx, each) },
		func(ctx context.Context) error { return pause(ctx, long) },
	}
	var rates [3][]float64
	var waited [3][]time.Duration
	for round := range rounds + 1 {
		n := max(1, rows/each)
		if round == 0 { // connections are opened and statements prepared
			n = max(1, n/10)
		}
		for _, side := range []string{ours, "plain"} {
			if err := m.fill(ctx, side, n, each); err != nil {
				return k, fmt.Errorf("fill the store: %w", err)
			}
		}
		m.Clock.next()
		m.Clock.next()
		for i := range sides {
			side := (round + i) % len(sides)
			var took time.Duration
			busy, err := m.Beside(func() error {
				began := m.Clock.Now()
				err := sides[side](ctx)
				took = m.Clock.Now().Sub(began)
				return err
			})
			if err != nil {
				return k, err
			}
			if round == 0 {
				continue
			}
			if side == 0 {
				long = max(long, took)
				k.Requests += len(busy)
			}
			rates[side] = append(rates[side], float64(n*each)/took.Seconds())
			waited[side] = append(waited[side], percentile(busy, 99))
		}
	}
	k.Rows, k.PlainRows = median(rates[0]), median(rates[1])
	k.Beside, k.BesidePlain, k.Alone = median(waited[0]), median(waited[1]), median(waited[2])
	return k, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fill makes things that are due tomorrow, each of somebody of whom something
// else is kept.
func (m *Measure) fill(ctx context.Context, side string, things, each int) error {
	const batch = 100
	value, now := sealed(), m.Clock.Now()
	for made := 0; made < things; made += batch {
		if err := m.Vault.Update(ctx, func(tx *db.Tx) error {
			for i := range min(batch, things-made) {
				subject, err := m.Vault.NewSubject(tx)
				if err != nil {
					return err
				}
				if _, err := m.thing(tx, subject, side, time.Time{}, 0, nil); err != nil {
					return err
				}
				if _, err := m.thing(tx, subject, side, now.Add(time.Duration(i)), each-1, value); err != nil { // with its own row: each
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// schedule has the daily run done, and what it disposed of swept.
func (m *Measure) schedule(ctx context.Context) error {
	if err := m.keeps.Run(ctx); err != nil {
		return err
	}
	return m.swept(ctx)
}

// swept waits until nothing is left of what was disposed of.
func (m *Measure) swept(ctx context.Context) error {
	for {
		left, _, err := m.keeps.Sweeping(ctx)
		if err != nil || left == 0 {
			return err
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// plainly removes as much as the schedule does, as a script would.
func (m *Measure) plainly(ctx context.Context, each int) error {
	for {
		var list []thing
		if err := m.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectDue(tx, "plain", m.Clock.Now().Add(-24*time.Hour), max(1, plainOnce/each))
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		if err := m.DB.Update(ctx, func(tx *db.Tx) error { _, err := deletePlainly(tx, list); return err }); err != nil {
			return err
		}
	}
}
