package retention

import (
	"context"
	"fmt"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// goes is when a thing goes at the earliest, and whether its person was told
// where its rule says that they are: then its grace runs from that moment.
// Whoever was not told has all of it before them.
func (s *Service) goes(tx *db.Tx, rule policy.Retention, i holdings.Item) (at time.Time, told bool, err error) {
	if at, err = rule.Due(i.Since, s.Zone()); err != nil || !rule.Tell {
		return at, true, err
	}
	ends, err := rule.Ends(i.Since, s.Zone())
	if err != nil {
		return at, false, err
	}
	from, err := selectTold(tx, i)
	if err != nil {
		return at, false, err
	}
	if told = !from.IsZero(); !told {
		from = s.Clock.Now()
	}
	if from.Before(ends) {
		return at, told, nil
	}
	later, err := rule.Grace.After(from.In(s.Zone()))
	if later.After(at) {
		at = later
	}
	return at, told, err
}

// tell has the person of a thing told when it goes, once.
func (s *Service) tell(tx *db.Tx, rule policy.Retention, i holdings.Item) (fresh bool, err error) {
	if fresh, err = insertTold(tx, i, s.Clock.Now()); err != nil || !fresh {
		return false, err
	}
	at, _, err := s.goes(tx, rule, i)
	if err != nil || s.Tell == nil {
		return err == nil, err
	}
	return true, s.Tell(tx, i, at)
}

// Goes finds a thing and says when it goes; it reports false if there is none,
// or if its time does not run.
func (s *Service) Goes(ctx context.Context, kind, subject, id string) (i holdings.Item, at time.Time, found bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var rule policy.Retention
		if i, found, err = s.Holdings.Find(tx, s.Policy(), kind, subject, id); err != nil || !found {
			return err
		}
		if rule, found = s.Policy().Retention(i.Rule); !found || i.Since.IsZero() {
			found = false
			return nil
		}
		at, _, err = s.goes(tx, rule, i)
		return err
	})
	if err != nil {
		return i, at, false, fmt.Errorf("say when a thing goes: %w", err)
	}
	return i, at, found, nil
}
