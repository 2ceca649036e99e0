package desk

import (
	"net/http"
	"net/url"
	"strconv"

	"portico/internal/cases"
	"portico/internal/desk/pages"
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

func (k *Desk) queue(q *web.Req) error {
	who, show := actor(q), q.Value("show")
	f := cases.Filter{}
	switch show {
	case showMine:
		f.Holder = who.ID
	case showClosed:
		f.Closed = true
	default:
		f.State = k.state(who, show)
		if f.State == "" {
			show = showOpen
		}
	}
	from, _ := strconv.Atoi(q.Value("from"))
	f.Offset = min(max(from, 0), 1_000_000)
	rows, more, err := k.Cases.Queue(q.R.Context(), who, f)
	if err != nil {
		return err
	}
	page := pages.Queue{Filters: k.filters(q, who, show), Grid: k.queueGrid(q, who, rows)}
	page.None = len(page.Filters) == 0
	at := func(offset int) string {
		return "/staff/cases?" + url.Values{"show": {show}, "from": {strconv.Itoa(offset)}}.Encode()
	}
	if f.Offset > 0 {
		page.Pages.Prev = at(max(f.Offset-cases.PageSize, 0))
	}
	if more {
		page.Pages.Next = at(f.Offset + cases.PageSize)
	}
	if len(rows) > 0 {
		page.Pages.Text = q.P.T("desk.queue.page", "from", f.Offset+1, "to", f.Offset+len(rows))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.queue.title"), Body: pages.QueuePage(page), Wide: true})
}

// decides lists the services that somebody decides on.
func (k *Desk) decides(who policy.Actor) []*services.Definition {
	var out []*services.Definition
	for _, d := range k.Cases.Catalogue.Services() {
		if d.For(who.Roles) {
			out = append(out, d)
		}
	}
	return out
}

// state returns name if some service that they decide on has such a state.
func (k *Desk) state(who policy.Actor, name string) string {
	for _, d := range k.decides(who) {
		if _, ok := d.Workflow.State(name); ok {
			return name
		}
	}
	return ""
}

// filters are the ways to look at the queue: whose, and by state.
func (k *Desk) filters(q *web.Req, who policy.Actor, here string) []pages.Filter {
	mine := k.decides(who)
	if len(mine) == 0 {
		return nil
	}
	add := func(list []pages.Filter, id, text string) []pages.Filter {
		return append(list, pages.Filter{Text: text, Href: "/staff/cases?show=" + url.QueryEscape(id), Here: id == here})
	}
	list := add(nil, showOpen, q.P.T("desk.queue.open"))
	list = add(list, showMine, q.P.T("desk.queue.mine"))
	seen := map[string]bool{}
	for _, d := range mine {
		for _, s := range d.Workflow.States {
			if !seen[s.ID] {
				list = add(list, s.ID, q.P.In(s.Name))
			}
			seen[s.ID] = true
		}
	}
	return add(list, showClosed, q.P.T("desk.queue.closed"))
}

// queueGrid shows cases without anything that they are about.
func (k *Desk) queueGrid(q *web.Req, who policy.Actor, rows []*cases.Case) ui.Grid {
	g := ui.Grid{Empty: q.P.T("desk.queue.empty")}
	for _, key := range []string{"reference", "service", "state", "received", "due", "holder"} {
		g.Head = append(g.Head, ui.Cell{Text: q.P.T("desk.queue." + key)})
	}
	for _, row := range rows {
		d, err := k.Cases.Version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		tag, due := cases.Tag(q.P, d, row), ui.Cell{Text: "–"}
		if row.Open() {
			due = k.dueCell(q, row)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: row.Reference, Href: "/staff/cases/" + row.ID, LTR: true}, {Text: q.P.In(d.Name)}, {Tag: &tag},
			{Text: q.P.Date(row.Submitted)}, due, {Text: holderOf(q, who, row)},
		})
	}
	return g
}

func (k *Desk) dueCell(q *web.Req, row *cases.Case) ui.Cell {
	due := k.Cases.Due(row)
	if k.Clock.Now().After(due) {
		return ui.Cell{Tag: &ui.Label{Text: q.P.T("desk.queue.overdue", "date", q.P.Date(due)), Kind: ui.Bad}}
	}
	return ui.Cell{Text: q.P.Date(due)}
}

func holderOf(q *web.Req, who policy.Actor, row *cases.Case) string {
	switch row.Holder {
	case "":
		return q.P.T("desk.queue.holder.none")
	case who.ID:
		return q.P.T("desk.queue.holder.me")
	}
	return q.P.T("desk.queue.holder.other")
}
