package consent

import (
	"fmt"

	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
)

// Replay withdraws in a store that was restored a consent that was withdrawn
// since, and reports whether the act is one of this package. The event that
// was lost with what came after the backup is written anew, at its time.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind != ledger.Withdraw {
		return false, nil
	}
	events, err := selectEvents(tx, a.Subject)
	if err != nil {
		return true, fmt.Errorf("withdraw a consent: %w", err)
	}
	last := standing(events, a.Ref)
	if last.Act != Given {
		return true, nil
	}
	asked, _ := s.Policy().AskedFor(a.Ref)
	e := Event{Subject: a.Subject, N: int64(len(events)) + 1, ID: id.New(a.At), Purpose: a.Ref, Act: Withdrawn, Terms: last.Terms, At: a.At}
	if e.Receipt, err = s.receipt(&e, asked); err != nil {
		return true, err
	}
	if err := insertEvent(tx, &e); err != nil {
		return true, fmt.Errorf("withdraw a consent: %w", err)
	}
	for _, cancel := range s.Cancel {
		if err := cancel(tx, a.Subject, a.Ref); err != nil {
			return true, fmt.Errorf("withdraw a consent: %w", err)
		}
	}
	return true, nil
}
