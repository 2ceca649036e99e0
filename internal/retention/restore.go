package retention

import (
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// Replay holds back again what a hold held back that a restored backup does
// not know, and reports whether the act is one of this package. The ledger
// knows whom the hold concerned and nothing else of it, so everything of them
// is held, of everybody where it named nobody, until an official has looked:
// its review is overdue at once.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind != ledger.Hold {
		return false, nil
	}
	known, err := hasHold(tx, a.Ref)
	if err != nil || known {
		return true, err
	}
	h := Hold{ID: a.Ref, Person: a.Subject, Ground: Grounds()[0], From: a.At, Review: a.At.Add(time.Microsecond)}
	if a.Subject == audit.System {
		h.Person = ""
	}
	if h.reason, err = s.Vault.SealNote(tx, "hold:"+h.ID, "Restored from the ledger: look up what was held, and lift it or make it anew."); err != nil {
		return true, err
	}
	if err := insertHold(tx, &h); err != nil {
		return true, fmt.Errorf("hold again: %w", err)
	}
	return true, nil
}
