package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/identity/profile"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// ActivityCheck is the task in which an official compares a person who stands
// before them with their identity card. An instance that does not declare it
// verifies nobody.
const ActivityCheck = "identity-check"

// VisitTime is for how long an official may look at somebody who was found.
const VisitTime = 15 * time.Minute

// Visit is somebody who stands before an official.
type Visit struct {
	Subject   string
	ID        string
	Official  string
	Opened    time.Time
	Until     time.Time
	Closed    time.Time // zero while it is open
	Reference string

	Name      string // opened through the gate
	BirthDate string
	Verified  Verification // what is in force
}

// open reports whether the official may look.
func (v *Visit) open(now time.Time) bool { return v.Closed.IsZero() && now.Before(v.Until) }

// task is the visit as a decision sees it.
func (v *Visit) task(now time.Time) policy.Task {
	return policy.Task{Scope: vault.Profile, Holder: v.Official, Open: v.open(now)}
}

var (
	errVisit = fault.New(fault.NotFound, "account.visit.unknown")
	errOver  = fault.New(fault.Conflict, "account.visit.over")
	errMay   = fault.New(fault.Denied, "account.visit.denied")
)

// may refuses whoever does not compare people with their cards, or did not
// sign in strongly.
func (s *Service) may(me *web.Session) error {
	pol := s.Policy()
	_, declared := pol.Activity(ActivityCheck)
	if !declared || !pol.May(me.Roles, policy.VerifyPeople) || !me.Strong && !pol.Demo() {
		return errMay
	}
	return nil
}

// official is an official as decisions see one, and by as events name one.
func official(me *web.Session) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: me.Subject, Roles: me.Roles, Strong: me.Strong}
}

func (s *Service) by(me *web.Session) audit.Actor {
	return audit.Actor{ID: me.Subject, Kind: policy.Staff.String(), Party: me.Party, Role: s.roleOf(me)}
}

var referenceForm = regexp.MustCompile(`^` + referencePrefix + `-[0-9A-Z]{4}-[0-9A-Z]{4}$`)

// Find opens a visit of whoever has exactly this reference, confirmed address
// or number, or verified identity number: an event of theirs. What matched
// nobody is not kept.
func (s *Service) Find(ctx context.Context, me *web.Session, typed string) (visit string, err error) {
	if err := s.may(me); err != nil {
		return "", err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		subject, how, err := s.look(tx, typed)
		if err != nil {
			return err
		}
		if subject == "" {
			return fault.Input(fault.Field{Name: "who", Code: "account.find.none"})
		}
		now := s.Clock.Now()
		v := Visit{Subject: subject, ID: id.New(now), Official: me.Subject, Opened: now, Until: now.Add(VisitTime)}
		visit = v.ID
		if err := insertVisit(tx, v, how); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindAccount, Subject: subject, Reason: "found-at-a-counter", Activity: ActivityCheck, Policy: s.Policy().Hash(),
			Actor: s.by(me), Facts: audit.Facts{"found-by": how},
		})
	})
	if err != nil {
		return "", fmt.Errorf("find a person: %w", err)
	}
	return visit, nil
}

// look finds whom an identifier names, and says what it was.
func (s *Service) look(tx *db.Tx, typed string) (subject, how string, err error) {
	plain := strings.ToUpper(strings.Join(strings.Fields(typed), ""))
	if referenceForm.MatchString(plain) {
		subject, err = selectByReference(tx, plain)
		return subject, "reference", err
	}
	field, value := policy.FieldIdentityNumber, plain
	if strings.Contains(typed, "@") || strings.HasPrefix(plain, "+") || plain != "" && strings.Trim(plain, "0123456789-()") == "" {
		c, ok := s.Identity.ParseContact(typed)
		if !ok {
			return "", "", nil
		}
		field, value = c.Field, c.Value
	}
	subject, err = s.Vault.Find(tx, field, value)
	if fault.KindOf(err) == fault.NotFound {
		return "", "", nil
	}
	return subject, field, err
}

// Visit opens a visit: who stands there, through the gate. Somebody else's is
// not found.
func (s *Service) Visit(ctx context.Context, me *web.Session, visitID string) (v Visit, err error) {
	if err := s.may(me); err != nil {
		return Visit{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if v, err = selectVisit(tx, visitID); err != nil {
			return err
		}
		if v.ID == "" || v.Official != me.Subject {
			return errVisit
		}
		st, err := selectStanding(tx, v.Subject)
		if err != nil {
			return err
		}
		v.Reference = st.Reference
		v.Verified, err = selectVerification(tx, v.Subject)
		return err
	})
	if err != nil {
		return Visit{}, fmt.Errorf("open a visit: %w", err)
	}
	if !v.open(s.Clock.Now()) {
		return v, errOver
	}
	values, err := s.seen(ctx, me, &v, policy.FieldName, policy.FieldBirthDate)
	if err != nil {
		return Visit{}, fmt.Errorf("open a visit: %w", err)
	}
	v.Name, v.BirthDate = values.Text(policy.FieldName), values.Text(policy.FieldBirthDate)
	return v, nil
}

