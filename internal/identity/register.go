package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/identity/credential"
	"portico/internal/identity/profile"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Details are who somebody says they are.
type Details = profile.Details

// Agreement is what people agree to, in its own words, before they open an
// account (N11). Without a text nothing is asked.
type Agreement struct {
	Text    i18n.Text
	Version string // of the policy and the terms in force
}

// Agree is what people agree to now.
func (s *Service) Agree() Agreement {
	if s.Agreement == nil {
		return Agreement{}
	}
	return s.Agreement()
}

// CheckDetails says what is wrong with details, as an Invalid fault, or nil.
func (s *Service) CheckDetails(d Details) error {
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	if wrong := d.Check(number.Pattern, s.Clock.Now().In(s.Zone())); len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return nil
}

// CheckRegistration says what is wrong with details, and that what is asked of
// whoever opens an account is not agreed to.
func (s *Service) CheckRegistration(d Details, agreed bool) error {
	err := s.CheckDetails(d)
	if agreed || len(s.Agree().Text) == 0 {
		return err
	}
	missing := fault.Field{Name: "agreed", Code: "identity.agreed.missing"}
	if err == nil {
		return fault.Input(missing)
	}
	return fault.Input(append(fault.From(err).Fields, missing)...)
}

// Why says of a field why it is asked (see profile.Why).
func (s *Service) Why(p *i18n.Printer, field, activity string) string {
	return profile.Why(s.Policy(), p, field, activity)
}

// Zone is where the portal is.
func (s *Service) Zone() *time.Location {
	if z := s.Portal().Zone; z != nil {
		return z
	}
	return time.UTC
}

// newAccount makes a subject with an account and its contact, sealed.
func (s *Service) newAccount(tx *db.Tx, c credential.Contact, state State, source string) (string, error) {
	subject, err := s.Vault.NewSubject(tx)
	if err != nil {
		return "", err
	}
	if err := insertAccount(tx, account{Subject: subject, Realm: web.RealmPerson, State: state, Contact: c.Field}, s.Clock.Now()); err != nil {
		return "", fmt.Errorf("make an account: %w", err)
	}
	return subject, s.put(tx, subject, vault.Value{Field: c.Field, Text: c.Value, Source: source})
}

// put seals values of a person's own profile.
func (s *Service) put(tx *db.Tx, subject string, values ...vault.Value) error {
	fields := make([]string, len(values))
	for i, v := range values {
		fields[i] = v.Field
	}
	permit, err := s.Vault.Permit(tx, vault.Use{
		Actor: self(web.RealmPerson, subject, false), Subject: subject, Activity: policy.ActivityAccount,
		Operation: policy.Collect, Scope: vault.Profile, Fields: fields,
	})
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, values)
}

// Begin takes a contact, says so in an event with the policy that was shown
// (M28), and sends a code to it. What it does and answers is the same for a
// contact that has an account: only the message differs.
func (s *Service) Begin(ctx context.Context, c credential.Contact, lang string, from From) (token string, err error) {
	if !s.throttle.Take(s.limits.Sends, "send network", from.Network) ||
		!s.throttle.Take(s.limits.Send, "send contact", c.Field+" "+c.Value) {
		return "", errTooMany
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, err := s.newAccount(tx, c, Pending, policy.SourceForm)
		if err != nil {
			return err
		}
		if err := s.note(tx, audit.KindAccount, web.RealmPerson, subject, "registration-begun", audit.Facts{"shown": "policy terms", "language": lang}); err != nil {
			return err
		}
		now := s.Clock.Now()
		ch := challenge{Subject: subject, ID: id.New(now), Salt: credential.NewSalt(), Sends: 1, Expires: now.Add(CodeLife)}
		if err := insertChallenge(tx, ch, now); err != nil {
			return err
		}
		if err := s.enqueueCode(tx, ch, lang); err != nil {
			return err
		}
		token, err = s.enter(tx, entering{Subject: subject, Realm: web.RealmPerson, Stage: stageRegister, Means: MeansRegister})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("begin a registration: %w", err)
	}
	return token, nil
}

func (s *Service) enqueueCode(tx *db.Tx, c challenge, lang string) error {
	return s.Jobs.Enqueue(tx, jobs.New{
		Kind: jobCode, Key: fmt.Sprintf("%s:%d", c.ID, c.Sends),
		Payload: map[string]string{"subject": c.Subject, "challenge": c.ID, "language": lang},
	})
}

