package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The inputs of the case page. inputState and inputSeen are the state and the
// revision of the case as the page showed it; inputNext says to go straight on
// to the next case.
const (
	inputState = "_state"
	inputSeen  = "_seen"
	inputNext  = "next"
	yes        = "yes"
)

// shown is what a case page says beside the case itself.
type shown struct {
	status int
	notice *pages.Notice
	typed  string // remarks that were not accepted yet
	wrong  string // what is wrong with them
	onward bool
}

func (k *Desk) view(q *web.Req) error {
	s := shown{status: http.StatusOK, onward: q.Value(inputNext) == yes}
	if after := q.Value("after"); after != "" {
		s.notice = k.done(q, after)
	}
	return k.showCase(q, s)
}

// done says what became of the case that was decided just before.
func (k *Desk) done(q *web.Req, caseID string) *pages.Notice {
	a, err := k.Cases.Glance(q.R.Context(), caseID)
	if err != nil || len(a.Steps) == 0 || a.Steps[len(a.Steps)-1].Actor != q.Session.Subject {
		return nil
	}
	return &pages.Notice{Kind: ui.Good, Title: q.P.T("desk.case.done", "reference", a.Reference, "state", cases.Tag(q.P, a.Service, a.Case).Text)}
}

func denied(q *web.Req) error {
	return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("desk.denied.title"), Body: pages.DeniedPage()})
}

func (k *Desk) showCase(q *web.Req, s shown) error {
	a, err := k.open(q)
	if fault.KindOf(err) == fault.Denied {
		return denied(q)
	}
	if err != nil {
		return err
	}
	return k.render(q, a, s)
}

// open opens a case. Who supervises it sees what its row says, and nothing of
// what it is about unless they hold it.
func (k *Desk) open(q *web.Req) (*cases.Application, error) {
	who := actor(q)
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err == nil && !a.Draft() && a.Holder != who.ID && k.Cases.Supervises(who, a.Service) {
		return a, nil
	}
	return k.Cases.View(q.R.Context(), who, q.R.PathValue("id"))
}

func (k *Desk) render(q *web.Req, a *cases.Application, s shown) error {
	who, d := actor(q), a.Service
	page := pages.Case{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: s.notice, Remarks: a.Remarks,
		State: cases.Tag(q.P, d, a.Case), Due: k.dueTag(q, a.Case), Facts: k.facts(q, who, a),
	}
	if s.wrong != "" {
		page.Problems = []ui.Problem{{ID: "remarks", Text: s.wrong}}
	}
	var err error
	if page.Keys, err = k.keysOn(q.R.Context(), who.ID); err != nil {
		return err
	}
	mine := a.Holder == who.ID && a.Open()
	if mine {
		g := k.Cases.Grid(q.P, a, d.Shown(), "cases.source.applicant")
		page.Answers = &g
		page.Fee = k.fee(q, a)
	}
	page.Access = k.access(q, a, mine)
	if page.Decide, err = k.decide(q, a, mine, s); err != nil {
		return err
	}
	if page.Decide == nil || !page.Decide.Writes {
		page.Kept = s.typed
	}
	page.Other = k.others(q, who, a)
	page.Events = k.Cases.Timeline(q.P, a, func(id string) string {
		switch id {
		case who.ID:
			return q.P.T("cases.step.by.you")
		case a.Subject:
			return q.P.T("cases.step.by.applicant")
		}
		return q.P.T("cases.step.by.colleague")
	})
	return q.Page(s.status, web.Page{
		Title: a.Reference, Service: page.Service, Body: pages.CasePage(page), Wide: true, Invalid: s.wrong != "", Back: "/staff/cases",
	})
}

func (k *Desk) fee(q *web.Req, a *cases.Application) *pages.Section {
	if a.Fee == nil {
		return nil
	}
	return &pages.Section{Title: q.P.T("cases.fee"), Rows: k.Cases.FeeRows(q.P, a.Fee)}
}

// access says why what was stated is shown, or why it is not.
func (k *Desk) access(q *web.Req, a *cases.Application, mine bool) []string {
	switch {
	case mine:
		activity, _ := k.Cases.Policy().Activity(a.Service.DecideActivity())
		purpose, _ := k.Cases.Policy().Purpose(activity.Purpose)
		return []string{q.P.T("desk.case.access.mine", "purpose", q.P.In(purpose.Name)), q.P.T("desk.case.access.seen")}
	case a.Open() && a.Holder != "":
		return []string{q.P.T("cases.error.taken")}
	case a.Open():
		return []string{q.P.T("desk.case.untaken")}
	}
	return []string{q.P.T("desk.case.closed")}
}

// actions are those that the official can take on a case now.
func actions(a *cases.Application, mine bool) []services.Action {
	return slices.DeleteFunc(a.State().Of(services.Official), func(action services.Action) bool {
		return action.Take && a.Holder != "" || !action.Take && !mine
	})
}

