package mandates

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/vault"
)

// The states of an invitation.
const (
	invited   = "waiting"
	accepted  = "accepted"
	declined  = "declined"
	withdrawn = "withdrawn"
)

// InvitationLife is how long an invitation can be answered.
const InvitationLife = 14 * 24 * time.Hour

// invitationsMax is how many invitations of one mandate may wait at once.
const invitationsMax = 20

// jobInvite sends an invitation. Its payload holds ids.
const jobInvite = "mandates.invite"

// Invitation is that a delegate asked somebody to act for the company too.
type Invitation struct {
	Subject  string // the delegate
	ID       string
	Mandate  string // of the delegate
	Company  string
	Invitee  string // empty: nobody is known by the address yet
	State    string
	Services []string
	Until    time.Time
	Expires  time.Time

	Email string // opened through the gate, for the delegate
	Claim Claim  // opened through the gate, for whom is invited
}

func (i *Invitation) scope() string { return "invitation:" + i.ID }

var (
	errNotVerified = fault.New(fault.Denied, "mandates.appoint.unverified")
	errInvitation  = fault.New(fault.NotFound, "mandates.invitation.none")
	errOtherEmail  = fault.New(fault.Denied, "mandates.invitation.other")
)

// Terms are what somebody may do for a company, and for how long.
type Terms struct {
	Services []string  // none: all
	Until    time.Time // zero: without end
}

// Mandate is one of a person's own, with its company's name and number.
func (s *Service) Mandate(ctx context.Context, subject, mandateID string) (m Mandate, c Claim, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err = selectMandate(tx, mandateID)
		return err
	})
	if err != nil {
		return m, c, fmt.Errorf("look at a mandate: %w", err)
	}
	if m.ID == "" || m.Subject != subject {
		return Mandate{}, c, errUnknown
	}
	c, err = s.open(ctx, person(subject), &m)
	return m, c, err
}

// open reads a company's name and number from a mandate of somebody.
func (s *Service) open(ctx context.Context, who policy.Actor, m *Mandate) (Claim, error) {
	use := own(m, policy.Use)
	use.Actor = who
	values, err := s.Vault.Read(ctx, use)
	if err != nil {
		return Claim{}, fmt.Errorf("open a company: %w", err)
	}
	return Claim{Name: values.Text(FieldName), Number: values.Text(FieldNumber)}, nil
}

// Of are a person's mandates, the oldest first.
func (s *Service) Of(ctx context.Context, subject string) (list []Mandate, waiting []Invitation, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if list, err = selectOf(tx, subject); err != nil {
			return err
		}
		waiting, err = selectInvitationsTo(tx, subject, s.Clock.Now())
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list mandates: %w", err)
	}
	return list, waiting, nil
}

// Appoint asks whoever has an address to act for a company, on terms that are
// no wider than the delegate's own. Whether the address has an account changes
// nothing that the delegate sees.
func (s *Service) Appoint(ctx context.Context, subject, mandateID, email string, t Terms, lang string) error {
	c, ok := credential.ParseContact(email, "")
	if !ok || c.Field != policy.FieldEmail {
		return fault.Input(fault.Field{Name: "email", Code: "mandates.appoint.email.form"})
	}
	if !t.Until.IsZero() && !t.Until.After(s.Clock.Now()) {
		return fault.Input(fault.Field{Name: "until", Code: "mandates.appoint.until.past"})
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		m, err := s.verified(tx, subject, mandateID, now)
		if err != nil {
			return err
		}
		if !m.Until.IsZero() && (t.Until.IsZero() || t.Until.After(m.Until)) {
			return fault.Input(fault.Field{Name: "until", Code: "mandates.appoint.until.long"})
		}
		waiting, err := selectInvitationsOf(tx, subject, mandateID)
		if err != nil {
			return err
		}
		open := 0
		for _, w := range waiting {
			if w.State == invited && now.Before(w.Expires) {
				open++
			}
		}
		if open >= invitationsMax {
			return fault.Input(fault.Field{Name: "email", Code: "mandates.appoint.many", Args: []any{"max", invitationsMax}})
		}
		holder, err := s.holder(tx, c)
		if err != nil {
			return err
		}
		if holder == subject {
			return fault.Input(fault.Field{Name: "email", Code: "mandates.appoint.self"})
		}
		i := Invitation{
			Subject: subject, ID: id.New(now), Mandate: m.ID, Company: m.Company, Invitee: holder, State: invited,
			Services: t.Services, Until: t.Until, Expires: now.Add(InvitationLife),
		}
		if err := insertInvitation(tx, i, hashOf(s.token(i.ID)), now); err != nil {
			return err
		}
		if err := s.Vault.NewScope(tx, subject, i.scope()); err != nil {
			return err
		}
		permit, err := s.Vault.Permit(tx, vault.Use{
			Actor: person(subject), Subject: subject, Activity: ActivityOwn, Operation: policy.Collect, Scope: i.scope(),
			Fields: []string{FieldInvited}, Reference: m.Reference,
		})
		if err != nil {
			return err
		}
		if err := s.Vault.Put(tx, permit, []vault.Value{{Field: FieldInvited, Text: c.Value, Source: policy.SourceForm}}); err != nil {
			return err
		}
		if err := s.note(tx, subject, by(person(subject)), "delegate-invited", m.Reference); err != nil {
			return err
		}
		return s.Jobs.Enqueue(tx, jobs.New{Kind: jobInvite, Key: i.ID, Payload: map[string]string{"subject": subject, "invitation": i.ID, "language": lang}})
	})
	if err != nil {
		return fmt.Errorf("appoint a delegate: %w", err)
	}
	return nil
}

