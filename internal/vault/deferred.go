package vault

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
)

// What the law lets be kept from a person until a date stands in a series: a
// subject of the log with a gate and an evidence key of its own, and nothing
// else. The numbers, events and times of the person's own log do not change
// before Reveal (I15).

// series is into which a use is written instead of the person's own events; the
// zero series for none.
type series struct {
	id   string
	gate gate
}

// deferred looks whether a use is kept from the person. It is asked after their
// gate was read: that what is decided here is over later is seen at the gate of
// the series.
func (v *Vault) deferred(tx *db.Tx, use *Use) (s series, err error) {
	if v.deferral == nil {
		return s, nil
	}
	if s.id, err = v.deferral(tx, use); err != nil || s.id == "" {
		return s, err
	}
	if s.gate, err = selectGate(tx, s.id); err != nil {
		return s, fmt.Errorf("read the gate of a series: %w", err)
	}
	if s.gate.erased { // all of it was revealed
		return series{}, nil
	}
	return s, nil
}

// NewSeries makes a series. Its id says nothing.
func (v *Vault) NewSeries(tx *db.Tx) (string, error) {
	subject := id.New(v.clock.Now())
	if err := newGate(tx, v.ring, subject, Evidence); err != nil {
		return "", fmt.Errorf("make a series: %w", err)
	}
	return subject, nil
}

// Defer writes events about people into a series, such as that somebody was
// looked for.
func (v *Vault) Defer(tx *db.Tx, series string, events ...audit.Event) error {
	for i := range events {
		events[i] = *aside(&events[i], series)
	}
	return v.Append(tx, events...)
}

// aside is an event as it stands in a series.
func aside(e *audit.Event, series string) *audit.Event {
	facts := audit.Facts{}
	maps.Copy(facts, e.Facts)
	facts[audit.FactPerson] = e.Subject
	e.Facts, e.Subject = facts, series
	return e
}

// pass is through for a use that is kept from the person: their gate is held at
// the version that was decided on, and the number is one of the series.
func (s *series) pass(v *Vault, tx *db.Tx, p *Permit, event func(n int64) *audit.Event) error {
	if err := holdGate(tx, p.granted.Subject(), p.granted.Version()); err != nil {
		return err
	}
	n, err := passGate(tx, s.id, s.gate.version)
	if err != nil {
		return err
	}
	box, err := v.boxes.open(s.id, Evidence, s.gate.evidence)
	if err != nil {
		return err
	}
	return v.log.Append(tx, audit.Line{Box: box, Event: aside(event(n), s.id)})
}

// Shown ends a series: whoever decided to use it decides again, and nothing more
// is to be written into it. Whoever calls it has Config.Deferred name it no more
// in the same transaction.
func (v *Vault) Shown(tx *db.Tx, series string) error { return v.Bump(tx, series) }

// Reveal shows a person what stands in a series that was ended, behind an event's
// number, limit at the most: each becomes an event of theirs with their next
// number, which names the original's leaf. It returns the number of the last; 0
// when none was left, and then nobody uses the series any more. Whose gate is
// closed is shown nothing.
func (v *Vault) Reveal(tx *db.Tx, subject, series string, facts audit.Facts, behind int64, limit int) (last int64, err error) {
	g, err := selectGate(tx, subject)
	if err != nil {
		return 0, fmt.Errorf("read a gate: %w", err)
	}
	// Both gates first, the person's before the series': behind them nothing is
	// written into the series that this does not see.
	if err := errors.Join(holdGate(tx, subject, g.version), v.Bump(tx, series)); err != nil {
		return 0, err
	}
	all, err := v.log.Deferred(tx, series, behind, limit)
	if err != nil {
		return 0, fmt.Errorf("read a series: %w", err)
	}
	if len(all) == 0 {
		return 0, v.Close(tx, series)
	}
	events := make([]audit.Event, 0, len(all))
	for i := range all {
		was := &all[i].Event
		if was.Facts[audit.FactPerson] != subject {
			return 0, errors.New("a series holds an event about somebody else")
		}
		e := *was
		e.Subject, e.Kind, e.At, e.N = subject, audit.KindRevealed, 0, 0
		e.Facts = audit.Facts{}
		if because := was.Facts[factBecause]; because != "" {
			e.Facts[factBecause] = because
		}
		maps.Copy(e.Facts, facts)
		maps.Copy(e.Facts, audit.Facts{
			audit.FactHappened: strconv.FormatInt(was.At, 10), audit.FactWas: was.Kind, audit.FactLeaf: hex.EncodeToString(all[i].Leaf[:]),
			audit.FactSeries: series, audit.FactNumber: strconv.FormatInt(was.N, 10),
		})
		events, last = append(events, e), was.N
	}
	if !g.erased {
		err = v.Append(tx, events...)
	}
	return last, err
}
