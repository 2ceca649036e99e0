package drafts

import (
	"context"
	"slices"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
)

// Bar is why somebody cannot apply as things stand.
type Bar struct {
	Code  string // of the sentence: drafts.bar.CODE
	Need  *services.Need
	Level web.Level // that is missing
	Day   services.Day
}

// bar finds out whether somebody can apply now: the service is open, they
// have completed what comes first, and the portal knows them well enough.
func (s *Drafts) bar(ctx context.Context, w *Work, has web.Level) (*Bar, error) {
	d, now := w.Service, s.Clock.Now()
	switch d.Stage(now) {
	case services.NotYet:
		return &Bar{Code: "not-yet", Day: d.Opens}, nil
	case services.Closed:
		return &Bar{Code: "closed", Day: d.Closes}, nil
	}
	subject := w.actor.ID
	if w.Draft != nil {
		subject = w.Draft.Subject
	}
	progress, err := d.Progress(ctx, s.Cases, subject, w.Offer, now)
	if err != nil {
		return nil, err
	}
	if missing := services.Missing(progress); len(missing) > 0 {
		return &Bar{Code: "need", Need: &missing[0].Need}, nil
	}
	if w.actor.Kind == policy.Person {
		if wants := web.Level(max(0, slices.Index(services.Level("").Values(), string(d.Level)))); has < wants {
			return &Bar{Code: "level", Level: wants}, nil
		}
	}
	return nil, nil
}

// Says is the bar in words.
func (s *Drafts) says(p *i18n.Printer, b *Bar) string {
	switch b.Code {
	case "need":
		name, state := b.Need.Service, b.Need.State
		if d := s.Catalogue.Service(b.Need.Service); d != nil {
			at, _ := d.Workflow.State(state)
			name, state = p.In(d.Name), p.In(at.Name)
		}
		return p.T("drafts.bar.need", "service", name, "state", state)
	case "withdrawn":
		return p.T("drafts.bar.withdrawn")
	case "level":
		return p.T("drafts.bar.level." + b.Level.String())
	}
	return p.T("drafts.bar."+b.Code, "date", p.Date(b.Day.In(p.Zone())))
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
