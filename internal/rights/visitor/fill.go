package visitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/rights/takeout"
	"portico/internal/vault"
)

// jobFill goes once through what officials entered before hashes were made.
const (
	jobFill   = "visitor.fill"
	fillEvery = 24 * time.Hour
	fillMost  = 100
)

// reaching are the fields by which people are found, or told apart.
func reaching() []string {
	return []string{policy.FieldEmail, policy.FieldPhone, policy.FieldIdentityNumber}
}

// Fill has people found by what applications name that officials entered before
// that was noted, each read through the gate. Begun again it leaves out what is
// noted, and once it is through it reads nothing any more.
func (s *Service) Fill(ctx context.Context) error {
	for after := ""; s.Entered != nil && s.Offered(); {
		var list [][2]string
		done := false
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			if done, err = filled(tx); err == nil && !done {
				list, err = s.Entered(tx, after, fillMost)
			}
			return err
		}); err != nil {
			return fmt.Errorf("list what officials entered: %w", err)
		}
		if done {
			return nil
		}
		if len(list) == 0 {
			return s.DB.Update(ctx, func(tx *db.Tx) error { return endFill(tx, s.Clock.Now()) })
		}
		for _, one := range list {
			if err := s.fill(ctx, one[0], "case:"+one[1]); err != nil {
				return fmt.Errorf("have somebody found by what was entered for them: %w", err)
			}
			after = one[1]
		}
	}
	return nil
}

// jobLeft looks every day whether an account that closed is gone.
const jobLeft = "visitor.left"

// Leaves has somebody whose account closes found by what stays of them, once it
// is gone.
func (s *Service) Leaves(tx *db.Tx, subject string) error {
	if !s.Offered() {
		return nil
	}
	return s.Jobs.Enqueue(tx, jobs.New{Kind: jobLeft, At: s.Clock.Now().Add(fillEvery), Payload: map[string]string{"subject": subject}})
}

func (s *Service) leftJob(ctx context.Context, job *jobs.Job) error {
	subject, there := job.Get("subject"), false
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if there, err = s.Identity.HasAccount(tx, subject); err != nil || !there {
			return err
		}
		return s.Leaves(tx, subject)
	})
	if err != nil || there {
		return err
	}
	return s.Left(ctx, subject)
}

// Left has somebody whose account is gone found by what their applications name
// that stay, as if an official had entered them.
func (s *Service) Left(ctx context.Context, subject string) error {
	var scopes []string
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		scopes = nil
		kept, err := s.Vault.Inventory(tx, subject)
		for _, k := range kept {
			if strings.HasPrefix(k.Scope, "case:") && !slices.Contains(scopes, k.Scope) {
				scopes = append(scopes, k.Scope)
			}
		}
		return err
	}); err != nil {
		return fmt.Errorf("list what stays of somebody: %w", err)
	}
	for _, scope := range scopes {
		if err := s.fill(ctx, subject, scope); err != nil {
			return fmt.Errorf("have somebody found by what stays of them: %w", err)
		}
	}
	return nil
}

// fill has somebody found by what one application names.
func (s *Service) fill(ctx context.Context, subject, scope string) error {
	var fields []string
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		fields = nil
		account, err := s.Identity.HasAccount(tx, subject)
		if err != nil || account {
			return err
		}
		if noted, err := hasReach(tx, subject, scope); err != nil || noted {
			return err
		}
		kept, err := s.Vault.Inventory(tx, subject)
		for _, k := range kept {
			if k.Scope == scope && slices.Contains(reaching(), k.Field) && !slices.Contains(fields, k.Field) {
				fields = append(fields, k.Field)
			}
		}
		return err
	}); err != nil {
		return err
	}
	if len(fields) == 0 {
		return nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: subject, Activity: takeout.Activity, Operation: policy.Use, Scope: scope, Fields: fields,
	})
	if err != nil && (fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Denied) {
		return nil // it is gone meanwhile
	}
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		for _, f := range fields {
			text := values.Text(f)
			if right := values.Corrected(f); len(right) > 0 {
				text = right[len(right)-1].Text
			}
			err = errors.Join(err, s.Names(tx, subject, scope, f, text))
		}
		return err
	})
}
