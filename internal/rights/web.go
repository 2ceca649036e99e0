package rights

import (
	"fmt"
	"net/http"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights/pages"
	"portico/internal/rights/takeout"
)

// formLimit bounds the body of a form: MaxText characters of any script.
const formLimit = 128 << 10

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const states = "none: lists references, states and dates"
	const own, staff = "/cabinet/rights/requests/{id}", "/staff/rights/{id}"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/cabinet/rights", Audience: web.Person, Activity: states, Handler: s.showRights},
		{Method: "POST", Path: "/cabinet/rights", Audience: web.Person, Activity: ActivityOwn, Handler: s.takeRights},
		{Method: "GET", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: ActivityOwn, Handler: s.showAsk},
		{Method: "POST", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: ActivityOwn, Handler: s.takeAsk},
		{Method: "GET", Path: own, Audience: web.Person, Activity: ActivityOwn, Handler: s.showOwn},
		{Method: "GET", Path: own + "/package", Audience: web.Person, Activity: ActivityOwn, Seasoned: true, StepUp: web.StepUpAge, Handler: s.give},
		{Method: "POST", Path: own, Audience: web.Person, Activity: ActivityOwn, Handler: s.takeOwn},
		{Method: "GET", Path: "/staff/rights", Audience: web.Staff, Unprefixed: true, Activity: states, Handler: s.showQueue},
		{Method: "GET", Path: staff, Audience: web.Staff, Unprefixed: true, Activity: ActivityAnswer, Handler: s.showDesk},
		{Method: "POST", Path: staff, Audience: web.Staff, Unprefixed: true, Activity: ActivityAnswer, Handler: s.takeDesk},
	} {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			if !s.Offered() {
				return errUnknown
			}
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		rt.Limit = formLimit
		r.Handle(rt)
	}
}

// once is what makes a form one of its kind: what it came with, or new.
func once(q *web.Req) string {
	if v := identity.Value(q, "once"); len(v) >= 20 && len(v) <= 100 {
		return v
	}
	return id.Token()
}

