package notify

import (
	"fmt"
	"strings"

	"portico/internal/ledger"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
)

// Replay notes in a store that was restored what somebody has not wanted to be
// told of since. It reports whether the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	kind, channel, ok := strings.Cut(a.Ref, ":")
	if a.Kind != ledger.OptOut || !ok {
		return false, nil
	}
	if err := putChoice(tx, a.Subject, Choice{Kind: kind, Channel: kinds.Channel(channel)}, a.At); err != nil {
		return true, fmt.Errorf("note an opt-out: %w", err)
	}
	return true, nil
}
