package identity

import (
	"context"
	"errors"
	"fmt"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// What package recovery needs of accounts.

// FindPerson is the person whose open account has a channel; empty if there is
// none.
func (s *Service) FindPerson(tx *db.Tx, c credential.Contact) (subject string, err error) {
	a, err := s.find(tx, c)
	if err != nil || a.State != Open || a.Realm != web.RealmPerson {
		return "", err
	}
	return a.Subject, nil
}

// OpenPerson reports whether a subject is a person with an open account.
func (s *Service) OpenPerson(tx *db.Tx, subject string) (bool, error) {
	a, err := selectAccount(tx, subject)
	return a.State == Open && a.Realm == web.RealmPerson, err
}

// HasAccount reports whether a subject has an account, in whatever state.
func (s *Service) HasAccount(tx *db.Tx, subject string) (bool, error) {
	a, err := selectAccount(tx, subject)
	return a.Subject != "", err
}

// WriteTo sends a message to one channel of an account.
func (s *Service) WriteTo(ctx context.Context, subject, channel, lang, messageID, key string, args ...any) error {
	return s.writeTo(ctx, account{Subject: subject}, channel, lang, messageID, key, args...)
}

// Recover gives a person another password, ends every session, tells every
// channel and signs them in. Without means they proved nothing but a channel,
// and waited: what else proved the account was lost, so it goes, and for a
// season the account authorises nothing that a thief would want.
func (s *Service) Recover(tx *db.Tx, subject, hash string, p Proved, lang string, from From) (e Entry, err error) {
	open, err := s.OpenPerson(tx, subject)
	if err != nil || !open {
		return Entry{}, errors.Join(err, ErrSignIn)
	}
	if p.Means == "" {
		p = Proved{MeansRecoveredWaited, s.Clock.Now().Add(Season)}
		if err := s.Proofs.Clear(tx, subject, false); err != nil {
			return Entry{}, err
		}
		if err := seasonAccount(tx, subject, p.Seasoned, s.Clock.Now()); err != nil {
			return Entry{}, fmt.Errorf("recover an account: %w", err)
		}
	}
	if err := s.Proofs.SetPassword(tx, subject, hash, p.Seasoned); err != nil {
		return Entry{}, err
	}
	if _, err := s.EndSessions(tx, subject, ""); err != nil {
		return Entry{}, err
	}
	if err := s.note(tx, audit.KindAccount, web.RealmPerson, subject, "password-recovered", nil); err != nil {
		return Entry{}, err
	}
	if err := s.notify(tx, subject, "recovered", lang); err != nil {
		return Entry{}, err
	}
	e.Token, err = s.enter(tx, entering{subject, web.RealmPerson, stageFull, p.Means, from.Browser, p.Seasoned})
	return e, err
}
