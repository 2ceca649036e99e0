package leaving

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/recipients"
	"portico/internal/rights"
	"portico/internal/vault"
)

// tries is how often somebody is told at the most: for about ten minutes.
const tries = 8

// Leaving destroys accounts.
type Leaving struct{ *rights.Service }

// New has the queue of the rights destroy accounts.
func New(r *rights.Service) *Leaving {
	l := &Leaving{r}
	r.Jobs.Register(rights.JobErase, l.erase, jobs.Options{})
	return l
}

// erase tells the holder of an account that it goes, and destroys it.
func (l *Leaving) erase(ctx context.Context, job *jobs.Job) error {
	r, items, err := l.Whole(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	gone := false
	if err := l.DB.View(ctx, func(tx *db.Tx) error {
		_, account, err := l.Placed(tx, r, []string{vault.Profile})
		gone = len(account) == 0
		return err
	}); err != nil {
		return err
	}
	if gone {
		return l.left(ctx, r)
	}
	if _, can := l.Policy().Activity(rights.ActivityWrite); can && slices.ContainsFunc(items, func(i rights.Item) bool { return i.Decision == rights.Refused }) {
		if err := l.outlive(ctx, r); err != nil {
			return err
		}
	}
	// What was granted does not wait for an address that takes no message.
	if err := l.Identity.Write(ctx, r.Subject, r.Language, job.ID, "rights.mail.erased", "reference", r.Reference); err != nil && !mail.Final(err) && job.Attempt < tries {
		return err
	}
	keep := func(*db.Tx) error { return nil }
	if l.StaysOut != nil {
		if keep, err = l.StaysOut(ctx, r.Subject); err != nil {
			return err
		}
	}
	err = l.Vault.Update(ctx, func(tx *db.Tx) error {
		_, account, err := l.Placed(tx, r, []string{vault.Profile})
		if err != nil || len(account) == 0 {
			return err
		}
		if err := errors.Join(keep(tx), l.Eraser.Erase(tx, account, r.ID)); err != nil {
			return err
		}
		return l.ToldOf(tx, r, r.Subject, recipients.Erased, account...)
	})
	if err != nil {
		return fmt.Errorf("erase an account: %w", err)
	}
	return l.left(ctx, r)
}

// left has whoever has no account any more use their rights on what stays.
func (l *Leaving) left(ctx context.Context, r *rights.Request) error {
	if _, can := l.Policy().Activity(rights.ActivityWrite); !can {
		return nil // nobody does without an account
	}
	return l.Visitors.Left(ctx, r.Subject)
}

// outlive has somebody of whose data a part stays read the answer, and appeal,
// when their account is gone. A try before may have come so far already.
func (l *Leaving) outlive(ctx context.Context, r *rights.Request) error {
	if r.Outside() {
		return nil
	}
	fields := []string{policy.FieldEmail, policy.FieldPhone}
	values, err := l.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: r.Subject, Activity: policy.ActivitySignIn, Operation: policy.Use,
		Scope: vault.Profile, Fields: fields, Reference: r.Reference,
	})
	if err != nil {
		return fmt.Errorf("open where somebody is reached: %w", err)
	}
	var contacts []vault.Value
	for n, f := range fields {
		if v := values.Text(f); v != "" {
			item := id.New(l.Clock.Now().Add(time.Duration(n) * time.Millisecond)) // in the order of their ids
			contacts = append(contacts, vault.Value{Field: rights.FieldContact, Item: item, Text: v, Source: policy.SourceForm})
		}
	}
	if err := l.Vault.Update(ctx, func(tx *db.Tx) error { one := *r; return l.Outlive(tx, &one, contacts...) }); err != nil {
		return fmt.Errorf("keep where somebody is reached: %w", err)
	}
	return nil
}
