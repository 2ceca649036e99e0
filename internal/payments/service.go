package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portico/internal/cases"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/vault"
)

// prefix begins the references of orders.
const prefix = "PAY"

// Config is what the payments of a portal need.
type Config struct {
	DB       *db.DB
	Vault    *vault.Vault
	Cases    *cases.Cases
	Provider Provider // nil: nothing is paid here
	Policy   func() *policy.Policy
	Currency func() string
	Address  func() string // of the portal, as browsers see it
	Clock    clock.Clock
	Notices  Notices // nil: nobody is told
}

// Notices tells people of their money, in the transaction in which it moves.
type Notices interface {
	// Paid tells that an order was paid.
	Paid(tx *db.Tx, o *Order) error
	// Returned tells that what was paid in an attempt went back.
	Returned(tx *db.Tx, o *Order, a *Attempt) error
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct {
	Config
	asking chan struct{} // bounds how many messages of the provider are followed up at once
}

// New returns the payments of a portal.
func New(c Config) *Service { return &Service{Config: c, asking: make(chan struct{}, 64)} }

// Follow is the cases.Follower that makes an order when a case comes to wait
// for its fee, ends it when the case leaves, and has given back what was paid
// when the case comes where the workflow says so.
func (s *Service) Follow(tx *db.Tx, h cases.Happening) error {
	if !h.Entered() {
		return nil
	}
	now := s.Clock.Now()
	if paid, waited := h.From.Paid(); waited && h.Step.Action != paid.ID {
		if err := s.leave(tx, h.Case.ID, now); err != nil {
			return fmt.Errorf("end an order: %w", err)
		}
	}
	if h.To().Refund {
		if err := s.owe(tx, h.Case.ID, now); err != nil {
			return fmt.Errorf("give a payment back: %w", err)
		}
	}
	if _, waits := h.To().Paid(); waits && h.Case.Fee > 0 {
		if err := s.order(tx, h.Case, now); err != nil {
			return fmt.Errorf("make an order: %w", err)
		}
	}
	return nil
}

func (s *Service) order(tx *db.Tx, c *cases.Case, now time.Time) error {
	o := &Order{
		Subject: c.Subject, ID: id.New(now), Case: c.ID, Service: c.Service, Reference: id.Reference(prefix), Amount: c.Fee,
		Currency: s.Currency(), State: Due, Created: now, Changed: now,
	}
	for taken, err := hasReference(tx, o.Reference); taken || err != nil; taken, err = hasReference(tx, o.Reference) {
		if err != nil {
			return err
		}
		o.Reference = id.Reference(prefix)
	}
	return insertOrder(tx, o)
}

// leave ends what nobody paid: a payment that is under way is cancelled by
// Poll, or given back if it was made all the same.
func (s *Service) leave(tx *db.Tx, caseID string, now time.Time) error {
	return s.each(tx, caseID, func(o *Order, list []*Attempt) error {
		if o.State != Due && o.State != Paying {
			return nil
		}
		if ok, err := turn(tx, o, Void, now); err != nil || !ok {
			return first(err, errMoved)
		}
		for _, a := range list {
			if a.State == Open {
				if _, err := mark(tx, a, Open, a.Code, now, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// PaidFor reports whether something is paid for a case, and not given back.
func (s *Service) PaidFor(ctx context.Context, caseID string) (paid bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err := selectOfCase(tx, caseID)
		paid = slices.ContainsFunc(list, func(o *Order) bool { return o.State == Paid })
		return err
	})
	return paid, wrap("see what is paid", err)
}

// GiveBack has given back what was paid for a case, in the transaction that
// ends what it was paid for. Poll sees to it.
func (s *Service) GiveBack(tx *db.Tx, caseID string) error {
	return wrap("give a payment back", s.owe(tx, caseID, s.Clock.Now()))
}

// owe has given back what was paid for a case.
func (s *Service) owe(tx *db.Tx, caseID string, now time.Time) error {
	return s.each(tx, caseID, func(o *Order, list []*Attempt) error {
		if o.State != Paid {
			return nil
		}
		if ok, err := turn(tx, o, Refunding, now); err != nil || !ok {
			return first(err, errMoved)
		}
		for _, a := range list {
			if a.State == Succeeded {
				if _, err := mark(tx, a, GivingBack, "", now, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Service) each(tx *db.Tx, caseID string, do func(*Order, []*Attempt) error) error {
	orders, err := selectOfCase(tx, caseID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		list, err := selectAttempts(tx, o)
		if err == nil {
			err = do(o, list)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// first returns err, or otherwise if there is none.
func first(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Mine returns a person's own order with the attempts at it, the latest first.
// Somebody else's is not found.
func (s *Service) Mine(ctx context.Context, actor policy.Actor, orderID string) (o *Order, list []*Attempt, err error) {
	if !id.Valid(orderID) {
		return nil, nil, errNotFound
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if o, err = selectOrder(tx, orderID); err != nil || o == nil || o.Subject != actor.ID {
			return first(err, errNotFound)
		}
		list, err = selectAttempts(tx, o)
		return err
	})
	return o, list, wrap("look at a payment", err)
}

// wrap says what was tried, unless there is no error.
func wrap(tried string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// Pay begins to pay an order, or goes on with what was begun, and returns where
// the person pays. It is empty if the order needs no payment any more, or the
// one that was begun has failed.
func (s *Service) Pay(ctx context.Context, actor policy.Actor, orderID, lang string) (string, error) {
	o, list, err := s.Mine(ctx, actor, orderID)
	if err != nil {
		return "", err
	}
	c, d, err := s.Cases.Row(ctx, actor, o.Case)
	if err != nil {
		return "", err
	}
	var a *Attempt
	switch o.State {
	case Due:
		if a, err = s.begin(ctx, o); err != nil {
			return "", err
		}
	case Paying:
		a = list[0]
	default:
		return "", errMoved
	}
	p, err := s.made(ctx, o, a, c, d, lang)
	if errors.Is(err, ErrUnknown) {
		return "", wrap("begin to pay again", s.unknown(ctx, a))
	}
	if err != nil {
		return "", ErrUnavailable.Because(err)
	}
	if err := s.apply(ctx, o, a, p); err != nil || p.Status != Underway {
		return "", err
	}
	return p.Next, nil
}

// begin stores that the order is about to be paid, before the provider hears of
// it: whatever happens then is found again by the reference.
func (s *Service) begin(ctx context.Context, o *Order) (a *Attempt, err error) {
	now := s.Clock.Now()
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		seen := *o
		if ok, err := begin(tx, &seen, now); err != nil || !ok {
			return first(err, errMoved)
		}
		a = &Attempt{
			Subject: o.Subject, Order: o.ID, N: seen.Attempts, Reference: o.Reference + "-" + strconv.FormatInt(seen.Attempts, 10),
			State: Open, Created: now, Changed: now, Next: now.Add(firstGap),
		}
		return insertAttempt(tx, a)
	})
	if err == nil {
		o.State, o.Attempts = Paying, a.N
	}
	return a, wrap("begin to pay", err)
}

// made returns the payment of an attempt, which it makes if there is none.
func (s *Service) made(ctx context.Context, o *Order, a *Attempt, c *cases.Case, d *services.Definition, lang string) (Payment, error) {
	if a.Payment != "" {
		return s.Provider.Get(ctx, a.Payment)
	}
	return s.Provider.Create(ctx, Request{
		Reference: a.Reference, Amount: o.Amount, Currency: o.Currency, Description: d.Name.In(lang) + ", " + c.Reference,
		Return: s.Address() + "/" + lang + "/cabinet/payments/" + o.ID + "/back", Language: lang,
	})
}

// Check asks the provider how an order's last attempt stands.
func (s *Service) Check(ctx context.Context, o *Order, a *Attempt) error {
	if a.State == GivingBack {
		return s.giveBack(ctx, o, a)
	}
	if a.State != Open && a.State != Lost {
		return nil
	}
	p, err := s.ask(ctx, a)
	if errors.Is(err, ErrUnknown) {
		return s.unknown(ctx, a)
	}
	if err != nil {
		return fmt.Errorf("ask the provider: %w", err)
	}
	return s.apply(ctx, o, a, p)
}

// ask returns what the provider says of an attempt.
func (s *Service) ask(ctx context.Context, a *Attempt) (Payment, error) {
	if a.Payment == "" {
		return s.Provider.Find(ctx, a.Reference)
	}
	return s.Provider.Get(ctx, a.Payment)
}

// apply does what follows from what the provider says of an attempt.
func (s *Service) apply(ctx context.Context, o *Order, a *Attempt, p Payment) error {
	if code := differs(o, a, p); code != "" {
		if p.Status == Underway {
			_ = s.Provider.Cancel(ctx, p.ID) // so that nobody pays what was not ordered; if it fails, it expires
		}
		return s.hold(ctx, a, code)
	}
	if a.Payment == "" {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			ok, err := bind(tx, a, p.ID)
			if err == nil && !ok {
				err = errMoved
			}
			return err
		}); err != nil {
			return fmt.Errorf("note a payment: %w", err)
		}
	}
	switch p.Status {
	case Success:
		return s.succeed(ctx, a)
	case Failure:
		return s.fail(ctx, a, p.Code)
	}
	if o.State == Paying && o.Attempts == a.N {
		return nil
	}
	// Nobody waits for it any more.
	if err := s.Provider.Cancel(ctx, a.Payment); err != nil {
		return fmt.Errorf("cancel a payment: %w", err)
	}
	return nil // the next look sees what became of it
}

// now reads an attempt and its order as they are in a transaction.
func (s *Service) now(tx *db.Tx, a *Attempt) (*Order, *Attempt, error) {
	o, err := selectOrder(tx, a.Order)
	if err != nil || o == nil {
		return nil, nil, first(err, errNotFound)
	}
	list, err := attempts(tx, `WHERE subject = $1 AND order_id = $2 AND n = $3`, a.Subject, a.Order, a.N)
	if err != nil || len(list) != 1 {
		return nil, nil, first(err, errNotFound)
	}
	return o, list[0], nil
}

// succeed takes a payment: the case moves in the transaction in which the order
// is paid. What comes when nobody waits for it goes back.
func (s *Service) succeed(ctx context.Context, seen *Attempt) error {
	return wrap("take a payment", s.Vault.Update(ctx, func(tx *db.Tx) error {
		o, a, err := s.now(tx, seen)
		if err != nil {
			return err
		}
		if a.State != Open && a.State != Lost {
			return nil // it was taken already
		}
		now := s.Clock.Now()
		to, try, next := Paid, Succeeded, time.Time{}
		switch o.State {
		case Due, Paying, Held:
			if _, err = s.Cases.Settle(tx, o.Case); cases.Moved(err) {
				to, try, next = Refunding, GivingBack, now
			} else if err != nil {
				return err
			}
		case Void:
			to, try, next = Refunding, GivingBack, now
		default: // another attempt was paid
			to, try, next = o.State, GivingBack, now
		}
		if ok, err := mark(tx, a, try, "", now, next); err != nil || !ok {
			return first(err, errMoved)
		}
		if ok, err := turn(tx, o, to, now); err != nil || !ok {
			return first(err, errMoved)
		}
		if to == Paid && try == Succeeded && s.Notices != nil {
			return s.Notices.Paid(tx, o)
		}
		return nil
	}))
}

// fail ends an attempt at which no money moved: the order can be paid again.
func (s *Service) fail(ctx context.Context, a *Attempt, code string) error {
	return s.end(ctx, a, Failed, code, Due, time.Time{})
}

// hold keeps an order from being paid until somebody has looked at it.
func (s *Service) hold(ctx context.Context, a *Attempt, code string) error {
	return s.end(ctx, a, Differs, code, Held, time.Time{})
}

// unknown notes that the provider does not know an attempt. It may have come
// too late to be seen, so it is asked about for a while.
func (s *Service) unknown(ctx context.Context, a *Attempt) error {
	now := s.Clock.Now()
	next := now.Add(lastGap)
	if a.State == Lost {
		if now.Sub(a.Created) < forgotten {
			return nil
		}
		next = time.Time{}
	}
	return s.end(ctx, a, Lost, "", Due, next)
}

// end brings an attempt that is open to an end; its order, if nothing else
// happened to it, can be paid again or is held.
func (s *Service) end(ctx context.Context, seen *Attempt, try Try, code string, to State, next time.Time) error {
	return wrap("end an attempt", s.DB.Update(ctx, func(tx *db.Tx) error {
		o, a, err := s.now(tx, seen)
		if err != nil || a.State != Open && a.State != Lost {
			return err
		}
		now := s.Clock.Now()
		if ok, err := mark(tx, a, try, code, now, next); err != nil || !ok {
			return first(err, errMoved)
		}
		if o.Attempts != a.N || o.State != Paying && (to != Held || o.State != Void && o.State != Due) {
			return nil
		}
		if ok, err := turn(tx, o, to, now); err != nil || !ok {
			return first(err, errMoved)
		}
		return nil
	}))
}

// giveBack has the provider give a payment back, once: what it has begun to
// give back is only waited for.
func (s *Service) giveBack(ctx context.Context, o *Order, a *Attempt) error {
	for range 2 {
		refunds, err := s.Provider.Refunds(ctx, a.Payment)
		if err != nil {
			return fmt.Errorf("ask about a refund: %w", err)
		}
		begun := false
		for _, r := range refunds {
			if r.Amount == o.Amount && r.Done {
				return s.gaveBack(ctx, a)
			}
			begun = begun || r.Amount == o.Amount && !r.Failed
		}
		if begun {
			return nil
		}
		if err := s.Provider.Refund(ctx, a.Payment, o.Amount); err != nil {
			return fmt.Errorf("give a payment back: %w", err)
		}
	}
	return nil
}

func (s *Service) gaveBack(ctx context.Context, seen *Attempt) error {
	return wrap("note a refund", s.DB.Update(ctx, func(tx *db.Tx) error {
		o, a, err := s.now(tx, seen)
		if err != nil || a.State != GivingBack {
			return err
		}
		now := s.Clock.Now()
		if ok, err := mark(tx, a, GivenBack, "", now, time.Time{}); err != nil || !ok {
			return first(err, errMoved)
		}
		if o.State == Refunding { // otherwise it was paid twice: what counts is the other
			if ok, err := turn(tx, o, Refunded, now); err != nil || !ok {
				return first(err, errMoved)
			}
		}
		if s.Notices != nil {
			return s.Notices.Returned(tx, o, a)
		}
		return nil
	}))
}

// Heard follows up a message of the provider, which is no more than a reason to
// ask. It reports false if the message is not the provider's.
func (s *Service) Heard(ctx context.Context, body []byte, signature string) (bool, error) {
	hint, ok := s.Provider.Verify(body, signature)
	if !ok {
		return false, nil
	}
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	default:
		return true, ErrUnavailable // Poll will see to it
	}
	var a *Attempt
	var o *Order
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if a, err = selectHinted(tx, hint); err != nil || a == nil {
			return err
		}
		o, err = selectOrder(tx, a.Order)
		return err
	})
	if err != nil || a == nil {
		return true, wrap("follow up a message", err)
	}
	return true, s.Check(ctx, o, a)
}
