package documents

import (
	"net/http"
	"net/url"
	"slices"

	"portico/internal/cases"
	"portico/internal/documents/pages"
	"portico/internal/forms/questions"
	"portico/internal/forms/sent"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The inputs of the pages for officials.
const (
	inputAction = "action"
	inputReason = "reason"
	inputGiven  = "_reason" // the reason, on the page of a correction
	inputRefund = "refund"
)

// official is whoever is signed in, as decisions see them.
func official(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// Revokes reports whether somebody with these roles may revoke documents of
// some service.
func (d *Documents) Revokes(roles []string) bool {
	return slices.ContainsFunc(d.Cases.Catalogue.Services(), func(s *services.Definition) bool { return s.Revokes(roles) })
}

// search finds a document by its number.
func (d *Documents) search(q *web.Req) error {
	if !d.Revokes(q.Session.Roles) {
		return errDenied
	}
	page, status := pages.Find{Number: q.Value("number")}, http.StatusOK
	if page.Number != "" {
		h, err := d.Look(q.R.Context(), official(q), page.Number)
		switch {
		case err == nil:
			return q.Redirect("/staff/documents/" + url.PathEscape(h.Number))
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		page.Wrong, status = q.P.T("documents.error.no-number"), http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("documents.staff.title"), Body: pages.FindPage(page), Invalid: page.Wrong != ""})
}

// held shows a document to those who may revoke it.
func (d *Documents) held(q *web.Req) error {
	return d.showHeld(q, http.StatusOK, nil, "", "")
}

// showHeld shows a document; typed and wrong are a reason that was not taken.
func (d *Documents) showHeld(q *web.Req, status int, notice *pages.Notice, typed, wrong string) error {
	h, err := d.Look(q.R.Context(), official(q), q.R.PathValue("number"))
	if err != nil {
		return err
	}
	state := d.shown(h.Document)
	page := pages.Held{
		Name: q.P.In(h.Of.Service.Document.Name), Notice: notice, State: tag(q.P, state), Facts: d.facts(q.P, h.Document),
		Action: "/staff/documents/" + url.PathEscape(h.Number),
	}
	if h.Ending != Going {
		page.Facts = append(page.Facts, ui.Row{Key: page.State.Text, Value: q.P.Date(h.Ended)})
		if h.Ending == Replaced {
			page.Facts = append(page.Facts, ui.Row{Key: q.P.T("documents.staff.replaced-by"), Value: number(h.Of.Reference, h.N+1), LTR: true})
		}
	} else if !h.Made.IsZero() {
		page.Corrects = len(h.Of.Service.Correctable()) > 0
		page.Reason = &ui.Field{
			Name: inputReason, Label: q.P.T("documents.staff.reason"), Hint: q.P.T("documents.staff.reason.hint"),
			Value: typed, Error: wrong, Max: cases.MaxReason, Rows: 3,
		}
		if d.Money != nil {
			paid, err := d.Money.PaidFor(q.R.Context(), h.Case)
			if err != nil {
				return err
			}
			if paid {
				page.Refund = &ui.Field{
					Name: inputRefund, Label: q.P.T("documents.staff.refund"), Hint: q.P.T("documents.staff.refund.hint"),
					Options: []ui.Option{{Value: "yes", Label: q.P.T("documents.staff.refund.yes")}}, Values: q.R.PostForm[inputRefund],
				}
			}
		}
	}
	if wrong != "" {
		page.Problems = []ui.Problem{{ID: inputReason, Text: wrong}}
	}
	return q.Page(status, web.Page{Title: page.Name, Service: h.Number, Body: pages.HeldPage(page), Back: "/staff/documents", Invalid: wrong != ""})
}

// ended revokes a document, or corrects it in two steps.
func (d *Documents) ended(q *web.Req) error {
	values, err := q.Form()
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	if err := q.Once(inputAction, inputReason, inputGiven, inputRefund); err != nil {
		return err
	}
	ctx, who, here := q.R.Context(), official(q), "/staff/documents/"+url.PathEscape(q.R.PathValue("number"))
	switch q.Value(inputAction) {
	case "revoke":
		if err = d.Revoke(ctx, who, q.R.PathValue("number"), q.Value(inputReason), q.Value(inputRefund) == "yes"); err == nil {
			return q.Redirect(here)
		}
	case "correct":
		if err = d.askCorrection(q); err == nil {
			return nil
		}
	case "replace":
		return d.correction(q, values)
	default:
		err = fault.New(fault.Invalid, "documents.error.action")
	}
	return d.failed(q, err, q.Value(inputReason))
}

// failed says why nothing was done; what was typed stays.
func (d *Documents) failed(q *web.Req, err error, typed string) error {
	f := fault.From(err)
	switch {
	case f.Kind == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Name == inputReason:
		return d.showHeld(q, http.StatusUnprocessableEntity, nil, typed, q.P.T(f.Fields[0].Code, f.Fields[0].Args...))
	case f.Kind == fault.Conflict:
		return d.showHeld(q, http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T("documents.error.moved.title"), Text: q.P.T(f.Code)}, typed, "")
	}
	return err
}

// askCorrection opens what a document was made from, for a reason, and asks
// what of it is another.
func (d *Documents) askCorrection(q *web.Req) error {
	h, err := d.Look(q.R.Context(), official(q), q.R.PathValue("number"))
	if err != nil {
		return err
	}
	because, err := reason(q.Value(inputReason))
	if err != nil {
		return err
	}
	if h.Ending != Going || h.Made.IsZero() {
		return errMoved
	}
	answers, err := d.Answers(q.R.Context(), official(q), h, because)
	if err != nil {
		return err
	}
	o, err := h.Of.Service.Form.Check(answers, h.at())
	if err != nil {
		return err
	}
	return d.showCorrection(q, h, http.StatusOK, because, questions.View{Typed: sent.Typed(h.Of.Service.Form, answers), Needed: o.Needed})
}

func (d *Documents) showCorrection(q *web.Req, h *Held, status int, because string, v questions.View) error {
	s := h.Of.Service
	v.Form, v.Why, v.Notes = s.Form, map[string]string{}, map[string]string{}
	page := pages.Correct{
		Name: q.P.In(s.Document.Name), Number: h.Number, Form: v, Reason: because, Action: "/staff/documents/" + url.PathEscape(h.Number),
	}
	keys := s.Correctable()
	for _, p := range s.Form.Pages {
		p.Fields = slices.DeleteFunc(slices.Clone(p.Fields), func(key string) bool { return !slices.Contains(keys, key) })
		if len(p.Fields) > 0 {
			page.Pages = append(page.Pages, p)
		}
	}
	return q.Page(status, web.Page{
		Title: q.P.T("documents.staff.correct.title"), Service: page.Name, Body: pages.CorrectPage(page), Invalid: len(v.Errors) > 0,
		Back: page.Action,
	})
}

// correction replaces a document, if everything is right.
func (d *Documents) correction(q *web.Req, values url.Values) error {
	ctx, who := q.R.Context(), official(q)
	h, err := d.Look(ctx, who, q.R.PathValue("number"))
	if err != nil {
		return err
	}
	form, because := h.Of.Service.Form, q.Value(inputGiven)
	read := sent.Decode(form, sent.Input{Values: values, Also: []string{inputGiven, inputAction}})
	outcome, err := d.Correct(ctx, who, h.Number, because, read.Answers, read.Errors...)
	if err != nil {
		return d.failed(q, err, because)
	}
	if len(outcome.Errors) > 0 {
		return d.showCorrection(q, h, http.StatusUnprocessableEntity, because, questions.View{Typed: read.Typed, Errors: outcome.Errors, Needed: outcome.Needed})
	}
	return q.Redirect("/staff/documents/" + url.PathEscape(h.Number))
}
