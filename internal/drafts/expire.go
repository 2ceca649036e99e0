package drafts

import (
	"context"
	"fmt"
	"time"

	"portico/internal/platform/db"
	"portico/internal/services"
)

const (
	jobSweep  = "drafts.sweep"
	sweepPage = 50
)

// Sweep has the persons told whose drafts go soon. That they go is for package
// retention, by the rule of the policy in force.
func (s *Drafts) Sweep(ctx context.Context) error {
	behind := &Draft{}
	for {
		var list []*Draft
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectOldest(tx, behind, sweepPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for drafts that go soon: %w", err)
		}
		for _, row := range list {
			behind = row
			d := s.definition(row)
			if d == nil {
				continue
			}
			tell := s.soon(row, d.Expires(s.Policy(), row.Changed))
			if tell == nil {
				continue
			}
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return tell(tx, row) }); err != nil {
				return fmt.Errorf("look after a draft: %w", err)
			}
		}
		if len(list) < sweepPage {
			return nil
		}
	}
}

// definition is the service of a draft, nil if this store no longer knows it.
func (s *Drafts) definition(row *Draft) *services.Definition {
	if d := s.Catalogue.Service(row.Service); d != nil {
		return d
	}
	return s.Catalogue.Version(row.Instance, row.Service)
}

// soon is how a person is told of the end of a draft that they make for
// themselves, nil if it is not near enough.
func (s *Drafts) soon(row *Draft, ends time.Time) func(*db.Tx, *Draft) error {
	now := s.Clock.Now()
	if s.Endings == nil || row.By != row.Subject || !now.Before(ends) || now.AddDate(0, 0, s.Endings.DraftDays()).Before(ends) {
		return nil
	}
	return func(tx *db.Tx, row *Draft) error { return s.Endings.DraftEnds(tx, row.Subject, row.ID, ends) }
}

// Ends finds a draft: its service and when it expires, nil if there is none.
func (s *Drafts) Ends(ctx context.Context, id string) (d *services.Definition, ends time.Time, err error) {
	var row *Draft
	if err := s.DB.View(ctx, func(tx *db.Tx) error { row, err = selectDraft(tx, id); return err }); err != nil || row == nil {
		return nil, time.Time{}, err
	}
	if d = s.definition(row); d == nil {
		return nil, time.Time{}, nil
	}
	return d, d.Expires(s.Policy(), row.Changed), nil
}