// Again sends another code, which ends the one before.
func (s *Service) Again(ctx context.Context, token, lang string, from From) error {
	if !s.throttle.Take(s.limits.Sends, "send network", from.Network) {
		return errTooMany
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, web.RealmPerson, stageRegister)
		if err != nil {
			return err
		}
		c, err := selectChallenge(tx, row.Subject)
		if err != nil {
			return err
		}
		if c.Used {
			return nil // confirmed already
		}
		if c.ID == "" || c.Sends >= CodeSends {
			return errTooMany
		}
		c.Salt, c.Expires = credential.NewSalt(), s.Clock.Now().Add(CodeLife)
		if ok, err := renewChallenge(tx, c, c.Salt, c.Expires); err != nil || !ok {
			return errors.Join(err, errTooMany)
		}
		c.Sends++
		return s.enqueueCode(tx, c, lang)
	})
	if err != nil {
		return fmt.Errorf("send another code: %w", err)
	}
	return nil
}

// Confirm takes the code. Only now is the contact the account's own: it must
// be nobody else's.
func (s *Service) Confirm(ctx context.Context, token, code string, from From) error {
	if !s.throttle.Take(s.limits.Typed, "code network", from.Network) {
		return errTooMany
	}
	var row session
	var ch challenge
	var wrong string
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		wrong = ""
		if row, err = s.way(tx, token, web.RealmPerson, stageRegister); err != nil {
			return err
		}
		if ch, err = selectChallenge(tx, row.Subject); err != nil {
			return err
		}
		left, err := tryChallenge(tx, ch, s.Clock.Now())
		switch {
		case err != nil:
			return err
		case ch.ID == "" || !left:
			wrong = "identity.code.over"
		case !credential.SameCode(credential.Figures(code), credential.CodeOf(s.Codes, ch.ID, ch.Salt)):
			wrong = "identity.code.wrong"
		}
		if wrong == "" {
			return nil
		}
		return countFailure(tx, s.Clock.Now())
	})
	if err != nil {
		return fmt.Errorf("confirm a contact: %w", err)
	}
	if wrong != "" {
		return fault.Input(fault.Field{Name: "code", Code: wrong})
	}
	c, err := s.contact(ctx, row.Subject)
	if err != nil {
		return fmt.Errorf("confirm a contact: %w", err)
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if used, err := useChallenge(tx, ch, s.Clock.Now()); err != nil || !used {
			return errors.Join(err, ErrSignIn)
		}
		if err := s.firstChannel(tx, row.Subject, c); err != nil {
			return err
		}
		return s.move(tx, row.Subject, Pending, Confirmed, "contact-confirmed", nil)
	})
	if fault.KindOf(err) == fault.Conflict {
		return errLost.Because(err)
	}
	if err != nil {
		return fmt.Errorf("confirm a contact: %w", err)
	}
	return nil
}

// firstChannel makes a contact that was confirmed the account's own. Whoever
// began to register with it and did not finish gives way.
func (s *Service) firstChannel(tx *db.Tx, subject string, c credential.Contact) error {
	if holder, err := s.find(tx, c); err != nil {
		return err
	} else if holder.Realm == web.RealmPerson && holder.State.unfinished() && holder.Subject != subject {
		if _, err := s.Disposer.Of(tx, "registration", holder.Subject, holder.Subject, holdings.BecauseAbandoned); err != nil {
			return err
		}
	}
	return s.addChannel(tx, subject, c, s.Clock.Now())
}

// contact opens the contact of one's own account.
func (s *Service) contact(ctx context.Context, subject string) (credential.Contact, error) {
	var a account
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		a, err = selectAccount(tx, subject)
		return err
	})
	if err != nil {
		return credential.Contact{}, err
	}
	activity := policy.ActivityAccount
	if a.Realm == web.RealmStaff {
		activity = policy.ActivityStaffAccount
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: self(a.Realm, subject, true), Subject: subject, Activity: activity,
		Operation: policy.Use, Scope: vault.Profile, Fields: []string{a.Contact},
	})
	if err != nil {
		return credential.Contact{}, err
	}
	return credential.Contact{Field: a.Contact, Value: values.Text(a.Contact)}, nil
}

// move takes a person's account to another state, with an event.
func (s *Service) move(tx *db.Tx, subject string, from, to State, reason string, facts audit.Facts) error {
	if !from.May(to) {
		return fmt.Errorf("an account cannot go from %s to %s", from, to)
	}
	moved, err := moveAccount(tx, subject, from, to, s.Clock.Now())
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	if !moved {
		return ErrSignIn // another request was first
	}
	return s.note(tx, audit.KindAccount, web.RealmPerson, subject, reason, facts)
}

