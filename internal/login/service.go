package login

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"portico/internal/account"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Identity *identity.Service
	Account  *account.Service
	Provider *Provider        // nil: no login is declared
	Declared func() *Declared // nil where none is
	Policy   func() *policy.Policy
	Clock    clock.Clock
	Address  func() string // of the portal
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	throttle *credential.Throttle
}

// New returns the service and tells identity of the login.
func New(c Config) *Service {
	s := &Service{Config: c, throttle: credential.NewThrottle(c.Clock)}
	c.Identity.SetLogin(s)
	return s
}

// index is the kind of blind index by which accounts are found, and place
// where the identifier is sealed.
const (
	index = "login"
	place = "login_link"
)

// errTooMany says that somebody leaves for the login again and again.
var errTooMany = fault.New(fault.TooMany, "identity.too-many")

// offered reports whether there is a login.
func (s *Service) offered() bool { return s.Provider != nil && s.Declared() != nil }

// party is whose login it is.
func (s *Service) party() policy.Party {
	p, _ := s.Policy().Destination(Connection)
	return p
}

// named is the identifier as the index has it: another issuer's is another.
func (s *Service) named(identifier string) string { return s.Provider.c.Issuer + "\n" + identifier }

func hash(parts ...string) []byte {
	sum := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	return sum.Sum(nil)
}

// secret is what only the browser that left can say: it follows from its cookie
// and from the state, of which the store has hashes.
func secret(what, browser, state string) string {
	return base64.RawURLEncoding.EncodeToString(hash(what, browser, state))
}

func (s *Service) trip(a attempt, browser, state string) trip {
	return trip{
		State: state, Nonce: secret("nonce", browser, state), Verifier: secret("verifier", browser, state),
		Back: s.Address() + BackPath, Lang: a.Language, Scopes: s.Declared().Scopes, Fresh: a.Purpose != toSignIn,
	}
}

// leave begins a way to the login: the address there, and what the browser
// keeps until it is back.
func (s *Service) leave(ctx context.Context, a attempt, network string) (address, browser string, err error) {
	if !s.throttle.Take(credential.Limit{Times: 100, Within: 15 * time.Minute}, "login network", network) {
		return "", "", errTooMany
	}
	browser, state := id.Token(), id.Token()
	if address, err = s.Provider.leave(ctx, s.trip(a, browser, state)); err != nil {
		return "", "", err
	}
	a.State, a.Browser, a.Begun = hash(state), hash(browser), s.Clock.Now()
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { return insertAttempt(tx, a, a.Begun) }); err != nil {
		return "", "", fmt.Errorf("leave for the login: %w", err)
	}
	return address, browser, nil
}

// answer is how the login led back.
type answer struct {
	State, Code, Error, Issuer string
	Browser                    string // from the cookie
}

// back is what came of a way to the login.
type back struct {
	attempt
	Token string // of the session that goes on; empty: the one that there was
	Open  bool   // the account waits to be opened
}

// back takes what the login says. A failure is a failure; anything else is an
// error of ours. The attempt is used up in any case.
func (s *Service) back(ctx context.Context, in answer, me *web.Session, from identity.From) (out back, err error) {
	if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		out.attempt, err = takeAttempt(tx, hash(in.State), hash(in.Browser), s.Clock.Now())
		return err
	}); err != nil {
		return out, fmt.Errorf("come back from the login: %w", err)
	}
	switch {
	case out.Purpose == "":
		return out, failure{whyGone}
	case out.Session != "" && (me == nil || me.ID != out.Session):
		return out, failure{whySession}
	case in.Issuer != "" && in.Issuer != s.Provider.c.Issuer:
		return out, errRefused
	case in.Error != "":
		return out, failure{whyCancelled}
	}
	declared := s.Declared()
	identifier, claims, err := s.Provider.redeem(ctx, in.Code, s.trip(out.attempt, in.Browser, in.State), out.Begun, slices.Collect(maps.Values(declared.Claims)))
	if err != nil {
		return out, err
	}
	said := declared.read(identifier, claims, s.Identity.ParseContact)
	switch out.Purpose {
	case toConnect:
		out.Token, err = s.connect(ctx, me, said, out.Language)
	case toStepUp:
		out.Token, err = s.stepUp(ctx, me, said)
	default:
		out.Token, out.Open, err = s.signIn(ctx, said, from)
	}
	return out, err
}

