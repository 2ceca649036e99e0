package drafts

import (
	"context"
	"fmt"

	"portico/internal/platform/db"
)

const (
	jobSweep  = "drafts.sweep"
	sweepPage = 50
)

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
