package notify

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
)

// Bounced takes a report that an e-mail did not arrive, for good: messageID is
// its Message-ID, with or without <> and the part behind @. It marks the
// address (N18), unless the person has confirmed another one since, and reports
// whether the e-mail was a notice of this portal.
func (s *Service) Bounced(ctx context.Context, messageID string) (known bool, err error) {
	id, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(messageID), "<>"), "@")
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		n, err := selectMailed(tx, id)
		known = err == nil && n.ID != ""
		if !known {
			return err
		}
		moved, err := moveDelivery(tx, &n, kinds.Email, Sent, Bounced, "notify.bounced", s.Clock.Now())
		k := s.Kinds()[n.Kind]
		if err != nil || !moved || k == nil {
			return err
		}
		return s.Contacts.Bounced(tx, n.Subject, k.Contact(kinds.Email), n.At)
	})
	if err != nil {
		return false, fmt.Errorf("take a report of a mail that did not arrive: %w", err)
	}
	return known, nil
}
