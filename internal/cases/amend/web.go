package amend

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/cases"
	"portico/internal/cases/pages"
	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/questions"
	"portico/internal/forms/sent"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/uploads"
)

const inputSeen = "_seen" // the revision that was seen

// Mount declares the pages.
func (s *Site) Mount(r *web.Router) {
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: "", Handler: s.change},
		{Method: http.MethodPost, Path: "", Handler: s.changed},
		{Method: http.MethodGet, Path: "/{key}", Handler: s.changeFiles},
		{Method: http.MethodPost, Path: "/{key}", Handler: s.changedFiles},
	} {
		rt.Path, rt.Audience, rt.Activity = "/cabinet/applications/{id}/change"+rt.Path, web.Person, "{service}.apply"
		r.Handle(rt)
	}
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

// Documents shows the person the files that they have sent, each to keep.
func (s *Site) Documents(q *web.Req, a *cases.Application) (templ.Component, error) {
	var all []uploads.Named
	for _, f := range a.Service.Form.Fields() {
		if f.Kind == forms.Files {
			all = append(all, named(a.Answers[f.Key])...)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return s.Files.Mine(q, actor(q), a.Scope(), all)
}

// change asks those questions again whose answers may be changed.
func (s *Site) change(q *web.Req) error {
	a, err := s.Cases.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := a.Service.Form.Check(a.Answers, forms.At{Now: s.Cases.Clock.Now(), Variant: a.Variant})
	if err != nil {
		return err
	}
	return s.showChange(q, a, http.StatusOK, nil, questions.View{Typed: sent.Typed(a.Service.Form, a.Answers), Hidden: o.Hidden, Needed: o.Needed})
}

func (s *Site) showChange(q *web.Req, a *cases.Application, status int, notice *pages.Notice, v questions.View) error {
	here := q.Path("/cabinet/applications/" + a.ID)
	keys := a.Typed()
	if len(a.Changeable()) == 0 {
		return q.Redirect(here)
	}
	d := a.Service
	v.Companies = companies(a)
	v.Form, v.Why, v.Notes = d.Form, d.Why(s.Cases.Policy(), q.P), map[string]string{}
	page := pages.Change{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: notice, Form: v, Action: here + "/change",
		Hidden: []pages.Hidden{{Name: inputSeen, Value: strconv.FormatInt(a.Revision, 10)}},
	}
	for _, p := range d.Form.Pages {
		p.Fields = slices.DeleteFunc(slices.Clone(p.Fields), func(key string) bool { return !slices.Contains(keys, key) })
		if len(p.Fields) > 0 {
			page.Pages = append(page.Pages, p)
		}
	}
	for _, key := range a.Changeable() {
		if f, _ := d.Form.Field(key); f.Alone() && s.Files != nil && v.Hidden[key] == "" {
			page.Files = append(page.Files, pages.Filter{Text: q.P.T("cases.files.change", "label", q.P.In(f.Label)), Href: here + "/change/" + key})
		}
	}
	return q.Page(status, web.Page{
		Title: q.P.T("cases.change.title"), Service: page.Service, Body: pages.ChangePage(page), Invalid: len(v.Errors) > 0, Back: here,
	})
}

// companies are those for which the application was sent: who changes it goes on
// acting for the same.
func companies(a *cases.Application) (list []sent.Company) {
	for _, f := range a.Service.Form.Fields() {
		if party, ok := answer.PartyOf(a.Answers[f.Key]); ok && f.Kind == forms.Party && party.As == answer.Company {
			list = append(list, sent.Company{ID: party.Company, Name: party.Name})
		}
	}
	return list
}

// changed keeps changed answers, if all of them are right.
func (s *Site) changed(q *web.Req) error {
	values, err := q.Form()
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	if err := q.Once(inputSeen); err != nil {
		return err
	}
	ctx, who, caseID := q.R.Context(), actor(q), q.R.PathValue("id")
	a, err := s.Cases.Application(ctx, who, caseID)
	if err != nil {
		return err
	}
	form := a.Service.Form
	read := sent.Decode(form, sent.Input{Values: values, Also: []string{inputSeen}, Companies: companies(a)})
	seen, _ := strconv.ParseInt(values.Get(inputSeen), 10, 64)
	v := questions.View{Typed: read.Typed, Errors: read.Errors}
	if read.Edited != "" {
		o, err := form.Check(read.Answers, forms.At{Now: s.Cases.Clock.Now(), Variant: a.Variant})
		if err != nil {
			return err
		}
		v.Errors, v.Hidden, v.Needed = nil, o.Hidden, o.Needed
		return s.showChange(q, a, http.StatusOK, nil, v)
	}
	change, err := s.Cases.Amend(ctx, who, caseID, seen, read.Answers, read.Errors...)
	here := q.Path("/cabinet/applications/" + caseID)
	switch {
	case cases.Moved(err):
		return s.showChange(q, a, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("cases.application.moved"), Text: q.P.T("cases.error.moved"),
		}, v)
	case err != nil:
		return err
	case len(change.Outcome.Errors) > 0:
		v.Errors, v.Hidden, v.Needed = change.Outcome.Errors, change.Outcome.Hidden, change.Outcome.Needed
		return s.showChange(q, a, http.StatusUnprocessableEntity, nil, v)
	case len(change.Changed) == 0:
		return q.Redirect(here + "?done=same")
	}
	return q.Redirect(here + "?done=changed")
}

// changeFiles is the page on which the files of a question are sent anew.
func (s *Site) changeFiles(q *web.Req) error { return s.showFiles(q, http.StatusOK, nil, "") }

func (s *Site) showFiles(q *web.Req, status int, notice *pages.Notice, problem string) error {
	a, err := s.Cases.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := s.question(a, q.R.PathValue("key"))
	if err != nil {
		return err
	}
	here := q.Path("/cabinet/applications/" + a.ID)
	if !slices.Contains(a.Changeable(), f.Key) {
		return q.Redirect(here)
	}
	d := a.Service
	page := pages.ChangeFiles{
		Service: q.P.In(d.Name), Title: q.P.In(f.Label), Notice: notice, Action: here + "/change/" + f.Key,
		Hidden: []pages.Hidden{{Name: inputSeen, Value: strconv.FormatInt(a.Revision, 10)}},
	}
	if problem != "" {
		page.Problems = []ui.Problem{{ID: uploads.InputID, Text: problem}}
	}
	if page.Sent, err = s.Files.Mine(q, actor(q), a.Scope(), named(a.Answers[f.Key])); err != nil {
		return err
	}
	field := ui.Field{Label: q.P.T("cases.files.new"), Hint: q.P.In(f.Hint), Error: problem}
	var list []*uploads.File
	if page.Question, list, err = s.Files.Question(q, spot(actor(q), a, f), field); err != nil {
		return err
	}
	page.Ready = slices.ContainsFunc(list, func(f *uploads.File) bool { return f.Attached.IsZero() && f.State == uploads.Clean })
	return q.Page(status, web.Page{Title: page.Title, Service: page.Service, Body: pages.ChangeFilesPage(page), Invalid: problem != "", Back: here + "/change"})
}

// Page shows the page of a question for files, with what was wrong.
func (s *Site) Page(q *web.Req, at *uploads.Spot, status int, problem string) error {
	_, key, _ := strings.Cut(at.Back, "/change/")
	q.R.SetPathValue("id", strings.TrimPrefix(at.Use.Scope, "case:"))
	q.R.SetPathValue("key", key)
	return s.showFiles(q, status, nil, problem)
}

// changedFiles sends the new files as the answer.
func (s *Site) changedFiles(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(inputSeen, "action"); err != nil {
		return err
	}
	if q.Value("action") != "files" {
		return s.showFiles(q, http.StatusUnprocessableEntity, nil, q.P.T("cases.error.files"))
	}
	seen, _ := strconv.ParseInt(q.Value(inputSeen), 10, 64) // what is no number was never seen
	change, err := s.Send(q.R.Context(), actor(q), q.R.PathValue("id"), seen, q.R.PathValue("key"))
	f := fault.From(err)
	switch {
	case cases.Moved(err):
		return s.showFiles(q, http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T("cases.application.moved"), Text: q.P.T("cases.error.moved")}, "")
	case err != nil && f.Kind == fault.Invalid:
		return s.showFiles(q, http.StatusUnprocessableEntity, nil, q.P.T(f.Code))
	case err != nil:
		return err
	case len(change.Outcome.Errors) > 0:
		a, err := s.Cases.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
		if err != nil {
			return err
		}
		return s.showFiles(q, http.StatusUnprocessableEntity, nil, change.Outcome.Errors[0].Text(a.Service.Form, q.P))
	}
	return q.Redirect(q.Path("/cabinet/applications/" + q.R.PathValue("id") + "?done=changed"))
}
