package staff

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Person is an official as an administrator sees them.
type Person struct {
	Member
	State identity.State
	Name  string // opened through the gate, for one at a time
	Email string
}

// People lists officials by reference, without names.
func (s *Service) People(ctx context.Context, me *web.Session, after string) (list []Person, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list = nil
		if err := s.may(tx, me); err != nil {
			return err
		}
		members, err := selectMembers(tx, after, pageSize)
		if err != nil {
			return err
		}
		for _, m := range members {
			state, err := s.Identity.State(tx, web.RealmStaff, m.Subject)
			if err != nil {
				return err
			}
			list = append(list, Person{Member: m, State: state})
		}
		return nil
	})
	return list, err
}

// Find returns the reference of the official with exactly this address.
func (s *Service) Find(ctx context.Context, me *web.Session, email string) (reference string, err error) {
	c, ok := identity.StaffContact(email)
	if !ok {
		return "", fault.Input(fault.Field{Name: "email", Code: "staff.email.wrong"})
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := s.may(tx, me); err != nil {
			return err
		}
		subject, err := s.Vault.Find(tx, policy.FieldStaffEmail, c.Value)
		if fault.KindOf(err) == fault.NotFound {
			return fault.Input(fault.Field{Name: "email", Code: "staff.find.none"})
		}
		if err != nil {
			return err
		}
		m, err := selectMember(tx, subject)
		reference = m.Reference
		return err
	})
	return reference, err
}

// Person opens one official: an event of theirs says who looked.
func (s *Service) Person(ctx context.Context, me *web.Session, reference string) (p Person, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := s.may(tx, me); err != nil {
			return err
		}
		if p.Member, err = s.member(tx, reference); err != nil {
			return err
		}
		p.State, err = s.Identity.State(tx, web.RealmStaff, p.Subject)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: actor(me), Subject: p.Subject, Activity: ActivityAdminister, Operation: policy.Use, Scope: vault.Profile,
		Reference: p.Reference, Fields: []string{policy.FieldStaffName, policy.FieldStaffEmail},
	})
	if err != nil {
		return Person{}, fmt.Errorf("open an official: %w", err)
	}
	p.Name, p.Email = values.Text(policy.FieldStaffName), values.Text(policy.FieldStaffEmail)
	return p, nil
}

func (s *Service) member(tx *db.Tx, reference string) (Member, error) {
	m, err := selectByReference(tx, reference)
	if err == nil && m.Subject == "" {
		err = errUnknown
	}
	return m, err
}

// Invite makes an official, and has a link sent by which they set a password.
// It is good once and for 72 hours.
func (s *Service) Invite(ctx context.Context, me *web.Session, e Entry, lang string) (m Member, err error) {
	e, c, err := s.check(e)
	if err != nil {
		return Member{}, err
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.may(tx, me); err != nil {
			return err
		}
		if m, err = s.add(tx, e, c, actor(me), ActivityAdminister, policy.SourceStaff); err != nil {
			return err
		}
		if err := s.invite(tx, m, lang); err != nil {
			return err
		}
		return s.note(tx, by(me), m.Subject, "invited", e.Roles)
	})
	if fault.KindOf(err) == fault.Conflict {
		return Member{}, fault.Input(fault.Field{Name: "email", Code: "staff.email.taken"})
	}
	if err != nil {
		return Member{}, fmt.Errorf("invite an official: %w", err)
	}
	return m, nil
}

// invite makes a link, has it sent, and ends those before it.
func (s *Service) invite(tx *db.Tx, m Member, lang string) error {
	if err := dropInvitations(tx, m.Subject); err != nil {
		return err
	}
	invitation := id.New(s.Clock.Now())
	if err := insertInvitation(tx, m.Subject, invitation, hashOf(s.token(invitation)), s.Clock.Now().Add(invitationLife)); err != nil {
		return err
	}
	return s.Jobs.Enqueue(tx, jobs.New{
		Kind: jobInvite, Key: invitation, Payload: map[string]string{"subject": m.Subject, "invitation": invitation, "language": lang},
	})
}

// token is the secret of an invitation. It follows from a key that the store
// has not, so that the mail can be written later without storing it.
func (s *Service) token(invitation string) string {
	return base64.RawURLEncoding.EncodeToString(s.Identity.Codes.Code("staff invitation", invitation))
}

// sendInvitation sends the link of an invitation that is still valid.
func (s *Service) sendInvitation(ctx context.Context, job *jobs.Job) error {
	token := s.token(job.Get("invitation"))
	l, err := s.Open(ctx, token)
	if fault.KindOf(err) == fault.NotFound {
		return nil // followed, replaced or too old
	}
	if err != nil {
		return fmt.Errorf("send an invitation: %w", err)
	}
	return s.Identity.Write(ctx, l.Subject, job.Get("language"), job.ID, "staff.message.invite",
		"link", s.Address()+"/staff/welcome/"+token, "hours", int(invitationLife.Hours()))
}

