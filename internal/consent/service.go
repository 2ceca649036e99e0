package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/vault"
)

// About is who asks.
type About struct {
	Operator i18n.Text
	Address  i18n.Text
	Law      i18n.Text
	URL      string    // of the portal, without a slash at the end
	Lang     string    // its first language
	Stored   i18n.Text // where data is stored, as people agree to it before they open an account; empty: they are not asked
}

// Config is what the package needs.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Ring   *keys.Ring
	Policy func() *policy.Policy
	Clock  clock.Clock
	About  func() About

	// AgreedAt is when a person agreed to where data is stored; nil: nobody is asked.
	AgreedAt func(ctx context.Context, subject string) (time.Time, error)
	// Kept says in words how long something is kept.
	Kept func(p *i18n.Printer, r policy.Retention) string
	// Cancel takes away what waits to be sent to a person for a purpose, each
	// in the transaction of the withdrawal (I6).
	Cancel []func(tx *db.Tx, subject, purpose string) error
	// Reached has nothing sent for a purpose to the contacts that somebody gave in
	// a scope, who has no account; nil: nothing is sent.
	Reached func(tx *db.Tx, subject, scope, purpose string) error
	// Silent says for which purposes nothing is sent to where somebody is reached,
	// because it was said there after their consent, at these times, that nothing
	// is wanted; nil: for none.
	Silent func(ctx context.Context, subject string, since map[string]time.Time) (map[string]bool, error)
	// Said is told of a consent that is given, or that one withdraws; nil: nobody is.
	Said func(tx *db.Tx, subject, purpose string) error
}

// Service is the use cases of this package. It is safe for concurrent use.
type Service struct{ Config }

// New returns the service.
func New(c Config) *Service { return &Service{c} }

// Terms are those to which a person consents for a purpose; empty: to none.
// It is what the vault asks.
func Terms(tx *db.Tx, subject, purpose string) (string, error) {
	return selectTerms(tx, subject, purpose)
}

// Granted reports whether a person consents to what a purpose asks for now.
// A purpose that rests on another basis needs no consent: nobody grants it.
func (s *Service) Granted(tx *db.Tx, subject, purpose string) (bool, error) {
	asked, ok := s.Policy().AskedFor(purpose)
	if !ok {
		return false, nil
	}
	terms, err := selectTerms(tx, subject, purpose)
	return err == nil && terms == asked.Terms, err
}

// Agreed are people behind one, in order, who have ever consented to a purpose.
// Whether one of them still does says Granted.
func (s *Service) Agreed(tx *db.Tx, purpose, after string, limit int) ([]string, error) {
	return selectAgreed(tx, purpose, after, limit)
}

// Agreeing counts the people who consent to what a purpose asks for now.
func (s *Service) Agreeing(tx *db.Tx, purpose string) (int64, error) {
	asked, ok := s.Policy().AskedFor(purpose)
	if !ok {
		return 0, nil
	}
	return countAgreeing(tx, purpose, asked.Terms)
}

// Stood reports whether a person had consented to a purpose at a time, or had
// withdrawn it no longer before than late: what is on its way then arrives.
func (s *Service) Stood(tx *db.Tx, subject, purpose string, at time.Time, late time.Duration) (bool, error) {
	events, err := selectEvents(tx, subject)
	given := false
	for _, e := range events {
		switch {
		case e.Purpose != purpose || e.At.After(at):
		case e.Act == Given:
			given = true
		case e.At.Add(late).Before(at):
			given = false
		}
	}
	return given, err
}

// Events are all that a person ever said, the oldest first.
func (s *Service) Events(ctx context.Context, subject string) (list []Event, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectEvents(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	return list, nil
}

// Say takes what a person says about a purpose. terms are those that they were
// shown: if the policy asks for something else by now, nothing is taken. What
// they said already is not taken twice.
func (s *Service) Say(ctx context.Context, subject, purpose string, act Act, terms string) error {
	asked, ok := s.Policy().AskedFor(purpose)
	if !ok && act != Withdrawn {
		return errUnknown
	}
	if act != Withdrawn && terms != asked.Terms {
		return errChanged
	}
	err := s.Vault.Update(ctx, func(tx *db.Tx) error { return s.say(tx, subject, act, asked, purpose, terms) })
	if err == nil && act != Given { // also if it was said before, and not kept then
		err = s.Vault.Kept(ctx)
	}
	if err != nil {
		return fmt.Errorf("take a consent: %w", err)
	}
	return nil
}

// say writes what a person says about a purpose.
func (s *Service) say(tx *db.Tx, subject string, act Act, asked policy.Asked, purpose, terms string) error {
	// The gate first: behind it nobody else says something for this person,
	// and no use that was decided on before commits any more (I6).
	if err := s.Vault.Bump(tx, subject); err != nil {
		return err
	}
	events, err := selectEvents(tx, subject)
	if err != nil {
		return err
	}
	last := standing(events, purpose)
	switch {
	case act == Withdrawn && last.Act == "":
		return errNothing
	case last.Act == act && (act == Withdrawn || last.Terms == terms):
		return nil
	case act == Withdrawn:
		terms = last.Terms
	}
	now := s.Clock.Now()
	e := Event{Subject: subject, N: int64(len(events)) + 1, ID: id.New(now), Purpose: purpose, Act: act, Terms: terms, At: now}
	if e.Receipt, err = s.receipt(&e, asked); err != nil {
		return err
	}
	if err := insertEvent(tx, &e); err != nil {
		return err
	}
	if err := s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: subject, Actor: audit.Actor{ID: subject, Kind: policy.Person.String()},
		Purpose: purpose, Basis: string(asked.Purpose.Basis.DPV), Reason: "consent-" + string(act), Reference: e.ID,
		Policy: s.Policy().Hash(), Facts: audit.Facts{"terms": terms},
	}); err != nil {
		return err
	}
	if s.Said != nil && (act == Given || last.Act == Given) {
		if err := s.Said(tx, subject, purpose); err != nil {
			return err
		}
	}
	if act == Given {
		return nil
	}
	if last.Act == Given {
		if err := s.Vault.Took(tx, ledger.Withdraw, subject, purpose); err != nil {
			return err
		}
	}
	for _, cancel := range s.Cancel {
		if err := cancel(tx, subject, purpose); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw withdraws what a person consents to for a purpose, if they do.
func (s *Service) Withdraw(ctx context.Context, subject, purpose string) error {
	if err := s.Say(ctx, subject, purpose, Withdrawn, ""); !errors.Is(err, errNothing) {
		return err
	}
	return nil
}

// End withdraws it in the transaction of a request for that, of whoever asked,
// and has nothing of it sent to the contacts in the scope of the request.
func (s *Service) End(tx *db.Tx, subject, purpose, asker, scope string) error {
	given, err := selectTerms(tx, subject, purpose)
	if err == nil && given != "" {
		asked, _ := s.Policy().AskedFor(purpose)
		err = s.say(tx, subject, Withdrawn, asked, purpose, "")
	}
	if err == nil && s.Reached != nil && subject == asker {
		err = s.Reached(tx, subject, scope, purpose)
	}
	if err != nil {
		return fmt.Errorf("withdraw a consent: %w", err)
	}
	return nil
}

// Receipt is the receipt of an event of a person's.
func (s *Service) Receipt(ctx context.Context, subject, event string) ([]byte, error) {
	events, err := s.Events(ctx, subject)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(events, func(e Event) bool { return e.ID == event })
	if i < 0 {
		return nil, errUnknown
	}
	return events[i].Receipt, nil
}

// when is how a receipt writes a time.
func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }
