package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/vault"
)

// The states of a closing.
const (
	closingWaiting  = "waiting"  // signing in opens the cabinet again
	closingReopened = "reopened" // it did
	closingDone     = "closed"   // too late
)

// closing is a cabinet that its owner closes.
type closing struct {
	Subject string
	ID      string
	State   string
	Asked   time.Time
	Until   time.Time
}

// The jobs of a closing. Their payloads hold ids and a language.
const (
	jobClosing = "account.closing"
	jobClose   = "account.close"
)

// Until is until when a cabinet that is closed now can be opened again.
func (s *Service) Until() time.Time { return s.until(s.Clock.Now()) }

// until is when the grace has passed of the rule by which accounts are kept,
// counted as the daily run counts it: from the time that the person asked.
func (s *Service) until(asked time.Time) time.Time {
	if rule, _ := s.Policy().RuleOf(holdings.Account, "", ""); rule.Grace != "" {
		if t, err := rule.Grace.After(asked.In(s.Zone())); err == nil {
			return t.UTC()
		}
	}
	return asked
}

// Close closes somebody's cabinet: every session ends, and for the declared
// grace signing in opens it again. Every channel is told.
func (s *Service) Close(ctx context.Context, subject, lang string) (until time.Time, err error) {
	now := s.Clock.Now()
	until = s.until(now)
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if state, err := s.Identity.State(tx, web.RealmPerson, subject); err != nil || state != identity.Open {
			return errors.Join(err, errRaced)
		}
		if err := s.note(tx, subject, "cabinet-closing"); err != nil {
			return err
		}
		c := closing{Subject: subject, ID: id.New(now), State: closingWaiting, Asked: now, Until: until}
		if waiting, err := selectClosing(tx, subject); err != nil || waiting.ID != "" {
			return errors.Join(err, errRaced)
		}
		if err := insertClosing(tx, c); err != nil {
			return err
		}
		if err := s.Vault.Took(tx, ledger.Revoke, subject, refClosing+c.ID); err != nil {
			return err
		}
		if _, err := s.Identity.EndSessions(tx, subject, ""); err != nil {
			return err
		}
		channels, err := s.Identity.Channels(tx, subject)
		if err != nil {
			return err
		}
		for _, ch := range channels {
			if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobClosing, Payload: map[string]string{
				"subject": subject, "closing": c.ID, "field": ch.Field, "language": lang,
			}}); err != nil {
				return err
			}
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobClose, Key: c.ID, At: until, Payload: map[string]string{"subject": subject, "closing": c.ID}})
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("close a cabinet: %w", err)
	}
	return until, nil
}

// sendClosing tells a channel that the cabinet was closed, and until when
// signing in opens it again.
func (s *Service) sendClosing(ctx context.Context, job *jobs.Job) error {
	var c closing
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = selectClosing(tx, job.Get("subject"))
		return err
	}); err != nil {
		return fmt.Errorf("tell of a closing: %w", err)
	}
	if c.ID != job.Get("closing") {
		return nil // reopened meanwhile
	}
	to, err := s.contact(ctx, c.Subject, vault.Profile, job.Get("field"))
	if err != nil {
		return fmt.Errorf("tell of a closing: %w", err)
	}
	return s.Identity.Deliver(ctx, to, job.Get("language"), job.ID, "account.message.closing", "date", c.Until)
}

// close closes a cabinet for good whose grace has passed: from then on signing
// in says what it says of an account that never was, and the next daily run
// disposes of the account, if the policy has no period for it besides the grace.
func (s *Service) close(ctx context.Context, job *jobs.Job) error {
	subject := job.Get("subject")
	var c closing
	var channels []identity.Channel
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if c, err = selectClosing(tx, subject); err != nil {
			return err
		}
		channels, err = s.Identity.Channels(tx, subject)
		return err
	}); err != nil {
		return fmt.Errorf("close a cabinet: %w", err)
	}
	if c.ID != job.Get("closing") {
		return nil
	}
	var contacts []credential.Contact
	for _, ch := range channels {
		to, err := s.contact(ctx, subject, vault.Profile, ch.Field)
		if err != nil {
			return fmt.Errorf("close a cabinet: %w", err)
		}
		contacts = append(contacts, to)
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		done, err := endClosing(tx, c, closingDone, s.Clock.Now())
		if err != nil || !done {
			return err // reopened meanwhile
		}
		if err := s.Identity.Close(tx, subject, c.Asked, contacts...); err != nil {
			return err
		}
		return s.noteSystem(tx, subject, "cabinet-closed")
	})
	if err != nil && fault.KindOf(err) != fault.Conflict {
		return fmt.Errorf("close a cabinet: %w", err)
	}
	return nil
}
