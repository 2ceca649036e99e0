package changes

import (
	"context"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// remembered bounds for how many people a node remembers that there is no
// message for them.
const remembered = 50_000

// Accept records that somebody went on using the portal under the version in
// force since a moment, once: who had an account before accepts it by that
// (O15), who registered under it accepted what they were shown (M28). It
// reports whether the message about it is to be shown to them.
func (s *Service) Accept(ctx context.Context, subject string, since time.Time, words string) (bool, error) {
	if s.remembers(subject, since) {
		return false, nil
	}
	var a acceptance
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		a, err = selectAcceptance(tx, subject, since)
		return err
	})
	if err == nil && !a.found {
		err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
			a, err = s.accept(tx, subject, since, words)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("record that somebody accepts the policy: %w", err)
	}
	if a.seen {
		s.remember(subject, since)
	}
	return !a.seen, nil
}

func (s *Service) accept(tx *db.Tx, subject string, since time.Time, words string) (a acceptance, err error) {
	began, err := s.People.Since(tx, subject)
	if err != nil {
		return a, err
	}
	a.seen = !began.Before(since)
	first, err := insertAcceptance(tx, subject, since, words, s.Clock.Now(), a.seen)
	if err != nil || !first {
		return a, err
	}
	reason := "policy-accepted-by-use"
	if a.seen {
		reason = "policy-accepted"
	}
	return a, s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: subject, Actor: audit.Actor{ID: subject, Kind: policy.Person.String()},
		Reason: reason, Policy: s.Live.Current().Policy.Hash(), Facts: audit.Facts{"version": words},
	})
}

// Hide puts the message away.
func (s *Service) Hide(ctx context.Context, subject string, since time.Time) error {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return seen(tx, subject, since, s.Clock.Now()) }); err != nil {
		return fmt.Errorf("put a message away: %w", err)
	}
	return nil
}

func (s *Service) remembers(subject string, since time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.accepted[subject]
	return ok && at.Equal(since)
}

func (s *Service) remember(subject string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.accepted) >= remembered {
		clear(s.accepted)
	}
	s.accepted[subject] = since
}

// Accepted counts who accepted the version in force, by registering or by using
// the portal.
func (s *Service) Accepted(ctx context.Context) (n int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error { n, err = countAccepted(tx, s.Source().Current().From); return err })
	if err != nil {
		return 0, fmt.Errorf("count who accepted the policy: %w", err)
	}
	return n, nil
}
