package desk

import (
	"net/http"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// inputState is the state of the case as the page showed it.
const inputState = "_state"

func (k *Desk) view(q *web.Req) error { return k.showCase(q, http.StatusOK, nil, "", "") }

// showCase shows a case; typed and wrong are remarks that were not accepted.
func (k *Desk) showCase(q *web.Req, status int, notice *pages.Notice, typed, wrong string) error {
	a, err := k.Cases.View(q.R.Context(), actor(q), q.R.PathValue("id"))
	if fault.KindOf(err) == fault.Denied {
		return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("desk.denied.title"), Body: pages.DeniedPage()})
	}
	if err != nil {
		return err
	}
	return k.render(q, a, status, notice, typed, wrong)
}

func (k *Desk) render(q *web.Req, a *cases.Application, status int, notice *pages.Notice, typed, wrong string) error {
	who := actor(q)
	d, s := a.Service, a.State()
	page := pages.Case{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: notice, Typed: typed, Wrong: wrong, Remarks: a.Remarks,
		Appeal: q.P.In(d.Appeal), Action: "/staff/cases/" + a.ID, Facts: k.facts(q, who, a),
		Hidden: []pages.Hidden{{Name: inputState, Value: s.ID}},
	}
	if wrong != "" {
		page.Problems = []ui.Problem{{ID: "remarks", Text: wrong}}
	}
	mine := a.Holder == who.ID && a.Open()
	switch {
	case mine:
		g := k.Cases.Grid(q.P, a, d.Shown(), "cases.source.applicant")
		page.Answers = &g
		if a.Fee != nil {
			page.Fee = &pages.Section{Title: q.P.T("cases.fee"), Rows: k.Cases.FeeRows(q.P, a.Fee)}
		}
	case a.Open() && a.Holder != "":
		page.Why = q.P.T("cases.error.taken")
	case a.Open():
		page.Why = q.P.T("desk.case.untaken")
	default:
		page.Why = q.P.T("desk.case.closed")
	}
	for i, action := range s.Actions {
		if action.Take && a.Holder != "" || !action.Take && !mine {
			continue
		}
		look := ui.Secondary
		if i == 0 {
			look = ui.Primary
		} else if to, _ := d.Workflow.State(action.To); to.Look == "bad" {
			look = ui.Danger
		}
		page.Buttons = append(page.Buttons, ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: look})
		page.Writes = page.Writes || action.Remarks == services.Optional || action.Remarks == services.Always
	}
	page.Events = k.Cases.Timeline(q.P, a, func(id string) string {
		switch id {
		case who.ID:
			return q.P.T("cases.step.by.you")
		case a.Subject:
			return q.P.T("cases.step.by.applicant")
		}
		return q.P.T("cases.step.by.colleague")
	})
	return q.Page(status, web.Page{
		Title: a.Reference, Service: page.Service, Body: pages.CasePage(page), Wide: true, Invalid: wrong != "", Back: "/staff/cases",
	})
}

func (k *Desk) facts(q *web.Req, who policy.Actor, a *cases.Application) []ui.Row {
	tag := cases.Tag(q.P, a.Service, a.Case)
	rows := []ui.Row{
		{Key: q.P.T("desk.queue.state"), Tag: &tag},
		{Key: q.P.T("desk.queue.received"), Value: q.P.DateTime(a.Submitted)},
	}
	if a.Open() {
		due := k.dueCell(q, a.Case)
		rows = append(rows, ui.Row{Key: q.P.T("desk.queue.due"), Value: due.Text, Tag: due.Tag})
	}
	return append(rows, ui.Row{Key: q.P.T("desk.queue.holder"), Value: holderOf(q, who, a.Case)})
}

func (k *Desk) decided(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("action", "remarks", inputState)
	}
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) != 1 || f.Fields[0].Name != "remarks" {
			return err
		}
		return k.showCase(q, http.StatusUnprocessableEntity, nil, q.Value("remarks"), q.P.T(f.Fields[0].Code))
	}
	caseID, remarks := q.R.PathValue("id"), q.Value("remarks")
	_, err = k.Cases.Act(q.R.Context(), actor(q), caseID, q.Value(inputState), q.Value("action"), remarks)
	f := fault.From(err)
	switch {
	case err == nil:
		return q.Redirect("/staff/cases/" + caseID)
	case f.Kind == fault.Denied:
		return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("desk.denied.title"), Body: pages.DeniedPage()})
	case f.Kind == fault.Invalid && len(f.Fields) == 1:
		return k.showCase(q, http.StatusUnprocessableEntity, nil, remarks, q.P.T(f.Fields[0].Code, f.Fields[0].Args...))
	case cases.Moved(err):
		title := "desk.case.moved.title"
		if cases.Taken(err) {
			title = "desk.case.taken.title"
		}
		notice := &pages.Notice{Kind: ui.Warn, Title: q.P.T(title), Text: q.P.T(f.Code)}
		a, again := k.Cases.Glance(q.R.Context(), caseID)
		if again != nil {
			return again
		}
		if a.Open() && a.Holder == q.Session.Subject {
			return k.showCase(q, http.StatusConflict, notice, remarks, "")
		}
		return k.render(q, a, http.StatusConflict, notice, remarks, "")
	}
	return err
}