// change does something to an official other than whoever asks, with an event.
func (s *Service) change(ctx context.Context, me *web.Session, reference, reason string, do func(*db.Tx, Member) ([]string, error)) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := passGuard(tx); err != nil {
			return err
		}
		if err := s.may(tx, me); err != nil {
			return err
		}
		m, err := s.member(tx, reference)
		if err != nil {
			return err
		}
		if m.Subject == me.Subject {
			return errSelf
		}
		roles, err := do(tx, m)
		if err != nil {
			return err
		}
		return s.note(tx, by(me), m.Subject, reason, roles)
	})
	if err != nil {
		return fmt.Errorf("change an official: %w", err)
	}
	return nil
}

// SetRoles gives an official these roles instead of those they have.
func (s *Service) SetRoles(ctx context.Context, me *web.Session, reference string, roles []string) error {
	roles, err := s.sound(roles)
	if err != nil {
		return err
	}
	return s.change(ctx, me, reference, "roles-changed", func(tx *db.Tx, m Member) ([]string, error) {
		if slices.Equal(m.Roles, roles) {
			return roles, nil
		}
		swapped, err := swapRoles(tx, m, roles, s.Clock.Now())
		if err != nil || !swapped {
			return nil, errors.Join(err, errRaced)
		}
		return roles, s.took(tx, m, roles)
	})
}

// Suspend keeps an official out for now. Every session ends at once.
func (s *Service) Suspend(ctx context.Context, me *web.Session, reference string) error {
	return s.change(ctx, me, reference, "suspended", func(tx *db.Tx, m Member) ([]string, error) {
		return nil, s.Identity.SetState(tx, m.Subject, identity.Open, identity.Suspended)
	})
}

// Resume lets a suspended official in again.
func (s *Service) Resume(ctx context.Context, me *web.Session, reference string) error {
	return s.change(ctx, me, reference, "resumed", func(tx *db.Tx, m Member) ([]string, error) {
		return nil, s.Identity.SetState(tx, m.Subject, identity.Suspended, identity.Open)
	})
}

// NewSecond has an official set up another second factor at the next sign-in.
func (s *Service) NewSecond(ctx context.Context, me *web.Session, reference string) error {
	return s.change(ctx, me, reference, "second-factor-reset", func(tx *db.Tx, m Member) ([]string, error) {
		return nil, s.Identity.ResetSecond(tx, m.Subject)
	})
}

// Reset is for an official who lost the password, or everything: what proves
// the account goes, every session ends, and a new link is sent, as to somebody
// who was just invited.
func (s *Service) Reset(ctx context.Context, me *web.Session, reference, lang string) error {
	return s.change(ctx, me, reference, "sign-in-reset", func(tx *db.Tx, m Member) ([]string, error) {
		if err := s.Identity.SetState(tx, m.Subject, identity.Open, identity.Confirmed); err != nil {
			return nil, err
		}
		if err := s.Identity.Proofs.Clear(tx, m.Subject, false); err != nil {
			return nil, err
		}
		return m.Roles, s.invite(tx, m, lang)
	})
}

// InviteAgain makes another link for somebody who has not followed the first.
func (s *Service) InviteAgain(ctx context.Context, me *web.Session, reference, lang string) error {
	return s.change(ctx, me, reference, "invited", func(tx *db.Tx, m Member) ([]string, error) {
		state, err := s.Identity.State(tx, web.RealmStaff, m.Subject)
		if err != nil {
			return nil, err
		}
		if state != identity.Confirmed {
			return nil, errRaced
		}
		return m.Roles, s.invite(tx, m, lang)
	})
}

// Remove ends an official's account for ever; the address is free again.
func (s *Service) Remove(ctx context.Context, me *web.Session, reference string) error {
	p, err := s.Person(ctx, me, reference)
	if err != nil {
		return err
	}
	return s.change(ctx, me, reference, "removed", func(tx *db.Tx, m Member) ([]string, error) {
		if err := s.Identity.SetState(tx, m.Subject, p.State, identity.Closed); err != nil {
			return nil, err
		}
		if err := dropInvitations(tx, m.Subject); err != nil {
			return nil, err
		}
		if _, err := swapRoles(tx, m, nil, s.Clock.Now()); err != nil {
			return nil, err
		}
		if err := s.took(tx, m, nil); err != nil {
			return nil, err
		}
		return nil, s.Vault.Unindex(tx, policy.FieldStaffEmail, m.Subject, p.Email)
	})
}