// seen opens what somebody declared, for the official of a visit.
func (s *Service) seen(ctx context.Context, me *web.Session, v *Visit, fields ...string) (vault.Values, error) {
	return s.Vault.Read(ctx, vault.Use{
		Actor: official(me), Subject: v.Subject, Activity: ActivityCheck, Operation: policy.Use, Scope: vault.Profile,
		Fields: fields, Task: v.task(s.Clock.Now()), Reference: v.Reference,
	})
}

// Compared is what an official says they compared.
type Compared struct {
	Number string // as it stands on the card
	Same   bool   // name, date of birth and picture are those of the card and of the person
}

// Verify takes an official's word that a person is the holder of a card. Only
// now does the number belong to one person. That somebody else has it already
// is told; who, is not.
func (s *Service) Verify(ctx context.Context, me *web.Session, visitID string, c Compared) error {
	v, err := s.Visit(ctx, me, visitID)
	if err != nil {
		return err
	}
	c.Number = profile.Details{IdentityNumber: c.Number}.Tidy().IdentityNumber
	var wrong []fault.Field
	if c.Number == "" {
		wrong = append(wrong, fault.Field{Name: "number", Code: "account.verify.number.empty"})
	}
	if !c.Same {
		wrong = append(wrong, fault.Field{Name: "same", Code: "account.verify.same.missing"})
	}
	if len(wrong) > 0 {
		return fault.Input(wrong...)
	}
	values, err := s.seen(ctx, me, &v, policy.FieldIdentityNumber)
	if err != nil {
		return fmt.Errorf("compare an identity number: %w", err)
	}
	if values.Text(policy.FieldIdentityNumber) != c.Number {
		return fault.Input(fault.Field{Name: "number", Code: "account.verify.number.other"})
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if closed, err := closeVisit(tx, v, now); err != nil || !closed {
			return errors.Join(err, errOver) // or the person changed what was compared
		}
		if _, err := endVerifications(tx, v.Subject, now); err != nil {
			return err
		}
		if err := s.Vault.Index(tx, policy.FieldIdentityNumber, v.Subject, c.Number); err != nil {
			return err
		}
		if err := insertVerification(tx, v.Subject, Verification{
			ID: id.New(now), Level: web.LevelOfficial, Official: me.Subject, Role: s.roleOf(me), Party: me.Party, At: now,
		}); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindAccount, Subject: v.Subject, Reason: "identity-verified", Activity: ActivityCheck,
			Fields: []string{policy.FieldIdentityNumber}, Policy: s.Policy().Hash(), Actor: s.by(me),
		})
	})
	if fault.KindOf(err) == fault.Conflict && !errors.Is(err, errOver) {
		return fault.Input(fault.Field{Name: "number", Code: "account.verify.taken"})
	}
	if err != nil {
		return fmt.Errorf("verify an identity number: %w", err)
	}
	return nil
}

// TakeBack ends a verification that was a mistake.
func (s *Service) TakeBack(ctx context.Context, me *web.Session, visitID string) error {
	v, err := s.Visit(ctx, me, visitID)
	if err != nil {
		return err
	}
	values, err := s.seen(ctx, me, &v, policy.FieldIdentityNumber)
	if err != nil {
		return fmt.Errorf("take a verification back: %w", err)
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if closed, err := closeVisit(tx, v, s.Clock.Now()); err != nil || !closed {
			return errors.Join(err, errOver)
		}
		ended, err := endVerifications(tx, v.Subject, s.Clock.Now())
		if err != nil || !ended {
			return errors.Join(err, errOver)
		}
		if err := s.Vault.Unindex(tx, policy.FieldIdentityNumber, v.Subject, values.Text(policy.FieldIdentityNumber)); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindAccount, Subject: v.Subject, Reason: "verification-taken-back", Activity: ActivityCheck,
			Fields: []string{policy.FieldIdentityNumber}, Policy: s.Policy().Hash(), Actor: s.by(me),
		})
	})
	if err != nil {
		return fmt.Errorf("take a verification back: %w", err)
	}
	return nil
}

// roleOf is the role by which an official compares cards.
func (s *Service) roleOf(me *web.Session) string {
	for _, role := range me.Roles {
		if s.Policy().May([]string{role}, policy.VerifyPeople) {
			return role
		}
	}
	return ""
}

// Verified is what is in force of somebody's identity, for their own pages.
func (s *Service) Verified(ctx context.Context, subject string) (v Verification, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		v, err = selectVerification(tx, subject)
		return err
	})
	if err != nil {
		return Verification{}, fmt.Errorf("look at a verification: %w", err)
	}
	return v, nil
}

// Vouch verifies the identity number of somebody whom nobody saw: the people of
// a demo, and only there.
func (s *Service) Vouch(ctx context.Context, subject string) error {
	if !s.Policy().Demo() {
		return errMay
	}
	if v, err := s.Verified(ctx, subject); err != nil || v.ID != "" {
		return err
	}
	d, err := s.Details(ctx, subject)
	if err != nil {
		return err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		if err := s.Vault.Index(tx, policy.FieldIdentityNumber, subject, d.IdentityNumber); err != nil {
			return err
		}
		if err := insertVerification(tx, subject, Verification{ID: id.New(now), Level: web.LevelOfficial, At: now}); err != nil {
			return err
		}
		return s.noteSystem(tx, subject, "identity-verified", policy.FieldIdentityNumber)
	})
	if err != nil {
		return fmt.Errorf("vouch for somebody: %w", err)
	}
	return nil
}