// decide is what there is to write and to press; nil if there is nothing.
func (k *Desk) decide(q *web.Req, a *cases.Application, mine bool, s shown) (*pages.Decide, error) {
	list, d := actions(a, mine), a.Service
	out := &pages.Decide{
		Action: "/staff/cases/" + a.ID, Hidden: []pages.Hidden{{Name: inputState, Value: a.State().ID}},
		Typed: s.typed, Wrong: s.wrong, Onward: s.onward, CanOnward: mine,
	}
	if claimable(actor(q), a) {
		out.Hidden = append(out.Hidden, pages.Hidden{Name: inputSeen, Value: strconv.FormatInt(a.Revision, 10)})
		out.Buttons = []ui.Btn{{Text: q.P.T("desk.case.claim"), Name: "action", Value: cases.StepClaim, Look: ui.Primary, Key: "1"}}
		return out, nil
	}
	if len(list) == 0 {
		return nil, nil
	}
	for i, action := range list {
		to, _ := d.Workflow.State(action.To)
		btn := ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: ui.Secondary, Key: strconv.Itoa(i + 1)}
		if i == 0 {
			btn.Look = ui.Primary
		} else if to.Look == "bad" {
			btn.Look = ui.Danger
		}
		out.Buttons = append(out.Buttons, btn)
		out.Writes = out.Writes || action.Writes()
		out.Preview = out.Preview || to.Final
	}
	if !out.Writes {
		return out, nil
	}
	remarks, err := k.Remarks(q.R.Context(), actor(q), d.ID)
	if err != nil {
		return nil, err
	}
	out.Manage = "/staff/remarks?service=" + url.QueryEscape(d.ID)
	for _, r := range remarks {
		out.Reusable = append(out.Reusable, pages.Reusable{ID: r.ID, Text: r.Text})
	}
	return out, nil
}

// others are the ways to let a case go, or to take one that was let go: they
// end nothing.
func (k *Desk) others(q *web.Req, who policy.Actor, a *cases.Application) (list []ui.Btn) {
	if k.mayHand(who, a) {
		list = append(list, ui.Btn{Text: q.P.T("desk.queue.hand-over"), Href: "/staff/cases/hand-over?case=" + url.QueryEscape(a.ID), Look: ui.Secondary})
	}
	return list
}

// claimable reports whether a case that was let go can be taken although its
// state has no action for that.
func claimable(who policy.Actor, a *cases.Application) bool {
	return a.Open() && a.Holder == "" && a.Service.For(who.Roles) &&
		!slices.ContainsFunc(a.State().Actions, func(action services.Action) bool { return action.Take })
}

func (k *Desk) facts(q *web.Req, who policy.Actor, a *cases.Application) []ui.Row {
	rows := []ui.Row{{Key: q.P.T("desk.queue.received"), Value: q.P.DateTime(a.Submitted)}}
	if due := k.Cases.Due(a.Case); a.Open() && !due.IsZero() {
		rows = append(rows, ui.Row{Key: q.P.T("desk.queue.due"), Value: q.P.Date(due)})
	}
	return append(rows, ui.Row{Key: q.P.T("desk.queue.holder"), Value: holderOf(q, who, a.Case)})
}

// decided reads the form of the case page and does what was pressed. What is
// wrong with the remarks is said beside them.
func (k *Desk) decided(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("action", "remarks", "insert", "preview", inputNext, inputState, inputSeen)
	}
	s := shown{status: http.StatusUnprocessableEntity, typed: q.Value("remarks"), onward: q.Value(inputNext) == yes}
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) != 1 || f.Fields[0].Name != "remarks" {
			return err
		}
		s.wrong = q.P.T(f.Fields[0].Code)
		return k.showCase(q, s)
	}
	switch {
	case q.Value("insert") != "":
		return k.insert(q, s)
	case q.Value("preview") == "letter":
		return k.preview(q, s)
	case q.Value("preview") != "":
		s.status = http.StatusOK
		return k.showCase(q, s)
	}
	return k.act(q, s)
}

// insert puts a reusable remark behind what is written.
func (k *Desk) insert(q *web.Req, s shown) error {
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if s.typed, err = k.inserted(q.R.Context(), actor(q), a.Case.Service, q.Value("insert"), s.typed); err != nil {
		return err
	}
	s.status = http.StatusOK
	return k.showCase(q, s)
}

func (k *Desk) act(q *web.Req, s shown) error {
	caseID, who := q.R.PathValue("id"), actor(q)
	var row *cases.Case
	var err error
	if seen, failed := strconv.ParseInt(q.Value(inputSeen), 10, 64); q.Value("action") == cases.StepClaim && failed == nil {
		row, err = k.Cases.HandOver(q.R.Context(), who, caseID, seen, who.ID, "")
	} else {
		row, err = k.Cases.Act(q.R.Context(), who, caseID, q.Value(inputState), q.Value("action"), s.typed)
	}
	f := fault.From(err)
	switch {
	case err == nil:
		return k.onward(q, row, s)
	case f.Kind == fault.Denied:
		return denied(q)
	case f.Kind == fault.Invalid && len(f.Fields) == 1:
		s.wrong = q.P.T(f.Fields[0].Code, f.Fields[0].Args...)
		return k.showCase(q, s)
	case cases.Moved(err):
		return k.late(q, s, f, cases.Taken(err))
	}
	return err
}

// late tells the slower of two what happened. What they wrote stays.
func (k *Desk) late(q *web.Req, s shown, f *fault.Fault, taken bool) error {
	title := "desk.case.moved.title"
	if taken {
		title = "desk.case.taken.title"
	}
	s.status, s.notice = http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T(title), Text: q.P.T(f.Code)}
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Open() && a.Holder == q.Session.Subject {
		return k.showCase(q, s)
	}
	return k.render(q, a, s)
}
