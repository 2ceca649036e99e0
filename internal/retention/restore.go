package retention

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// refLifted begins what the ledger says of a hold that was lifted: its id, and
// who lifted it.
const refLifted = "hold:"

// ref is all of a hold that a restore needs, in ids and times: the person is
// the act's subject, and the reason in words is in the store alone.
func (h *Hold) ref() string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return strconv.FormatInt(clock.Micros(t), 36)
	}
	return strings.Join([]string{h.ID, h.Ground, h.By, at(h.From), at(h.Until), at(h.Review), h.Service, h.Rule, h.Item}, ":")
}

// concerned is whom the ledger names: whose things are held, or the portal
// where they are anybody's.
func (h *Hold) concerned() string { return cmp.Or(h.Person, audit.System) }

// holdOf is the hold that an act of the ledger tells of.
func holdOf(a ledger.Act) (*Hold, error) {
	ref := strings.SplitN(a.Ref, ":", 9)
	if len(ref) != 9 {
		return nil, fmt.Errorf("%q names no hold", a.Ref)
	}
	h := &Hold{ID: ref[0], Person: a.Subject, Ground: ref[1], By: ref[2], Service: ref[6], Rule: ref[7], Item: ref[8]}
	if h.Person == audit.System {
		h.Person = ""
	}
	for i, to := range []*time.Time{&h.From, &h.Until, &h.Review} {
		if ref[3+i] == "" {
			continue
		}
		us, err := strconv.ParseInt(ref[3+i], 36, 64)
		if err != nil {
			return nil, fmt.Errorf("%q names a hold of no time: %w", a.Ref, err)
		}
		*to = clock.FromMicros(us)
	}
	return h, nil
}

// Replay makes in a store that was restored the holds that were made since,
// as they were, and lifts those that were lifted since. It reports whether the
// act is one of this package. What was written as the reason is lost with what
// came after the backup: the page says so.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind == ledger.Hold {
		h, err := holdOf(a)
		if err != nil {
			return true, err
		}
		known, err := hasHold(tx, h.ID)
		if err == nil && !known {
			h.reason = []byte{}
			err = insertHold(tx, h)
		}
		if err != nil {
			return true, fmt.Errorf("hold again: %w", err)
		}
		return true, nil
	}
	lifted, mine := strings.CutPrefix(a.Ref, refLifted)
	if !mine || a.Kind != ledger.Revoke {
		return false, nil
	}
	hold, by, _ := strings.Cut(lifted, ":")
	if _, err := liftHold(tx, hold, by, []byte{}, a.At); err != nil {
		return true, fmt.Errorf("lift a hold again: %w", err)
	}
	return true, nil
}
