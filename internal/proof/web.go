package proof

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/proof/pages"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of the package.
func Locales() fs.FS { return locales }

// Site shows a board.
type Site struct {
	Board  *Board
	Vkey   string // verifier key of the log
	Policy func() *policy.Policy
}

// Mount declares the pages.
func (s *Site) Mount(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Path: "/privacy/proof", Audience: web.Public, Activity: "public", Handler: s.public})
	const why = "none: shows how promises stand, and nobody's data"
	r.Handle(web.Route{Method: http.MethodGet, Path: "/staff/proof", Audience: web.Staff, Activity: why, Unprefixed: true, Handler: s.staff})
	r.Handle(web.Route{Method: http.MethodPost, Path: "/staff/proof", Audience: web.Staff, Activity: why, Unprefixed: true, Handler: s.examine})
}

// order is how statuses are counted on the page, the best first.
func order() []Status { return []Status{Kept, Attested, AtRisk, Broken, NotYetKept} }

// look is how a status is drawn: never by colour alone.
func look(s Status) ui.Kind {
	switch s {
	case Kept:
		return ui.Good
	case AtRisk:
		return ui.Warn
	case Broken:
		return ui.Bad
	case Attested:
		return ui.Info
	}
	return ui.Neutral
}

func label(p *i18n.Printer, s Status) ui.Label {
	return ui.Label{Text: p.T("proof.status." + string(s)), Kind: look(s)}
}

// view is a result as a page shows it; evidence is for staff.
func view(p *i18n.Printer, r Result, staff bool) pages.Promise {
	out := pages.Promise{
		ID: r.Promise.ID, Text: p.In(r.Promise.Text), Status: label(p, r.Status), Why: p.T("proof.reason." + r.Reason),
		Covers: p.In(r.Promise.Covers), Not: p.In(r.Promise.DoesNotCover),
	}
	if !r.Since.IsZero() {
		out.Since = p.DateTime(r.Since)
	}
	if a := r.Promise.Attestation; a != nil {
		out.By = p.In(a.By)
		out.Until = day(p, a.Until)
	}
	if staff {
		out.Control = r.Promise.Control
		for _, e := range r.Evidence {
			out.Evidence = append(out.Evidence, p.T("proof.evidence."+e.Code, e.Args...))
		}
	}
	return out
}

// day writes a declared date as people read it.
func day(p *i18n.Printer, d policy.Date) string {
	t := d.Start(p.Zone())
	if t.IsZero() {
		return string(d)
	}
	return p.Date(t)
}

func (s *Site) public(q *web.Req) error {
	report := s.Board.Latest()
	page := pages.Public{Key: s.Vkey, Policy: q.Path("/privacy")}
	if !report.At.IsZero() {
		page.Examined = q.P.DateTime(report.At)
	}
	counts := report.Counts()
	for _, status := range order() {
		l := label(q.P, status)
		if counts[status] > 0 {
			page.Counts = append(page.Counts, pages.Count{N: q.P.Number(int64(counts[status])), Status: l})
		}
		page.Meanings = append(page.Meanings, ui.Row{Key: l.Text, Value: q.P.T("proof.meaning." + string(status))})
	}
	for _, r := range report.Results {
		page.Promises = append(page.Promises, view(q.P, r, false))
		if i := slices.IndexFunc(r.Evidence, func(l Line) bool { return l.Code == lost }); i >= 0 {
			page.Lost = q.P.T("proof.log.lost", r.Evidence[i].Args...)
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("proof.title"), Body: pages.Proof(page)})
}

// allowed are officials who see operations or attest.
func (s *Site) allowed(q *web.Req) error {
	p := s.Policy()
	if !p.May(q.Session.Roles, policy.SeeOperations) && !p.May(q.Session.Roles, policy.Attest) {
		return fault.New(fault.Denied, "error.denied")
	}
	return nil
}

func (s *Site) staff(q *web.Req) error {
	if err := s.allowed(q); err != nil {
		return err
	}
	report := s.Board.Latest()
	page := pages.Board{Just: q.Value("examined") == "1", Measures: s.measures(q.P)}
	if !report.At.IsZero() {
		page.Examined = q.P.DateTime(report.At)
	}
	for _, r := range report.Results {
		page.Promises = append(page.Promises, view(q.P, r, true))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("proof.staff.title"), Body: pages.Evidence(page), Wide: true})
}

// measures lists who owns which security measure, and whose review is overdue (O20).
func (s *Site) measures(p *i18n.Printer) ui.Grid {
	g := ui.Grid{Empty: p.T("proof.staff.no-measures")}
	for _, key := range []string{"measure", "owner", "last", "next"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("proof.staff." + key)})
	}
	g.Head = append(g.Head, ui.Cell{Text: p.T("proof.table.status")})
	today := policy.Date(s.Board.cfg.Clock.Now().Format(time.DateOnly))
	for _, m := range s.Policy().Declarations().Measures {
		tag := ui.Label{Text: p.T("proof.staff.on-time"), Kind: ui.Good}
		if today > m.NextReview {
			tag = ui.Label{Text: p.T("proof.staff.overdue"), Kind: ui.Warn}
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: p.In(m.Name)}, {Text: p.In(m.Owner)}, {Text: day(p, m.LastReview)}, {Text: day(p, m.NextReview)}, {Tag: &tag},
		})
	}
	return g
}

func (s *Site) examine(q *web.Req) error {
	if err := s.allowed(q); err != nil {
		return err
	}
	if _, err := s.Board.Examine(q.R.Context()); err != nil {
		return err
	}
	return q.Redirect("/staff/proof?examined=1")
}
