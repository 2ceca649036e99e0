package payments

import (
	"context"
	"slices"
	"time"

	"portico/internal/platform/db"
	"portico/internal/policy"
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

// Retry asks the provider anew about what is held or does not go on, by our
// reference.
func (s *Service) Retry(ctx context.Context, reference string) error {
	var o *Order
	var a *Attempt
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if o, err = orderByReference(tx, reference); err != nil || o == nil {
			return first(err, errNotFound)
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
func (s *Service) Release(ctx context.Context, reference string) error {
	return wrap("let an order be paid anew", s.DB.Update(ctx, func(tx *db.Tx) error {
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
		return nil
	}))
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
