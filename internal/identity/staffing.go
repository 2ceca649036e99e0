package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/pquerna/otp"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// What package staff needs of accounts: it owns roles and invitations, this
// package credentials and sessions.

// StaffContact reads the address that an official signs in with.
func StaffContact(typed string) (credential.Contact, bool) {
	c, ok := credential.ParseContact(typed, "")
	if !ok || c.Field != policy.FieldEmail {
		return credential.Contact{}, false
	}
	return credential.Contact{Field: policy.FieldStaffEmail, Value: c.Value}, true
}

// AddStaff makes the account of an official who was invited. The subject and
// its sealed address are the caller's.
func (s *Service) AddStaff(tx *db.Tx, subject string, c credential.Contact) error {
	if err := insertAccount(tx, account{Subject: subject, Realm: web.RealmStaff, State: Confirmed, Contact: policy.FieldStaffEmail}, s.Clock.Now()); err != nil {
		return fmt.Errorf("make an official's account: %w", err)
	}
	return s.addChannel(tx, subject, c, s.Clock.Now())
}

// State is the state of somebody's account in a realm.
func (s *Service) State(tx *db.Tx, realm, subject string) (State, error) {
	a, err := selectAccount(tx, subject)
	if err == nil && a.Realm != realm {
		return "", nil
	}
	return a.State, err
}

// SetState takes an account to another state. Suspending and closing end every
// session at once. The event is the caller's.
func (s *Service) SetState(tx *db.Tx, subject string, from, to State) error {
	if !from.May(to) {
		return fault.New(fault.Conflict, "identity.state")
	}
	moved, err := moveAccount(tx, subject, from, to, s.Clock.Now())
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	if !moved {
		return fault.New(fault.Conflict, "identity.state")
	}
	if to == Open {
		return nil
	}
	if err := s.Vault.Took(tx, ledger.Revoke, subject, refState+string(to)); err != nil {
		return err
	}
	if _, err := endSessions(tx, subject, "", s.Clock.Now()); err != nil {
		return fmt.Errorf("end the sessions of an account: %w", err)
	}
	return nil
}

// HashPassword checks a new password against the rules and hashes it.
func (s *Service) HashPassword(ctx context.Context, password string, words ...string) (string, error) {
	if err := s.CheckPassword(password, words...); err != nil {
		return "", err
	}
	return s.hasher.Hash(ctx, password)
}

// WelcomeStaff gives an official who follows an invitation a password, and
// takes them to the second factor. All in the caller's transaction, which uses
// the invitation up.
func (s *Service) WelcomeStaff(tx *db.Tx, subject, hash string, from From) (Entry, error) {
	moved, err := moveAccount(tx, subject, Confirmed, Open, s.Clock.Now())
	if err != nil || !moved {
		return Entry{}, errors.Join(err, fault.New(fault.Conflict, "identity.state"))
	}
	if err := s.Proofs.SetPassword(tx, subject, hash, s.Clock.Now()); err != nil {
		return Entry{}, err
	}
	e := Entry{Enrol: !s.Demo}
	st := stageEnrol
	if s.Demo {
		st = stageFull
	}
	e.Token, err = s.enter(tx, entering{Subject: subject, Realm: web.RealmStaff, Stage: st, Means: MeansInvited})
	return e, err
}

// StaffLabel is what an app calls an official's account.
const StaffLabel = "staff"

// EnrolKey is the key that an official must confirm before the first sign-in
// ends. It stays the same while that browser sets it up.
func (s *Service) EnrolKey(ctx context.Context, token string) (*otp.Key, error) {
	var key string
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, web.RealmStaff, stageEnrol)
		if err != nil {
			return err
		}
		if key, err = s.Proofs.AppKey(tx, row.Subject); err != nil || key != "" {
			return err
		}
		if err := s.Proofs.NewApp(tx, row.Subject); err != nil {
			return err
		}
		key, err = s.Proofs.AppKey(tx, row.Subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("set up a second factor: %w", err)
	}
	return credential.KeyOf(s.Portal().Name.In("en"), StaffLabel, key)
}

// Enrol takes the first code of an official's second factor and signs in.
func (s *Service) Enrol(ctx context.Context, token, code string, from From) (Entry, error) {
	if !s.throttle.Take(s.limits.Typed, "code network", from.Network) {
		return Entry{}, errTooMany
	}
	var e Entry
	var wrong bool
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, web.RealmStaff, stageEnrol)
		if err != nil {
			return err
		}
		if wrong, err = s.adopt(tx, web.RealmStaff, row.Subject, code, s.Clock.Now()); err != nil || wrong {
			return err
		}
		if err := s.note(tx, audit.KindAccount, web.RealmStaff, row.Subject, "second-factor-added", nil); err != nil {
			return err
		}
		if _, err := endSession(tx, row.Subject, row.ID, s.Clock.Now()); err != nil {
			return err
		}
		e.Token, err = s.enter(tx, entering{Subject: row.Subject, Realm: web.RealmStaff, Stage: stageFull, Means: MeansSecond})
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("set up a second factor: %w", err)
	}
	if wrong {
		return Entry{}, fault.Input(fault.Field{Name: "code", Code: "identity.code.wrong"})
	}
	return e, nil
}

// ResetSecond takes what an official has besides the password away, who must
// set up an app at the next sign-in. Who may ask for it is the caller's
// business.
func (s *Service) ResetSecond(tx *db.Tx, subject string) error {
	if err := s.Proofs.Clear(tx, subject, true); err != nil {
		return err
	}
	if _, err := endSessions(tx, subject, "", s.Clock.Now()); err != nil {
		return err
	}
	return nil
}

// CreateStaff gives an official's account a password at once: a demo's
// officials come from here, by way of package staff.
func (s *Service) CreateStaff(tx *db.Tx, subject, hash string) error {
	moved, err := moveAccount(tx, subject, Confirmed, Open, s.Clock.Now())
	if err != nil || !moved {
		return errors.Join(err, fault.New(fault.Conflict, "identity.state"))
	}
	if err := s.Proofs.SetPassword(tx, subject, hash, s.Clock.Now()); err != nil {
		return err
	}
	return s.note(tx, audit.KindAccount, web.RealmStaff, subject, "registered", nil)
}
