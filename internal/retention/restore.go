package retention

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
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

// Replay disposes in a store that was restored of what was disposed of since,
// makes the holds that were made since, as they were, and lifts those that were
// lifted since. It reports whether the act is one of this package. What was
// written as the reason of a hold is lost with what came after the backup: the
// page says so.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	switch a.Kind {
	case ledger.Erase, ledger.Dispose:
		if err := s.disposeAgain(tx, a); err != nil {
			return true, fmt.Errorf("dispose again: %w", err)
		}
		return true, nil
	case ledger.Hold:
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

// disposeAgain takes away with a key what stood under it when the backup was
// made: the things, and what is part of them. Nothing of what is left waits for
// its sweep, for nobody waits for a restore.
func (s *Service) disposeAgain(tx *db.Tx, a ledger.Act) error {
	items, err := s.disposed(tx, a)
	if err != nil {
		return err
	}
	pol := s.Policy()
	for _, i := range items {
		ok, err := s.Holdings.Take(tx, []holdings.Item{i})
		if err == nil && !ok {
			err = fmt.Errorf("a thing is there twice, %s", i.Kind)
		}
		if rule, _ := pol.Retention(i.Rule); err == nil && rule.Action == policy.Anonymise {
			err = countOne(tx, Item{Kind: i.Kind, Service: i.Service, Outcome: i.Outcome, Since: i.Since}, s.Zone())
		}
		if err == nil {
			err = deleteTold(tx, i)
		}
		for more := true; err == nil && more; {
			_, more, err = s.Holdings.Sweep(tx, i, sweepAtOnce)
		}
		if err != nil {
			return err
		}
	}
	if a.Kind == ledger.Erase {
		_, err = s.Vault.Replay(tx, a)
	}
	return err
}

// sweepAtOnce is how many rows a restore removes in one statement.
const sweepAtOnce = 1000

// disposed are the things that an act took away and that are there again.
func (s *Service) disposed(tx *db.Tx, a ledger.Act) (items []holdings.Item, err error) {
	kind, id, _ := strings.Cut(a.Ref, ":")
	switch {
	case a.Kind == ledger.Dispose:
		i, found, err := s.Holdings.Find(tx, s.Policy(), kind, a.Subject, id)
		if err != nil || !found {
			return nil, err
		}
		return []holdings.Item{i}, nil
	case a.Scope == "": // nothing was left of the person but what outlives the rest
		return s.Holdings.Rest(tx, s.Policy(), a.Subject)
	}
	if items, err = s.Holdings.Under(tx, s.Policy(), a.Subject, a.Scope); err != nil {
		return nil, err
	}
	whole := holdings.Item{Subject: a.Subject, Scope: a.Scope}
	if len(items) > 0 {
		whole = items[0]
	}
	parts, err := s.Holdings.Parts(tx, []holdings.Item{whole})
	return append(items, slices.Concat(parts...)...), err
}