// Describe takes who somebody says they are, and that they agree to what is
// asked of whoever opens an account: an event with the version of the terms.
func (s *Service) Describe(ctx context.Context, token string, d Details, agreed bool) error {
	d = d.Tidy()
	if err := s.CheckRegistration(d, agreed); err != nil {
		return err
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, web.RealmPerson, stageRegister)
		if err != nil {
			return err
		}
		a, err := selectAccount(tx, row.Subject)
		if err != nil {
			return err
		}
		if a.State != Described { // said again, it replaces what was said
			if err := s.move(tx, row.Subject, Confirmed, Described, "details-declared", nil); err != nil {
				return err
			}
			if err := s.agree(tx, row.Subject); err != nil {
				return err
			}
		}
		return s.put(tx, row.Subject, d.Values()...)
	})
	if err != nil {
		return fmt.Errorf("describe an account: %w", err)
	}
	return nil
}

// Finish takes the password, opens the account and signs in.
func (s *Service) Finish(ctx context.Context, token, password string, from From) (Entry, error) {
	var row session
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		row, err = s.way(tx, token, web.RealmPerson, stageRegister)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("finish a registration: %w", err)
	}
	if !s.throttle.Take(s.limits.Typed, "password network", from.Network) {
		return Entry{}, errTooMany
	}
	c, err := s.contact(ctx, row.Subject)
	if err != nil {
		return Entry{}, fmt.Errorf("finish a registration: %w", err)
	}
	if err := s.CheckPassword(password, c.Value); err != nil {
		return Entry{}, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return Entry{}, fmt.Errorf("finish a registration: %w", err)
	}
	var e Entry
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.Proofs.SetPassword(tx, row.Subject, hash, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.move(tx, row.Subject, Described, Open, "registered", nil); err != nil {
			return err
		}
		if _, err := endSession(tx, row.Subject, row.ID, s.Clock.Now()); err != nil {
			return err
		}
		e.Token, err = s.enter(tx, entering{Subject: row.Subject, Realm: web.RealmPerson, Stage: stageFull, Means: MeansRegister, Browser: from.Browser})
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("finish a registration: %w", err)
	}
	return e, nil
}

// Progress is the state of the account that a browser is making, for showing
// the right page.
func (s *Service) Progress(ctx context.Context, token string) (State, error) {
	var state State
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		row, err := s.way(tx, token, web.RealmPerson, stageRegister)
		if err != nil {
			return err
		}
		a, err := selectAccount(tx, row.Subject)
		state = a.State
		return err
	})
	return state, err
}

// NewPerson is somebody whose account is made without their being there.
type NewPerson struct {
	Contact  string
	Password string
	Details
}

// CreatePerson makes an open account by the same rules as a registration, but
// for the code: a demo's people come from here.
func (s *Service) CreatePerson(ctx context.Context, p NewPerson) (subject string, err error) {
	c, ok := s.ParseContact(p.Contact)
	if !ok {
		return "", fault.Input(fault.Field{Name: "contact", Code: "identity.contact.form", Args: []any{"phone", s.ExamplePhone()}})
	}
	d := p.Details.Tidy()
	if err := errors.Join(s.CheckDetails(d), s.CheckPassword(p.Password, c.Value)); err != nil {
		return "", err
	}
	hash, err := s.hasher.Hash(ctx, p.Password)
	if err != nil {
		return "", err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if subject, err = s.newAccount(tx, c, Open, policy.SourceForm); err != nil {
			return err
		}
		if err := errors.Join(s.addChannel(tx, subject, c, s.Clock.Now()), s.agree(tx, subject)); err != nil {
			return err
		}
		if err := s.put(tx, subject, d.Values()...); err != nil {
			return err
		}
		if err := s.Proofs.SetPassword(tx, subject, hash, s.Clock.Now()); err != nil {
			return err
		}
		return s.note(tx, audit.KindAccount, web.RealmPerson, subject, "registered", nil)
	})
	if err != nil {
		return "", fmt.Errorf("make a person's account: %w", err)
	}
	return subject, nil
}

// ParseContact reads a contact as people of this portal write it.
func (s *Service) ParseContact(typed string) (credential.Contact, bool) {
	phone, _ := s.Policy().Field(policy.FieldPhone)
	return credential.ParseContact(typed, phone.Prefix)
}

// ExamplePhone is a number as people of this portal write it, after the prefix
// that the policy declares; without one, after a code that no country has.
func (s *Service) ExamplePhone() string {
	phone, _ := s.Policy().Field(policy.FieldPhone)
	return cmp.Or(phone.Prefix, "+999") + " 777 1234"
}