// find returns whose account is connected; nobody's is none.
func (s *Service) find(tx *db.Tx, identifier string) (subject string, l link, err error) {
	subject, err = s.Vault.Find(tx, index, s.named(identifier))
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return "", link{}, nil
	}
	if err == nil {
		l, err = selectLink(tx, subject)
	}
	return subject, l, err
}

// signIn signs in whoever is known, and begins the account of who is not.
func (s *Service) signIn(ctx context.Context, in said, from identity.From) (token string, open bool, err error) {
	var missing bool
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		token, open, missing = "", false, false
		subject, l, err := s.find(tx, in.identifier)
		if err != nil {
			return err
		}
		if subject != "" {
			e, err := s.Identity.EnterVouched(tx, subject, l.Seasoned, from)
			token = e.Token
			return err
		}
		if in.contact.Value == "" || len(s.missing(in)) > 0 {
			missing = true
			return nil
		}
		open = true
		source := "party:" + s.party().ID
		if token, subject, err = s.Identity.Vouched(tx, in.contact, source, s.Declared().values(in, source)...); err != nil {
			return err
		}
		return s.keep(tx, subject, in.identifier, link{Seasoned: s.Clock.Now()})
	})
	switch {
	case errors.Is(err, identity.ErrWrong):
		return "", false, failure{whyClosed}
	case err != nil && fault.KindOf(err) == fault.Conflict:
		return "", false, failure{whyContact}
	case err != nil:
		return "", false, fmt.Errorf("sign in by the login: %w", err)
	case missing:
		return "", false, failure{whyMissing}
	}
	return token, open, nil
}

// missing are the fields that the login should have told.
func (s *Service) missing(in said) []string {
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	return s.Declared().missing(in, number.Pattern, s.Clock.Now().In(s.Identity.Zone()))
}

// keep seals what the login calls somebody.
func (s *Service) keep(tx *db.Tx, subject, identifier string, l link) (err error) {
	if l.Sealed, err = s.Vault.SealSecret(tx, subject, place, []byte(s.named(identifier))); err != nil {
		return err
	}
	return putLink(tx, subject, l)
}

// open is what the login called the person of a link.
func (s *Service) open(tx *db.Tx, subject string, l link) (string, error) {
	name, err := s.Vault.OpenSecret(tx, subject, place, l.Sealed)
	return string(name), err
}

// waiting is whose account waits to be opened, and what the login said of them.
func (s *Service) waiting(ctx context.Context, token string) (subject string, values vault.Values, err error) {
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		subject, err = s.Identity.Underway(tx, token)
		return err
	}); err != nil {
		return "", nil, err
	}
	values, err = s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount,
		Operation: policy.Use, Scope: vault.Profile, Fields: s.told(),
	})
	return subject, values, err
}

// told are the fields that the login tells, in the order of the pages.
func (s *Service) told() (fields []string) {
	for _, f := range []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber, policy.FieldAddress, policy.FieldEmail, policy.FieldPhone} {
		if s.Declared().Claims[f] != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// openAccount opens the account that waits, connects it, and signs in.
func (s *Service) openAccount(ctx context.Context, token string, agreed bool, from identity.From) (identity.Entry, error) {
	_, values, err := s.waiting(ctx, token)
	if err != nil {
		return identity.Entry{}, err
	}
	var e identity.Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, err := s.Identity.Underway(tx, token)
		if err != nil {
			return err
		}
		l, err := selectLink(tx, subject)
		if err != nil {
			return err
		}
		if err := s.join(tx, subject, l); err != nil {
			return err
		}
		if err := s.Account.TakeVouched(tx, subject, account.Vouched{
			Level: s.Declared().Level, Party: s.party().ID, Had: values,
		}); err != nil {
			return err
		}
		e, err = s.Identity.OpenVouched(tx, token, agreed, from)
		return err
	})
	return e, err
}

