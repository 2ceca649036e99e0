package account

import (
	"fmt"
	"strings"

	"portico/internal/identity/roll"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// What the ledger says of a cabinet: that its owner closes it, that they took
// that back, and that their identity number is not verified any more.
const (
	refClosing      = "closing:"
	refReopened     = "reopened"
	refVerification = "verification"
)

// Replay takes from a store that was restored what was taken away since, and
// reports whether the act is one of this package. A cabinet that its owner
// closed stays closed, and opens again as it would have then, or as it did.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Ref == refVerification {
		if _, err := endVerifications(tx, a.Subject, a.At); err != nil {
			return true, fmt.Errorf("end a verification: %w", err)
		}
		return true, nil
	}
	if a.Ref == refReopened {
		if _, err := reopen(tx, a.Subject, a.At); err != nil {
			return true, fmt.Errorf("open a cabinet again: %w", err)
		}
		return true, nil
	}
	id, mine := strings.CutPrefix(a.Ref, refClosing)
	if !mine {
		return false, nil
	}
	if waiting, err := selectClosing(tx, a.Subject); err != nil || waiting.ID != "" {
		return true, err
	}
	c := closing{Subject: a.Subject, ID: id, State: closingWaiting, Asked: a.At, Until: s.until(a.At)}
	if err := insertClosing(tx, c); err != nil {
		return true, fmt.Errorf("close a cabinet: %w", err)
	}
	return true, s.Jobs.Enqueue(tx, jobs.New{Kind: jobClose, Key: c.ID, At: c.Until, Payload: map[string]string{"subject": a.Subject, "closing": c.ID}})
}

// Restored gives up, in a store that was restored, the changes of contacts
// that wait for a code, and ends the links that were sent.
func (s *Service) Restored(tx *db.Tx) error {
	if err := dropEveryChange(tx); err != nil {
		return fmt.Errorf("give up changes of contacts: %w", err)
	}
	return nil
}

// Reindex lets people be found again by their channels and by the identity
// number that an official verified, in a store that was restored without its
// indexes. It returns how many people there are, and how many have no channel
// any more by which they could sign in.
func (s *Service) Reindex(tx *db.Tx) (people, without int64, err error) {
	for after := ""; ; {
		page, err := roll.Roll{DB: s.DB}.People(tx, after, reindexPage)
		if err != nil || len(page) == 0 {
			return people, without, err
		}
		for _, subject := range page {
			ways, err := s.reindex(tx, subject)
			if err != nil {
				return 0, 0, err
			}
			people++
			if ways == 0 {
				without++
			}
		}
		after = page[len(page)-1]
	}
}

const reindexPage = 200

func (s *Service) reindex(tx *db.Tx, subject string) (ways int, err error) {
	channels, err := s.Identity.Channels(tx, subject)
	if err != nil {
		return 0, err
	}
	for _, c := range channels {
		found, err := s.Vault.Reindex(tx, c.Field, subject, vault.Profile, subject)
		if err != nil {
			return 0, err
		}
		if found {
			ways++
		}
	}
	v, err := selectVerification(tx, subject)
	if err == nil && v.ID != "" {
		_, err = s.Vault.Reindex(tx, policy.FieldIdentityNumber, subject, vault.Profile, subject)
	}
	return ways, err
}
