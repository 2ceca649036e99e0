package rights

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/ledger"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/recipients"
)

// fulfil does what was granted, in the transaction of the answer.
func (s *Service) fulfil(tx *db.Tx, r *Request, granted []Item) error {
	var ids []string
	for _, i := range granted {
		ids = append(ids, i.ID)
		if i.Sort == All && SortOf(r.Kind) != All {
			var err error
			if ids, err = s.expand(tx, r); err != nil {
				return err
			}
		}
	}
	switch {
	case len(ids) == 0:
	case r.Kind == policy.RightRectification:
		for _, i := range granted {
			if i.Sort != Place {
				continue
			}
			if err := s.Corrections.Order(tx, r, i); err != nil {
				return err
			}
		}
	case r.Kind == policy.RightErasure:
		return s.erase(tx, r, ids)
	case r.Kind == policy.RightRestriction:
		return s.suspend(tx, r, []string{""})
	case r.Kind == policy.RightObjection || r.Kind == policy.RightOptOut:
		return s.suspend(tx, r, ids)
	}
	return nil
}

// objectionable are the purposes a right applies to for which others than people
// themselves use their data, in a way that an objection ends. What important
// notices are sent for goes on: nobody can switch them off (N8, I12).
func (s *Service) objectionable(right policy.Right) (list []policy.Purpose) {
	d := s.Policy().Declarations()
	for _, u := range d.Purposes {
		if !told(d, u.ID) && right.AppliesTo(u.Basis.DPV) && (s.Consents != nil || !u.Basis.IsConsent()) && slices.ContainsFunc(d.Activities, func(a policy.Activity) bool {
			return a.Purpose == u.ID && a.Relation != policy.RelationSelf && !a.WhileRestricted &&
				slices.ContainsFunc(a.Fields, func(f string) bool { return !strings.HasPrefix(f, "staff.") })
		}) {
			list = append(list, u)
		}
	}
	return list
}

// told reports whether notices of what happens are sent for a purpose.
func told(d *policy.Declarations, purpose string) bool {
	return slices.ContainsFunc(d.Activities, func(a policy.Activity) bool { return a.ID == kinds.Activity && a.Purpose == purpose })
}

// purposes are those that somebody can name. Consent is ended where it is given;
// whoever has no account opts out of it for an address.
func (s *Service) purposes(ctx context.Context, p *i18n.Printer, a Asker, right policy.Right) (list []Choice, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list = nil
		for _, u := range s.objectionable(right) {
			ends := !u.Basis.IsConsent() || a.Outside && right.Kind == policy.RightOptOut
			if !ends {
				if ends, err = s.Consents.Granted(tx, a.Subject, u.ID); err != nil {
					return err
				}
			}
			if ends {
				list = append(list, Choice{Item{Sort: Purpose, ID: u.ID}, p.In(u.Name)})
			}
		}
		return nil
	})
	return list, err
}

// suspend begins a restriction, or objections to purposes, of everybody whose
// data a request is about.
func (s *Service) suspend(tx *db.Tx, r *Request, purposes []string) error {
	for _, one := range r.People() {
		for _, purpose := range purposes {
			if err := s.suspendOne(tx, r, one, purpose); err != nil {
				return err
			}
		}
	}
	return nil
}

// suspendOne begins a restriction, or an objection to a purpose, unless it lasts
// already. The gate moves: it acts at the next use. What rests on consent ends
// by a withdrawal, so that a new consent begins it anew and nothing else does.
func (s *Service) suspendOne(tx *db.Tx, r *Request, subject, purpose string) error {
	if _, consented := s.Policy().AskedFor(purpose); consented {
		return s.Consents.End(tx, subject, purpose, r.Subject, r.Scope())
	}
	if err := s.set(tx, subject, purpose, true); err != nil { // first, so that nobody else does
		return err
	}
	list, err := selectSuspensions(tx, subject)
	if err != nil || slices.ContainsFunc(list, func(o Suspension) bool { return o.Purpose == purpose }) {
		return err
	}
	now := s.Clock.Now()
	one := Suspension{Subject: subject, ID: id.New(now), Purpose: purpose, Request: r.ID, Since: now}
	if err := s.Vault.Took(tx, one.kind(), one.Subject, strings.Join([]string{one.ID, one.Request, one.Purpose}, ":")); err != nil {
		return err
	}
	if err := insertSuspension(tx, one); err != nil || purpose != "" {
		return err
	}
	return s.ToldOf(tx, r, subject, recipients.Restricted)
}

// kind is what the ledger calls it.
func (o Suspension) kind() ledger.Kind {
	if o.Purpose == "" {
		return ledger.Restrict
	}
	return ledger.Object
}

