package rights

import (
	"cmp"
	"context"
	"slices"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
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

// JobErase destroys an account: package rights/leaving.
const JobErase = "rights.erase"

// errUndecided says that something is still being worked on.
var errUndecided = fault.New(fault.Conflict, "rights.erase.undecided")

// erase disposes of the places of a request that were granted. The account
// itself goes a moment later: with it goes the address at which its holder is
// told, so that a job tells them first.
func (s *Service) erase(tx *db.Tx, r *Request, scopes []string) error {
	items, account, err := s.Placed(tx, r, scopes)
	if err != nil {
		return err
	}
	if len(account) > 0 {
		if err := s.Eraser.Allowed(tx, account, r.ID); err != nil {
			return err
		}
		if err := s.Jobs.Enqueue(tx, jobs.New{Kind: JobErase, Key: "erase:" + r.ID, Payload: map[string]string{"request": r.ID}}); err != nil {
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
		if err := s.ToldOf(tx, r, items[0].Subject, recipients.Erased, items[:n]...); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// ToldOf has whoever received data of some things, or of all where none is
// named, told what became of it.
func (s *Service) ToldOf(tx *db.Tx, r *Request, subject string, kind recipients.Kind, items ...holdings.Item) error {
	act := recipients.Act{Subject: subject, Kind: kind, Request: r.ID, Reference: r.Reference}
	for _, i := range items {
		act.Scopes = append(act.Scopes, i.Scope)
	}
	return s.Told.Tell(tx, act)
}

// Placed are the things that are kept in some places, apart from the account.
// What is still being worked on cannot be erased, and an account not while an
// application of it is.
func (s *Service) Placed(tx *db.Tx, r *Request, scopes []string) (items, account []holdings.Item, err error) {
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

// Open returns, of each thing, the id of a request that waits for its answer and
// holds back its disposal (I9): one about the place where it is, or about all of
// the person's data. The one that asks for the disposal does not, and no other
// that asks for the same: each would wait for the other.
func (s *Service) Open(tx *db.Tx, items []holdings.Item, asked string) ([]string, error) {
	waiting, err := selectOpenAbout(tx, items)
	if err != nil {
		return nil, err
	}
	erasing := func(a about) bool { return a.kind == policy.RightErasure }
	if slices.ContainsFunc(waiting, erasing) {
		r, err := selectRequest(tx, asked)
		if err != nil {
			return nil, err
		}
		if r != nil { // somebody asked, and it is no run of the schedule
			waiting = slices.DeleteFunc(waiting, erasing)
		}
	}
	open := make([]string, len(items))
	for n, i := range items {
		for _, a := range waiting {
			if a.person == i.Subject && a.request != asked && (a.sort == All || a.sort == Place && a.item == cmp.Or(i.Within, i.Scope)) {
				open[n] = a.request
				break
			}
		}
	}
	return open, nil
}
