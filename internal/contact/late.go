package contact

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/db"
)

// latePause is how long Watch waits until it looks again for what is overdue.
const latePause = 5 * time.Minute

// Watch looks at once and then every few minutes for what is overdue, until
// ctx ends, and says what went wrong.
func (s *Service) Watch(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(latePause)
	defer tick.Stop()
	for {
		if s.Offered() {
			if _, err := s.Escalate(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Escalate has everybody who answers told of requests that have become
// overdue, once each, and returns how many there were.
func (s *Service) Escalate(ctx context.Context) (n int, err error) {
	roles := s.answering()
	all, err := s.Staff.Colleagues(ctx, roles)
	if err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		n = 0
		list, err := s.late(tx, 1, true)
		if err != nil || len(list) == 0 {
			return err
		}
		now := s.Clock.Now()
		for _, r := range list {
			r.Escalated = now
			ok, err := moveRequest(tx, r)
			if err != nil {
				return err
			}
			if ok {
				n++
			}
		}
		for _, c := range all {
			if !c.Working || n == 0 {
				continue
			}
			if err := s.Notices.Late(tx, c.Subject, list[len(list)-1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("tell of what is overdue: %w", err)
	}
	return n, nil
}
