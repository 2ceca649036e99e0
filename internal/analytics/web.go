package analytics

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/internal/analytics/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// errAllowed is the answer to an official who may not see operations.
var errAllowed = fault.New(fault.Denied, "error.denied")

// Mount declares the routes.
func (a *Analytics) Mount(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodPost, Path: "/measure", Unprefixed: true, Activity: "none: adds to numbers about nobody", Handler: a.told, Limit: 512})
	r.Handle(web.Route{Method: http.MethodGet, Path: "/staff/statistics", Unprefixed: true, Audience: web.Staff, Activity: "none: shows numbers about nobody", Handler: a.show})
}

// granted reports whether this browser may be counted.
func (a *Analytics) granted(q *web.Req) bool {
	c, ok := a.declared()
	return ok && q.Granted(string(c.Class))
}

// Visited counts a page that is being shown (web.Config), and returns what the
// page calls itself when it tells how long it was open; empty if it must not.
func (a *Analytics) Visited(q *web.Req) string {
	if !a.granted(q) {
		return ""
	}
	name := page(q.Route.Path, q.R.PathValue, a.Known)
	n := Numbers{Views: 1}
	if q.R.Header.Get("Sec-Fetch-Site") != "same-origin" {
		n.Entries = 1
	}
	a.Count(name, q.Lang, n)
	return name
}

// told takes "LANGUAGE SECONDS PAGE" of a page that was closed. Whatever is
// none of ours counts nothing: there is nobody to tell.
func (a *Analytics) told(q *web.Req) error {
	body, err := q.Body()
	if err != nil {
		return err
	}
	if words := strings.SplitN(string(body), " ", 3); a.granted(q) && len(words) == 3 && i18n.Valid(words[0]) && a.counted(words[2]) {
		if seconds, err := strconv.ParseInt(words[1], 10, 32); err == nil && seconds >= 0 {
			a.Count(words[2], words[0], Numbers{Timed: 1, Seconds: min(seconds, Longest)})
		}
	}
	q.W.WriteHeader(http.StatusNoContent)
	return nil
}

// spans are the numbers of days that can be looked at.
var spans = [...]int{7, 30, 90, 365}

func (a *Analytics) show(q *web.Req) error {
	if !a.Policy().May(q.Session.Roles, policy.SeeOperations) {
		return errAllowed
	}
	days := spans[0]
	for _, s := range spans {
		if q.Value("days") == strconv.Itoa(s) {
			days = s
		}
	}
	report, err := a.Report(q.R.Context(), days)
	if err != nil {
		return err
	}
	view := pages.Statistics{Days: days, Few: Few}
	if _, ok := a.declared(); !ok {
		view.Off = true
	}
	for _, s := range spans {
		view.Spans = append(view.Spans, pages.Span{Text: q.P.T("analytics.days", "n", s), Href: "/staff/statistics?days=" + strconv.Itoa(s), Here: s == days})
	}
	view.Visits = a.perDay(q.P, report.Days)
	view.Pages = perPage(q.P, report.Pages)
	view.Languages = perLanguage(q.P, report.Langs)
	view.Services = a.steps(q.P, report.Pages)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("analytics.title"), Body: pages.StatisticsPage(view), Wide: true})
}

// shown is a number as people may see it.
func shown(p *i18n.Printer, n int64) string {
	if n > 0 && n < Few {
		return p.T("analytics.few", "few", Few)
	}
	return p.Number(n)
}

// drawn is a bar for a number, none for one that is not shown.
func drawn(n, whole int64) *ui.Bar {
	if n < Few {
		n = 0
	}
	return &ui.Bar{Whole: int(whole), Parts: []ui.Part{{N: int(n), Kind: ui.Info}}}
}

// largest is the largest number, which the others are drawn against.
func largest(list []Sum, of func(Numbers) int64) (most int64) {
	for _, s := range list {
		most = max(most, of(s.Numbers))
	}
	return most
}

