package drafts

import (
	"context"
	"errors"
	"fmt"

	"portico/internal/cases"
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Submit sends the draft with this id as the person last saw it. Done again, it
// returns the case that there is.
func (s *Drafts) Submit(ctx context.Context, p Place, draft string, revision int64) (*cases.Case, error) {
	w, err := s.Open(ctx, p)
	var gone *Sent
	if errors.As(err, &gone) {
		return gone.Case, nil
	}
	if err != nil {
		return nil, err
	}
	if w.Draft == nil || w.Draft.ID != draft || w.Draft.Revision != revision || len(w.Outcome.Errors) > 0 {
		// It was sent already, or the page says what is wrong now, such as a
		// date that has passed.
		return s.sent(ctx, p, draft)
	}
	if w.Bar != nil {
		return nil, errMoved
	}
	var made *cases.Case
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		made = nil
		if ok, err := deleteDraft(tx, w.Draft); err != nil || !ok {
			return err
		}
		if err := s.acts(tx, w); err != nil {
			return err
		}
		var err error
		made, err = s.Cases.Submit(tx, cases.Submission{
			Subject: w.Draft.Subject, ID: w.Draft.ID, Service: w.Service.ID, Variant: w.Offer.Variant,
			Channel: w.Draft.Channel, By: w.Draft.By, Fee: w.Outcome.Fee.Amount(), Lang: p.Lang,
		})
		if err != nil {
			return err
		}
		if s.Files != nil {
			if err := s.Files.Uploads.Attach(tx, w.Draft.Subject, w.Draft.Scope(), w.named()); err != nil {
				return err
			}
		}
		return s.seal(tx, w, made)
	})
	if err != nil {
		return nil, fmt.Errorf("send an application: %w", err)
	}
	if made == nil { // somebody else's transaction was first
		return s.sent(ctx, p, draft)
	}
	return made, nil
}

// seal makes values of the answers that count, each with its source, and
// empties the draft.
func (s *Drafts) seal(tx *db.Tx, w *Work, made *cases.Case) error {
	use := w.use(policy.Collect, w.Service.DraftField())
	use.Reference = made.Reference
	values := []vault.Value{{Field: w.Service.DraftField(), Source: policy.SourceForm}}
	for _, f := range w.Service.Form.Fields() {
		text, answered := w.Outcome.Answers[f.Key]
		if !answered {
			continue
		}
		v := vault.Value{Field: f.ID, Text: text, Source: policy.SourceForm}
		switch filled, ok := w.content.Filled[f.Key]; {
		case f.Computed:
			v.Source = policy.SourceSystem
		case w.actor.Kind == policy.Staff:
			v.Source = policy.SourceStaff
		case ok && filled.Text == text:
			v.Source = filled.Source
		}
		values, use.Fields = append(values, v), append(use.Fields, f.ID)
		if f.Core && w.actor.Kind == policy.Staff && s.Reach != nil {
			if err := s.Reach(tx, w.Draft.Subject, w.Draft.Scope(), f.ID, text); err != nil {
				return err
			}
		}
	}
	permit, err := s.Vault.Permit(tx, use)
	if err != nil {
		return err
	}
	return s.Vault.Put(tx, permit, values)
}

// sent returns the case that a draft became.
func (s *Drafts) sent(ctx context.Context, p Place, draft string) (*cases.Case, error) {
	if p.Actor.Kind == policy.Staff {
		_, err := s.entering(ctx, p)
		var gone *Sent
		if errors.As(err, &gone) {
			return gone.Case, nil
		}
		return nil, firstOf(err, errMoved)
	}
	list, err := s.Cases.Of(ctx, p.Actor.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if c.ID == draft {
			return c, nil
		}
	}
	return nil, errMoved
}

// Of lists the drafts that a person makes, the latest first.
func (s *Drafts) Of(ctx context.Context, subject string) (list []*Draft, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectAll(tx, subject)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return list, nil
}

// Delete takes a draft away, with all that was typed and its key.
func (s *Drafts) Delete(ctx context.Context, p Place, draft string) error {
	w, err := s.Open(ctx, p)
	if err != nil {
		return err
	}
	if w.Draft == nil || w.Draft.ID != draft {
		return nil // it is gone already
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		row, err := selectDraft(tx, draft)
		if err != nil || row == nil || row.Subject != w.Draft.Subject {
			return err
		}
		why := holdings.BecauseOwn
		if row.By != row.Subject {
			why = holdings.BecauseAbandoned
		}
		_, err = s.Disposer.Of(tx, policy.KindDraft, row.Subject, row.ID, why)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete a draft: %w", err)
	}
	return nil
}
