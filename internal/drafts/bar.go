package drafts

import (
	"context"
	"slices"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
)

// bar finds out whether somebody can apply now.
func (s *Drafts) bar(ctx context.Context, w *Work, has web.Level) (*services.Bar, error) {
	subject := w.actor.ID
	if w.Draft != nil {
		subject = w.Draft.Subject
	}
	return w.Service.Bar(ctx, s.Cases, subject, w.Offer, w.actor.Kind == policy.Person, has, s.Clock.Now())
}

// asksWhom returns the question for whom somebody acts, if anybody can act for
// a company.
func (s *Drafts) asksWhom(form *forms.Form) (forms.Field, bool) {
	i := slices.IndexFunc(form.Fields(), func(f forms.Field) bool { return f.Kind == forms.Party })
	if i < 0 || s.Mandates == nil {
		return forms.Field{}, false
	}
	return form.Fields()[i], true
}

// ForCompanies reports whether somebody can apply for a company.
func (s *Drafts) ForCompanies(d *services.Definition) bool {
	_, asks := s.asksWhom(d.Form)
	return asks
}

// companies are those for which the person may act, if the form asks for whom:
// to an official, the one that they were told.
func (s *Drafts) companies(ctx context.Context, w *Work) ([]sent.Company, error) {
	if _, asks := s.asksWhom(w.Service.Form); !asks {
		return nil, nil
	}
	if w.actor.Kind != policy.Person {
		return w.content.Named, nil
	}
	return s.Mandates.Companies(ctx, w.actor.ID, w.Service.ID)
}

// errMandate says that a person may not act for the company any more.
var errMandate = fault.New(fault.Conflict, "drafts.error.mandate")

// acts checks once more, in the transaction that sends, that the person may
// act for the companies that the answers name. What an official was told stays a
// claim.
func (s *Drafts) acts(tx *db.Tx, w *Work) error {
	for _, f := range w.Service.Form.Fields() {
		party, ok := answer.PartyOf(w.Outcome.Answers[f.Key])
		if f.Kind != forms.Party || !ok || party.As != answer.Company {
			continue
		}
		if s.Mandates == nil {
			return errMandate
		}
		if w.actor.Kind == policy.Staff && slices.Contains(w.content.Named, sent.Company{ID: party.Company, Name: party.Name}) {
			continue
		}
		holds, err := s.Mandates.Holds(tx, w.Draft.Subject, party.Company, w.Service.ID)
		if err != nil || !holds {
			return firstOf(err, errMandate)
		}
	}
	return nil
}

// firstOf returns err, or otherwise if there is none.
func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
