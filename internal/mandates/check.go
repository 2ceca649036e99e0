package mandates

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// CheckTime is for how long an official may look at a claim that they opened.
const CheckTime = 20 * time.Minute

// pageSize is how many claims a page lists.
const pageSize = 50

// Check is that an official looks at a mandate.
type Check struct {
	Subject  string
	ID       string
	Mandate  Mandate
	Official string
	Until    time.Time
	Closed   time.Time

	Claim  Claim // opened through the gate
	Person string
	Number string    // of the person's identity card
	Level  web.Level // how well the person is known
}

func (c *Check) open(now time.Time) bool { return c.Closed.IsZero() && now.Before(c.Until) }

var (
	errMay   = fault.New(fault.Denied, "mandates.check.denied")
	errCheck = fault.New(fault.NotFound, "mandates.check.unknown")
	errOver  = fault.New(fault.Conflict, "mandates.check.over")
)

// may refuses whoever does not verify companies, or did not sign in strongly.
func (s *Service) may(me *web.Session) error {
	pol := s.Policy()
	_, declared := pol.Activity(ActivityCheck)
	if !declared || !pol.May(me.Roles, policy.VerifyCompanies) || !me.Strong && !pol.Demo() {
		return errMay
	}
	return nil
}

func official(me *web.Session) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: me.Subject, Roles: me.Roles, Strong: me.Strong}
}

// byOfficial is an official as events name one.
func (s *Service) byOfficial(me *web.Session) audit.Actor {
	a := audit.Actor{ID: me.Subject, Kind: policy.Staff.String(), Party: me.Party}
	for _, role := range me.Roles {
		if s.Policy().May([]string{role}, policy.VerifyCompanies) {
			a.Role = role
		}
	}
	return a
}

// Claims lists claims that wait for an official, the oldest first, without
// what is in them. After is the id of the last one of the page before.
func (s *Service) Claims(ctx context.Context, me *web.Session, after string) (list []Mandate, err error) {
	if err := s.may(me); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectClaims(tx, after, pageSize)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return list, nil
}

// Find lists the mandates of a verified company by its exact number, without
// names: an event of everybody who is listed.
func (s *Service) Find(ctx context.Context, me *web.Session, number string) (list []Mandate, err error) {
	if err := s.may(me); err != nil {
		return nil, err
	}
	number = Claim{Number: number}.tidy().Number
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		list = nil
		company, err := s.Vault.Find(tx, FieldNumber, number)
		if fault.KindOf(err) == fault.NotFound {
			return fault.Input(fault.Field{Name: "number", Code: "mandates.find.none"})
		}
		if err != nil {
			return err
		}
		all, err := selectOfCompany(tx, company)
		if err != nil {
			return err
		}
		concerned := map[string]func() error{}
		for _, m := range all {
			if m.Holds(s.Clock.Now()) {
				list = append(list, m)
				concerned[m.Subject] = func() error {
					return s.note(tx, m.Subject, s.byOfficial(me), "company-found", m.Reference)
				}
			}
		}
		return inOrder(concerned)
	})
	if err != nil {
		return nil, fmt.Errorf("find a company: %w", err)
	}
	return list, nil
}

// Open takes a mandate up to look at it, by its reference: an event of whoever
// it is about.
func (s *Service) Open(ctx context.Context, me *web.Session, reference string) (checkID string, err error) {
	if err := s.may(me); err != nil {
		return "", err
	}
	reference = strings.ToUpper(strings.Join(strings.Fields(reference), ""))
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		m, err := selectByReference(tx, reference)
		if err != nil {
			return err
		}
		if m.ID == "" {
			return fault.Input(fault.Field{Name: "reference", Code: "mandates.find.reference"})
		}
		now := s.Clock.Now()
		c := Check{Subject: m.Subject, ID: id.New(now), Mandate: m, Official: me.Subject, Until: now.Add(CheckTime)}
		checkID = c.ID
		if err := insertCheck(tx, c, now); err != nil {
			return err
		}
		return s.note(tx, m.Subject, s.byOfficial(me), "company-looked-at", m.Reference)
	})
	if err != nil {
		return "", fmt.Errorf("open a claim: %w", err)
	}
	return checkID, nil
}

// Check opens what an official looks at: the company and whoever says that
// they act for it. Somebody else's is not found.
func (s *Service) Check(ctx context.Context, me *web.Session, checkID string) (c Check, err error) {
	if err := s.may(me); err != nil {
		return c, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c, err = selectCheck(tx, checkID); err != nil {
			return err
		}
		if c.ID == "" || c.Official != me.Subject {
			return errCheck
		}
		if c.Mandate, err = selectMandate(tx, c.Mandate.ID); err != nil {
			return err
		}
		c.Level, err = s.Levels.Level(tx, c.Subject)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("open a claim: %w", err)
	}
	if !c.open(s.Clock.Now()) {
		return c, errOver
	}
	read := func(scope string, fields ...string) (vault.Values, error) {
		return s.Vault.Read(ctx, vault.Use{
			Actor: official(me), Subject: c.Subject, Activity: ActivityCheck, Operation: policy.Use, Scope: scope, Fields: fields,
			Task: policy.Task{Scope: scope, Holder: c.Official, Open: c.open(s.Clock.Now())}, Reference: c.Mandate.Reference,
		})
	}
	values, err := read(c.Mandate.Scope(), FieldName, FieldNumber)
	if err != nil {
		return c, fmt.Errorf("open a claim: %w", err)
	}
	c.Claim = Claim{Name: values.Text(FieldName), Number: values.Text(FieldNumber)}
	who, err := read(vault.Profile, policy.FieldName, policy.FieldIdentityNumber)
	if err != nil {
		return c, fmt.Errorf("open a claim: %w", err)
	}
	c.Person, c.Number = who.Text(policy.FieldName), who.Text(policy.FieldIdentityNumber)
	return c, nil
}

