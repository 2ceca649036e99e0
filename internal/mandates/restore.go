package mandates

import (
	"fmt"
	"strings"

	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// refMandate begins what the ledger says of a mandate that was ended.
const refMandate = "mandate:"

func (s *Service) took(tx *db.Tx, m Mandate) error {
	return s.Vault.Took(tx, ledger.Revoke, m.Subject, refMandate+m.ID)
}

// Replay takes from a store that was restored what was revoked since, and
// reports whether the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	id, mine := strings.CutPrefix(a.Ref, refMandate)
	if !mine {
		return false, nil
	}
	if _, err := endMandate(tx, Mandate{Subject: a.Subject, ID: id}, Revoked, a.At); err != nil {
		return true, fmt.Errorf("end a mandate: %w", err)
	}
	return true, nil
}

// Restored ends the invitations that wait in a store that was restored: who
// holds such a link may have answered it, or not be meant any more.
func (s *Service) Restored(tx *db.Tx) error {
	if err := withdrawEvery(tx, s.Clock.Now()); err != nil {
		return fmt.Errorf("end invitations: %w", err)
	}
	return nil
}

// Reindex lets companies be found by their numbers again, in a store that was
// restored without its indexes. The first mandate that was verified names one.
func (s *Service) Reindex(tx *db.Tx) error {
	list, err := selectVerified(tx)
	seen := map[string]bool{}
	for _, m := range list {
		if err != nil {
			return err
		}
		if !seen[m.Company] {
			seen[m.Company], err = s.Vault.Reindex(tx, FieldNumber, m.Subject, m.Scope(), m.Company)
		}
	}
	return err
}
