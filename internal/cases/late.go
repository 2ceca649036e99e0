package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/platform/db"
	"portico/internal/services"
)

// latePause is how long Watch waits until it looks again for what is overdue.
const latePause = 5 * time.Minute

// lateBatch is how many cases are looked for at a time.
const lateBatch = 50

// Watch looks at once and then every few minutes for what is overdue, until
// ctx ends, and says what went wrong. Several nodes may: each case is noted by
// one of them.
func (c *Cases) Watch(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(latePause)
	defer tick.Stop()
	for {
		if _, err := c.NoteLate(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// NoteLate looks for open cases whose deadline has passed. Once for each state
// of a case it takes a step, which everybody who sees the case reads: the
// action that the workflow declares to happen by itself, or, without one, a
// note that changes nothing else. It returns how many there were.
func (c *Cases) NoteLate(ctx context.Context) (noted int, err error) {
	for _, d := range c.Catalogue.Services() {
		for {
			var found []*Case
			err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
				found, err = c.late(tx, d.ID)
				return err
			})
			if err != nil {
				return noted, fmt.Errorf("look for what is overdue: %w", err)
			}
			for _, row := range found {
				err := c.Vault.Update(ctx, func(tx *db.Tx) error { return c.noteLate(tx, row.ID) })
				if err != nil && !errors.Is(err, errMoved) {
					return noted, fmt.Errorf("note that a case is overdue: %w", err)
				}
				if err == nil {
					noted++
				}
			}
			if len(found) < lateBatch {
				break
			}
		}
	}
	return noted, nil
}

// late lists cases of a service that are overdue and not noted as such.
func (c *Cases) late(tx *db.Tx, service string) (list []*Case, err error) {
	now := c.Config.Clock.Now()
	all, err := selectDays(tx, service)
	if err != nil {
		return nil, err
	}
	for _, days := range all {
		if days == 0 {
			continue
		}
		rows, err := selectLate(tx, service, days, c.firstCounted(days, now.Add(time.Second)), lateBatch)
		if err != nil {
			return nil, err
		}
		if list = append(list, rows...); len(list) >= lateBatch {
			return list[:lateBatch], nil
		}
	}
	return list, nil
}

func (c *Cases) noteLate(tx *db.Tx, caseID string) error {
	row, err := selectCase(tx, caseID)
	if err != nil {
		return err
	}
	if row == nil || !row.Late.IsZero() || !c.Overdue(row) {
		return errMoved
	}
	d, err := c.Version(row)
	if err != nil {
		return err
	}
	steps, err := selectSteps(tx, row)
	if err != nil {
		return err
	}
	s, _ := d.Workflow.State(row.State)
	if by := s.Of(services.System); len(by) > 0 {
		return c.move(tx, BySystem, d, row, steps, by[0], Step{})
	}
	was, now := *row, c.Config.Clock.Now()
	row.Late, row.Revision = now, row.Revision+1
	if ok, err := moveCase(tx, &was, row); err != nil || !ok {
		return firstOf(err, errMoved)
	}
	return c.took(tx, row, d, s, Step{N: int64(len(steps)) + 1, At: now, Action: StepOverdue, State: row.State, Actor: BySystem})
}
