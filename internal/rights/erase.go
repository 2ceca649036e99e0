package rights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/recipients"
	"portico/internal/vault"
)

// Eraser disposes of things of one person, by the one path that does.
type Eraser interface {
	// Allowed is nil if nothing but the request itself holds the things back.
	Allowed(tx *db.Tx, items []holdings.Item, request string) error
	// Erase disposes of them, in the caller's transaction.
	Erase(tx *db.Tx, items []holdings.Item, request string) error
}

// Fates says what became of each item of a request, or until when it is kept: in
// words, nothing of one that erases nothing, and in a certificate.
type Fates interface {
	Of(ctx context.Context, p *i18n.Printer, r *Request, items []Item) ([]string, error)
	Give(q *web.Req, subject, request string) error
}

// jobErase destroys an account once its holder was told, or could not be told so
// often: about a quarter of an hour.
const (
	jobErase  = "rights.erase"
	tellTries = 8
)

// errUndecided says that something is still being worked on.
var errUndecided = fault.New(fault.Conflict, "rights.erase.undecided")

// erase disposes of the places of a request that were granted. The account
// itself goes a moment later: with it goes the address at which its holder is
// told, so that a job tells them first.
func (s *Service) erase(tx *db.Tx, r *Request, scopes []string) error {
	items, account, err := s.placed(tx, r, scopes)
	if err != nil {
		return err
	}
	if len(account) > 0 {
		if err := s.Eraser.Allowed(tx, account, r.ID); err != nil {
			return err
		}
		if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobErase, Key: "erase:" + r.ID, Payload: map[string]string{"request": r.ID}}); err != nil {
			return err
		}
	}
	for len(items) > 0 { // those of one person at a time
		n := slices.IndexFunc(items, func(i holdings.Item) bool { return i.Subject != items[0].Subject })
		if n < 0 {
			n = len(items)
		}
		if err := s.Eraser.Erase(tx, items[:n], r.ID); err != nil {
			return err
		}
		if err := s.toldOf(tx, r, items[0].Subject, recipients.Erased, items[:n]...); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// toldOf has whoever received data of some things, or of all where none is
// named, told what became of it.
func (s *Service) toldOf(tx *db.Tx, r *Request, subject string, kind recipients.Kind, items ...holdings.Item) error {
	act := recipients.Act{Subject: subject, Kind: kind, Request: r.ID, Reference: r.Reference}
	for _, i := range items {
		act.Scopes = append(act.Scopes, i.Scope)
	}
	return s.Told.Tell(tx, act)
}

// placed are the things that are kept in some places, apart from the account.
// What is still being worked on cannot be erased, and an account not while an
// application of it is.
func (s *Service) placed(tx *db.Tx, r *Request, scopes []string) (items, account []holdings.Item, err error) {
	var held []holdings.Item
	for _, one := range r.People() {
		found, err := s.Takeout.Holdings.Held(tx, s.Policy(), one)
		if err != nil {
			return nil, nil, err
		}
		held = append(held, found...)
	}
	whole := slices.Contains(scopes, vault.Profile)
	for _, i := range held {
		named := i.Within == "" && slices.Contains(scopes, i.Scope)
		switch {
		case i.Kind == holdings.Account && named:
			account = append(account, i)
		case i.Since.IsZero() && (named || whole && i.Kind == policy.KindCase && i.Subject == r.Subject):
			return nil, nil, errUndecided
		case named:
			items = append(items, i)
		}
	}
	return items, account, nil
}

// eraseAccount tells the holder of an account that it goes, and destroys it.
func (s *Service) eraseAccount(ctx context.Context, job *jobs.Job) error {
	r, _, err := s.Whole(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	gone := false
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		_, account, err := s.placed(tx, r, []string{vault.Profile})
		gone = len(account) == 0
		return err
	}); err != nil || gone {
		return err
	}
	// What was granted does not wait for an address that takes no message.
	if err := s.Identity.Write(ctx, r.Subject, r.Language, job.ID, "rights.mail.erased", "reference", r.Reference); err != nil && !mail.Final(err) && job.Attempt < tellTries {
		return err
	}
	keep := func(*db.Tx) error { return nil }
	if s.StaysOut != nil {
		if keep, err = s.StaysOut(ctx, r.Subject); err != nil {
			return err
		}
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		_, account, err := s.placed(tx, r, []string{vault.Profile})
		if err != nil || len(account) == 0 {
			return err
		}
		if err := errors.Join(keep(tx), s.Eraser.Erase(tx, account, r.ID)); err != nil {
			return err
		}
		return s.toldOf(tx, r, r.Subject, recipients.Erased, account...)
	})
	if err != nil {
		return fmt.Errorf("erase an account: %w", err)
	}
	return nil
}

// Open returns, of each thing, the id of a request that waits for its answer and
// holds back its disposal (I9): one about the place where it is, or about all of
// the person's data. The one that asks for the disposal does not.
func (s *Service) Open(tx *db.Tx, items []holdings.Item, asked string) ([]string, error) {
	about, err := selectOpenAbout(tx, items)
	if err != nil {
		return nil, err
	}
	open := make([]string, len(items))
	for n, i := range items {
		for _, a := range about {
			if a.person == i.Subject && a.request != asked && (a.sort == All || a.sort == Place && a.item == cmp.Or(i.Within, i.Scope)) {
				open[n] = a.request
				break
			}
		}
	}
	return open, nil
}
