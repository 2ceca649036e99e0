package mandates

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/mandates/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

func (s *Service) showClaims(q *web.Req) error { return s.listClaims(q, nil, nil) }

// grid lists mandates by reference.
func (s *Service) grid(p *i18n.Printer, list []Mandate, empty string) ui.Grid {
	g := ui.Grid{
		Empty: p.T(empty),
		Head:  []ui.Cell{{Text: p.T("mandates.reference")}, {Text: p.T("mandates.staff.state")}, {Text: p.T("mandates.staff.since")}},
	}
	for n := range list {
		tag := s.tag(p, &list[n])
		g.Rows = append(g.Rows, []ui.Cell{{Text: list[n].Reference, LTR: true}, {Tag: &tag}, {Text: p.Date(list[n].Created)}})
	}
	return g
}

func (s *Service) listClaims(q *web.Req, t *identity.Typed, found []Mandate) error {
	after := q.R.URL.Query().Get("after")
	list, err := s.Claims(q.R.Context(), q.Session, after)
	if err != nil {
		return err
	}
	page := pages.Claims{
		Notice: done(q), Problems: t.Problems("reference", "number"), Ref: typed(q, "reference"), Number: typed(q, "number"),
		RefE: t.Error("reference"), NumberE: t.Error("number"),
		List: s.grid(q.P, list, "mandates.staff.none"), Found: s.grid(q.P, found, "mandates.staff.none"), Searched: found != nil,
	}
	if len(list) == pageSize {
		page.Pages.Next = "/staff/companies?after=" + url.QueryEscape(list[len(list)-1].ID)
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("mandates.staff.title"), Body: pages.ClaimsPage(page), Invalid: t.Bad()})
}

func (s *Service) takeClaims(q *web.Req) error {
	t := identity.ReadForm(q, "do", "reference", "number")
	if t.Bad() {
		return s.listClaims(q, t, nil)
	}
	ctx, me := q.R.Context(), q.Session
	var err error
	switch q.Value("do") {
	case "open":
		var check string
		if check, err = s.Open(ctx, me, q.Value("reference")); err == nil {
			return q.Redirect("/staff/companies/" + check)
		}
	case "find":
		var found []Mandate
		if found, err = s.Find(ctx, me, q.Value("number")); err == nil {
			return s.listClaims(q, nil, append([]Mandate{}, found...))
		}
	default:
		err = fault.New(fault.Invalid, "mandates.check.unknown")
		return err
	}
	if identity.Shown(err) {
		t.Add(err)
		return s.listClaims(q, t, nil)
	}
	return err
}

func (s *Service) showCheck(q *web.Req) error { return s.askCheck(q, nil) }

func (s *Service) askCheck(q *web.Req, t *identity.Typed) error {
	c, err := s.Check(q.R.Context(), q.Session, q.R.PathValue("id"))
	if errors.Is(err, errOver) {
		return q.Redirect("/staff/companies")
	}
	if err != nil {
		return err
	}
	tag := s.tag(q.P, &c.Mandate)
	known := ui.Label{Text: q.P.T("mandates.check.known"), Kind: ui.Good}
	if c.Level < web.LevelOfficial {
		known = ui.Label{Text: q.P.T("mandates.check.not-known"), Kind: ui.Warn}
	}
	page := pages.Check{
		Action: "/staff/companies/" + c.ID, Until: q.P.Time(c.Until), Problems: t.Problems("ground", "until"), Known: c.Level >= web.LevelOfficial,
		Facts: []ui.Row{
			{Key: q.P.T("mandates.reference"), Value: c.Mandate.Reference, LTR: true}, {Key: q.P.T("mandates.staff.state"), Tag: &tag},
			{Key: q.P.T("mandates.name"), Value: c.Claim.Name}, {Key: q.P.T("mandates.number"), Value: c.Claim.Number, LTR: true},
			{Key: q.P.T("mandates.check.person"), Value: c.Person},
			{Key: q.P.T("identity.details.identity-number"), Value: c.Number, LTR: true}, {Key: q.P.T("mandates.check.level"), Tag: &known},
		},
	}
	page.Facts = append(page.Facts, s.terms(q.P, c.Mandate.Services, c.Mandate.Until)...)
	switch {
	case !c.Mandate.Holds(s.Clock.Now()):
	case c.Mandate.State == Claimed:
		form, until := url.Values{}, ""
		if q.R.Method == http.MethodPost {
			form, _ = q.Form()
			until = ui.DateValue(form, "until")
		}
		page.Form = pages.Several([]templ.Component{
			ui.Radios(ui.Field{Name: "ground", Label: q.P.T("mandates.check.ground"), Value: form.Get("ground"), Error: t.Error("ground"), Options: []ui.Option{
				{Value: string(Document), Label: q.P.T("mandates.ground.document"), Hint: q.P.T("mandates.ground.document.hint")},
				{Value: string(Register), Label: q.P.T("mandates.ground.register"), Hint: q.P.T("mandates.ground.register.hint")},
			}}),
			ui.Date(ui.Field{Name: "until", Label: q.P.T("mandates.appoint.until"), Hint: q.P.T("mandates.check.until.hint"), Value: until, Error: t.Error("until"), Optional: true}),
		})
		page.End, page.EndText = q.P.T("mandates.check.refuse"), q.P.T("mandates.check.refuse.text")
	default:
		page.End, page.EndText = q.P.T("mandates.check.end"), q.P.T("mandates.check.end.text")
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("mandates.check.title"), Body: pages.CheckPage(page), Invalid: t.Bad(), Back: "/staff/companies"})
}

func (s *Service) takeCheck(q *web.Req) error {
	t := identity.ReadForm(q, "do", "ground", "until-day", "until-month", "until-year")
	until := s.day(q, t, "until")
	if t.Bad() {
		return s.askCheck(q, t)
	}
	ctx, check, finished := q.R.Context(), q.R.PathValue("id"), ""
	var err error
	switch q.Value("do") {
	case "verify":
		err, finished = s.Verify(ctx, q.Session, check, Ground(q.Value("ground")), until), "verified"
	case "end":
		err, finished = s.Dismiss(ctx, q.Session, check), "dismissed"
	default:
		err = fault.New(fault.Invalid, "mandates.check.unknown")
		return err
	}
	if identity.Shown(err) {
		t.Add(err)
		return s.askCheck(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/companies?done=" + finished)
}
