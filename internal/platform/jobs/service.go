package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
)

// Config is what a queue needs. Workers, Poll and Grace have defaults.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Workers int           // jobs at once on this node: 16
	Poll    time.Duration // how often other nodes' jobs are looked for: a second
	Grace   time.Duration // what running jobs get when the program stops: 20 seconds
}

// Queue writes jobs and does them. Register every kind before Run.
type Queue struct {
	Config
	kinds map[string]kind
	names []string
	plans []func(context.Context) error // of what Every registered
	wake  chan struct{}
	last  atomic.Int64 // when this node looked for work last, in microseconds
}

type kind struct {
	handler Handler
	Options
}

// NewQueue returns a queue with no kinds.
func NewQueue(c Config) *Queue {
	if c.Workers == 0 {
		c.Workers = 16
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Grace == 0 {
		c.Grace = 20 * time.Second
	}
	q := &Queue{Config: c, kinds: map[string]kind{}, wake: make(chan struct{}, 1)}
	q.last.Store(clock.Micros(c.Clock.Now()))
	return q
}

// Register declares a kind and who does it. It panics if there is one already.
func (q *Queue) Register(name string, h Handler, o Options) {
	if _, twice := q.kinds[name]; twice || !isID(name) {
		panic("jobs: kind " + name + " is registered twice or has no proper name")
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Attempts == 0 {
		o.Attempts = 20
	}
	q.kinds[name] = kind{h, o}
	q.names = append(q.names, name)
	slices.Sort(q.names)
}

// Enqueue writes a job in the caller's transaction.
func (q *Queue) Enqueue(tx *db.Tx, n New) error {
	if _, ok := q.kinds[n.Kind]; !ok {
		return fmt.Errorf("jobs: nobody does the kind %q", n.Kind)
	}
	if n.Key != "" && !isID(n.Key) {
		return fmt.Errorf("jobs: the key of a %s is no id", n.Kind)
	}
	payload, err := encode(n.Payload)
	if err != nil {
		return err
	}
	now := q.Clock.Now()
	w := waiting{id: id.New(now), kind: n.Kind, payload: payload, created: clock.Micros(now), due: clock.Micros(now)}
	if n.At.After(now) {
		w.due = clock.Micros(n.At)
	}
	if n.Key != "" {
		w.key = &n.Key
	}
	if _, err := insert(tx, w); err != nil {
		return err
	}
	tx.AfterCommit(q.stir)
	return nil
}

// stir has Run look for work now.
func (q *Queue) stir() {
	select {
	case q.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run does jobs until ctx ends, then lets those that run finish within Grace.
func (q *Queue) Run(ctx context.Context) {
	working, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	free := make(chan struct{}, q.Workers)
	poll := time.NewTicker(q.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		claimed, err := q.claim(ctx, q.Workers-len(free))
		if err != nil && ctx.Err() == nil {
			q.Log.Error("jobs cannot be claimed", "code", fault.From(err).Code)
		}
		if err == nil {
			q.last.Store(clock.Micros(q.Clock.Now()))
		}
		for _, c := range claimed {
			free <- struct{}{}
			running.Go(func() {
				defer func() { <-free; q.stir() }()
				q.attempt(working, c)
			})
		}
		select {
		case <-ctx.Done():
		case <-q.wake:
			q.gather(ctx)
		case <-poll.C:
		}
	}
	timer := time.AfterFunc(q.Grace, cut)
	running.Wait()
	timer.Stop()
}

// gathering is how long Run lets others end before it claims: several jobs are
// then claimed in one transaction.
const gathering = 3 * time.Millisecond

func (q *Queue) gather(ctx context.Context) {
	t := time.NewTimer(gathering)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// still is for how long Run may not have looked for work.
const still = time.Minute

// Ready fails when this node, which has had a minute to begin, has not looked
// for work within the last one.
func (q *Queue) Ready(context.Context) error {
	if q.Clock.Now().Sub(clock.FromMicros(q.last.Load())) > still {
		return errors.New("no jobs are done on this node")
	}
	return nil
}

// Work does the jobs that are due now, one after the other, and returns how
// many it attempted. Run is for programs; this is for tests and commands.
func (q *Queue) Work(ctx context.Context) (int, error) {
	done := 0
	for {
		claimed, err := q.claim(ctx, 1)
		if err != nil || len(claimed) == 0 {
			return done, err
		}
		q.attempt(ctx, claimed[0])
		done++
	}
}

// claimed is a job that this node holds.
type claimed struct {
	job    *Job
	kind   kind
	holder string
}

// claim takes up to limit jobs that are due. One that cannot be read, or whose
// attempts are used up because its node died each time, is buried on the way.
func (q *Queue) claim(ctx context.Context, limit int) ([]claimed, error) {
	if limit <= 0 || len(q.names) == 0 {
		return nil, nil
	}
	now := q.Clock.Now()
	var waiting []found
	err := q.DB.View(ctx, func(tx *db.Tx) (err error) {
		waiting, err = due(tx, q.names, now, limit)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	var mine []claimed
	err = q.DB.Update(ctx, func(tx *db.Tx) error {
		mine = nil
		for _, f := range waiting {
			k, holder := q.kinds[f.kind], id.Token()
			ok, err := claim(tx, f, holder, now.Add(k.Timeout+leaseSlack))
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			payload, err := decode(f.payload)
			switch {
			case err != nil:
				_, err = bury(tx, f.id, holder, "jobs.payload", now)
			case f.attempt >= k.Attempts:
				_, err = bury(tx, f.id, holder, "jobs.crashed", now)
			default:
				mine = append(mine, claimed{&Job{ID: f.id, Kind: f.kind, Attempt: f.attempt + 1, payload: payload}, k, holder})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(waiting) == limit {
		q.stir() // there may be more
	}
	return mine, nil
}

// attempt calls the handler once and writes what came of it.
func (q *Queue) attempt(ctx context.Context, c claimed) {
	log := q.Log.With("job", c.job.ID, "kind", c.job.Kind, "attempt", c.job.Attempt)
	err := call(ctx, c)
	now, code := q.Clock.Now(), ""
	if err != nil {
		code = fault.From(err).Code
	}
	var held bool
	wrote := q.DB.Update(context.WithoutCancel(ctx), func(tx *db.Tx) (err error) {
		switch {
		case code == "":
			held, err = finish(tx, c.job.ID, c.holder)
			if err == nil && c.job.finally != nil {
				err = c.job.finally(tx)
			}
		case c.job.Attempt >= c.kind.Attempts:
			held, err = bury(tx, c.job.ID, c.holder, code, now)
		default:
			held, err = postpone(tx, c.job.ID, c.holder, code, now.Add(pause(c.job.Attempt)))
		}
		return err
	})
	switch {
	case wrote != nil:
		log.Error("the outcome of a job cannot be written: it will run again", "code", fault.From(wrote).Code)
	case !held:
		log.Warn("a job took longer than its claim: somebody else has it")
	case code != "" && c.job.Attempt >= c.kind.Attempts:
		log.Error("a job was given up", "code", code)
	case code != "":
		log.Warn("a job failed and will be tried again", "code", code)
	}
}

// errPanic stands for whatever a handler panicked with, which may be personal.
var errPanic = fault.New(fault.Internal, "jobs.panic")

func call(ctx context.Context, c claimed) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.kind.Timeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	err = c.kind.handler(ctx, c.job)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "jobs.slow").Because(err)
	}
	return err
}

// Dead lists the newest dead letters.
func (q *Queue) Dead(ctx context.Context) (out []Dead, err error) {
	err = q.DB.View(ctx, func(tx *db.Tx) error {
		out, err = listDead(tx)
		return err
	})
	return out, err
}

// Retry has a dead letter tried again, with all its attempts, from now.
func (q *Queue) Retry(ctx context.Context, id string) error {
	return q.DB.Update(ctx, func(tx *db.Tx) error {
		tx.AfterCommit(q.stir)
		return revive(tx, id, q.Clock.Now())
	})
}

// Hold makes dead letters of the jobs that are due in a store that was restored
// and may have been done since the backup: what reaches people outside goes out
// again only when somebody has looked. It returns how many there are.
func (q *Queue) Hold(tx *db.Tx) (int64, error) {
	var inside []string
	for name, k := range q.kinds {
		if k.Inside {
			inside = append(inside, name)
		}
	}
	slices.Sort(inside)
	n, err := hold(tx, inside, q.Clock.Now())
	if err != nil {
		return 0, fmt.Errorf("hold jobs: %w", err)
	}
	return n, nil
}

// Stats tells how the queue stands.
func (q *Queue) Stats(ctx context.Context) (s Stats, err error) {
	err = q.DB.View(ctx, func(tx *db.Tx) error {
		s, err = stats(tx, q.Clock.Now())
		return err
	})
	return s, err
}
