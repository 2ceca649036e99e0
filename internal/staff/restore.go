package staff

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/identity"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// refRole begins what the ledger says of a role that an official lost.
const refRole = "role:"

// took records which roles an official has no more.
func (s *Service) took(tx *db.Tx, m Member, roles []string) error {
	for _, r := range m.Roles {
		if slices.Contains(roles, r) {
			continue
		}
		if err := s.Vault.Took(tx, ledger.Revoke, m.Subject, refRole+r); err != nil {
			return err
		}
	}
	return nil
}

// Replay takes from a store that was restored the roles that were taken since,
// and reports whether the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	role, mine := strings.CutPrefix(a.Ref, refRole)
	if !mine {
		return false, nil
	}
	m, err := selectMember(tx, a.Subject)
	if err != nil || m.Subject == "" || !slices.Contains(m.Roles, role) {
		return true, err
	}
	rest := slices.DeleteFunc(slices.Clone(m.Roles), func(r string) bool { return r == role })
	if _, err := swapRoles(tx, m, rest, s.Clock.Now()); err != nil {
		return true, fmt.Errorf("take a role: %w", err)
	}
	return true, nil
}

// Restored ends the links of invitations in a store that was restored.
func (s *Service) Restored(tx *db.Tx) error {
	if err := dropEveryInvitation(tx); err != nil {
		return fmt.Errorf("end invitations: %w", err)
	}
	return nil
}

// Reindex lets officials be found by their addresses again, in a store that
// was restored without its indexes.
func (s *Service) Reindex(tx *db.Tx) error {
	for after := ""; ; {
		page, err := selectMembers(tx, after, reindexPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, m := range page {
			after = m.Reference
			state, err := s.Identity.State(tx, web.RealmStaff, m.Subject)
			if err != nil {
				return err
			}
			if state == identity.Closed {
				continue // the address is anybody's
			}
			if _, err := s.Vault.Reindex(tx, policy.FieldStaffEmail, m.Subject, vault.Profile, m.Subject); err != nil {
				return err
			}
		}
	}
}

const reindexPage = 200
