package identity

import (
	"context"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// jobExpire deletes registrations that nobody finished.
const (
	jobExpire   = "identity.expire"
	expireEvery = time.Hour
	expirePage  = 50
)

// Expire deletes the registrations whose time has passed, by the rule of the
// policy in force, counted from their last step.
func (s *Service) Expire(ctx context.Context) error {
	rule, _ := s.Policy().Retention(policy.RetentionRegistration)
	var behind account
	for {
		var list []account
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			list, err = selectUnfinished(tx, behind, expirePage)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for registrations that nobody finished: %w", err)
		}
		for _, a := range list {
			until, err := rule.Until(a.Changed)
			if err != nil {
				return fmt.Errorf("how long a registration lasts: %w", err)
			}
			if s.Clock.Now().Before(until) {
				return nil // and those behind are younger
			}
			if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.abandon(tx, a) }); err != nil {
				return fmt.Errorf("delete a registration that nobody finished: %w", err)
			}
			behind = a
		}
		if len(list) < expirePage {
			return nil
		}
	}
}

// abandon deletes a registration as it was last seen, with its keys: one that
// went on since stays. What is left says that somebody unknown began one.
func (s *Service) abandon(tx *db.Tx, a account) error {
	deleted, err := deleteUnfinished(tx, a)
	if err != nil || !deleted {
		return err
	}
	err = s.Vault.Append(tx, audit.Event{
		Kind: audit.KindAccount, Subject: a.Subject, Reason: "registration-expired", Policy: s.Policy().Hash(),
		Actor: audit.Actor{Kind: policy.System.String()},
	})
	if err != nil {
		return err
	}
	return s.Vault.Forget(tx, a.Subject)
}
