package desk

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// sum is the load of one official, service or state.
type sum struct {
	cases.Load
	waits int
}

func (s *sum) add(l cases.Load) {
	s.N, s.Overdue, s.Soon = s.N+l.N, s.Overdue+l.Overdue, s.Soon+l.Soon
	if l.Waits {
		s.waits += l.N
	}
	if s.Oldest.IsZero() || l.Oldest.Before(s.Oldest) {
		s.Oldest = l.Oldest
	}
}

// by adds loads up.
func by(list []cases.Load, key func(cases.Load) string) map[string]*sum {
	sums := map[string]*sum{}
	for _, l := range list {
		k := key(l)
		if sums[k] == nil {
			sums[k] = &sum{}
		}
		sums[k].add(l)
	}
	return sums
}

// load is the page of who supervises: how much there is, how late, and with
// whom. Officials stand there by reference; a name opens on handing over.
func (k *Desk) load(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	if !k.leads(who) {
		return denied(q, nil)
	}
	list, err := k.Cases.Load(ctx, who, soon)
	if err != nil {
		return err
	}
	page := pages.Load{Empty: len(list) == 0}
	var roles, holders []string
	for _, d := range k.Cases.Works(who) {
		if k.Cases.Supervises(who, d) {
			roles = append(roles, d.Decide.Roles...)
		}
	}
	perHolder := by(list, func(l cases.Load) string { return l.Holder })
	holders = slices.Sorted(maps.Keys(perHolder))
	officials, err := k.Officials.Colleagues(ctx, roles, holders...)
	if err != nil {
		return err
	}
	total := sum{}
	for _, l := range list {
		total.add(l)
	}
	page.Tally = []pages.Tally{
		{N: q.P.Number(int64(total.N)), Label: ui.Label{Text: q.P.T("desk.load.open"), Kind: ui.Info}, Href: look{}.href()},
		{N: q.P.Number(int64(total.Overdue)), Label: ui.Label{Text: q.P.T("desk.load.overdue"), Kind: ui.Bad}, Href: look{due: dueOver}.href()},
		{N: q.P.Number(int64(total.Soon)), Label: ui.Label{Text: q.P.T("desk.load.soon"), Kind: ui.Warn}, Href: look{due: dueSoon}.href()},
	}
	// Each official who could work, and whoever else holds something.
	var rows []line
	seen := map[string]bool{}
	for _, c := range officials {
		l := line{name: c.Reference, ltr: true, sum: perHolder[c.Subject], href: "/staff/load/" + c.Reference}
		if !c.Working {
			if l.sum == nil {
				continue
			}
			page.Resting = append(page.Resting, pages.Rest{
				Text: q.P.T("desk.load.rest", "reference", c.Reference, "n", l.sum.N), Href: l.href,
			})
		}
		if l.sum == nil {
			l.sum = &sum{}
		}
		rows, seen[c.Subject] = append(rows, l), true
	}
	if free := perHolder[""]; free != nil {
		rows = append(rows, line{name: q.P.T("desk.queue.holder.none"), sum: free, href: look{holder: holderNone}.href()})
	}
	gone := &sum{}
	for _, id := range holders {
		if id != "" && !seen[id] {
			gone.add(perHolder[id].Load)
		}
	}
	if gone.N > 0 {
		rows = append(rows, line{name: q.P.T("desk.queue.holder.other"), sum: gone})
	}
	page.Officials = k.loadGrid(q, "desk.load.official", rows)
	page.Services = k.loadGrid(q, "desk.queue.service", k.perService(q, list))
	page.States = k.loadGrid(q, "desk.queue.state", k.perState(q, list))
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.load.title"), Body: pages.LoadPage(page), Wide: true, Back: "/staff/cases"})
}

// line is a line of a table of loads.
type line struct {
	name string
	ltr  bool
	href string
	*sum
}

func (k *Desk) perService(q *web.Req, list []cases.Load) (rows []line) {
	for id, s := range by(list, func(l cases.Load) string { return l.Service }) {
		if d := k.Cases.Catalogue.Service(id); d != nil {
			rows = append(rows, line{name: q.P.In(d.Name), href: look{service: id}.href(), sum: s})
		}
	}
	return rows
}