// verified is a mandate that an official verified and that is in force.
func (s *Service) verified(tx *db.Tx, subject, mandateID string, now time.Time) (Mandate, error) {
	m, err := selectMandate(tx, mandateID)
	switch {
	case err != nil:
		return m, err
	case m.ID == "" || m.Subject != subject:
		return m, errUnknown
	case m.State != Verified || !m.Holds(now):
		return m, errNotVerified
	}
	return m, nil
}

// holder is whose confirmed address it is, or nobody.
func (s *Service) holder(tx *db.Tx, c credential.Contact) (string, error) {
	subject, err := s.Vault.Find(tx, c.Field, c.Value)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return subject, err
}

// token is the secret of an invitation. It follows from a key that the store
// has not, so that the message can be written later.
func (s *Service) token(invitation string) string {
	return base64.RawURLEncoding.EncodeToString(s.Identity.Codes.Code("mandate invitation", invitation))
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// invitedAddress opens where an invitation goes.
func (s *Service) invitedAddress(ctx context.Context, i *Invitation) (credential.Contact, error) {
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: system(), Subject: i.Subject, Activity: ActivityInvite, Operation: policy.Use, Scope: i.scope(), Fields: []string{FieldInvited},
	})
	return credential.Contact{Field: policy.FieldEmail, Value: values.Text(FieldInvited)}, err
}

// sendInvitation says that an invitation waits, not from whom nor for what.
func (s *Service) sendInvitation(ctx context.Context, job *jobs.Job) error {
	i, err := s.invitation(ctx, job.Get("invitation"))
	if err != nil {
		return fmt.Errorf("send an invitation: %w", err)
	}
	if i.State != invited || !s.Clock.Now().Before(i.Expires) {
		return nil
	}
	to, err := s.invitedAddress(ctx, &i)
	if err != nil {
		return fmt.Errorf("send an invitation: %w", err)
	}
	lang := job.Get("language")
	return s.Identity.Deliver(ctx, to, lang, job.ID, "mandates.message.invite",
		"link", s.Address()+"/"+lang+"/mandate/"+s.token(i.ID), "days", int(InvitationLife.Hours()/24))
}

func (s *Service) invitation(ctx context.Context, invitationID string) (i Invitation, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		i, err = selectInvitation(tx, invitationID)
		return err
	})
	return i, err
}

// Follow takes whoever follows the link of an invitation to it: it must have
// been sent to an address that is theirs.
func (s *Service) Follow(ctx context.Context, subject, token string) (invitationID string, err error) {
	var i Invitation
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		i, err = selectByToken(tx, hashOf(token))
		return err
	}); err != nil {
		return "", fmt.Errorf("follow an invitation: %w", err)
	}
	if i.ID == "" || i.State != invited || !s.Clock.Now().Before(i.Expires) {
		return "", errInvitation
	}
	to, err := s.invitedAddress(ctx, &i)
	if err != nil {
		return "", fmt.Errorf("follow an invitation: %w", err)
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		holder, err := s.holder(tx, to)
		if err != nil {
			return err
		}
		if holder != subject || subject == i.Subject {
			return errOtherEmail
		}
		return setInvitee(tx, i, subject)
	})
	if err != nil {
		return "", fmt.Errorf("follow an invitation: %w", err)
	}
	return i.ID, nil
}

// Invitation opens an invitation for whom is invited: which company, and on
// which terms.
func (s *Service) Invitation(ctx context.Context, subject, invitationID string) (Invitation, error) {
	var i Invitation
	var m Mandate
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if i, m, err = s.answerable(tx, subject, invitationID); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("open an invitation: %w", err)
	}
	i.Claim, err = s.open(ctx, system(), &m)
	return i, err
}

// answerable is an invitation that waits for its answer by somebody, and the
// delegate's mandate that it rests on.
func (s *Service) answerable(tx *db.Tx, subject, invitationID string) (Invitation, Mandate, error) {
	now := s.Clock.Now()
	i, err := selectInvitation(tx, invitationID)
	if err != nil {
		return i, Mandate{}, err
	}
	if i.ID == "" || i.Invitee != subject || i.State != invited || !now.Before(i.Expires) {
		return i, Mandate{}, errInvitation
	}
	m, err := s.verified(tx, i.Subject, i.Mandate, now)
	if err != nil {
		return i, m, errors.Join(errInvitation, err)
	}
	return i, m, nil
}

