package cases

import (
	"net/http"
	"net/url"
	"strconv"

	"portico/internal/cases/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The ways to look at the queue.
const (
	showOpen   = "open"
	showMine   = "mine"
	showClosed = "closed"
)

func (c *Cases) queue(q *web.Req) error {
	who, show := actor(q), q.Value("show")
	f := Filter{}
	switch show {
	case showMine:
		f.Holder = who.ID
	case showClosed:
		f.Closed = true
	default:
		f.State = c.state(who, show)
		if f.State == "" {
			show = showOpen
		}
	}
	from, _ := strconv.Atoi(q.Value("from"))
	f.Offset = min(max(from, 0), 1_000_000)
	rows, more, err := c.Queue(q.R.Context(), who, f)
	if err != nil {
		return err
	}
	page := pages.Queue{Filters: c.filters(q, who, show), Grid: c.queueGrid(q, who, rows)}
	page.None = len(page.Filters) == 0
	at := func(offset int) string {
		return "/staff/cases?" + url.Values{"show": {show}, "from": {strconv.Itoa(offset)}}.Encode()
	}
	if f.Offset > 0 {
		page.Pages.Prev = at(max(f.Offset-pageSize, 0))
	}
	if more {
		page.Pages.Next = at(f.Offset + pageSize)
	}
	if len(rows) > 0 {
		page.Pages.Text = q.P.T("cases.queue.page", "from", f.Offset+1, "to", f.Offset+len(rows))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cases.queue.title"), Body: pages.QueuePage(page), Wide: true})
}

// decides lists the services that somebody decides on.
func (c *Cases) decides(who policy.Actor) []*services.Definition {
	var out []*services.Definition
	for _, d := range c.Catalogue.Services() {
		if d.For(who.Roles) {
			out = append(out, d)
		}
	}
	return out
}

// state returns name if some service that they decide on has such a state.
func (c *Cases) state(who policy.Actor, name string) string {
	for _, d := range c.decides(who) {
		if _, ok := d.Workflow.State(name); ok {
			return name
		}
	}
	return ""
}

// filters are the ways to look at the queue: whose, and by state.
func (c *Cases) filters(q *web.Req, who policy.Actor, here string) []pages.Filter {
	mine := c.decides(who)
	if len(mine) == 0 {
		return nil
	}
	add := func(list []pages.Filter, id, text string) []pages.Filter {
		return append(list, pages.Filter{Text: text, Href: "/staff/cases?show=" + url.QueryEscape(id), Here: id == here})
	}
	list := add(nil, showOpen, q.P.T("cases.queue.open"))
	list = add(list, showMine, q.P.T("cases.queue.mine"))
	seen := map[string]bool{}
	for _, d := range mine {
		for _, s := range d.Workflow.States {
			if !seen[s.ID] {
				list = add(list, s.ID, q.P.In(s.Name))
			}
			seen[s.ID] = true
		}
	}
	return add(list, showClosed, q.P.T("cases.queue.closed"))
}

// queueGrid shows cases without anything that they are about.
func (c *Cases) queueGrid(q *web.Req, who policy.Actor, rows []*Case) ui.Grid {
	g := ui.Grid{Empty: q.P.T("cases.queue.empty")}
	for _, key := range []string{"reference", "service", "state", "received", "due", "holder"} {
		g.Head = append(g.Head, ui.Cell{Text: q.P.T("cases.queue." + key)})
	}
	for _, row := range rows {
		d, err := c.version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		tag, due := Tag(q.P, d, row), ui.Cell{Text: orDash("")}
		if row.Open() {
			due = c.dueCell(q, row)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: row.Reference, Href: "/staff/cases/" + row.ID, LTR: true}, {Text: q.P.In(d.Name)}, {Tag: &tag},
			{Text: q.P.Date(row.Submitted)}, due, {Text: holderOf(q, who, row)},
		})
	}
	return g
}

func (c *Cases) dueCell(q *web.Req, row *Case) ui.Cell {
	due := c.Due(row)
	if c.Clock.Now().After(due) {
		return ui.Cell{Tag: &ui.Label{Text: q.P.T("cases.queue.overdue", "date", q.P.Date(due)), Kind: ui.Bad}}
	}
	return ui.Cell{Text: q.P.Date(due)}
}

