package cases

import (
	"net/http"
	"net/url"

	"portico/internal/cases/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// Mount declares the pages of persons. An activity that begins with {service}
// is that of each service.
func (c *Cases) Mount(r *web.Router) {
	person := func(method, path string, h web.Handler) {
		r.Handle(web.Route{Method: method, Path: path, Audience: web.Person, Activity: "{service}.apply", Handler: h})
	}
	person(http.MethodGet, "/cabinet/applications", c.list)
	person(http.MethodGet, "/cabinet/applications/{id}", c.own)
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

func (c *Cases) list(q *web.Req) error {
	list, err := c.Summaries(q)
	if err != nil {
		return err
	}
	g := ui.Grid{Empty: q.P.T("cases.list.empty"), Head: []ui.Cell{
		{Text: q.P.T("cases.list.service")}, {Text: q.P.T("cases.list.reference")}, {Text: q.P.T("cases.list.state")}, {Text: q.P.T("cases.list.changed")},
	}}
	for _, one := range list {
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: one.Service, Href: one.Href}, {Text: orDash(one.Reference), LTR: true}, {Tag: &one.State}, {Text: q.P.DateTime(one.Changed)},
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cases.list.title"), Body: pages.ListPage(pages.List{Grid: g}), Wide: true})
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (c *Cases) own(q *web.Req) error {
	a, err := c.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	d, s := a.Service, a.State()
	party, _ := c.Policy().Party(d.Responsible)
	page := pages.Application{
		Service: q.P.In(d.Name), Reference: a.Reference, State: Tag(q.P, d, a.Case), Says: q.P.In(s.Says),
		Remarks: a.Remarks, Party: q.P.In(party.Name), Decided: s.Final, Appeal: q.P.In(d.Appeal),
		Answers: c.Grid(q.P, a, d.Asked(), "cases.source.form"),
		Access:  q.Path("/cabinet/access?case=" + url.QueryEscape(a.ID)),
	}
	if due := c.Due(a.Case); !s.Final {
		key := "cases.application.due"
		if c.Clock.Now().After(due) {
			key = "cases.application.overdue"
		}
		page.Due = q.P.T(key, "date", q.P.Date(due))
	}
	if a.Fee != nil && (s.Fee || !s.Final) {
		page.Fee = &pages.Section{Title: q.P.T("cases.fee"), Rows: c.FeeRows(q.P, a.Fee)}
		page.FeeDue = q.P.T("cases.fee.due")
		if s.Fee {
			page.FeeDue = q.P.T("cases.fee.due.now")
		}
	}
	page.Events = c.Timeline(q.P, a, func(id string) string {
		if id == q.Session.Subject {
			return q.P.T("cases.step.by.you")
		}
		return q.P.T("cases.step.by.party", "party", page.Party)
	})
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("cases.application.title"), Service: page.Service, Body: pages.ApplicationPage(page), Back: q.Path("/cabinet/applications"),
	})
}