// status is under which a form is shown.
func status(t *identity.Typed) int {
	if t.Bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// read reads which button was pressed, which must be one of these.
func read(q *web.Req, t *identity.Typed, do ...string) string {
	d := q.Value("do")
	if !t.Bad() && !slices.Contains(do, d) {
		t.No("do", q.P.T("rights.form.button"))
	}
	return d
}

// edge shows a form again, or leaves what no form can show to the router.
func edge(q *web.Req, t *identity.Typed, again func(*web.Req, *identity.Typed) error) error {
	if err := t.Edge(); err != nil {
		return err
	}
	return again(q, t)
}

// done is the notice after a change, by the name of the change.
func done(q *web.Req, known ...string) string {
	if d := q.R.URL.Query().Get("done"); slices.Contains(known, d) {
		return q.P.T("rights.done." + d)
	}
	return ""
}

func (s *Service) showRights(q *web.Req) error {
	ctx := q.R.Context()
	page := pages.Rights{Action: q.Path("/cabinet/rights"), Notice: done(q, "ended")}
	requests, items, err := s.Of(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	for _, r := range requests {
		tag := s.tag(q.P, r, items[r.ID])
		one := ui.Item{
			Title: q.P.In(s.right(r).Name) + " " + q.P.Isolate(r.Reference), Href: q.Path("/cabinet/rights/requests/" + r.ID), Tag: &tag,
			Meta: q.P.T("rights.asked", "date", q.P.Date(r.Received)),
		}
		if due := s.Due(r); r.Open() && !due.IsZero() {
			one.Meta = q.P.T("rights.until", "date", q.P.Date(due.Add(-1)))
		}
		page.Requests = append(page.Requests, one)
	}
	for _, right := range s.Policy().AskedRights() {
		page.Rights = append(page.Rights, ui.Item{
			Title: q.P.In(right.Name), Href: q.Path("/cabinet/rights/" + right.ID), Text: q.P.T("rights.kind." + string(right.Kind)),
		})
	}
	lasting, err := s.Suspensions(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	for _, l := range lasting {
		page.Lasting = append(page.Lasting, s.lasting(q.P, l))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("rights.title"), Body: pages.RightsPage(page), Back: q.Path("/cabinet/")})
}

// lasting says what a person has suspended.
func (s *Service) lasting(p *i18n.Printer, l Suspension) pages.Lasting {
	one := pages.Lasting{ID: l.ID, Title: p.T("rights.lasting.restriction"), Text: p.T("rights.lasting.restriction.text")}
	if l.Purpose != "" {
		one.Title, one.Text = p.T("rights.lasting.objection", "purpose", s.purpose(p, l.Purpose)), p.T("rights.lasting.objection.text")
	}
	one.Facts = []ui.Row{{Key: p.T("rights.since"), Value: p.DateTime(l.Since)}}
	if !l.Ends.IsZero() {
		one.Facts = append(one.Facts, ui.Row{Key: p.T("rights.ends"), Value: p.DateTime(l.Ends)})
	}
	return one
}

func (s *Service) purpose(p *i18n.Printer, id string) string {
	if u, ok := s.Policy().Purpose(id); ok {
		return p.In(u.Name)
	}
	return id
}

func (s *Service) takeRights(q *web.Req) error {
	t := identity.ReadForm(q, "do", "suspension")
	if read(q, t, "end"); t.Bad() {
		return fault.New(fault.Invalid, "rights.form.button")
	}
	if err := s.End(q.R.Context(), q.Session.Subject, q.Value("suspension")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/rights?done=ended"))
}

func (s *Service) showAsk(q *web.Req) error { return s.ask(q, nil) }

// ask shows the form of a right.
func (s *Service) ask(q *web.Req, t *identity.Typed) error {
	right, ok := s.Policy().Right(q.R.PathValue("right"))
	if !ok {
		return errUnknown
	}
	a := pages.Ask{
		Title: q.P.In(right.Name), Lead: q.P.T("rights.kind." + string(right.Kind)), Facts: terms(q.P, right), Problems: t.Problems("items", "text"),
		Action: q.Path("/cabinet/rights/" + right.ID), Once: once(q), Button: q.P.T("rights.ask.go"),
	}
	options, err := s.Options(q.R.Context(), q.P, q.Session.Subject, right)
	if err != nil {
		return err
	}
	if SortOf(right.Kind) != All {
		f := ui.Field{Name: "items", Label: q.P.T("rights.items." + string(SortOf(right.Kind))), Error: t.Error("items"), Values: typed(q, "items")}
		for _, o := range options {
			f.Options = append(f.Options, ui.Option{Value: o.Value(), Label: o.Name})
		}
		a.Fields = append(a.Fields, ui.Checkboxes(f))
		if len(options) == 0 {
			a.Nothing = q.P.T("rights.items.nothing")
		}
	}
	a.Fields = append(a.Fields, ui.Textarea(ui.Field{
		Name: "text", Label: q.P.T("rights.text." + word(right.Kind)), Hint: q.P.T("rights.text.hint"), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Why: s.Identity.Why(q.P, FieldText, ActivityOwn), Rows: 6, Max: MaxText, Optional: !wordy(right.Kind),
	}))
	return q.Page(status(t), web.Page{Title: a.Title, Body: pages.AskPage(a), Invalid: t.Bad(), Back: q.Path("/cabinet/rights")})
}

// word is how the question for words is put.
func word(k policy.RightKind) string {
	if wordy(k) {
		return string(k)
	}
	return "more"
}

// typed are the values of a field that may be sent more than once.
func typed(q *web.Req, name string) []string {
	if q.R.Method != http.MethodPost {
		return nil
	}
	form, _ := q.Form()
	return form[name]
}

// terms say what goes for a right, as the policy declares it.
func terms(p *i18n.Printer, right policy.Right) []ui.Row {
	rows := []ui.Row{{Key: p.T("rights.within"), Value: within(p, right)}}
	if right.Kind == policy.RightOptOut {
		rows[0] = ui.Row{Key: p.T("rights.effect"), Value: p.T("rights.effect.at-once")}
	}
	if len(right.Limits) > 0 {
		rows = append(rows, ui.Row{Key: p.T("rights.limits"), Value: p.In(right.Limits)})
	}
	fee := p.T("rights.fee.none")
	if len(right.Fee) > 0 {
		fee = p.In(right.Fee)
	}
	return append(rows, ui.Row{Key: p.T("rights.fee"), Value: fee})
}

func within(p *i18n.Printer, right policy.Right) string {
	if right.Extension == "" {
		return right.Within.Say(p)
	}
	return p.T("rights.within.extended", "period", right.Within.Say(p), "more", right.Extension.Say(p))
}

func (s *Service) takeAsk(q *web.Req) error {
	t := identity.ReadForm(q, "do", "text", "once")
	if read(q, t, "send"); t.Bad() {
		return edge(q, t, s.ask)
	}
	r, err := s.Ask(i18n.With(q.R.Context(), q.P), Asking{
		Subject: q.Session.Subject, Right: q.R.PathValue("right"), Items: typed(q, "items"), Text: q.Value("text"), Language: q.Lang, Once: q.Value("once"),
	})
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, s.ask)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/rights/requests/" + r.ID + "?done=sent"))
}

func (s *Service) showOwn(q *web.Req) error { return s.own(q, nil) }

// own shows a person a request of theirs.
func (s *Service) own(q *web.Req, t *identity.Typed) error {
	r, items, text, err := s.Mine(q.R.Context(), q.Session.Subject, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	right := s.right(r)
	page := pages.Request{
		Problems: t.Problems("text"), Sent: q.R.URL.Query().Get("done") == "sent", Notice: done(q, "appealed"), Title: q.P.In(right.Name), Ref: r.Reference,
		Facts: s.facts(q.P, r, items), Action: q.Path("/cabinet/rights/requests/" + r.ID), Once: once(q), Lines: shown(q.P, text, "rights.line.you"),
	}
	if page.Sent {
		page.Title = q.P.T("rights.sent")
	}
	if page.Items, err = s.grid(q, r, items); err != nil {
		return err
	}
	if made(r.Kind) {
		if err := s.packaged(q, r, &page); err != nil {
			return err
		}
	}
	if outcome := OutcomeOf(items); outcome == Some || outcome == None {
		page.Refused = q.P.T("rights.appeal.done") + " " + q.P.In(right.Appeal)
		if s.MayAppeal(r, items) {
			page.Refused = q.P.T("rights.appeal.text", "date", q.P.Date(r.Answered.Add(appealWithin))) + " " + q.P.In(right.Appeal)
			page.Appeal = &ui.Field{
				Name: "text", Label: q.P.T("rights.appeal.why"), Value: identity.Value(q, "text"), Error: t.Error("text"), Rows: 6, Max: MaxText,
				Why: s.Identity.Why(q.P, FieldText, ActivityOwn),
			}
		}
	}
	return q.Page(status(t), web.Page{Title: page.Title, Body: pages.RequestPage(page), Invalid: t.Bad(), Back: q.Path("/cabinet/rights")})
}

func (s *Service) takeOwn(q *web.Req) error {
	t := identity.ReadForm(q, "do", "text", "once")
	if read(q, t, "appeal"); t.Bad() {
		return edge(q, t, s.own)
	}
	err := s.Appeal(q.R.Context(), q.Session.Subject, q.R.PathValue("id"), q.Value("text"), q.Value("once"))
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, s.own)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/rights/requests/" + q.R.PathValue("id") + "?done=appealed"))
}

// facts say where a request stands.
func (s *Service) facts(p *i18n.Printer, r *Request, items []Item) []ui.Row {
	tag := s.tag(p, r, items)
	rows := []ui.Row{
		{Key: p.T("rights.reference"), Value: r.Reference, LTR: true}, {Key: p.T("rights.state"), Tag: &tag},
		{Key: p.T("rights.received"), Value: p.DateTime(r.Received)},
	}
	if !r.Appealed.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("rights.appealed"), Value: p.DateTime(r.Appealed)})
	}
	if !r.Open() {
		return append(rows, ui.Row{Key: p.T("rights.answered"), Value: p.DateTime(r.Answered)})
	}
	due := p.T("rights.due.paused")
	if at := s.Due(r); !at.IsZero() {
		due = p.Date(at.Add(-1))
	}
	rows = append(rows, ui.Row{Key: p.T("rights.due"), Value: due})
	if !r.Extended.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("rights.extended"), Value: p.DateTime(r.Extended)})
	}
	return rows
}

