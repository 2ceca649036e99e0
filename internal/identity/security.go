package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Device is a session that its holder can see and end.
type Device struct {
	ID      string
	Browser string
	Signed  time.Time
	Seen    time.Time
	Here    bool // the one that asks
}

// Devices are the sessions somebody is signed in with. Each label is opened
// through the gate.
func (s *Service) Devices(ctx context.Context, me *web.Session) ([]Device, error) {
	var rows []session
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		rows, err = selectSessions(tx, me.Subject, s.Clock.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	var list []Device
	for _, row := range rows {
		d := Device{ID: row.ID, Signed: row.Created, Seen: row.Seen, Here: row.ID == me.ID}
		if me.Realm == web.RealmPerson {
			values, err := s.Vault.Read(ctx, vault.Use{
				Actor: self(me.Realm, me.Subject, me.Strong), Subject: me.Subject, Activity: policy.ActivityAccount,
				Operation: policy.Use, Scope: scopeOf(row.ID), Fields: []string{policy.FieldBrowser},
			})
			if err != nil {
				return nil, fmt.Errorf("list sessions: %w", err)
			}
			d.Browser = values.Text(policy.FieldBrowser)
		}
		list = append(list, d)
	}
	return list, nil
}

// End ends one of somebody's own sessions.
func (s *Service) End(ctx context.Context, me *web.Session, sessionID string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		ended, err := endSession(tx, me.Subject, sessionID, s.Clock.Now())
		if err != nil {
			return err
		}
		if !ended {
			return errNoSession
		}
		return s.note(tx, audit.KindSignOut, me.Realm, me.Subject, "ended-from-elsewhere", audit.Facts{"session": sessionID})
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// Moment is one line of the history of an account.
type Moment struct {
	N      int64
	At     time.Time
	Kind   string
	Reason string // means or cause, a part of a catalogue key
}

// historyPage is how many lines a page of the history has, historyScan how
// many events are looked at for them: a person's log also tells of every use
// of their data, which has a page of its own.
const (
	historyPage = 20
	historyScan = 500
)

// History are the sign-ins, failed ones, sign-outs and changes of an account
// (M25), from the log, the newest first; next is where the page after begins,
// 0 for none.
func (s *Service) History(ctx context.Context, subject string, before int64) (list []Moment, next int64, err error) {
	for scanned := 0; scanned < historyScan; {
		events, err := s.Log.Events(ctx, subject, before, 100)
		if err != nil {
			return nil, 0, fmt.Errorf("read the history of an account: %w", err)
		}
		for _, e := range events {
			if before = e.N; e.N == 1 {
				before = 0
			}
			switch e.Kind {
			case audit.KindSignIn, audit.KindSignOut, audit.KindSignInFailed, audit.KindAccount, audit.KindStaff:
				list = append(list, Moment{e.N, clock.FromMicros(e.At), e.Kind, e.Reason})
			}
			if len(list) == historyPage || before == 0 {
				return list, before, nil
			}
		}
		if len(events) == 0 {
			return list, 0, nil
		}
		scanned += len(events)
	}
	return list, before, nil
}

// prove checks the password of somebody who is signed in, before something
// that only they may do.
func (s *Service) prove(ctx context.Context, me *web.Session, password string, from From) error {
	if !s.throttle.Take(s.limits.network, "sign-in network", from.Network) ||
		!s.throttle.Take(s.limits.pair, "prove", me.Subject) {
		return errTooMany
	}
	var hash []byte
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		hash, err = s.secret(tx, me.Subject, secretPassword)
		return err
	})
	if err != nil {
		return fmt.Errorf("check a password: %w", err)
	}
	right, err := s.hasher.Verify(ctx, string(hash), password)
	if err != nil {
		return fmt.Errorf("check a password: %w", err)
	}
	if !right {
		if err := s.failed(ctx, account{Subject: me.Subject, Realm: me.Realm, State: Open}, "current-password"); !errors.Is(err, ErrWrong) {
			return err
		}
		return fault.Input(fault.Field{Name: "current", Code: "identity.current.wrong"})
	}
	s.throttle.Give("sign-in network", from.Network)
	s.throttle.Give("prove", me.Subject)
	return nil
}

// ChangePassword replaces the password, ends every other session, gives this
// one a new token, and tells the holder.
func (s *Service) ChangePassword(ctx context.Context, me *web.Session, current, password, lang string, from From) (Entry, error) {
	if err := s.prove(ctx, me, current, from); err != nil {
		return Entry{}, err
	}
	c, err := s.contact(ctx, me.Subject)
	if err != nil {
		return Entry{}, fmt.Errorf("change a password: %w", err)
	}
	if err := s.checkPassword(password, c.Value); err != nil {
		return Entry{}, err
	}
	if current == password {
		return Entry{}, fault.Input(fault.Field{Name: "password", Code: "identity.password.same"})
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return Entry{}, fmt.Errorf("change a password: %w", err)
	}
	var e Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.keepSecret(tx, me.Subject, secretPassword, []byte(hash)); err != nil {
			return err
		}
		if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, "password-changed", nil); err != nil {
			return err
		}
		if err := s.notify(tx, me.Subject, "password", lang); err != nil {
			return err
		}
		e.Token, err = s.again(tx, me, from)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("change a password: %w", err)
	}
	return e, nil
}

