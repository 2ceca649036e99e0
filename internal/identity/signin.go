package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/identity/factor"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
)

// ErrWrong is the one answer to a sign-in that fails, whatever the cause.
var ErrWrong = fault.New(fault.Invalid, "identity.sign-in.wrong")

// find returns the account that signs in with a contact; one that does not
// exist has no state.
func (s *Service) find(tx *db.Tx, c credential.Contact) (account, error) {
	subject, err := s.Vault.Find(tx, c.Field, c.Value)
	if fault.KindOf(err) == fault.NotFound {
		return account{}, nil
	}
	if err != nil {
		return account{}, fmt.Errorf("find an account: %w", err)
	}
	return selectAccount(tx, subject)
}

// SignIn checks a contact and a password. Whether the account exists, is open,
// or the password is wrong: the answer is the same, and so is the work, one
// look-up, one hash and one durable write.
func (s *Service) SignIn(ctx context.Context, realm string, c credential.Contact, password string, from From) (Entry, error) {
	who := c.Field + " " + c.Value
	if !s.throttle.Take(s.limits.Network, "sign-in network", from.Network) ||
		!s.throttle.Take(s.limits.Pair, "sign-in pair", who+" "+from.Network) ||
		!s.throttle.Take(s.limits.Account, "sign-in account", who) {
		return Entry{}, errGuessed
	}
	var a account
	var hash string
	var seasoned time.Time
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		hash = ""
		if a, err = s.find(tx, c); err != nil || a.State == "" {
			return err
		}
		hash, seasoned, err = s.Proofs.Password(tx, a.Subject)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	right, err := s.hasher.Verify(ctx, hash, password)
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	if !right || a.State != Open || a.Realm != realm {
		return Entry{}, s.failed(ctx, a, "password")
	}
	s.throttle.Give("sign-in network", from.Network)
	s.throttle.Give("sign-in pair", who+" "+from.Network)
	s.throttle.Give("sign-in account", who)
	var e Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		e = Entry{}
		has, err := s.Proofs.Has(tx, a.Subject)
		if err != nil {
			return err
		}
		st := stageFull
		switch {
		case has.Second():
			st, e.Second = stageSecond, true
		case realm == web.RealmStaff && !s.Demo:
			st, e.Enrol = stageEnrol, true
		}
		if now, err := selectAccount(tx, a.Subject); err != nil || now.State != Open {
			return errors.Join(err, ErrWrong)
		}
		e.Token, err = s.enter(tx, entering{a.Subject, realm, st, MeansPassword, from.Browser, seasoned})
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	return e, nil
}

// failed records a sign-in that failed, if there is an account to tell of it,
// and counts it in any case.
func (s *Service) failed(ctx context.Context, a account, means string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := countFailure(tx, s.Clock.Now()); err != nil || a.State == "" {
			return err
		}
		return s.note(tx, audit.KindSignInFailed, a.Realm, a.Subject, means, nil)
	})
	if err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return ErrWrong
}