// join lets an account be found by what its login calls the person.
func (s *Service) join(tx *db.Tx, subject string, l link) error {
	name, err := s.open(tx, subject, l)
	if err != nil {
		return err
	}
	if err := s.Vault.Index(tx, index, subject, name); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			err = failure{whyTaken}
		}
		return err
	}
	l.Connected = s.Clock.Now()
	return putLink(tx, subject, l)
}

// connect connects the account of whoever is signed in, who proved that anew.
func (s *Service) connect(ctx context.Context, me *web.Session, in said, lang string) (token string, err error) {
	if len(s.missing(in)) > 0 {
		return "", failure{whyMissing}
	}
	had, err := s.Account.Stated(ctx, me.Subject)
	if err != nil {
		return "", err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		holder, _, err := s.find(tx, in.identifier)
		if err != nil {
			return err
		}
		l, err := selectLink(tx, me.Subject)
		switch {
		case err != nil:
			return err
		case holder != "" && holder != me.Subject:
			return failure{whyTaken}
		case holder == "" && !l.Connected.IsZero():
			return failure{whyHas}
		}
		told := account.Vouched{
			Level: s.Declared().Level, Party: s.party().ID, Had: had, Values: s.Declared().values(in, "party:"+s.party().ID),
		}
		if holder == me.Subject { // again, for what they changed since
			if err := s.Account.TakeVouched(tx, me.Subject, told); err != nil {
				return err
			}
			e, err := s.Identity.StepVouched(tx, me, l.Seasoned)
			token = e.Token
			return err
		}
		l = link{Seasoned: s.Clock.Now().Add(identity.Season)}
		if err := s.keep(tx, me.Subject, in.identifier, l); err != nil {
			return err
		}
		if l, err = selectLink(tx, me.Subject); err != nil {
			return err
		}
		if err := s.join(tx, me.Subject, l); err != nil {
			return err
		}
		if err := s.Account.TakeVouched(tx, me.Subject, told); err != nil {
			return err
		}
		e, err := s.Identity.LoginChanged(tx, me, true, lang)
		token = e.Token
		return err
	})
	return token, err
}

// stepUp takes it that whoever is signed in proved anew who they are.
func (s *Service) stepUp(ctx context.Context, me *web.Session, in said) (token string, err error) {
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, l, err := s.find(tx, in.identifier)
		if err != nil {
			return err
		}
		if subject != me.Subject {
			return failure{whyOther}
		}
		e, err := s.Identity.StepVouched(tx, me, l.Seasoned)
		token = e.Token
		return err
	})
	return token, err
}

// errOnly says that the login is the one way in.
var errOnly = fault.New(fault.Conflict, "login.only")

// end ends the connection of an account that has another way in. A level that
// only the login gave ends with it.
func (s *Service) end(ctx context.Context, me *web.Session, lang string) (token string, err error) {
	had, err := s.Account.Details(ctx, me.Subject)
	if err != nil {
		return "", err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		has, err := s.Identity.Proofs.Has(tx, me.Subject)
		if err != nil {
			return err
		}
		if !has.Password && has.Passkeys == 0 {
			return errOnly
		}
		if err := s.forget(tx, me.Subject); err != nil {
			return err
		}
		if err := s.Account.Unvouch(tx, me.Subject, had.IdentityNumber); err != nil {
			return err
		}
		e, err := s.Identity.LoginChanged(tx, me, false, lang)
		token = e.Token
		return err
	})
	return token, err
}

// Closed forgets an account that closes (identity.Login).
func (s *Service) Closed(tx *db.Tx, subject string) error {
	return s.forget(tx, subject)
}

// refLink is what the ledger says of an account that is connected no more.
const refLink = "login"

// forget takes the connection of an account away, if there is one.
func (s *Service) forget(tx *db.Tx, subject string) error {
	l, err := selectLink(tx, subject)
	if err != nil || l.Sealed == nil {
		return err
	}
	name, err := s.open(tx, subject, l)
	if err != nil {
		return err
	}
	if err := s.Vault.Unindex(tx, index, subject, name); err != nil {
		return err
	}
	if err := deleteLink(tx, subject); err != nil {
		return err
	}
	return s.Vault.Took(tx, ledger.Revoke, subject, refLink)
}
