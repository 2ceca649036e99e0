package letter

import (
	"net/http"

	"portico/internal/cases/letter/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// Mount declares the pages of the person.
func (s *Site) Mount(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Path: "/cabinet/applications/{id}/receipt", Audience: web.Person, Activity: "{service}.apply", Handler: s.receipt})
	r.Handle(web.Route{Method: http.MethodGet, Path: "/cabinet/applications/{id}/letter", Audience: web.Person, Activity: "{service}.apply", Handler: s.decision})
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

// receipt says what was received, to print and to keep.
func (s *Site) receipt(q *web.Req) error {
	a, err := s.Cases.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	d := a.Service
	party, _ := s.Cases.Policy().Party(d.Responsible)
	r := pages.Receipt{
		Service: q.P.In(d.Name), Answers: s.Cases.Grid(q.P, a, d.Asked(), "cases.source.form"),
		Facts: []ui.Row{
			{Key: q.P.T("cases.list.reference"), Value: a.Reference, LTR: true},
			{Key: q.P.T("cases.receipt.by"), Value: q.P.In(party.Name)},
			{Key: q.P.T("cases.receipt.at"), Value: q.P.DateTime(a.Submitted)},
			{Key: q.P.T("cases.receipt.channel"), Value: q.P.T("cases.channel." + string(a.Channel))},
			{Key: q.P.T("cases.receipt.policy"), Value: a.Case.Policy, LTR: true},
		},
	}
	if a.Fee != nil {
		r.Fee = s.Cases.FeeRows(q.P, a.Fee)
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("cases.receipt.title"), Service: r.Service, Body: pages.ReceiptPage(r), Back: q.Path("/cabinet/applications/" + a.ID),
	})
}

// decision is the letter of the office, to print and to keep. As long as there
// is none, the application says how it stands.
func (s *Site) decision(q *web.Req) error {
	a, err := s.Cases.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	back := q.Path("/cabinet/applications/" + a.ID)
	if _, decided := a.Decision(); !decided {
		return q.Redirect(back)
	}
	title := q.P.T("cases.letter.title")
	return q.Page(http.StatusOK, web.Page{
		Title: title, Service: q.P.In(a.Service.Name), Back: back, Body: pages.LetterPage(title, q.P.T("cases.letter.print"), s.Sent(q.P, a)),
	})
}
