package deferral

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"portico/internal/deferral/pages"
	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

const home = "/staff/deferrals"

var errNoAct = fault.New(fault.Invalid, "deferral.error.no-act")

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	for _, route := range []web.Route{
		{Method: "GET", Path: home, Activity: "none: shows references, states and dates", Handler: s.showList},
		{Method: "GET", Path: home + "/ask", Activity: "none: a form", Handler: func(q *web.Req) error { return s.showAsk(q, nil) }},
		{Method: "POST", Path: home + "/ask", StepUp: web.StepUpAge, Activity: "none: looks for somebody by the first activity of a ground", Handler: s.ask},
		{Method: "GET", Path: home + "/orders/{id}", Activity: "none: shows references, states and dates", Handler: func(q *web.Req) error { return s.show(q, nil, nil) }},
		{Method: "POST", Path: home + "/orders/{id}", StepUp: web.StepUpAge, Activity: "none: reads by the activities of a ground", Handler: s.act},
	} {
		route.Audience, route.Unprefixed = web.Staff, true
		r.Handle(route)
	}
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// mine reports whether the pages are for an official: of a role that asks or
// that allows.
func (s *Service) mine(q *web.Req) bool {
	return slices.ContainsFunc(s.Policy().Deferrals(), func(g policy.Deferral) bool {
		return s.official(actor(q), g.Asks) == nil || s.official(actor(q), g.Allows) == nil
	})
}

// Menu leads those to the pages who ask or allow.
func (s *Service) Menu(q *web.Req) []web.Link {
	if !s.mine(q) {
		return nil
	}
	return []web.Link{{Text: q.P.T("deferral.title"), Href: home}}
}

// tag is where an order stands, in words.
func (s *Service) tag(q *web.Req, o *Order) *ui.Label {
	state := o.State(s.Clock.Now())
	kind := map[State]ui.Kind{Asked: ui.Warn, Running: ui.Info, Refused: ui.Bad, Ended: ui.Neutral, Revealed: ui.Good}[state]
	return &ui.Label{Text: q.P.T("deferral.state." + string(state)), Kind: kind}
}

func (s *Service) showList(q *web.Req) error {
	if !s.mine(q) {
		return errDenied
	}
	list, err := s.List(q.R.Context(), actor(q))
	if err != nil {
		return err
	}
	g := ui.Grid{Empty: q.P.T("deferral.none"), Head: []ui.Cell{
		{Text: q.P.T("deferral.reference")}, {Text: q.P.T("deferral.ground")}, {Text: q.P.T("deferral.state")}, {Text: q.P.T("deferral.asked")}, {Text: q.P.T("deferral.until")},
	}}
	for _, o := range list {
		ground, _ := s.Policy().Deferral(o.Ground)
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: o.Reference, LTR: true, Href: home + "/orders/" + o.ID}, {Text: q.P.In(ground.Name)}, {Tag: s.tag(q, o)},
			{Text: q.P.DateTime(o.Asked), Short: true}, {Text: q.P.Date(o.Until.Add(-1)), Short: true},
		})
	}
	page := pages.List{Asks: len(s.Grounds(actor(q))) > 0, Grid: g}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("deferral.title"), Body: pages.ListPage(page), Wide: true})
}

func (s *Service) showAsk(q *web.Req, t *identity.Typed) error {
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	grounds := s.Grounds(actor(q))
	if len(grounds) == 0 {
		return errDenied
	}
	form := url.Values{}
	if t.Bad() {
		form, _ = q.Form()
	}
	page := pages.Ask{
		Problems: t.Problems("ground", "person", "reference", "until"),
		Ground:   ui.Field{Name: "ground", Label: q.P.T("deferral.ground"), Value: form.Get("ground"), Error: t.Error("ground")},
		Person: ui.Field{
			Name: "person", Label: q.P.T("deferral.person"), Hint: q.P.T("deferral.person.hint"), Value: form.Get("person"), Error: t.Error("person"), LTR: true, Max: 254,
		},
		Reference: ui.Field{
			Name: "reference", Label: q.P.T("deferral.reference"), Hint: q.P.T("deferral.reference.hint"), Value: form.Get("reference"), Error: t.Error("reference"), LTR: true, Width: 20, Max: 100,
		},
		Until: ui.Field{Name: "until", Label: q.P.T("deferral.until"), Hint: q.P.T("deferral.until.hint"), Value: ui.DateValue(form, "until"), Error: t.Error("until")},
	}
	for _, g := range grounds {
		page.Ground.Options = append(page.Ground.Options, ui.Option{Value: g.ID, Label: q.P.In(g.Name), Hint: q.P.T("deferral.ground.hint", "law", q.P.In(g.Law), "longest", g.Longest.Say(q.P))})
	}
	if len(grounds) == 1 && !t.Bad() {
		page.Ground.Value = grounds[0].ID
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("deferral.ask"), Body: pages.AskPage(page), Invalid: t.Bad(), Back: home})
}

