package retention

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
)

// Hold keeps things from disposal for a ground in law, whatever their rule
// says: those that meet all of what it names.
type Hold struct {
	ID      string
	Person  string // subject; empty: anybody's
	Service string // empty: of any
	Rule    string // empty: by any
	Item    string // id of one thing, with what is part of it; empty: any
	Ground  string
	Reason  string // in writing
	By      string
	From    time.Time
	Until   time.Time // zero: until it is lifted
	Review  time.Time // when somebody looks whether it is still needed
	Lifted  time.Time
	Why     string // it was lifted
	Called  string // what people call the thing, or one of the person's; empty: nothing is there any more

	reason, why []byte
}

// Grounds are the grounds for a hold: terms of DPV's list of what justifies
// that a right is not fulfilled.
func Grounds() []string {
	return []string{"legal-claim", "records-duty", "investigation", "court-order", "rights-of-others"}
}

// Standing reports whether it holds at a time.
func (h *Hold) Standing(now time.Time) bool {
	return h.Lifted.IsZero() && !h.From.After(now) && (h.Until.IsZero() || h.Until.After(now))
}

// Overdue reports whether its review is.
func (h *Hold) Overdue(now time.Time) bool { return h.Standing(now) && !h.Review.After(now) }

// on reports whether it is on a thing.
func (h *Hold) on(i holdings.Item) bool {
	is := func(named, one string) bool { return named == "" || named == one }
	return is(h.Person, i.Subject) && is(h.Service, i.Service) && is(h.Rule, i.Rule) && (is(h.Item, i.ID) || h.Item == within(i))
}

// within is the id of the thing that a thing is part of.
func within(i holdings.Item) string {
	_, whole, _ := strings.Cut(i.Within, ":")
	return whole
}

// reasonMax is how long a written reason may be.
const reasonMax = 500

// Hold makes a hold. It counts for whatever is disposed of from its commit on.
func (s *Service) Hold(ctx context.Context, h Hold, official string) (string, error) {
	now := s.Clock.Now()
	h.ID, h.By = id.New(now), official
	if h.From.IsZero() {
		h.From = now
	}
	if err := s.check(&h, now); err != nil {
		return "", err
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if err := guard(tx, true); err != nil {
			return err
		}
		if h.reason, err = s.Vault.SealNote(tx, "hold:"+h.ID, h.Reason); err != nil {
			return err
		}
		if err := insertHold(tx, &h); err != nil {
			return err
		}
		if err := s.Vault.Took(tx, ledger.Hold, h.concerned(), h.ref()); err != nil {
			return err
		}
		return s.note(tx, official, "hold-made", h.ID, h.Reason)
	})
	if err != nil {
		return "", fmt.Errorf("make a hold: %w", err)
	}
	return h.ID, nil
}

// check says everything that is wrong with a hold.
func (s *Service) check(h *Hold, now time.Time) error {
	var wrong []fault.Field
	add := func(name, code string) { wrong = append(wrong, fault.Field{Name: name, Code: code}) }
	if h.Person+h.Service+h.Rule+h.Item == "" {
		add("reference", "retention.error.what")
	}
	if h.Rule != "" {
		if _, ok := s.Policy().Retention(h.Rule); !ok {
			add("rule", "retention.error.rule")
		}
	}
	if !slices.Contains(Grounds(), h.Ground) {
		add("ground", "retention.error.ground")
	}
	switch n := len([]rune(strings.TrimSpace(h.Reason))); {
	case n == 0:
		add("reason", "retention.error.reason")
	case n > reasonMax:
		add("reason", "retention.error.reason-long")
	}
	if !h.Until.IsZero() && !h.Until.After(now) {
		add("until", "retention.error.until")
	}
	if !h.Review.After(now) {
		add("review", "retention.error.review")
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return nil
}

// Lift ends a hold: what is due goes with the next run.
func (s *Service) Lift(ctx context.Context, holdID, why, official string) error {
	why = strings.TrimSpace(why)
	if n := len([]rune(why)); n == 0 || n > reasonMax {
		return fault.Input(fault.Field{Name: "why", Code: "retention.error.reason"})
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		sealed, err := s.Vault.SealNote(tx, "lift:"+holdID, why)
		if err != nil {
			return err
		}
		if lifted, err := liftHold(tx, holdID, official, sealed, s.Clock.Now()); err != nil || !lifted {
			return cmp.Or(err, error(errUnknown))
		}
		// In the ledger too: a restore would hold again what may go.
		if err := s.Vault.Took(tx, ledger.Revoke, audit.System, refLifted+holdID+":"+official); err != nil {
			return err
		}
		return s.note(tx, official, "hold-lifted", holdID, why)
	})
	if err != nil {
		return fmt.Errorf("lift a hold: %w", err)
	}
	return nil
}

// note writes an act of the privacy officer into their record.
func (s *Service) note(tx *db.Tx, official, reason, hold, because string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindStaff, Subject: official, Reason: reason, Policy: s.Policy().Hash(),
		Actor: audit.Actor{ID: official, Kind: policy.Staff.String()}, Facts: audit.Facts{"hold": hold, "because": because},
	})
}

// Holds lists the holds, those that stand first, with their reasons in words.
func (s *Service) Holds(ctx context.Context) (list []*Hold, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if list, err = selectHolds(tx); err != nil {
			return err
		}
		for _, h := range list {
			if h.Called, err = s.Holdings.Called(tx, h.Person, h.Item); err != nil {
				return err
			}
			for _, note := range []struct {
				place  string
				sealed []byte
				text   *string
			}{{"hold:", h.reason, &h.Reason}, {"lift:", h.why, &h.Why}} {
				if len(note.sealed) == 0 { // not lifted, or made again by a restore: see Replay
					continue
				}
				if *note.text, err = s.Vault.OpenNote(tx, note.place+h.ID, note.sealed); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return list, nil
}