// Answer accepts or declines an invitation. Who accepts acts for the company
// from then on.
func (s *Service) Answer(ctx context.Context, subject, invitationID string, accept bool) error {
	i, err := s.Invitation(ctx, subject, invitationID)
	if err != nil {
		return err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := s.answerable(tx, subject, invitationID); err != nil {
			return err
		}
		now, state, reason := s.Clock.Now(), declined, "mandate-declined"
		if accept {
			state, reason = accepted, "mandate-accepted"
		}
		if ended, err := endInvitation(tx, i, state, now); err != nil || !ended {
			return errors.Join(err, errRaced)
		}
		m := Mandate{
			Subject: subject, ID: id.New(now), Reference: id.Reference("CO"), Company: i.Company, State: Appointed,
			Services: i.Services, Until: i.Until, AppointedBy: i.Subject, Invitation: i.ID, Created: now, Changed: now,
		}
		return inOrder(map[string]func() error{
			i.Subject: func() error { return s.note(tx, i.Subject, by(person(subject)), reason, m.Reference) },
			subject: func() error {
				if accept {
					if err := insertMandate(tx, m); err != nil {
						return err
					}
					if err := s.seal(tx, person(subject), &m, i.Claim, policy.SourceSystem); err != nil {
						return err
					}
				}
				return s.note(tx, subject, by(person(subject)), reason, m.Reference)
			},
		})
	})
	if err != nil {
		return fmt.Errorf("answer an invitation: %w", err)
	}
	return nil
}

// inOrder does something for several people in one transaction in the order of
// their ids, so that two such transactions never wait for each other.
func inOrder(do map[string]func() error) error {
	var people []string
	for subject := range do {
		people = append(people, subject)
	}
	slices.Sort(people)
	for _, subject := range people {
		if err := do[subject](); err != nil {
			return err
		}
	}
	return nil
}

// Delegate is somebody whom a delegate appointed, or wants to.
type Delegate struct {
	Invitation
	Mandate Mandate // none: not answered yet
}

// Delegates are those whom the holder of a mandate invited, the newest first.
func (s *Service) Delegates(ctx context.Context, subject string, m *Mandate) (out []Delegate, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		list, err := selectInvitationsOf(tx, subject, m.ID)
		if err != nil {
			return err
		}
		for _, i := range list {
			d := Delegate{Invitation: i}
			if i.State == accepted {
				if d.Mandate, err = selectByInvitation(tx, i.Invitee, i.ID); err != nil {
					return err
				}
			}
			out = append(out, d)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list delegates: %w", err)
	}
	for n := range out {
		i := &out[n].Invitation
		values, err := s.Vault.Read(ctx, vault.Use{
			Actor: person(subject), Subject: subject, Activity: ActivityOwn, Operation: policy.Use, Scope: i.scope(), Fields: []string{FieldInvited},
			Reference: m.Reference,
		})
		if err != nil {
			return nil, fmt.Errorf("list delegates: %w", err)
		}
		i.Email = values.Text(FieldInvited)
	}
	return out, nil
}

// Withdraw takes an invitation back, or ends the mandate that came of it.
func (s *Service) Withdraw(ctx context.Context, subject, invitationID string) error {
	i, err := s.invitation(ctx, invitationID)
	if err != nil {
		return fmt.Errorf("withdraw an invitation: %w", err)
	}
	if i.ID == "" || i.Subject != subject {
		return errUnknown
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		ended, err := endInvitation(tx, i, withdrawn, s.Clock.Now())
		if err != nil {
			return err
		}
		if ended {
			return s.note(tx, subject, by(person(subject)), "delegate-uninvited", "")
		}
		m, err := selectByInvitation(tx, i.Invitee, i.ID)
		if err != nil {
			return err
		}
		return s.end(tx, m, by(person(subject)), Revoked)
	})
	if err != nil {
		return fmt.Errorf("withdraw an invitation: %w", err)
	}
	return nil
}

// End ends one's own mandate at once.
func (s *Service) End(ctx context.Context, subject, mandateID string) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		m, err := selectMandate(tx, mandateID)
		if err != nil {
			return err
		}
		if m.ID == "" || m.Subject != subject {
			return errUnknown
		}
		return s.end(tx, m, by(person(subject)), Revoked)
	})
	if err != nil {
		return fmt.Errorf("end a mandate: %w", err)
	}
	return nil
}

// end ends a mandate that was not ended, an event of everybody concerned.
func (s *Service) end(tx *db.Tx, m Mandate, who audit.Actor, state State) error {
	if ended, err := endMandate(tx, m, state, s.Clock.Now()); err != nil || !ended {
		return errors.Join(err, errRaced)
	}
	if err := s.took(tx, m); err != nil {
		return err
	}
	reason := "mandate-ended"
	if state == Refused {
		reason = "company-refused"
	}
	do := map[string]func() error{m.Subject: func() error {
		if err := s.Vault.Bump(tx, m.Subject); err != nil {
			return err
		}
		return s.note(tx, m.Subject, who, reason, m.Reference)
	}}
	if m.AppointedBy != "" {
		do[m.AppointedBy] = func() error { return s.note(tx, m.AppointedBy, who, reason, m.Reference) }
	}
	return inOrder(do)
}
