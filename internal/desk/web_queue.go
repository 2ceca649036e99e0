package desk

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// soon is how long before its deadline a case is marked.
const soon = 48 * time.Hour

// The values of the queue's filters, which one can bookmark.
const (
	holderMe   = "me"
	holderNone = "none"
	dueOver    = "overdue"
	dueSoon    = "soon"
	chosenAll  = "all"
)

// look is how an official looks at the queue, as the address says.
type look struct {
	service, state, holder, due string
	closed                      bool
	after                       string
	chosen                      bool // every case of the page
}

// lookOf reads a look. What it does not know is left out.
func (k *Desk) lookOf(q *web.Req, who policy.Actor) look {
	l := look{closed: q.Value("closed") == yes, after: q.Value("after"), chosen: q.Value("chosen") == chosenAll}
	switch q.Value("show") { // how addresses of the queue were written before
	case "mine":
		l.holder = holderMe
	case "closed":
		l.closed = true
	}
	for _, d := range k.Cases.Works(who) {
		if d.ID == q.Value("service") {
			l.service = d.ID
		}
		if _, ok := d.Workflow.State(q.Value("state")); ok {
			l.state = q.Value("state")
		}
	}
	if h := q.Value("holder"); h == holderMe || h == holderNone {
		l.holder = h
	}
	if d := q.Value("due"); d == dueOver || d == dueSoon {
		l.due = d
	}
	return l
}

// filter is what a look asks of the cases.
func (k *Desk) filter(who policy.Actor, l look) cases.Filter {
	f := cases.Filter{Service: l.service, State: l.state, Free: l.holder == holderNone, Closed: l.closed, After: l.after}
	if l.holder == holderMe {
		f.Holder = who.ID
	}
	now := k.Clock.Now()
	switch l.due {
	case dueOver:
		f.Before = now
	case dueSoon:
		f.From, f.Before = now, now.Add(soon)
	}
	return f
}

// href is the address of a look.
func (l look) href() string {
	v := url.Values{}
	for name, value := range map[string]string{"service": l.service, "state": l.state, "holder": l.holder, "due": l.due, "after": l.after} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if l.closed {
		v.Set("closed", yes)
	}
	if l.chosen {
		v.Set("chosen", chosenAll)
	}
	if len(v) == 0 {
		return "/staff/cases"
	}
	return "/staff/cases?" + v.Encode()
}