// Second takes the code of the app, or a recovery code, from a browser that
// gave the right password. The session gets another id. Tries are counted by
// account too: a right password costs nothing, so whoever has one could begin
// anew for ever, from ever new networks.
func (s *Service) Second(ctx context.Context, realm, token, code string, from From) (Entry, error) {
	if !s.throttle.Take(s.limits.Typed, "code network", from.Network) {
		return Entry{}, errTooMany
	}
	var row session
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		row, err = s.way(tx, token, realm, stageSecond)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("second factor: %w", err)
	}
	if !s.throttle.Take(s.limits.Second, "second account", row.Subject) {
		return Entry{}, errTooMany
	}
	var e Entry
	var p Proved
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		e = Entry{}
		if row, err = s.way(tx, token, realm, stageSecond); err != nil {
			return err
		}
		if ok, err := trySession(tx, row, s.Clock.Now()); err != nil || !ok {
			return errors.Join(err, ErrSignIn)
		}
		if p, err = s.ProveFactor(tx, realm, row.Subject, code); err != nil || p.Means == "" {
			return err // the try is counted
		}
		if a, err := selectAccount(tx, row.Subject); err != nil || a.State != Open {
			return errors.Join(err, ErrSignIn)
		}
		if _, err := endSession(tx, row.Subject, row.ID, s.Clock.Now()); err != nil {
			return err
		}
		e.Token, err = s.enter(tx, entering{row.Subject, realm, stageFull, p.Means, from.Browser, earliest(row.Seasoned, p.Seasoned)})
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("second factor: %w", err)
	}
	if p.Means == "" {
		if err := s.failed(ctx, account{Subject: row.Subject, Realm: realm, State: Open}, "code"); !errors.Is(err, ErrWrong) {
			return Entry{}, err
		}
		return Entry{}, fault.Input(fault.Field{Name: "code", Code: "identity.code.wrong"})
	}
	s.throttle.Give("code network", from.Network)
	s.throttle.Give("second account", row.Subject)
	return e, nil
}

// Proved is what a second factor proved. Without means it proved nothing.
type Proved struct {
	Means    string
	Seasoned time.Time
}

// ProveFactor uses a code of the app or a recovery code up. A recovery code
// that opens is an event, and its holder is told how many are left.
func (s *Service) ProveFactor(tx *db.Tx, realm, subject, code string) (Proved, error) {
	right, seasoned, err := s.Proofs.UseApp(tx, subject, code)
	if err != nil {
		return Proved{}, fmt.Errorf("check a code: %w", err)
	}
	if right {
		return Proved{MeansSecond, seasoned}, nil
	}
	if right, seasoned, err = s.Proofs.UseCode(tx, subject, code); err != nil || !right {
		return Proved{}, err
	}
	return Proved{MeansRecovery, seasoned}, s.note(tx, audit.KindAccount, realm, subject, "recovery-code-used", nil)
}

// SignInPasskey signs in whoever holds a passkey of an open account of the
// realm: it is two factors in one, so nothing else is asked.
func (s *Service) SignInPasskey(ctx context.Context, realm string, response []byte, from From) (Entry, error) {
	if !s.throttle.Take(s.limits.Network, "sign-in network", from.Network) {
		return Entry{}, errTooMany
	}
	var e Entry
	var a account
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		e, a = Entry{}, account{}
		p, wrong := s.Proofs.Prove(tx, factor.ForSignIn, "", response)
		if wrong != nil && !errors.Is(wrong, factor.ErrPasskey()) {
			return wrong
		}
		var err error
		if a, err = selectAccount(tx, p.Subject); err != nil {
			return err
		}
		if wrong != nil || a.State != Open || a.Realm != realm {
			return factor.ErrPasskey()
		}
		e.Token, err = s.enter(tx, entering{a.Subject, realm, stageFull, MeansPasskey, from.Browser, p.Seasoned})
		return err
	})
	if errors.Is(err, factor.ErrPasskey()) {
		if err := s.failed(ctx, a, "passkey"); !errors.Is(err, ErrWrong) {
			return Entry{}, err
		}
		return Entry{}, fault.Input(fault.Field{Name: "passkey", Code: factor.ErrPasskey().Code})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("sign in with a passkey: %w", err)
	}
	s.throttle.Give("sign-in network", from.Network)
	return e, nil
}

// SignOut ends a session. One that is unknown or over is none of our business.
func (s *Service) SignOut(ctx context.Context, realm, token string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, realm, stageFull, stageSecond, stageEnrol, stageRegister)
		if errors.Is(err, ErrSignIn) {
			return nil
		}
		if err != nil {
			return err
		}
		ended, err := endSession(tx, row.Subject, row.ID, s.Clock.Now())
		if err != nil || !ended || row.Stage != stageFull {
			return err
		}
		return s.note(tx, audit.KindSignOut, realm, row.Subject, "sign-out", audit.Facts{"session": row.ID})
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}
