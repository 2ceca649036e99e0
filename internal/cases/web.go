package cases

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"portico/internal/cases/pages"
	"portico/internal/forms"
	"portico/internal/forms/questions"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The inputs of our own pages; a form's keys never begin with "_".
const (
	inputOrdinal  = "_ordinal"
	inputRevision = "_revision"
	inputDeclared = "_declared"
)

// Mount declares the pages of persons. An activity that begins with {service}
// is that of each service.
func (c *Cases) Mount(r *web.Router) {
	person := func(method, path string, h web.Handler) {
		r.Handle(web.Route{Method: method, Path: path, Audience: web.Person, Activity: "{service}.apply", Handler: h})
	}
	person(http.MethodGet, "/services/{id}/apply", c.ask)
	person(http.MethodPost, "/services/{id}/apply", c.save)
	person(http.MethodGet, "/services/{id}/apply/check", c.review)
	person(http.MethodPost, "/services/{id}/apply/check", c.send)
	person(http.MethodGet, "/cabinet/applications", c.list)
	person(http.MethodGet, "/cabinet/applications/{id}", c.own)
	person(http.MethodGet, "/cabinet/applications/{id}/sent", c.sent)
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

func (c *Cases) ask(q *web.Req) error {
	draft, err := c.Begin(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if draft.Case == nil {
		draft.Outcome.Errors = nil // nothing is wrong with what was not asked yet
	}
	return c.showQuestions(q, draft, http.StatusOK, nil)
}

func (c *Cases) showQuestions(q *web.Req, draft *Draft, status int, notice *pages.Notice) error {
	d := draft.Service
	v := questions.View{
		Form: d.Form, Typed: draft.Typed, Errors: draft.Outcome.Errors, Why: d.Why(c.Policy(), q.P),
		Notes: map[string]string{}, Hidden: draft.Outcome.Hidden, Needed: draft.Outcome.Needed,
	}
	for key := range draft.Reused {
		v.Notes[key] = q.P.T("cases.ask.reused")
	}
	page := pages.Ask{
		Service: q.P.In(d.Name), Notice: notice, Form: v, Action: q.Path("/services/" + d.ID + "/apply"),
		Hidden: []pages.Hidden{{Name: inputOrdinal, Value: strconv.FormatInt(draft.Ordinal, 10)}},
	}
	return q.Page(status, web.Page{
		Title: q.P.T("cases.ask.title"), Service: page.Service, Body: pages.AskPage(page),
		Invalid: len(v.Errors) > 0, Back: q.Path("/services/" + d.ID),
	})
}

func (c *Cases) save(q *web.Req) error {
	sent, err := q.Form()
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	service := q.R.PathValue("id")
	ordinal, _ := strconv.ParseInt(sent.Get(inputOrdinal), 10, 64)
	draft, err := c.Save(q.R.Context(), actor(q), service, ordinal, sent, inputOrdinal)
	switch {
	case errors.Is(err, errSubmitted):
		return q.Redirect(q.Path("/cabinet/applications/" + draft.Case.ID + "/sent"))
	case errors.Is(err, errMoved):
		// What they typed stays; the number of the application is put right.
		now, again := c.Begin(q.R.Context(), actor(q), service)
		if again != nil {
			return again
		}
		draft.Ordinal = now.Ordinal
		return c.showQuestions(q, draft, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("cases.ask.moved"), Text: q.P.T("cases.error.moved"),
		})
	case err != nil:
		return err
	case len(draft.Outcome.Errors) > 0:
		return c.showQuestions(q, draft, http.StatusUnprocessableEntity, nil)
	}
	return q.Redirect(q.Path("/services/" + service + "/apply/check"))
}

func (c *Cases) review(q *web.Req) error { return c.showReview(q, http.StatusOK, nil, "") }

func (c *Cases) showReview(q *web.Req, status int, notice *pages.Notice, undeclared string) error {
	draft, err := c.Begin(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	d := draft.Service
	change := q.Path("/services/" + d.ID + "/apply")
	if draft.Case == nil {
		return q.Redirect(change)
	}
	r := pages.Review{
		Service: q.P.In(d.Name), Notice: notice, Recipients: services.Table(d.Recipients(c.Policy(), q.P), q.P),
		Declaration: q.P.In(d.Form.Declaration), Undeclared: undeclared, Change: change,
		Sections: c.sections(q, d, draft.Outcome.Answers, change),
	}
	if undeclared != "" {
		r.Problems = []ui.Problem{{ID: inputDeclared, Text: undeclared}}
	}
	for _, e := range draft.Outcome.Errors {
		r.Problems = append(r.Problems, ui.Problem{Text: e.Text(d.Form, q.P)})
	}
	if draft.Outcome.Fee != nil {
		r.Sections = append(r.Sections, pages.Section{Title: q.P.T("cases.fee"), Rows: c.FeeRows(q.P, draft.Outcome.Fee)})
	}
	if len(draft.Outcome.Errors) == 0 {
		r.Action = change + "/check"
		r.Hidden = []pages.Hidden{
			{Name: inputOrdinal, Value: strconv.FormatInt(draft.Ordinal, 10)},
			{Name: inputRevision, Value: strconv.FormatInt(draft.Case.Revision, 10)},
		}
	}
	return q.Page(status, web.Page{
		Title: q.P.T("cases.review.title"), Service: r.Service, Body: pages.ReviewPage(r),
		Invalid: len(r.Problems) > 0, Back: change,
	})
}

// sections lists the answers under the headings of the form's pages.
func (c *Cases) sections(q *web.Req, d *services.Definition, given forms.Answers, change string) []pages.Section {
	var out []pages.Section
	placed := map[string]bool{}
	row := func(f forms.Field) ui.Row {
		words, ltr := d.Form.Show(q.P, f.Key, given[f.Key])
		r := ui.Row{Key: q.P.In(f.Label), Value: words, LTR: ltr}
		if !f.Computed {
			r.Href, r.Action = change+"#"+f.Key, q.P.T("cases.review.change")
		}
		return r
	}
	for _, page := range d.Form.Pages {
		s := pages.Section{Title: q.P.In(page.Title)}
		for _, key := range page.Fields {
			placed[key] = true
			if f, ok := d.Form.Field(key); ok && (given[key] != "" || !f.Required) {
				s.Rows = append(s.Rows, row(f))
			}
		}
		out = append(out, s)
	}
	for _, f := range d.Form.Fields() {
		if !placed[f.Key] && given[f.Key] != "" {
			out[len(out)-1].Rows = append(out[len(out)-1].Rows, row(f))
		}
	}
	return out
}

func (c *Cases) send(q *web.Req) error {
	service := q.R.PathValue("id")
	ordinal, _ := strconv.ParseInt(q.Value(inputOrdinal), 10, 64)
	revision, _ := strconv.ParseInt(q.Value(inputRevision), 10, 64)
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(inputOrdinal, inputRevision, inputDeclared); err != nil {
		return err
	}
	if q.Value(inputDeclared) != "yes" {
		return c.showReview(q, http.StatusUnprocessableEntity, nil, q.P.T("cases.review.undeclared"))
	}
	row, err := c.Send(q.R.Context(), actor(q), service, ordinal, revision)
	if Moved(err) {
		return c.showReview(q, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("cases.review.moved"), Text: q.P.T("cases.review.moved.text"),
		}, "")
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/applications/" + row.ID + "/sent"))
}

func (c *Cases) sent(q *web.Req) error {
	row, d, err := c.Row(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	s := pages.Sent{
		Service: q.P.In(d.Name), Reference: row.Reference, After: q.P.In(d.After),
		Expected: q.P.T("cases.application.due", "date", q.P.Date(c.Expected(d, row))),
		Href:     q.Path("/cabinet/applications/" + row.ID),
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cases.sent"), Service: s.Service, Body: pages.SentPage(s)})
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
	if a.Draft() {
		return q.Redirect(q.Path("/services/" + a.Case.Service + "/apply"))
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
