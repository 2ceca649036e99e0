package identity

import (
	"errors"
	"time"

	"github.com/a-h/templ"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/vault"
)

// Login is another way in, by which somebody else vouches for people: package
// login is one. Where none is declared it offers nothing.
type Login interface {
	// SignIn offers to sign in by it, Again to prove by it who one is.
	SignIn(q *web.Req) templ.Component
	Again(q *web.Req) (templ.Component, error)
	// Gives is the level that it gives; the lowest where there is none.
	Gives() web.Level
	// Row says on the page of one's security whether it knows the account.
	Row(q *web.Req) (*ui.Row, error)
	// Closed forgets an account that closes.
	Closed(tx *db.Tx, subject string) error
}

// SetLogin says which login there is.
func (s *Service) SetLogin(l Login) { s.login = l }

// Login is the other way in; nil if there is none.
func (s *Service) Login() Login { return s.login }

// Vouched begins the account of somebody for whom a login vouches, with a
// contact that it confirmed and what it says of them. It is a Conflict if the
// contact is somebody else's. The account opens with OpenVouched.
func (s *Service) Vouched(tx *db.Tx, c credential.Contact, source string, values ...vault.Value) (token, subject string, err error) {
	if subject, err = s.newAccount(tx, c, Confirmed, source); err != nil {
		return "", "", err
	}
	if err := s.firstChannel(tx, subject, c); err != nil {
		return "", "", err
	}
	if err := s.put(tx, subject, values...); err != nil {
		return "", "", err
	}
	if err := s.note(tx, audit.KindAccount, web.RealmPerson, subject, "registration-begun", audit.Facts{"shown": "policy terms"}); err != nil {
		return "", "", err
	}
	token, err = s.enter(tx, entering{Subject: subject, Realm: web.RealmPerson, Stage: stageRegister, Means: MeansLogin})
	return token, subject, err
}

// Underway is whose account Vouched began that waits to be opened.
func (s *Service) Underway(tx *db.Tx, token string) (subject string, err error) {
	row, err := s.way(tx, token, web.RealmPerson, stageRegister)
	if err != nil {
		return "", err
	}
	a, err := selectAccount(tx, row.Subject)
	if err == nil && (row.Means != MeansLogin || a.State != Confirmed) {
		err = ErrSignIn
	}
	return row.Subject, err
}

// OpenVouched opens the account that Vouched began, and signs in.
func (s *Service) OpenVouched(tx *db.Tx, token string, agreed bool, from From) (Entry, error) {
	subject, err := s.Underway(tx, token)
	if err != nil {
		return Entry{}, err
	}
	if !agreed && len(s.Agree().Text) > 0 {
		return Entry{}, fault.Input(fault.Field{Name: "agreed", Code: "identity.agreed.missing"})
	}
	if err := s.agree(tx, subject); err != nil {
		return Entry{}, err
	}
	if err := s.move(tx, subject, Confirmed, Described, "details-vouched", nil); err != nil {
		return Entry{}, err
	}
	if err := s.move(tx, subject, Described, Open, "registered", nil); err != nil {
		return Entry{}, err
	}
	if err := s.endWay(tx, token); err != nil {
		return Entry{}, err
	}
	return s.EnterVouched(tx, subject, s.Clock.Now(), from)
}

// endWay ends the registration behind a token.
func (s *Service) endWay(tx *db.Tx, token string) error {
	row, err := s.way(tx, token, web.RealmPerson, stageRegister)
	if err == nil {
		_, err = endSession(tx, row.Subject, row.ID, s.Clock.Now())
	}
	return err
}

// EnterVouched signs somebody in for whom a login vouches: it is two factors,
// so nothing else is asked. Seasoned is from when on that may authorise a
// download or a consent. Who has no open account gets ErrWrong.
func (s *Service) EnterVouched(tx *db.Tx, subject string, seasoned time.Time, from From) (Entry, error) {
	a, err := selectAccount(tx, subject)
	if err != nil || a.State != Open || a.Realm != web.RealmPerson {
		return Entry{}, errors.Join(err, ErrWrong)
	}
	token, err := s.enter(tx, entering{subject, web.RealmPerson, stageFull, MeansLogin, from.Browser, seasoned})
	return Entry{Token: token}, err
}

// StepVouched takes it that a login vouched anew for whoever is signed in.
func (s *Service) StepVouched(tx *db.Tx, me *web.Session, seasoned time.Time) (Entry, error) {
	if err := s.note(tx, audit.KindAccount, me.Realm, me.Subject, "stepped-up-by-"+MeansLogin, nil); err != nil {
		return Entry{}, err
	}
	return s.rotate(tx, me, Proved{MeansLogin, seasoned})
}

// LoginChanged does what follows on connecting an account with a login, or on
// ending that: see changed.
func (s *Service) LoginChanged(tx *db.Tx, me *web.Session, connected bool, lang string) (Entry, error) {
	if connected {
		return s.changed(tx, me, "login-connected", "login", lang, "")
	}
	return s.changed(tx, me, "login-ended", "login-ended", lang, "")
}
