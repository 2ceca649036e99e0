package payments

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"portico/internal/platform/db"
)

const (
	pollPause = 5 * time.Second
	pollBatch = 50
	pollers   = 8
)

// Run asks the provider about what is not done until ctx ends, and says what
// went wrong. Several nodes may: each attempt is asked about by one of them.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	if s.Provider == nil {
		return
	}
	tick := time.NewTicker(pollPause)
	defer tick.Stop()
	for {
		if _, err := s.Poll(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Poll asks the provider about every attempt whose time has come, and returns
// how many there were.
func (s *Service) Poll(ctx context.Context) (n int, err error) {
	for {
		var list []*Attempt
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectWaiting(tx, s.Clock.Now(), pollBatch)
			return err
		}); err != nil {
			return n, fmt.Errorf("look for payments: %w", err)
		}
		errs := make([]error, len(list))
		turns := make(chan int)
		var running sync.WaitGroup
		for range min(pollers, len(list)) {
			running.Go(func() {
				for i := range turns {
					errs[i] = s.look(ctx, list[i])
				}
			})
		}
		for i := range list {
			turns <- i
		}
		close(turns)
		running.Wait()
		n += len(list)
		if err := errors.Join(errs...); err != nil || len(list) < pollBatch {
			return n, err
		}
	}
}

// look asks about one attempt, unless another node does.
func (s *Service) look(ctx context.Context, a *Attempt) error {
	var o *Order
	mine := false
	now := s.Clock.Now()
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		seen := *a
		if mine, err = claim(tx, &seen, now.Add(gap(a, now))); err != nil || !mine {
			return err
		}
		o, err = selectOrder(tx, a.Order)
		return err
	})
	if err != nil || !mine || o == nil {
		return wrap("take up a payment", err)
	}
	if err := s.Check(ctx, o, a); err != nil && !errors.Is(err, errMoved) {
		return fmt.Errorf("payment %s: %w", a.Reference, err)
	}
	return nil
}
