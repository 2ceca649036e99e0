package drafts

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
)

const (
	jobSweep   = "drafts.sweep"
	sweepEvery = time.Hour
	sweepPage  = 50
)

// Start has expired drafts deleted now, and every hour from then on.
func (s *Drafts) Start(ctx context.Context) error {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.nextSweep(tx, s.Clock.Now()) }); err != nil {
		return fmt.Errorf("plan the sweep of drafts: %w", err)
	}
	return nil
}

// nextSweep plans the sweep of the hour of a time; the key has it once.
func (s *Drafts) nextSweep(tx *db.Tx, at time.Time) error {
	hour := at.Truncate(sweepEvery)
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobSweep, Key: jobSweep + ":" + strconv.FormatInt(hour.Unix(), 10), At: hour})
}

func (s *Drafts) sweepJob(ctx context.Context, _ *jobs.Job) error {
	if err := s.Sweep(ctx); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return s.nextSweep(tx, s.Clock.Now().Add(sweepEvery)) })
}

// Sweep deletes the drafts whose time has passed, with their keys: by the rule
// of the policy in force, counted from their last change.
func (s *Drafts) Sweep(ctx context.Context) error {
	behind := &Draft{}
	for {
		var list []*Draft
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectOldest(tx, behind, sweepPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for expired drafts: %w", err)
		}
		for _, row := range list {
			behind = row
			d := s.Catalogue.Service(row.Service)
			if d == nil {
				d = s.Catalogue.Version(row.Instance, row.Service)
			}
			if d == nil || s.Clock.Now().Before(d.Expires(s.Policy(), row.Changed)) {
				continue
			}
			err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.forget(tx, row) })
			if err != nil {
				return fmt.Errorf("delete an expired draft: %w", err)
			}
		}
		if len(list) < sweepPage {
			return nil
		}
	}
}

// forget takes a draft away as it was last seen, with its files and its key.
// One that has changed or was sent since stays.
func (s *Drafts) forget(tx *db.Tx, row *Draft) error {
	ok, err := deleteDraft(tx, row)
	if err != nil || !ok {
		return err
	}
	if s.Files != nil {
		if err := s.Files.Uploads.Drop(tx, row.Subject, row.Scope()); err != nil {
			return err
		}
	}
	return s.Vault.ForgetScope(tx, row.Subject, row.Scope())
}
