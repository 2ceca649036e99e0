package handover

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// What the ledger has of a hand-over begins with this: a restore neither brings
// back as ours what somebody else has by now, nor has it sent again unsaid.
const refHanded = "handover"

// The acts of a package. Given names each thing in it, before the file is
// whole; the others are about the package.
const (
	actGiven     = "given"     // a thing, with its party, who made the package, when its download began, and the thing's time
	actLeftOut   = "left-out"  // a thing that was to be in it
	actWhole     = "whole"     // somebody has the file, with this sum
	actTaken     = "taken"     // the party has it, by its own reference
	actWithdrawn = "withdrawn" // it does not
)

// took records an act of a package in the ledger.
func (s *Service) took(tx *db.Tx, subject, pkg, act string, more ...string) error {
	return s.Vault.Took(tx, ledger.Revoke, subject, strings.Join(append([]string{refHanded, act, pkg}, more...), ":"))
}

// leave records that the things of a package leave with it.
func (s *Service) leave(tx *db.Tx, p *Package) error {
	for last := (thing{}); ; {
		list, err := selectThings(tx, p.ID, last, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			last = t
			if err := s.took(tx, t.subject, p.ID, actGiven, p.Party, p.MadeBy, moment(p.Opened), moment(t.since), t.kind, t.item); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// leaveOut takes a thing out of a package that is being downloaded.
func (s *Service) leaveOut(tx *db.Tx, t thing) error {
	if err := leaveOut(tx, t); err != nil {
		return err
	}
	return s.took(tx, t.subject, t.pkg, actLeftOut, t.kind, t.item)
}

// moment is a time as an act has it.
func moment(t time.Time) string { return strconv.FormatInt(clock.Micros(t), 36) }

// Replay writes into a store that was restored which packages left since, with
// what is in them, and what became of them: what a party had taken over, and is
// here again, is disposed of, so that it is known who has it. It reports whether
// the act is one of this package.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	ref := strings.SplitN(a.Ref, ":", 9)
	if a.Kind != ledger.Revoke || ref[0] != refHanded || len(ref) < 3 {
		return false, nil
	}
	if err := s.replay(tx, a, ref[1], ref[2], ref[3:]); err != nil {
		return true, fmt.Errorf("hand over again: %w", err)
	}
	return true, nil
}

func (s *Service) replay(tx *db.Tx, a ledger.Act, act, pkg string, more []string) error {
	switch {
	case act == actGiven && len(more) == 6:
		opened, err := strconv.ParseInt(more[2], 36, 64)
		if err != nil {
			return err
		}
		since, err := strconv.ParseInt(more[3], 36, 64)
		if err != nil {
			return err
		}
		p := &Package{ID: pkg, Party: more[0], MadeBy: more[1], Opened: clock.FromMicros(opened)}
		return replayGiven(tx, p, thing{pkg, a.Subject, more[4], more[5], clock.FromMicros(since)})
	case act == actLeftOut && len(more) == 2:
		return leaveOut(tx, thing{pkg: pkg, subject: a.Subject, kind: more[0], item: more[1]})
	case act == actWhole && len(more) == 1:
		return finishPackage(tx, pkg, more[0])
	case act == actTaken && len(more) == 2:
		if _, err := acknowledge(tx, pkg, more[0], more[1], a.At); err != nil {
			return err
		}
		return s.disposeAll(tx, pkg)
	case act == actWithdrawn:
		_, err := withdraw(tx, pkg)
		return err
	}
	return fmt.Errorf("%q tells of no package", a.Ref)
}

// disposeAll disposes of the things of a package.
func (s *Service) disposeAll(tx *db.Tx, pkg string) error {
	p, err := selectPackage(tx, pkg)
	if err != nil || p == nil {
		return err
	}
	for last := (thing{}); ; {
		list, err := selectThings(tx, pkg, last, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			last = t
			if err := s.disposeOne(tx, p, t); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// portal is whom the acts of a package as a whole concern.
const portal = audit.System