// Replay begins a suspension again that the ledger tells of, when a backup was
// restored that does not know it. One that has ended since the backup lasts
// again: the person, or who lifted it, ends it once more.
func (s *Service) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind != ledger.Restrict && a.Kind != ledger.Object {
		return false, nil
	}
	ref := strings.SplitN(a.Ref, ":", 3)
	if len(ref) != 3 {
		return true, fmt.Errorf("replay a suspension: %q names none", a.Ref)
	}
	one := Suspension{Subject: a.Subject, ID: ref[0], Request: ref[1], Purpose: ref[2], Since: a.At}
	known, err := hasSuspension(tx, one)
	if err != nil || known {
		return true, err
	}
	if err := s.set(tx, one.Subject, one.Purpose, true); err != nil {
		return true, err
	}
	return true, insertSuspension(tx, one)
}

func (s *Service) set(tx *db.Tx, subject, purpose string, on bool) error {
	if purpose == "" {
		return s.Vault.SetRestricted(tx, subject, on)
	}
	return s.Vault.SetObjected(tx, subject, on)
}

// Suspensions are the restriction and the objections of a person that last.
func (s *Service) Suspensions(ctx context.Context, subject string) (list []Suspension, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectSuspensions(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is suspended: %w", err)
	}
	return list, nil
}

// End ends a suspension of a person's own, as they ask, at once.
func (s *Service) End(ctx context.Context, subject, suspension string) error {
	return s.end(ctx, subject, suspension, policy.Actor{Kind: policy.Person, ID: subject})
}

// end ends a suspension that lasts.
func (s *Service) end(ctx context.Context, subject, suspension string, who policy.Actor) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := s.Vault.Bump(tx, subject); err != nil { // nobody else begins one meanwhile
			return err
		}
		list, err := selectSuspensions(tx, subject)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(list, func(o Suspension) bool { return o.ID == suspension })
		if n < 0 {
			return errUnknown
		}
		one := list[n]
		one.Ended = s.Clock.Now()
		if ok, err := moveSuspension(tx, one); err != nil || !ok {
			return cmp.Or(err, error(errMoved))
		}
		lasts := slices.ContainsFunc(list, func(o Suspension) bool { return o.ID != one.ID && (o.Purpose == "") == (one.Purpose == "") })
		if err := s.set(tx, subject, one.Purpose, lasts); err != nil {
			return err
		}
		r, err := selectRequest(tx, one.Request)
		if err != nil {
			return err
		}
		if r == nil { // lost with what came after a backup; what it began lasts, and ends
			r = &Request{ID: one.Request, Right: string(one.kind())}
		}
		r.Subject = subject // of whom it was, if somebody else asked
		if err := s.note(tx, r, "suspension-ended", who); err != nil || one.Purpose != "" {
			return err
		}
		return s.ToldOf(tx, r, subject, recipients.Lifted)
	})
	if err != nil {
		return fmt.Errorf("end what is suspended: %w", err)
	}
	return nil
}

// notice is how long before its end a person is told that a restriction, or an
// objection, is lifted.
const notice = LiftAfterDays * 24 * time.Hour

// LiftAfterDays is the same in days.
const LiftAfterDays = 7

// Announce has a person told that what a request suspended is lifted, after a
// week. Nothing is lifted without.
func (s *Service) Announce(ctx context.Context, who policy.Actor, request string) error {
	if !s.Answers(who.Roles) {
		return errRole
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		r, err := selectRequest(tx, request)
		if err != nil || r == nil {
			return cmp.Or(err, error(errUnknown))
		}
		if r.State != Answered {
			return errMoved
		}
		var list []Suspension
		for _, subject := range r.People() {
			found, err := selectSuspensions(tx, subject)
			if err != nil {
				return err
			}
			list = append(list, found...)
		}
		now, some := s.Clock.Now(), false
		for _, one := range list {
			if one.Request != r.ID || !one.Announced.IsZero() {
				continue
			}
			one.Announced, one.Ends = now, now.Add(notice)
			if ok, err := moveSuspension(tx, one); err != nil || !ok {
				return cmp.Or(err, error(errMoved))
			}
			some = true
		}
		if !some {
			return errMoved
		}
		if err := s.note(tx, r, "suspension-lifted", who); err != nil {
			return err
		}
		return s.tell(tx, r, "lifted")
	})
	if err != nil {
		return fmt.Errorf("announce that something is lifted: %w", err)
	}
	return nil
}

// liftMax is how much ends in one turn.
const liftMax = 100

// lift ends what was announced to end by now.
func (s *Service) lift(ctx context.Context) error {
	var due []Suspension
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		due, err = selectEnding(tx, s.Clock.Now(), liftMax)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for what ends: %w", err)
	}
	for _, one := range due {
		if err := s.end(ctx, one.Subject, one.ID, policy.Actor{Kind: policy.System}); err != nil {
			return err
		}
	}
	return nil
}