// perDay shows visits by day, by week where there are many days.
func (a *Analytics) perDay(p *i18n.Printer, days []Sum) ui.Grid {
	each := 1
	if len(days) > 31 {
		each = 7
	}
	var list []Sum
	for i := 0; i < len(days); i += each {
		sum := Sum{Name: days[i].Name}
		for _, d := range days[i:min(i+each, len(days))] {
			sum.add(d.Numbers)
		}
		list = append(list, sum)
	}
	head := "analytics.day"
	if each > 1 {
		head = "analytics.week"
	}
	entries := func(n Numbers) int64 { return n.Entries }
	g := ui.Grid{Caption: p.T("analytics.visits"), Head: heads(p, head, "analytics.visits", "analytics.views", "analytics.picture")}
	for _, s := range list {
		day, err := time.ParseInLocation(time.DateOnly, s.Name, a.Zone())
		if err != nil {
			continue // no day of ours
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: p.Date(day)}, {Text: shown(p, s.Entries), Numeric: true}, {Text: shown(p, s.Views), Numeric: true}, {Bar: drawn(s.Entries, largest(list, entries))},
		})
	}
	return g
}

// maxPages is how many pages are listed.
const maxPages = 50

func perPage(p *i18n.Printer, list []Sum) ui.Grid {
	g := ui.Grid{Caption: p.T("analytics.pages"), Empty: p.T("analytics.none"), Head: heads(p, "analytics.page", "analytics.views", "analytics.time", "analytics.picture")}
	views := func(n Numbers) int64 { return n.Views }
	for _, s := range list[:min(len(list), maxPages)] {
		open := p.T("analytics.unknown")
		if average := s.Average(); average > 0 {
			open = p.T("analytics.seconds", "n", int(average/time.Second))
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: s.Name, LTR: true}, {Text: shown(p, s.Views), Numeric: true}, {Text: open, Numeric: true}, {Bar: drawn(s.Views, largest(list, views))},
		})
	}
	return g
}

func perLanguage(p *i18n.Printer, list []Sum) ui.Grid {
	g := ui.Grid{Caption: p.T("analytics.languages"), Empty: p.T("analytics.none"), Head: heads(p, "analytics.language", "analytics.views", "analytics.picture")}
	views := func(n Numbers) int64 { return n.Views }
	for _, s := range list {
		g.Rows = append(g.Rows, []ui.Cell{{Text: i18n.Name(s.Name)}, {Text: shown(p, s.Views), Numeric: true}, {Bar: drawn(s.Views, largest(list, views))}})
	}
	return g
}

// steps shows, for each service that was looked at, how many views each step
// of applying had: where the numbers fall is where people give up.
func (a *Analytics) steps(p *i18n.Printer, list []Sum) (out []ui.Grid) {
	of := map[string][]Sum{}
	var order []string
	for _, s := range list {
		rest, ok := strings.CutPrefix(s.Name, "/services/")
		service, _, _ := strings.Cut(rest, "/")
		if !ok || !a.Known(service, "") {
			continue
		}
		if of[service] == nil {
			order = append(order, service)
		}
		of[service] = append(of[service], s)
	}
	views := func(n Numbers) int64 { return n.Views }
	for _, service := range order {
		g := ui.Grid{Caption: service, Head: heads(p, "analytics.step", "analytics.views", "analytics.picture")}
		most := largest(of[service], views)
		for _, s := range of[service] {
			g.Rows = append(g.Rows, []ui.Cell{
				{Text: strings.TrimPrefix(s.Name, "/services/"), LTR: true}, {Text: shown(p, s.Views), Numeric: true}, {Bar: drawn(s.Views, most)},
			})
		}
		out = append(out, g)
	}
	return out
}

func heads(p *i18n.Printer, keys ...string) (cells []ui.Cell) {
	for _, key := range keys {
		cells = append(cells, ui.Cell{Text: p.T(key), Numeric: key == "analytics.visits" || key == "analytics.views" || key == "analytics.time"})
	}
	return cells
}