func (k *Desk) perState(q *web.Req, list []cases.Load) (rows []line) {
	for key, s := range by(list, func(l cases.Load) string { return l.Service + "/" + l.State }) {
		service, id, _ := strings.Cut(key, "/")
		if d := k.Cases.Catalogue.Service(service); d != nil {
			state, _ := d.Workflow.State(id)
			rows = append(rows, line{name: q.P.T("desk.load.state", "service", q.P.In(d.Name), "state", q.P.In(state.Name)), href: look{service: service, state: id}.href(), sum: s})
		}
	}
	return rows
}

// loadGrid draws loads: a bar of what is overdue, due soon and in time, and
// the numbers beside it. What is most overdue comes first.
func (k *Desk) loadGrid(q *web.Req, title string, rows []line) ui.Grid {
	slices.SortFunc(rows, func(a, b line) int {
		return cmp.Or(b.Overdue-a.Overdue, b.N-a.N, strings.Compare(a.name, b.name))
	})
	whole := 1
	for _, r := range rows {
		whole = max(whole, r.N)
	}
	g := ui.Grid{Head: []ui.Cell{
		{Text: q.P.T(title)}, {Text: q.P.T("desk.load.picture")}, {Text: q.P.T("desk.load.overdue"), Numeric: true},
		{Text: q.P.T("desk.load.soon"), Numeric: true}, {Text: q.P.T("desk.load.waits"), Numeric: true},
		{Text: q.P.T("desk.load.open"), Numeric: true}, {Text: q.P.T("desk.load.oldest"), Numeric: true},
	}}
	n := func(n int) ui.Cell { return ui.Cell{Text: q.P.Number(int64(n)), Numeric: true} }
	for _, r := range rows {
		first := ui.Cell{Text: r.name, LTR: r.ltr, Href: r.href}
		oldest := ui.Cell{Text: "–", Numeric: true}
		if !r.Oldest.IsZero() {
			oldest.Text = q.P.T("desk.load.days", "n", int(k.Clock.Now().Sub(r.Oldest)/(24*time.Hour)))
		}
		g.Rows = append(g.Rows, []ui.Cell{
			first,
			{Bar: &ui.Bar{Whole: whole, Parts: []ui.Part{
				{N: r.Overdue, Kind: ui.Bad}, {N: r.Soon, Kind: ui.Warn}, {N: r.N - r.Overdue - r.Soon - r.waits, Kind: ui.Info}, {N: r.waits, Kind: ui.Neutral},
			}}},
			n(r.Overdue), n(r.Soon), n(r.waits), n(r.N), oldest,
		})
	}
	return g
}

// ofOne lists the open cases of one official to whoever supervises, to hand
// them over or to take them back.
func (k *Desk) ofOne(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	if !k.leads(who) {
		return denied(q, nil)
	}
	list, err := k.Cases.Load(ctx, who, soon)
	if err != nil {
		return err
	}
	var roles, holders []string
	for _, d := range k.Cases.Works(who) {
		if k.Cases.Supervises(who, d) {
			roles = append(roles, d.Decide.Roles...)
		}
	}
	for _, l := range list {
		holders = append(holders, l.Holder)
	}
	officials, err := k.Officials.Colleagues(ctx, roles, holders...)
	if err != nil {
		return err
	}
	for _, c := range officials {
		if c.Reference != q.R.PathValue("reference") {
			continue
		}
		found, err := k.Cases.Queue(ctx, who, cases.Filter{Holder: c.Subject, After: q.Value("after")})
		if err != nil {
			return err
		}
		page := pages.OfOne{Reference: c.Reference, Resting: !c.Working}
		all, here := q.Value("chosen") == chosenAll, url.Values{}
		if after := q.Value("after"); after != "" {
			here.Set("after", after)
		}
		if !all {
			here.Set("chosen", chosenAll)
		}
		page.List = k.list(q, who, found.Rows, all)
		page.List.Other = "/staff/load/" + c.Reference + "?" + here.Encode()
		if found.Next != "" {
			page.Pages.Next = "/staff/load/" + c.Reference + "?after=" + found.Next
		}
		return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.load.of", "reference", c.Reference), Body: pages.OfOnePage(page), Wide: true, Back: "/staff/load"})
	}
	return errNobody
}
