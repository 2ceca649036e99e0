package identity

import (
	"fmt"
	"strconv"
	"strings"

	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// What the ledger says of an account: the state that it was taken to, with the
// time since when if that is not the act's own, and the contact that is no
// channel any more.
const (
	refState   = "account-state:"
	refChannel = "account-channel:"
)

// Replay takes from a store that was restored what was revoked since, and
// reports whether the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if state, mine := strings.CutPrefix(a.Ref, refState); mine {
		at := a.At
		state, since, own := strings.Cut(state, ":")
		if own {
			us, err := strconv.ParseInt(since, 10, 64)
			if err != nil {
				return true, fmt.Errorf("read since when an account is %s: %w", state, err)
			}
			at = clock.FromMicros(us)
		}
		row, err := selectAccount(tx, a.Subject)
		if err == nil {
			_, err = moveAccount(tx, a.Subject, row.State, State(state), at)
		}
		return true, err
	}
	field, mine := strings.CutPrefix(a.Ref, refChannel)
	if !mine {
		return s.Proofs.Replay(tx, a)
	}
	if _, err := deleteChannel(tx, a.Subject, field); err != nil {
		return true, err
	}
	rest, err := selectChannels(tx, a.Subject)
	if err == nil && len(rest) > 0 {
		err = setContact(tx, a.Subject, rest[0].Field, s.Clock.Now())
	}
	return true, err
}

// Restored ends in a store that was restored whatever somebody may still hold
// from before: every session, and every code that was sent.
func (s *Service) Restored(tx *db.Tx) (sessions int64, err error) {
	return endEverything(tx, s.Clock.Now())
}
