package jobs

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"portico/internal/platform/db"
)

// Every registers a kind that Plan has run at once, and that then runs at each
// turn of an interval, on one node. The next turn is planned before this one
// runs: one that fails, or is given up, ends nothing. One that takes longer than
// that is not begun again beside itself in this process.
func (q *Queue) Every(name string, interval time.Duration, run func(context.Context) error, o Options) {
	plan := func(ctx context.Context, at time.Time) error {
		turn := at.Truncate(interval)
		err := q.DB.Update(ctx, func(tx *db.Tx) error {
			return q.Enqueue(tx, New{Kind: name, Key: name + ":" + strconv.FormatInt(turn.Unix(), 10), At: turn})
		})
		if err != nil {
			return fmt.Errorf("plan %s: %w", name, err)
		}
		return nil
	}
	o.Inside = true
	var busy atomic.Bool
	q.Register(name, func(ctx context.Context, _ *Job) error {
		if err := plan(ctx, q.Clock.Now().Add(interval)); err != nil {
			return err
		}
		if !busy.CompareAndSwap(false, true) {
			return nil
		}
		defer busy.Store(false)
		return run(ctx)
	}, o)
	q.plans = append(q.plans, func(ctx context.Context) error { return plan(ctx, q.Clock.Now()) })
}

// Plan has every kind of Every run now.
func (q *Queue) Plan(ctx context.Context) error {
	for _, plan := range q.plans {
		if err := plan(ctx); err != nil {
			return err
		}
	}
	return nil
}