// Verify takes an official's word that a person acts for a company, on a
// ground. The person must be known by their card: it is they who may act.
func (s *Service) Verify(ctx context.Context, me *web.Session, checkID string, ground Ground, until time.Time) error {
	c, err := s.Check(ctx, me, checkID)
	if err != nil {
		return err
	}
	var wrong []fault.Field
	if !slices.Contains([]Ground{Document, Register}, ground) {
		wrong = append(wrong, fault.Field{Name: "ground", Code: "mandates.check.ground.missing"})
	}
	if !until.IsZero() && !until.After(s.Clock.Now()) {
		wrong = append(wrong, fault.Field{Name: "until", Code: "mandates.appoint.until.past"})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if level, err := s.Levels.Level(tx, c.Subject); err != nil || level < web.LevelOfficial {
			return errors.Join(err, fault.Input(fault.Field{Name: "ground", Code: "mandates.check.unknown-person"}))
		}
		company, err := s.Vault.Find(tx, FieldNumber, c.Claim.Number)
		if fault.KindOf(err) == fault.NotFound {
			company, err = c.Mandate.Company, s.Vault.Index(tx, FieldNumber, c.Mandate.Company, c.Claim.Number)
		}
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if closed, err := closeCheck(tx, c, now); err != nil || !closed {
			return errors.Join(err, errOver)
		}
		if done, err := verifyMandate(tx, c.Mandate, company, ground, until, me.Subject, now); err != nil || !done {
			return errors.Join(err, errRaced)
		}
		return s.note(tx, c.Subject, s.byOfficial(me), "company-verified", c.Mandate.Reference)
	})
	if err != nil {
		return fmt.Errorf("verify a company: %w", err)
	}
	return nil
}

// Dismiss refuses a claim, or ends a mandate. Whom its holder appointed for
// the company acts for it no more either: what they rested on is gone.
func (s *Service) Dismiss(ctx context.Context, me *web.Session, checkID string) error {
	c, err := s.Check(ctx, me, checkID)
	if err != nil {
		return err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if closed, err := closeCheck(tx, c, s.Clock.Now()); err != nil || !closed {
			return errors.Join(err, errOver)
		}
		state := Revoked
		if c.Mandate.State == Claimed {
			state = Refused
		}
		fallen, err := selectAppointed(tx, c.Mandate.Company, c.Subject)
		if err != nil {
			return err
		}
		if err := withdrawAll(tx, c.Subject, c.Mandate.ID, s.Clock.Now()); err != nil {
			return err
		}
		do := map[string]func() error{}
		reason := map[State]string{Revoked: "mandate-ended", Refused: "company-refused"}[state]
		end := func(m Mandate, to State) {
			before := do[m.Subject]
			do[m.Subject] = func() error {
				if before != nil {
					if err := before(); err != nil {
						return err
					}
				}
				if ended, err := endMandate(tx, m, to, s.Clock.Now()); err != nil || !ended {
					return errors.Join(err, errRaced)
				}
				if err := s.took(tx, m); err != nil {
					return err
				}
				if err := s.Vault.Bump(tx, m.Subject); err != nil {
					return err
				}
				return s.note(tx, m.Subject, s.byOfficial(me), reason, m.Reference)
			}
		}
		end(c.Mandate, state)
		for _, m := range fallen {
			end(m, Revoked)
		}
		return inOrder(do)
	})
	if err != nil {
		return fmt.Errorf("end a mandate: %w", err)
	}
	return nil
}

// Vouch has somebody act for a company without an official who saw anything:
// the people of a demo, and only there. Who acts for a company already keeps
// what there is.
func (s *Service) Vouch(ctx context.Context, subject string, c Claim) error {
	if !s.Policy().Demo() {
		return errMay
	}
	if list, _, err := s.Of(ctx, subject); err != nil || len(list) > 0 {
		return err
	}
	m, err := s.Add(ctx, subject, c)
	if err != nil {
		return err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.Vault.Index(tx, FieldNumber, m.Company, c.tidy().Number); err != nil {
			return err
		}
		if done, err := verifyMandate(tx, m, m.Company, Register, time.Time{}, "", s.Clock.Now()); err != nil || !done {
			return errors.Join(err, errRaced)
		}
		return s.note(tx, subject, by(system()), "company-verified", m.Reference)
	})
	if err != nil {
		return fmt.Errorf("vouch for a company: %w", err)
	}
	return nil
}
