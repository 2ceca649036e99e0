package payments

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Of lists the orders of a person's own case, the latest first.
func (s *Service) Of(ctx context.Context, actor policy.Actor, caseID string) (list []*Order, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := selectOfCase(tx, caseID)
		list = slices.DeleteFunc(all, func(o *Order) bool { return o.Subject != actor.ID })
		return err
	})
	return list, wrap("list the payments of an application", err)
}

// compare is an official's use of an order: an event of the person whose it is,
// in the transaction of what the official does.
func (s *Service) compare(tx *db.Tx, who policy.Actor, o *Order, reference string) error {
	scope := "case:" + o.Case
	permit, err := s.Vault.Permit(tx, vault.Use{
		Actor: who, Subject: o.Subject, Activity: ActivityAccounts, Operation: policy.Use, Scope: scope, Fields: []string{FieldOrder}, Reference: reference,
		Task: policy.Task{Scope: scope, Holder: who.ID, Open: true}, // whoever settles an order has it to settle
	})
	if err != nil {
		return err
	}
	_, err = s.Vault.Open(tx, permit)
	return err
}

// entered finds an order for an official who does something about it, and what
// people call its case.
func (s *Service) entered(ctx context.Context, reference string) (string, error) {
	o, _, err := s.Entry(ctx, reference)
	if err != nil {
		return "", err
	}
	a, err := s.Cases.Glance(ctx, o.Case)
	if err != nil {
		return "", fmt.Errorf("find the case of an order: %w", err)
	}
	return a.Reference, nil
}

// Retry asks the provider anew about what is held or does not go on, by our
// reference.
func (s *Service) Retry(ctx context.Context, who policy.Actor, reference string) error {
	named, err := s.entered(ctx, reference)
	if err != nil {
		return err
	}
	var o *Order
	var a *Attempt
	err = s.Vault.Update(ctx, func(tx *db.Tx) (err error) {
		if o, err = orderByReference(tx, reference); err != nil || o == nil {
			return first(err, errNotFound)
		}
		if err := s.compare(tx, who, o, named); err != nil {
			return err
		}
		list, err := selectAttempts(tx, o)
		if err != nil || len(list) == 0 {
			return first(err, errMoved)
		}
		a = list[0]
		if a.State != Differs || o.State != Held {
			return nil
		}
		now := s.Clock.Now()
		if ok, err := mark(tx, a, Open, "", now, now); err != nil || !ok {
			return first(err, errMoved)
		}
		if ok, err := turn(tx, o, Paying, now); err != nil || !ok {
			return first(err, errMoved)
		}
		return nil
	})
	if err != nil {
		return wrap("ask about a payment again", err)
	}
	return s.Check(ctx, o, a)
}

// Release lets an order that is held be paid anew: somebody has settled with
// the provider what was wrong.
func (s *Service) Release(ctx context.Context, who policy.Actor, reference string) error {
	named, err := s.entered(ctx, reference)
	if err != nil {
		return err
	}
	return wrap("let an order be paid anew", s.Vault.Update(ctx, func(tx *db.Tx) error {
		o, err := orderByReference(tx, reference)
		if err != nil || o == nil {
			return first(err, errNotFound)
		}
		if o.State != Held {
			return errMoved
		}
		if ok, err := turn(tx, o, Due, s.Clock.Now()); err != nil || !ok {
			return first(err, errMoved)
		}
		return s.compare(tx, who, o, named)
	}))
}

// Glance returns an order as its row says, for notices about it.
func (s *Service) Glance(ctx context.Context, orderID string) (o *Order, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if o, err = selectOrder(tx, orderID); err == nil && o == nil {
			err = errNotFound
		}
		return err
	})
	return o, wrap("look at an order", err)
}

// Orders lists a person's own orders, the latest first.
func (s *Service) Orders(ctx context.Context, actor policy.Actor) (list []*Order, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectOfSubject(tx, actor.ID)
		return err
	})
	return list, wrap("list payments", err)
}

// Entry returns an order by our reference, with the attempts at it: rows, and
// nothing of what the case is about.
func (s *Service) Entry(ctx context.Context, reference string) (o *Order, list []*Attempt, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if o, err = orderByReference(tx, reference); err != nil || o == nil {
			return first(err, errNotFound)
		}
		list, err = selectAttempts(tx, o)
		return err
	})
	return o, list, wrap("look at an order", err)
}

// Book lists orders that changed before a moment, of one state or of every one,
// and what all there are come to.
func (s *Service) Book(ctx context.Context, state State, before time.Time, id string, limit int) (list []*Order, sums []Sum, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if list, err = selectBook(tx, state, before, id, limit); err != nil {
			return err
		}
		sums, err = selectSums(tx)
		return err
	})
	return list, sums, wrap("list orders", err)
}