// again ends all sessions of somebody and begins one that is as strong as
// the one that asks.
func (s *Service) again(tx *db.Tx, me *web.Session, from From) (string, error) {
	if _, err := endSessions(tx, me.Subject, "", s.Clock.Now()); err != nil {
		return "", err
	}
	means := MeansPassword
	if me.Strong {
		means = MeansSecond
	}
	return s.enter(tx, me.Subject, me.Realm, stageFull, means, from.Browser)
}

// HasSecond reports whether an account has a second factor, and since when.
func (s *Service) HasSecond(ctx context.Context, subject string) (since time.Time, has bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		sealed, at, err := selectSecret(tx, subject, secretTOTP)
		since, has = at, sealed != nil
		return err
	})
	return since, has, err
}

// errNoKey says that a second factor must be begun anew.
var errNoKey = fault.New(fault.Conflict, "identity.second.none")

// NewSecond begins a second factor for somebody signed in, after their
// password.
func (s *Service) NewSecond(ctx context.Context, me *web.Session, current string, from From) error {
	if err := s.prove(ctx, me, current, from); err != nil {
		return err
	}
	return s.newSecond(ctx, me.Subject)
}

func (s *Service) newSecond(ctx context.Context, subject string) error {
	key := credential.NewKey()
	err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.keepSecret(tx, subject, secretTOTPNew, []byte(key)) })
	if err != nil {
		return fmt.Errorf("begin a second factor: %w", err)
	}
	return nil
}

// SecondKey is the key that waits to be confirmed. The app shows it under the
// portal's name and what the holder calls the account.
func (s *Service) SecondKey(ctx context.Context, subject, label string) (*otp.Key, error) {
	var secret []byte
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		secret, err = s.secret(tx, subject, secretTOTPNew)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the key of a second factor: %w", err)
	}
	if secret == nil {
		return nil, errNoKey
	}
	return credential.KeyOf(s.Portal().Name.In("en"), label, string(secret))
}

// ConfirmSecond takes the first code of a new second factor. From then on it
// is asked at every sign-in; other sessions end.
func (s *Service) ConfirmSecond(ctx context.Context, me *web.Session, code, lang string, from From) (Entry, error) {
	if !s.throttle.Take(s.limits.typed, "code network", from.Network) {
		return Entry{}, errTooMany
	}
	var e Entry
	var wrong bool
	err := s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if wrong, err = s.adopt(tx, me.Realm, me.Subject, code); err != nil || wrong {
			return err
		}
		if err := s.notify(tx, me.Subject, "second", lang); err != nil {
			return err
		}
		strong := *me
		strong.Strong = true
		e.Token, err = s.again(tx, &strong, from)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("confirm a second factor: %w", err)
	}
	if wrong {
		return Entry{}, fault.Input(fault.Field{Name: "code", Code: "identity.code.wrong"})
	}
	return e, nil
}

// adopt makes the new key the second factor if the code is right for it.
func (s *Service) adopt(tx *db.Tx, realm, subject, code string) (wrong bool, err error) {
	key, err := s.secret(tx, subject, secretTOTPNew)
	if err != nil {
		return false, err
	}
	if key == nil {
		return false, errNoKey
	}
	step, ok := credential.StepOf(string(key), credential.Figures(code), s.Clock.Now())
	if !ok {
		return true, nil
	}
	if err := s.keepSecret(tx, subject, secretTOTP, key); err != nil {
		return false, err
	}
	if _, err := useStep(tx, subject, secretTOTP, step); err != nil {
		return false, err
	}
	if gone, err := deleteSecret(tx, subject, secretTOTPNew); err != nil || !gone {
		return false, errors.Join(err, errNoKey)
	}
	return false, s.note(tx, audit.KindAccount, realm, subject, "second-factor-added", nil)
}

// RemoveSecond takes the second factor away, after the password. Officials
// cannot: theirs is replaced.
func (s *Service) RemoveSecond(ctx context.Context, me *web.Session, current, lang string, from From) (Entry, error) {
	if err := s.prove(ctx, me, current, from); err != nil {
		return Entry{}, err
	}
	if me.Realm == web.RealmStaff && !s.Demo {
		return Entry{}, fault.New(fault.Denied, "identity.second.staff")
	}
	var e Entry
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		gone, err := deleteSecret(tx, me.Subject, secretTOTP)
		if err != nil {
			return err
		}
		if !gone {
			return errNoKey
		}
		if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, "second-factor-removed", nil); err != nil {
			return err
		}
		if err := s.notify(tx, me.Subject, "second-removed", lang); err != nil {
			return err
		}
		weak := *me
		weak.Strong = false
		e.Token, err = s.again(tx, &weak, from)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("remove a second factor: %w", err)
	}
	return e, nil
}