func holderOf(q *web.Req, who policy.Actor, row *Case) string {
	switch row.Holder {
	case "":
		return q.P.T("cases.queue.holder.none")
	case who.ID:
		return q.P.T("cases.queue.holder.me")
	}
	return q.P.T("cases.queue.holder.other")
}

func (c *Cases) view(q *web.Req) error { return c.showCase(q, http.StatusOK, nil, "", "") }

// showCase shows a case; typed and wrong are remarks that were not accepted.
func (c *Cases) showCase(q *web.Req, status int, notice *pages.Notice, typed, wrong string) error {
	a, err := c.View(q.R.Context(), actor(q), q.R.PathValue("id"))
	if fault.KindOf(err) == fault.Denied {
		return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("cases.denied.title"), Body: pages.DeniedPage()})
	}
	if err != nil {
		return err
	}
	return c.render(q, a, status, notice, typed, wrong)
}

func (c *Cases) render(q *web.Req, a *Application, status int, notice *pages.Notice, typed, wrong string) error {
	who := actor(q)
	d, s := a.Service, a.State()
	page := pages.Case{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: notice, Typed: typed, Wrong: wrong, Remarks: a.Remarks,
		Appeal: q.P.In(d.Appeal), Action: "/staff/cases/" + a.ID, Facts: c.facts(q, who, a),
		Hidden: []pages.Hidden{{Name: inputState, Value: s.ID}},
	}
	if wrong != "" {
		page.Problems = []ui.Problem{{ID: "remarks", Text: wrong}}
	}
	mine := a.Holder == who.ID && a.Open()
	switch {
	case mine:
		g := c.Grid(q.P, a, d.Shown(), "cases.source.applicant")
		page.Answers = &g
		if a.Fee != nil {
			page.Fee = &pages.Section{Title: q.P.T("cases.fee"), Rows: c.FeeRows(q.P, a.Fee)}
		}
	case a.Open() && a.Holder != "":
		page.Why = q.P.T("cases.error.taken")
	case a.Open():
		page.Why = q.P.T("cases.case.untaken")
	default:
		page.Why = q.P.T("cases.case.closed")
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
	page.Events = c.Timeline(q.P, a, func(id string) string {
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

func (c *Cases) facts(q *web.Req, who policy.Actor, a *Application) []ui.Row {
	tag := Tag(q.P, a.Service, a.Case)
	rows := []ui.Row{
		{Key: q.P.T("cases.queue.state"), Tag: &tag},
		{Key: q.P.T("cases.queue.received"), Value: q.P.DateTime(a.Submitted)},
	}
	if a.Open() {
		due := c.dueCell(q, a.Case)
		rows = append(rows, ui.Row{Key: q.P.T("cases.queue.due"), Value: due.Text, Tag: due.Tag})
	}
	return append(rows, ui.Row{Key: q.P.T("cases.queue.holder"), Value: holderOf(q, who, a.Case)})
}

func (c *Cases) decided(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("action", "remarks", inputState)
	}
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) != 1 || f.Fields[0].Name != "remarks" {
			return err
		}
		return c.showCase(q, http.StatusUnprocessableEntity, nil, q.Value("remarks"), q.P.T(f.Fields[0].Code))
	}
	caseID, remarks := q.R.PathValue("id"), q.Value("remarks")
	_, err = c.Act(q.R.Context(), actor(q), caseID, q.Value(inputState), q.Value("action"), remarks)
	f := fault.From(err)
	switch {
	case err == nil:
		return q.Redirect("/staff/cases/" + caseID)
	case f.Kind == fault.Denied:
		return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("cases.denied.title"), Body: pages.DeniedPage()})
	case f.Kind == fault.Invalid && len(f.Fields) == 1:
		return c.showCase(q, http.StatusUnprocessableEntity, nil, remarks, q.P.T(f.Fields[0].Code, f.Fields[0].Args...))
	case Moved(err):
		title := "cases.case.moved.title"
		if f.Code == errTaken.Code {
			title = "cases.case.taken.title"
		}
		notice := &pages.Notice{Kind: ui.Warn, Title: q.P.T(title), Text: q.P.T(f.Code)}
		a, again := c.glance(q.R.Context(), caseID)
		if again != nil {
			return again
		}
		if a.Open() && a.Holder == q.Session.Subject {
			return c.showCase(q, http.StatusConflict, notice, remarks, "")
		}
		return c.render(q, a, http.StatusConflict, notice, remarks, "")
	}
	return err
}
