package mandates

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Config is what the package needs.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Policy func() *policy.Policy
	Clock  clock.Clock

	Identity *identity.Service
	Jobs     *jobs.Queue
	Levels   Levels
	Address  func() string  // of the portal, as links in messages begin
	Services func() []Offer // those that a company can apply for
	Zone     func() *time.Location
}

// Levels knows how well people are known: package account is one.
type Levels interface {
	Level(tx *db.Tx, subject string) (web.Level, error)
}

// Offer is a service that a company can apply for.
type Offer struct {
	ID   string
	Name i18n.Text
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct{ Config }

// New returns the service and registers its job.
func New(c Config) *Service {
	s := &Service{c}
	c.Jobs.Register(jobInvite, s.sendInvitation, jobs.Options{})
	return s
}

// person is somebody who acts on their own data.
func person(subject string) policy.Actor { return policy.Actor{Kind: policy.Person, ID: subject} }

func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// own is a use of what a person says about a company.
func own(m *Mandate, op policy.Operation) vault.Use {
	return vault.Use{
		Actor: person(m.Subject), Subject: m.Subject, Activity: ActivityOwn, Operation: op, Scope: m.Scope(),
		Fields: []string{FieldName, FieldNumber}, Reference: m.Reference,
	}
}

// Offered reports whether the portal knows mandates: the instance declares it.
func (s *Service) Offered() bool {
	_, ok := s.Policy().Activity(ActivityOwn)
	return ok
}

// Activities are the activities under which something is kept of somebody, if
// anything is.
func (s *Service) Activities(ctx context.Context, subject string) ([]string, error) {
	var list []Mandate
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = selectOf(tx, subject)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []string{ActivityOwn}, nil
}

// Options are the companies for which a person may act for a service now. Each
// name is opened through the gate.
func (s *Service) Options(ctx context.Context, subject, service string, now time.Time) ([]Company, error) {
	if !s.Offered() {
		return nil, nil
	}
	var list []Mandate
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = selectOf(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list mandates: %w", err)
	}
	var out []Company
	for _, m := range list {
		if !m.Holds(now) || !m.For(service) {
			continue
		}
		use := own(&m, policy.Use)
		use.Fields = []string{FieldName}
		values, err := s.Vault.Read(ctx, use)
		if err != nil {
			return nil, fmt.Errorf("list mandates: %w", err)
		}
		out = append(out, Company{ID: m.Company, Name: values.Text(FieldName), Verified: m.Sure()})
	}
	return out, nil
}

// named begins the id of a company that is known by its number alone.
const named = "number:"

// Named is a company as an official writes it down for somebody who says that
// they act for it. It is claimed until they have a mandate for the company with
// that number: Holds knows it by its id.
func (c Claim) Named() (Company, error) {
	c = c.tidy()
	return Company{ID: named + c.Number, Name: c.Name + ", " + c.Number}, c.check()
}

// Holds reports whether a person may act for a company and a service now, and
// whether that is verified. It is asked in the transaction that depends on it.
func (s *Service) Holds(tx *db.Tx, subject, company, service string, now time.Time) (holds, verified bool, err error) {
	if number, ok := strings.CutPrefix(company, named); ok {
		company, err = s.Vault.Find(tx, FieldNumber, number)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return false, false, nil
		}
		if err != nil {
			return false, false, fmt.Errorf("look a company up: %w", err)
		}
	}
	list, err := selectFor(tx, subject, company)
	if err != nil {
		return false, false, fmt.Errorf("look a mandate up: %w", err)
	}
	for _, m := range list {
		if m.Holds(now) && m.For(service) {
			holds, verified = true, verified || m.Sure()
		}
	}
	return holds, verified, nil
}

// What a company's name and number may measure.
const (
	nameMax   = 200
	numberMax = 40
	claimsMax = 50 // mandates of one person that hold at once
)

// Claim is what a person says about a company that they act for.
type Claim struct {
	Name   string
	Number string
}

// tidy brings a claim to the form in which it is kept.
func (c Claim) tidy() Claim {
	return Claim{
		Name:   strings.Join(strings.Fields(c.Name), " "),
		Number: strings.ToUpper(strings.Join(strings.Fields(c.Number), "")),
	}
}

// check says what is wrong with a tidy claim, or nil.
func (c Claim) check() error {
	var wrong []fault.Field
	switch n := utf8.RuneCountInString(c.Name); {
	case n == 0:
		wrong = append(wrong, fault.Field{Name: "company-name", Code: "mandates.claim.name.empty"})
	case n > nameMax:
		wrong = append(wrong, fault.Field{Name: "company-name", Code: "mandates.claim.name.long", Args: []any{"max", nameMax}})
	}
	switch n := utf8.RuneCountInString(c.Number); {
	case n == 0:
		wrong = append(wrong, fault.Field{Name: "company-number", Code: "mandates.claim.number.empty"})
	case n > numberMax:
		wrong = append(wrong, fault.Field{Name: "company-number", Code: "mandates.claim.number.long", Args: []any{"max", numberMax}})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	return nil
}

// Add takes a company that a person says they act for. It is claimed until an
// official verifies it.
func (s *Service) Add(ctx context.Context, subject string, c Claim) (m Mandate, err error) {
	c = c.tidy()
	if err := c.check(); err != nil {
		return Mandate{}, err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		list, err := selectOf(tx, subject)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		n := 0
		for _, old := range list {
			if old.Holds(now) {
				n++
			}
		}
		if n >= claimsMax {
			return fault.Input(fault.Field{Name: "company-name", Code: "mandates.claim.many", Args: []any{"max", claimsMax}})
		}
		m = Mandate{
			Subject: subject, ID: id.New(now), Reference: id.Reference("CO"), Company: id.New(now), State: Claimed, Created: now, Changed: now,
		}
		if err := insertMandate(tx, m); err != nil {
			return err
		}
		if err := s.seal(tx, person(subject), &m, c, policy.SourceForm); err != nil {
			return err
		}
		return s.note(tx, subject, by(person(subject)), "company-claimed", m.Reference)
	})
	if err != nil {
		return Mandate{}, fmt.Errorf("add a company: %w", err)
	}
	return m, nil
}

// seal puts a company's name and number into the mandate's own scope.
func (s *Service) seal(tx *db.Tx, who policy.Actor, m *Mandate, c Claim, source string) error {
	if err := s.Vault.NewScope(tx, m.Subject, m.Scope()); err != nil {
		return err
	}
	use := own(m, policy.Collect)
	use.Actor = who
	permit, err := s.Vault.Permit(tx, use)
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, []vault.Value{
		{Field: FieldName, Text: c.Name, Source: source}, {Field: FieldNumber, Text: c.Number, Source: source},
	})
}

// by is an actor as events name one.
func by(a policy.Actor) audit.Actor {
	return audit.Actor{ID: a.ID, Kind: a.Kind.String(), Party: a.Party, Role: strings.Join(a.Roles, " ")}
}

// note writes an event of somebody whom a change of a mandate concerns.
func (s *Service) note(tx *db.Tx, subject string, who audit.Actor, reason, reference string) error {
	return s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: subject, Actor: who, Reason: reason, Reference: reference, Policy: s.Policy().Hash(),
	})
}
