package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pquerna/otp"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/identity/factor"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
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

// prove checks the password of somebody who is signed in.
func (s *Service) prove(ctx context.Context, me *web.Session, password string, from From) (seasoned time.Time, err error) {
	if !s.throttle.Take(s.limits.Network, "sign-in network", from.Network) ||
		!s.throttle.Take(s.limits.Pair, "prove", me.Subject) {
		return time.Time{}, errTooMany
	}
	var hash string
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		hash, seasoned, err = s.Proofs.Password(tx, me.Subject)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("check a password: %w", err)
	}
	right, err := s.hasher.Verify(ctx, hash, password)
	if err != nil {
		return time.Time{}, fmt.Errorf("check a password: %w", err)
	}
	if !right {
		if err := s.failed(ctx, account{Subject: me.Subject, Realm: me.Realm, State: Open}, "current-password"); !errors.Is(err, ErrWrong) {
			return time.Time{}, err
		}
		return time.Time{}, fault.Input(fault.Field{Name: "current", Code: "identity.current.wrong"})
	}
	s.throttle.Give("sign-in network", from.Network)
	s.throttle.Give("prove", me.Subject)
	return seasoned, nil
}

// ChangePassword replaces the password, ends every other session, gives this
// one a new token, and tells the holder. Who proved with a passkey or a login just
// now may have forgotten the password that is in force, or have none.
func (s *Service) ChangePassword(ctx context.Context, me *web.Session, current, password, lang string, from From) (Entry, error) {
	if me.SteppedBy != MeansPasskey && me.SteppedBy != MeansLogin {
		if _, err := s.prove(ctx, me, current, from); err != nil {
			return Entry{}, err
		}
	}
	c, err := s.contact(ctx, me.Subject)
	if err != nil {
		return Entry{}, fmt.Errorf("change a password: %w", err)
	}
	if err := s.CheckPassword(password, c.Value); err != nil {
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
		if err := s.Proofs.SetPassword(tx, me.Subject, hash, me.Seasoned); err != nil {
			return err
		}
		e, err = s.changed(tx, me, "password-changed", "password", lang, "")
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("change a password: %w", err)
	}
	return e, nil
}

// changed ends what a change of how one signs in ends: an event, a notice to
// every channel, the end of every other session, and another token for this
// one. Means, if any, are what the change itself proved.
func (s *Service) changed(tx *db.Tx, me *web.Session, reason, notice, lang, means string) (Entry, error) {
	if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, reason, nil); err != nil {
		return Entry{}, err
	}
	if err := s.notify(tx, me.Subject, notice, lang); err != nil {
		return Entry{}, err
	}
	if _, err := endSessions(tx, me.Subject, me.ID, s.Clock.Now()); err != nil {
		return Entry{}, err
	}
	return s.rotate(tx, me, Proved{Means: means})
}

// rotate gives a session another token. What was proved just now, if anything,
// is kept with it: two factors make it a strong one.
func (s *Service) rotate(tx *db.Tx, me *web.Session, p Proved) (Entry, error) {
	row, err := selectSessionByID(tx, me.Subject, me.ID)
	if err != nil {
		return Entry{}, err
	}
	if p.Means != "" {
		row.Stepped, row.SteppedBy = s.Clock.Now(), p.Means
		if strong(p.Means) {
			row.Means = p.Means
		}
	}
	if !p.Seasoned.IsZero() {
		row.Seasoned = earliest(row.Seasoned, p.Seasoned)
	}
	token := id.Token()
	if ok, err := rotateSession(tx, row, hashToken(token)); err != nil || !ok {
		return Entry{}, errors.Join(err, ErrSignIn)
	}
	return Entry{Token: token}, nil
}

// Has says by what an account can be proved.
func (s *Service) Has(ctx context.Context, subject string) (h factor.Has, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		h, err = s.Proofs.Has(tx, subject)
		return err
	})
	return h, err
}

// NewSecond begins an app for somebody who proved just now who they are.
func (s *Service) NewSecond(ctx context.Context, me *web.Session) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.Proofs.NewApp(tx, me.Subject) })
	if err != nil {
		return fmt.Errorf("begin a second factor: %w", err)
	}
	return nil
}

// SecondKey is the key that waits to be confirmed. The app shows it under the
// portal's name and what the holder calls the account.
func (s *Service) SecondKey(ctx context.Context, subject, label string) (*otp.Key, error) {
	var key string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		key, err = s.Proofs.AppKey(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the key of a second factor: %w", err)
	}
	if key == "" {
		return nil, factor.ErrNoKey()
	}
	return credential.KeyOf(s.Portal().Name.In("en"), label, key)
}