// tag is where a request stands, in words.
func (s *Service) tag(p *i18n.Printer, r *Request, items []Item) ui.Label {
	due := s.Due(r)
	switch {
	case r.State == Answered:
		outcome := OutcomeOf(items)
		kind := map[Outcome]ui.Kind{Whole: ui.Good, Some: ui.Warn, None: ui.Bad}[outcome]
		return ui.Label{Text: p.T("rights.outcome." + string(outcome)), Kind: kind}
	case !due.IsZero() && !s.Clock.Now().Before(due):
		return ui.Label{Text: p.T("rights.state.overdue"), Kind: ui.Bad}
	case r.Paused():
		return ui.Label{Text: p.T("rights.state.paused"), Kind: ui.Warn}
	case !r.Appealed.IsZero():
		return ui.Label{Text: p.T("rights.state.appeal"), Kind: ui.Info}
	}
	return ui.Label{Text: p.T("rights.state." + string(r.State)), Kind: ui.Info}
}

// grid lists the items of a request with what was decided on each.
func (s *Service) grid(q *web.Req, r *Request, items []Item) (ui.Grid, error) {
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("rights.item")}, {Text: q.P.T("rights.decision")}, {Text: q.P.T("rights.ground")}}}
	names, err := s.names(q, r, items)
	if err != nil {
		return g, err
	}
	for i, item := range items {
		row := []ui.Cell{{Text: names[i]}, {Tag: &ui.Label{Text: q.P.T("rights.decision.open"), Kind: ui.Neutral}}, {Text: "–"}}
		switch item.Decision {
		case Granted:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.granted"), Kind: ui.Good}
		case Refused:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.refused"), Kind: ui.Bad}
			row[2].Text = q.P.T("rights.ground." + item.Ground.Word())
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

// names are what people call the items of a request.
func (s *Service) names(q *web.Req, r *Request, items []Item) ([]string, error) {
	var places []takeout.Named
	if SortOf(r.Kind) == Place {
		var err error
		if places, err = s.Takeout.Places(q.R.Context(), q.P, r.Subject); err != nil {
			return nil, err
		}
	}
	out := make([]string, len(items))
	for i, item := range items {
		switch item.Sort {
		case Purpose:
			out[i] = s.purpose(q.P, item.ID)
		case Place:
			out[i] = q.P.T("rights.item.gone")
			if n := slices.IndexFunc(places, func(p takeout.Named) bool { return p.Scope == item.ID }); n >= 0 {
				out[i] = places[n].Name
			}
		default:
			out[i] = q.P.T("rights.item.all")
		}
	}
	return out, nil
}

// shown are the texts of a request, as a page shows them.
func shown(p *i18n.Printer, text []Line, asker string) (list []pages.Line) {
	for _, l := range text {
		who := p.T(asker)
		switch {
		case l.Office:
			who = p.T("rights.line.office")
		case l.Source == policy.SourceStaff:
			who = p.T("rights.line.written")
		}
		list = append(list, pages.Line{Who: who, Time: p.DateTime(l.At), Text: l.Text})
	}
	return list
}

// itemName is the name of a field of the form that answers an item.
func itemName(what string, n int) string { return fmt.Sprintf("%s-%d", what, n) }