func (k *Desk) queue(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	l := k.lookOf(q, who)
	page := pages.Queue{None: len(k.Cases.Works(who)) == 0}
	if done := q.Value("done"); done != "" {
		page.Notice = k.done(q, done)
	}
	if q.Value("none") == yes {
		page.Notice = &pages.Notice{Kind: ui.Info, Title: q.P.T("desk.queue.nothing-to-take")}
	}
	if page.None {
		return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.queue.title"), Body: pages.QueuePage(page), Wide: true})
	}
	found, err := k.Cases.Queue(ctx, who, k.filter(who, l))
	if err != nil {
		return err
	}
	if page.Tabs, err = k.tabs(ctx, q, who, l); err != nil {
		return err
	}
	if page.Keys, err = k.keysOn(ctx, who.ID); err != nil {
		return err
	}
	page.Filters, page.Narrowed = k.filters(q, who, l), l.service != "" || l.state != ""
	page.Holder, page.Due, page.Closed = l.holder, l.due, l.closed
	page.List = k.list(q, who, found.Rows, l.chosen)
	page.Service, page.Takes = l.service, k.decides(who)
	page.Supervises = k.leads(who)
	page.Search = ui.Field{Name: "q", Label: q.P.T("desk.search.label"), Hint: q.P.T("desk.search.hint"), LTR: true, Max: searchMax}
	l.chosen = !l.chosen
	page.List.Other = l.href()
	l.chosen = false
	if l.after != "" {
		first := l
		first.after = ""
		page.Start = first.href()
	}
	if found.Next != "" {
		l.after = found.Next
		page.Pages = ui.Pages{Next: l.href(), Key: "l"}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.queue.title"), Body: pages.QueuePage(page), Wide: true})
}

// decides reports whether an official decides on any service.
func (k *Desk) decides(who policy.Actor) bool {
	for _, d := range k.Cases.Works(who) {
		if d.For(who.Roles) {
			return true
		}
	}
	return false
}

// tabs are the usual looks with how many cases each has. They keep the service
// and the state that were chosen.
func (k *Desk) tabs(ctx context.Context, q *web.Req, who policy.Actor, here look) (list []pages.Tab, err error) {
	tabs := []struct {
		key  string
		look look
	}{
		{"open", look{}}, {"mine", look{holder: holderMe}}, {"free", look{holder: holderNone}}, {"overdue", look{due: dueOver}},
		{"soon", look{due: dueSoon}}, {"closed", look{closed: true}},
	}
	var filters []cases.Filter
	for i := range tabs {
		t := &tabs[i].look
		if t.service = here.service; !t.closed {
			t.state = here.state
		}
		filters = append(filters, k.filter(who, *t))
	}
	counts, err := k.Cases.Count(ctx, who, filters...)
	if err != nil {
		return nil, err
	}
	for i, t := range tabs {
		count := q.P.Number(int64(counts[i]))
		if counts[i] == cases.MaxCount {
			count += "+"
		}
		list = append(list, pages.Tab{
			Text: q.P.T("desk.queue.tab." + t.key), Count: count, Href: t.look.href(),
			Here: t.look.holder == here.holder && t.look.due == here.due && t.look.closed == here.closed,
		})
	}
	return list, nil
}

// filters ask for the service and the state.
func (k *Desk) filters(q *web.Req, who policy.Actor, l look) []ui.Field {
	service := ui.Field{Name: "service", Label: q.P.T("desk.queue.service"), Value: l.service}
	state := ui.Field{Name: "state", Label: q.P.T("desk.queue.state"), Value: l.state}
	seen := map[string]bool{}
	for _, d := range k.Cases.Works(who) {
		service.Options = append(service.Options, ui.Option{Value: d.ID, Label: q.P.In(d.Name)})
		for _, s := range d.Workflow.States {
			if !s.Final && !seen[s.ID] {
				state.Options = append(state.Options, ui.Option{Value: s.ID, Label: q.P.In(s.Name)})
			}
			seen[s.ID] = true
		}
	}
	return []ui.Field{service, state}
}

// list shows cases without anything that they are about. Some can be chosen to
// hand them over.
func (k *Desk) list(q *web.Req, who policy.Actor, rows []*cases.Case, all bool) pages.List {
	g, picks := ui.Grid{Empty: q.P.T("desk.queue.empty")}, 0
	for _, row := range rows {
		d, err := k.Cases.Version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		tag, due, pick := cases.Tag(q.P, d, row), ui.Cell{Text: "–"}, ui.Cell{}
		if at := k.Cases.Due(row); row.Open() && !at.IsZero() {
			due = ui.Cell{Text: q.P.Date(at), Tag: k.dueTag(q, row)}
		} else if !row.Closed.IsZero() {
			due.Text = q.P.Date(row.Closed)
		}
		if row.Open() && (row.Holder == who.ID || k.Cases.Supervises(who, d)) {
			pick.Pick = &ui.Pick{Name: "case", Value: row.ID, Label: q.P.T("desk.queue.choose", "reference", row.Reference), On: all}
			picks++
		}
		g.Rows = append(g.Rows, []ui.Cell{
			pick, {Text: row.Reference, Href: "/staff/cases/" + row.ID, LTR: true}, {Text: q.P.In(d.Name)}, {Tag: &tag},
			{Text: q.P.Date(row.Submitted), Short: true}, due, {Text: holderOf(q, who, row)},
		})
	}
	for _, key := range []string{"pick", "reference", "service", "state", "received", "due", "holder"} {
		g.Head = append(g.Head, ui.Cell{Text: q.P.T("desk.queue." + key)})
	}
	if picks == 0 {
		unpicked(&g)
	}
	return pages.List{Grid: g, Picks: picks, All: all}
}

// unpicked takes the column away in which cases are chosen.
func unpicked(g *ui.Grid) {
	g.Head = g.Head[1:]
	for i := range g.Rows {
		g.Rows[i] = g.Rows[i][1:]
	}
}

// dueTag marks an open case whose deadline has passed or is near: in words, by
// colour and by shape. It is nil for any other, and while the applicant is
// being waited for.
func (k *Desk) dueTag(q *web.Req, row *cases.Case) *ui.Label {
	due, now := k.Cases.Due(row), k.Clock.Now()
	switch {
	case !row.Open() || due.IsZero() || k.waits(row):
		return nil
	case k.Cases.Overdue(row):
		return &ui.Label{Text: q.P.T("desk.queue.overdue", "date", q.P.Date(due)), Kind: ui.Bad}
	case due.Before(now.Add(soon)):
		return &ui.Label{Text: q.P.T("desk.queue.soon", "date", q.P.Date(due)), Kind: ui.Warn}
	}
	return nil
}

// waits reports whether a case waits for somebody outside the office.
func (k *Desk) waits(row *cases.Case) bool {
	d, err := k.Cases.Version(row)
	if err != nil {
		return false
	}
	s, ok := d.Workflow.State(row.State)
	return ok && !s.Final && s.Turn() != "official"
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

// takeOne takes the most urgent case that nobody holds and opens it.
func (k *Desk) takeOne(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once("service", "take"); err != nil {
		return err
	}
	if q.Value("take") != yes { // not from the button
		return fault.New(fault.Invalid, "desk.queue.take-what")
	}
	caseID, err := k.takeNext(q.R.Context(), actor(q), q.Value("service"))
	if err != nil {
		return err
	}
	if caseID == "" {
		return q.Redirect("/staff/cases?none=" + yes)
	}
	return q.Redirect("/staff/cases/" + caseID + "?" + inputNext + "=" + yes)
}

// onward leads on from a case that was acted on: back to it, or, for whoever
// wants that, straight to the next one.
func (k *Desk) onward(q *web.Req, row *cases.Case, s shown) error {
	if !s.onward {
		return q.Redirect("/staff/cases/" + row.ID)
	}
	if row.Open() && row.Holder == q.Session.Subject && !k.waits(row) {
		return q.Redirect("/staff/cases/" + row.ID + "?" + inputNext + "=" + yes)
	}
	caseID, err := k.next(q.R.Context(), actor(q), "", true, row.ID)
	if err != nil {
		return err
	}
	if caseID == "" {
		return q.Redirect("/staff/cases?done=" + row.ID)
	}
	return q.Redirect("/staff/cases/" + caseID + "?" + url.Values{inputNext: {yes}, "after": {row.ID}}.Encode())
}
