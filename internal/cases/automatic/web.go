package automatic

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/cases"
	"portico/internal/cases/automatic/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/services"
)

// Show draws, on the page of an application, what the program decided on it and
// what the person can do about that; nothing where it decided nothing. typed
// and wrong are a word to why that was not accepted.
func (s *Service) Show(q *web.Req, a *cases.Application, typed, wrong string) (templ.Component, error) {
	d, ok := Of(a)
	if !ok {
		return nil, nil
	}
	part := pages.Decision{Text: s.fate(q.P, d), Facts: facts(q.P, a.Service, d), Action: q.Path("/cabinet/applications/" + a.ID), State: d.State.ID}
	contest, _ := d.State.Contest()
	if d.Fate == Waits && a.Open() && !s.Cases.Overdue(a.Case) {
		part.Until = q.P.T("cases.automatic.until", "date", q.P.Date(s.Until(d)))
		part.Contest = &ui.Btn{Text: q.P.In(contest.Name), Name: "action", Value: contest.ID, Look: ui.Secondary}
		part.Why = ui.Field{
			Name: "message", Label: q.P.T("cases.automatic.why"), Hint: q.P.T("cases.automatic.hint"), Value: typed, Error: wrong,
			Why: q.P.In(a.Service.Message.Why), Max: cases.MaxText, Optional: true,
		}
		for _, action := range d.State.Of(services.Applicant) {
			if !action.Contests {
				look := ui.Secondary
				if d.State.Accepts(action) {
					look = ui.Primary
				}
				part.Accepts = append(part.Accepts, ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: look})
			}
		}
	}
	return pages.DecisionPart(part), nil
}

// fate says what became of a decision.
func (s *Service) fate(p *i18n.Printer, d Decision) string {
	switch d.Fate {
	case Waits:
		return p.T("cases.automatic.text")
	case Stood:
		return p.T("cases.automatic.stood", "date", p.Date(s.Until(d)))
	}
	return p.T("cases.automatic."+string(d.Fate), "date", p.Date(d.At))
}

// facts are the rule in words, what it means, and what was read for it.
func facts(p *i18n.Printer, service *services.Definition, d Decision) []ui.Row {
	var read []string
	for _, key := range d.Step.Keys {
		f, _ := service.Form.Field(key)
		read = append(read, p.In(f.Label))
	}
	return []ui.Row{
		{Key: p.T("cases.automatic.rule"), Value: p.In(service.Because(d.Step.Rule))},
		{Key: p.T("cases.automatic.effect"), Value: p.In(d.Action.Effect)},
		{Key: p.T("cases.automatic.read"), Value: strings.Join(read, "\n")},
	}
}

// Answer draws which decisions about whoever is signed in the program took, by
// which rule, and by which it decides at all: the answer to who asks (N13).
func (s *Service) Answer(q *web.Req) (templ.Component, error) {
	var l pages.List
	err := s.Cases.Automated(q.R.Context(), q.Session.Subject, func(a *cases.Application) {
		d, _ := Of(a)
		tag := ui.Label{Text: q.P.In(d.State.Name), Kind: ui.Kind(d.State.Look)}
		l.About = append(l.About, ui.Item{
			Title: q.P.In(a.Service.Name), Ref: a.Reference, Href: q.Path("/cabinet/applications/"+a.ID) + "#automatic", Tag: &tag,
			Text: q.P.In(a.Service.Because(d.Step.Rule)) + " " + s.fate(q.P, d), Meta: q.P.DateTime(d.Step.At),
		})
	})
	for _, a := range s.Cases.Policy().Declarations().Activities {
		for _, one := range a.Automated {
			l.Rules = append(l.Rules, ui.Item{Title: q.P.In(one.Name), Text: q.P.In(one.Logic) + " " + q.P.In(one.Effect), Meta: q.P.In(a.Name)})
		}
	}
	slices.Reverse(l.About)
	return pages.ListPart(l), err
}
