package drafts

import (
	"errors"
	"net/http"
	"strconv"

	"portico/internal/drafts/pages"
	"portico/internal/forms"
	"portico/internal/forms/say"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

func (s *Drafts) check(q *web.Req) error { return s.showCheck(q, http.StatusOK, nil, "") }

func (s *Drafts) showCheck(q *web.Req, status int, notice *pages.Notice, undeclared string) error {
	p := place(q)
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	if w.Draft == nil {
		return q.Redirect(address(q, p, "", false))
	}
	d := w.Service
	if d.StepUp && p.Actor.Kind == policy.Person && w.Bar == nil && len(w.Outcome.Errors) == 0 {
		if err := q.NeedStepUp(web.StepUpAge); err != nil {
			return err
		}
	}
	if notice == nil {
		notice = w.news(q, p)
	}
	if w.Bar != nil {
		notice = &pages.Notice{Kind: ui.Warn}
		notice.Title, notice.Text = w.Bar.Says(q.P, s.Catalogue)
	}
	c := pages.Check{
		Title: q.P.T("drafts.check.title"), Service: s.name(q, w), Notice: notice, Recipients: services.Table(d.Recipients(s.Policy(), q.P), q.P),
		Declaration: q.P.In(d.Form.Declaration), Declare: q.P.T("drafts.check.declare"), Undeclared: undeclared, Terms: s.terms(q), Sections: s.sections(q, p, w),
		Expires: s.expires(q, w), Delete: address(q, p, "delete", false),
	}
	if p.Actor.Kind == policy.Staff {
		c.Terms, c.Declare = nil, q.P.T("drafts.enter.declare")
	}
	if undeclared != "" {
		c.Problems = []ui.Problem{{ID: inputDeclared, Text: undeclared}}
	}
	for _, e := range w.Outcome.Errors {
		if w.Bar != nil {
			break // nothing can be mended
		}
		problem := ui.Problem{Text: e.Text(d.Form, q.P)}
		for _, page := range d.Form.Pages {
			for _, wrong := range w.wrong(page) {
				if wrong.Key == e.Key {
					problem.Href = address(q, p, page.ID, true)
					c.Mend = append(c.Mend, pages.Link{Text: q.P.T("drafts.check.mend", "page", q.P.In(page.Title)), Href: problem.Href})
					break
				}
			}
		}
		c.Problems = append(c.Problems, problem)
	}
	if w.Outcome.Fee != nil {
		c.Sections = append(c.Sections, pages.Section{Title: q.P.T("drafts.fee"), Rows: s.Cases.FeeRows(q.P, w.Outcome.Fee)})
	}
	if len(w.Outcome.Errors) == 0 && w.Bar == nil {
		c.Action = address(q, p, "check", false)
		c.Hidden = []pages.Hidden{
			{Name: inputDraft, Value: w.Draft.ID}, {Name: inputRevision, Value: strconv.FormatInt(w.Draft.Revision, 10)},
		}
	}
	back := address(q, p, w.previous(""), false)
	if d.Form.TaskList() {
		back = address(q, p, "", false)
	}
	if w.Bar != nil {
		if back = q.Path("/cabinet/applications"); p.Actor.Kind == policy.Staff {
			back = "/staff/apply"
		}
		c.Title, c.Keep, c.Recipients = q.P.T("drafts.kept.title"), q.P.T("drafts.kept.text"), ui.Grid{}
		c.Expires = q.P.T("drafts.kept.until", "date", q.P.Date(d.Expires(s.Policy(), w.Draft.Changed)))
		if w.Sealed {
			c.Keep = q.P.T("drafts.kept.sealed")
		}
	}
	return q.Page(status, web.Page{
		Title: c.Title, Service: c.Service, Body: pages.CheckPage(c), Invalid: len(c.Problems) > 0,
		Back: back,
	})
}

// sections lists the answers under the headings of the form's pages.
func (s *Drafts) sections(q *web.Req, p Place, w *Work) []pages.Section {
	form, given := w.Service.Form, w.Outcome.Answers
	if w.Sealed {
		return nil
	}
	var out []pages.Section
	placed := map[string]bool{}
	row := func(f forms.Field, change string) ui.Row {
		words, ltr := say.Answer(form, q.P, f.Key, given[f.Key])
		if f.Kind == forms.Warranty && given[f.Key] != "" {
			words += "\n" + q.P.T("drafts.check.warranted")
		}
		r := ui.Row{Key: q.P.In(f.Label), Value: words, LTR: ltr}
		if change != "" && w.Bar == nil {
			r.Href, r.Action = change+"#"+f.Key, q.P.T("drafts.check.change")
		}
		return r
	}
	for _, page := range form.Pages {
		section := pages.Section{Title: q.P.In(page.Title)}
		for _, key := range page.Fields {
			placed[key] = true
			if f, ok := form.Field(key); ok && f.Kind != forms.Info && w.Outcome.Hidden[key] == "" {
				section.Rows = append(section.Rows, row(f, address(q, p, page.ID, true)))
			}
		}
		if len(section.Rows) > 0 {
			out = append(out, section)
		}
	}
	for _, f := range form.Fields() {
		if !placed[f.Key] && given[f.Key] != "" && len(out) > 0 {
			out[len(out)-1].Rows = append(out[len(out)-1].Rows, row(f, ""))
		}
	}
	return out
}

func (s *Drafts) send(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(inputDraft, inputRevision, inputDeclared); err != nil {
		return err
	}
	if q.Value(inputDeclared) != "yes" {
		return s.showCheck(q, http.StatusUnprocessableEntity, nil, q.P.T("drafts.check.undeclared"))
	}
	if d := s.Catalogue.Service(q.R.PathValue("id")); d != nil && d.StepUp && q.Session.Realm == web.RealmPerson {
		if err := q.NeedStepUp(web.StepUpAge); err != nil {
			return err
		}
	}
	revision, _ := strconv.ParseInt(q.Value(inputRevision), 10, 64) // what is no number was never seen
	row, err := s.Submit(q.R.Context(), place(q), q.Value(inputDraft), revision)
	if errors.Is(err, errMandate) {
		return s.showCheck(q, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("drafts.check.mandate"), Text: q.P.T("drafts.error.mandate"),
		}, "")
	}
	if Moved(err) {
		return s.showCheck(q, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("drafts.check.moved"), Text: q.P.T("drafts.check.moved.text"),
		}, "")
	}
	if err != nil {
		return err
	}
	return q.Redirect(sentAt(q, row))
}

// ending asks whether a draft is to go.
func (s *Drafts) ending(q *web.Req) error {
	p := place(q)
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	if w.Draft == nil {
		return errNotFound
	}
	d := pages.Delete{
		Service: s.name(q, w), Text: q.P.T("drafts.delete.text"), Back: address(q, p, "", false), Action: address(q, p, "delete", false),
		Hidden: []pages.Hidden{{Name: inputDraft, Value: w.Draft.ID}},
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("drafts.delete.title"), Service: d.Service, Body: pages.DeletePage(d), Back: d.Back})
}

func (s *Drafts) end(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(inputDraft); err != nil {
		return err
	}
	if err := s.Delete(q.R.Context(), place(q), q.Value(inputDraft)); err != nil {
		return err
	}
	if place(q).Actor.Kind == policy.Staff {
		return q.Redirect("/staff/apply?deleted=1")
	}
	return q.Redirect(q.Path("/cabinet/applications?deleted=1"))
}