// ConfirmSecond takes the first code of a new app. From then on it is asked at
// every sign-in; other sessions end.
func (s *Service) ConfirmSecond(ctx context.Context, me *web.Session, code, lang string, from From) (Entry, error) {
	if !s.throttle.Take(s.limits.Typed, "code network", from.Network) {
		return Entry{}, errTooMany
	}
	var e Entry
	var wrong bool
	err := s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if wrong, err = s.adopt(tx, me.Realm, me.Subject, code, s.Clock.Now().Add(Season)); err != nil || wrong {
			return err
		}
		e, err = s.changed(tx, me, "second-factor-added", "second", lang, MeansSecond)
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

// adopt makes the new key the account's app if the code is right for it.
func (s *Service) adopt(tx *db.Tx, realm, subject, code string, seasoned time.Time) (wrong bool, err error) {
	right, err := s.Proofs.AdoptApp(tx, subject, code, seasoned)
	return !right, err
}

// RemoveSecond takes the app away. Officials keep two factors: theirs is
// replaced, unless they have a passkey.
func (s *Service) RemoveSecond(ctx context.Context, me *web.Session, lang string) (Entry, error) {
	return s.remove(ctx, me, lang, "second-factor-removed", "second-removed", func(tx *db.Tx) (bool, error) {
		return s.Proofs.RemoveApp(tx, me.Subject)
	})
}

// RemovePasskey takes a passkey away. It need not be at hand.
func (s *Service) RemovePasskey(ctx context.Context, me *web.Session, passkey, lang string) (Entry, error) {
	return s.remove(ctx, me, lang, "passkey-removed", "passkey-removed", func(tx *db.Tx) (bool, error) {
		return s.Proofs.RemovePasskey(tx, me.Subject, passkey)
	})
}

func (s *Service) remove(ctx context.Context, me *web.Session, lang, reason, notice string, take func(*db.Tx) (bool, error)) (e Entry, err error) {
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		gone, err := take(tx)
		if err != nil {
			return err
		}
		if !gone {
			return factor.ErrNoKey()
		}
		has, err := s.Proofs.Has(tx, me.Subject)
		if err != nil {
			return err
		}
		if me.Realm == web.RealmStaff && !s.Demo && !has.Second() {
			return fault.New(fault.Denied, "identity.second.staff")
		}
		e, err = s.changed(tx, me, reason, notice, lang, "")
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("remove a factor: %w", err)
	}
	return e, nil
}

// AddPasskey keeps a passkey that the browser made for this session.
func (s *Service) AddPasskey(ctx context.Context, me *web.Session, name string, response []byte, lang string) (e Entry, err error) {
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.Proofs.AddPasskey(tx, Self(me), me.ID, name, response, s.Clock.Now().Add(Season)); err != nil {
			return err
		}
		e, err = s.changed(tx, me, "passkey-added", "passkey", lang, "")
		return err
	})
	if errors.Is(err, factor.ErrPasskey()) {
		return Entry{}, fault.Input(fault.Field{Name: "passkey", Code: factor.ErrPasskey().Code})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("add a passkey: %w", err)
	}
	return e, nil
}

// NewCodes makes a set of recovery codes, to be shown once.
func (s *Service) NewCodes(ctx context.Context, me *web.Session, lang string) (codes []string, err error) {
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if codes, err = s.Proofs.NewCodes(tx, me.Subject, s.Clock.Now().Add(Season)); err != nil {
			return err
		}
		if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, "recovery-codes-made", nil); err != nil {
			return err
		}
		return s.notify(tx, me.Subject, "codes", lang)
	})
	if err != nil {
		return nil, fmt.Errorf("make recovery codes: %w", err)
	}
	return codes, nil
}

// Again is what somebody shows to prove again who they are: one of these.
type Again struct {
	Password string
	Code     string // of the app
	Passkey  []byte // what the browser answers
}

// StepUp takes a new proof from somebody who is signed in: of a second factor
// if the account has one, else the password. The session gets another token.
func (s *Service) StepUp(ctx context.Context, me *web.Session, a Again, from From) (Entry, error) {
	has, err := s.Has(ctx, me.Subject)
	if err != nil {
		return Entry{}, fmt.Errorf("step up: %w", err)
	}
	p := Proved{Means: MeansPassword}
	if !has.Second() {
		if p.Seasoned, err = s.prove(ctx, me, a.Password, from); err != nil {
			return Entry{}, err
		}
	} else if !s.throttle.Take(s.limits.Typed, "code network", from.Network) || !s.throttle.Take(s.limits.Second, "second account", me.Subject) {
		return Entry{}, errTooMany
	}
	var e Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		switch {
		case !has.Second():
		case a.Passkey != nil:
			p, err = s.provePasskey(tx, me, a.Passkey)
		default:
			p, err = s.proveApp(tx, me.Subject, a.Code)
		}
		if err != nil || p.Means == "" {
			return err
		}
		if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, "stepped-up-by-"+p.Means, nil); err != nil {
			return err
		}
		e, err = s.rotate(tx, me, p)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("step up: %w", err)
	}
	if p.Means == "" {
		if err := s.failed(ctx, account{Subject: me.Subject, Realm: me.Realm, State: Open}, "step-up"); !errors.Is(err, ErrWrong) {
			return Entry{}, err
		}
		if a.Passkey != nil {
			return Entry{}, fault.Input(fault.Field{Name: "passkey", Code: factor.ErrPasskey().Code})
		}
		return Entry{}, fault.Input(fault.Field{Name: "code", Code: "identity.code.wrong"})
	}
	if has.Second() {
		s.throttle.Give("code network", from.Network)
		s.throttle.Give("second account", me.Subject)
	}
	return e, nil
}

func (s *Service) proveApp(tx *db.Tx, subject, code string) (Proved, error) {
	right, seasoned, err := s.Proofs.UseApp(tx, subject, code)
	if err != nil || !right {
		return Proved{}, err
	}
	return Proved{MeansSecond, seasoned}, nil
}

// provePasskey takes only a passkey of whoever is signed in.
func (s *Service) provePasskey(tx *db.Tx, me *web.Session, response []byte) (Proved, error) {
	p, err := s.Proofs.Prove(tx, factor.ForStepUp, me.ID, response)
	if errors.Is(err, factor.ErrPasskey()) || err == nil && p.Subject != me.Subject {
		return Proved{}, nil
	}
	if err != nil {
		return Proved{}, err
	}
	return Proved{MeansPasskey, p.Seasoned}, nil
}

// Self is whoever is signed in, as the user of their own data.
func Self(me *web.Session) policy.Actor { return self(me.Realm, me.Subject, me.Strong) }