func (s *Service) ask(q *web.Req) error {
	t := identity.ReadForm(q, "ground", "person", "reference", "until-day", "until-month", "until-year", "do")
	if err := t.Edge(); err != nil {
		return err
	}
	if t.Bad() {
		return s.showAsk(q, t)
	}
	form, err := q.Form()
	if err != nil {
		return err
	}
	o, err := s.Ask(q.R.Context(), actor(q), Asking{
		Ground: q.Value("ground"), Person: q.Value("person"), Reference: q.Value("reference"), Until: policy.Date(ui.DateValue(form, "until")),
	})
	if identity.Shown(err) {
		t.Add(err)
		return s.showAsk(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect(home + "/orders/" + o.ID + "?done=ask")
}

// show shows an order, and what was read by it just now.
func (s *Service) show(q *web.Req, fields []string, read vault.Values) error {
	who := actor(q)
	o, asks, allows, err := s.Look(q.R.Context(), who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	ground, _ := s.Policy().Deferral(o.Ground)
	state := o.State(s.Clock.Now())
	page := pages.Order{
		Reference: o.Reference, Title: q.P.In(ground.Name), Action: home + "/orders/" + o.ID,
		Facts: []ui.Row{
			{Key: q.P.T("deferral.reference"), Value: o.Reference, LTR: true}, {Key: q.P.T("deferral.law"), Value: q.P.In(ground.Law)}, {Key: q.P.T("deferral.state"), Tag: s.tag(q, o)},
			{Key: q.P.T("deferral.asked"), Value: q.P.DateTime(o.Asked)}, {Key: q.P.T("deferral.until"), Value: q.P.Date(o.Until.Add(-1))},
		},
		Decide: state == Asked && allows && o.AskedBy != who.ID,
		Same:   state == Asked && asks,
		Open:   state == Running && asks,
		End:    (state == Running || state == Asked) && asks,
	}
	if done := q.R.URL.Query().Get("done"); slices.Contains([]string{"ask", "allow", "refuse", "end"}, done) {
		page.Notice = q.P.T("deferral.done." + done)
	}
	for _, one := range []struct {
		key string
		at  time.Time
	}{{"deferral.decided", o.Decided}, {"deferral.ended", o.Ended}, {"deferral.revealed", o.Revealed}} {
		if !one.at.IsZero() {
			page.Facts = append(page.Facts, ui.Row{Key: q.P.T(one.key), Value: q.P.DateTime(one.at)})
		}
	}
	for _, id := range fields {
		field, _ := s.Policy().Field(id)
		page.Read = append(page.Read, ui.Row{Key: q.P.In(field.Name), Value: read.Text(id)})
	}
	page.Nothing = read != nil && len(fields) == 0
	return q.Page(http.StatusOK, web.Page{Title: o.Reference, Body: pages.OrderPage(page), Back: home})
}

func (s *Service) act(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once("do"); err != nil {
		return err
	}
	ctx, who, id, do := q.R.Context(), actor(q), q.R.PathValue("id"), q.Value("do")
	var err error
	switch do {
	case "allow", "refuse":
		err = s.Decide(ctx, who, id, do == "allow")
	case "end":
		err = s.End(ctx, who, id)
	case "open":
		fields, read, err := s.Open(ctx, who, id)
		if err != nil {
			return err
		}
		return s.show(q, fields, read)
	default:
		return errNoAct
	}
	if err != nil {
		return err
	}
	return q.Redirect(home + "/orders/" + id + "?done=" + do)
}
