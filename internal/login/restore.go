package login

import (
	"fmt"

	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// Replay ends in a store that was restored what was ended since, and reports
// whether the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Ref != refLink {
		return false, nil
	}
	return true, deleteLink(tx, a.Subject)
}

// Restored lets go, in a store that was restored, of everybody who had left for
// the login.
func (s *Service) Restored(tx *db.Tx) error {
	if err := endAttempts(tx); err != nil {
		return fmt.Errorf("end the ways to the login: %w", err)
	}
	return nil
}

// Reindex lets accounts be found again by what the login calls their people.
func (s *Service) Reindex(tx *db.Tx) error {
	for after := ""; ; {
		page, err := selectConnected(tx, after, 200)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, subject := range page {
			l, err := selectLink(tx, subject)
			if err != nil {
				return err
			}
			name, err := s.open(tx, subject, l)
			if err == nil {
				err = s.Vault.Index(tx, index, subject, name)
			}
			if err != nil {
				return fmt.Errorf("let an account be found by its login: %w", err)
			}
		}
		after = page[len(page)-1]
	}
}
