package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
)

// Season is how long a new way in, or a new channel, authorises nothing that a
// thief would want first: the time in which its owner hears of it.
const Season = 72 * time.Hour

// Levels knows at which level people's identity is verified: package account is
// one. Whoever is signed in has a confirmed channel at the least.
type Levels interface {
	Proved(tx *db.Tx, subject string) (web.Level, error)
}

// SetLevels says who knows the levels.
func (s *Service) SetLevels(l Levels) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.levels = l
}

func (s *Service) levelOf(tx *db.Tx, subject string) (web.Level, error) {
	s.mu.RLock()
	l := s.levels
	s.mu.RUnlock()
	if l == nil {
		return web.LevelConfirmed, nil
	}
	level, err := l.Proved(tx, subject)
	return max(level, web.LevelConfirmed), err
}

// Channels are the confirmed contacts of an account, the oldest first.
func (s *Service) Channels(tx *db.Tx, subject string) ([]Channel, error) {
	list, err := selectChannels(tx, subject)
	if err != nil {
		return nil, fmt.Errorf("list the channels of an account: %w", err)
	}
	return list, nil
}

// AddChannel makes a contact that was confirmed by its code a channel of an
// account: notices go to it, and it can be signed in with. It is a Conflict if
// somebody else has it. The sealed value, the event and the notice to the
// channels from before are the caller's.
func (s *Service) AddChannel(tx *db.Tx, subject string, c credential.Contact) error {
	now := s.Clock.Now()
	return s.addChannel(tx, subject, c, now.Add(Season))
}

func (s *Service) addChannel(tx *db.Tx, subject string, c credential.Contact, seasoned time.Time) error {
	if err := s.Vault.Index(tx, c.Field, subject, c.Value); err != nil {
		return err
	}
	if err := putChannel(tx, subject, Channel{c.Field, s.Clock.Now(), seasoned}); err != nil {
		return fmt.Errorf("add a channel: %w", err)
	}
	return nil
}

// ReplaceChannel puts a confirmed contact in the place of another of the same
// field.
func (s *Service) ReplaceChannel(tx *db.Tx, subject string, old, c credential.Contact) error {
	if old.Field != c.Field {
		return fmt.Errorf("a channel %s cannot replace %s", c.Field, old.Field)
	}
	if err := s.Vault.Unindex(tx, old.Field, subject, old.Value); err != nil {
		return err
	}
	if err := s.Vault.Took(tx, ledger.Revoke, subject, refChannel+old.Field); err != nil {
		return err
	}
	return s.AddChannel(tx, subject, c)
}

// ErrLastChannel says that an account must keep a channel.
var ErrLastChannel = fault.New(fault.Conflict, "identity.channel.last")

// RemoveChannel takes a channel away; the last one stays.
func (s *Service) RemoveChannel(tx *db.Tx, subject string, c credential.Contact) error {
	if err := s.Vault.Unindex(tx, c.Field, subject, c.Value); err != nil {
		return err
	}
	gone, err := deleteChannel(tx, subject, c.Field)
	if err != nil || !gone {
		return errors.Join(err, fault.New(fault.NotFound, "identity.contact.none"))
	}
	rest, err := selectChannels(tx, subject)
	if err != nil {
		return fmt.Errorf("remove a channel: %w", err)
	}
	if len(rest) == 0 {
		return ErrLastChannel
	}
	if err := s.Vault.Took(tx, ledger.Revoke, subject, refChannel+c.Field); err != nil {
		return err
	}
	return setContact(tx, subject, rest[0].Field, s.Clock.Now())
}

// Notify has every channel of an account told of something: key is the
// beginning of the message's catalogue keys (.subject, .text, .sms), of any
// package. Each channel is a job of its own, so that one that fails is tried
// again alone.
func (s *Service) Notify(tx *db.Tx, subject, key, lang string) error {
	list, err := selectChannels(tx, subject)
	if err != nil {
		return fmt.Errorf("tell the holder of an account: %w", err)
	}
	for _, c := range list {
		err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobNotice, Payload: map[string]string{
			"subject": subject, "channel": c.Field, "key": key, "language": lang,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Deliver sends a message to a contact that a caller holds open, such as one
// that is still to be confirmed.
func (s *Service) Deliver(ctx context.Context, to credential.Contact, lang, messageID, key string, args ...any) error {
	return s.send(ctx, s.printer(lang), to, messageID, key, args...)
}

// EndSessions ends every session of somebody but one (none: empty), and what
// is on its way in. The event is the caller's.
func (s *Service) EndSessions(tx *db.Tx, subject, but string) (int64, error) {
	n, err := endSessions(tx, subject, but, s.Clock.Now())
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// Close closes the account of a person for good: its sessions end, its
// credentials go, and its channels, which the caller opened, are anybody's
// again. What is kept of it is kept from the time that the person asked; the
// event is the caller's.
func (s *Service) Close(tx *db.Tx, subject string, asked time.Time, channels ...credential.Contact) error {
	moved, err := moveAccount(tx, subject, Open, Closed, asked)
	if err != nil || !moved {
		return errors.Join(err, fault.New(fault.Conflict, "identity.state"))
	}
	if err := s.Vault.Took(tx, ledger.Revoke, subject, fmt.Sprintf("%s%s:%d", refState, Closed, clock.Micros(asked))); err != nil {
		return err
	}
	for _, c := range channels {
		if err := s.Vault.Unindex(tx, c.Field, subject, c.Value); err != nil {
			return err
		}
		if _, err := deleteChannel(tx, subject, c.Field); err != nil {
			return fmt.Errorf("close an account: %w", err)
		}
	}
	if err := s.Proofs.Clear(tx, subject, false); err != nil {
		return err
	}
	if s.login != nil {
		if err := s.login.Closed(tx, subject); err != nil {
			return err
		}
	}
	if s.Left != nil {
		if err := s.Left(tx, subject); err != nil {
			return err
		}
	}
	_, err = s.EndSessions(tx, subject, "")
	return err
}
