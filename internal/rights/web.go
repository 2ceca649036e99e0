package rights

import (
	"context"
	"net/http"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/db"
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
	const own = "/cabinet/rights/requests/{id}"
	s.Handle(r, []web.Route{
		{Method: "GET", Path: "/cabinet/rights", Audience: web.Person, Activity: states, Handler: s.showRights},
		{Method: "POST", Path: "/cabinet/rights", Audience: web.Person, Activity: ActivityOwn, Handler: s.takeRights},
		{Method: "GET", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: ActivityOwn, Handler: func(q *web.Req) error { return s.ShowForm(q, asker(q)) }},
		{Method: "POST", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: ActivityOwn, Handler: func(q *web.Req) error { return s.TakeForm(q, asker(q)) }},
		{Method: "GET", Path: own, Audience: web.Person, Activity: ActivityOwn, Handler: s.showOwn},
		{Method: "GET", Path: own + "/package", Audience: web.Person, Activity: ActivityOwn, Seasoned: true, StepUp: web.StepUpAge, Handler: s.give},
		{Method: "POST", Path: own, Audience: web.Person, Activity: ActivityOwn, Handler: s.takeOwn},
	})
}

// Handle declares routes that are there while rights are asked for. Nobody
// keeps their answers.
func (s *Service) Handle(r *web.Router, routes []web.Route) {
	for _, rt := range routes {
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

// asker is whoever is signed in, in their cabinet.
func asker(q *web.Req) Asker {
	return Asker{Subject: q.Session.Subject, Home: q.Path("/cabinet/rights")}
}

// at is the page of a request.
func (s *Service) at(q *web.Req, a Asker, r *Request) string {
	if a.Outside {
		return q.Path(a.Path(r))
	}
	return a.Home + "/requests/" + r.ID
}

// once is what makes a form one of its kind: what it came with, or new.
func once(q *web.Req) string {
	if v := identity.Value(q, "once"); len(v) >= 20 && len(v) <= 100 {
		return v
	}
	return id.Token()
}

// Status is under which a form is shown.
func Status(t *identity.Typed) int {
	if t.Bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// Press reads which button was pressed, which must be one of these.
func Press(q *web.Req, t *identity.Typed, do ...string) string {
	d := q.Value("do")
	if !t.Bad() && !slices.Contains(do, d) {
		t.No("do", q.P.T("rights.form.button"))
	}
	return d
}

// Again shows a form again, or leaves what no form can show to the router.
func Again(q *web.Req, t *identity.Typed, again func(*web.Req, *identity.Typed) error) error {
	if err := t.Edge(); err != nil {
		return err
	}
	return again(q, t)
}

// Done is the notice after a change, by the name of the change.
func Done(q *web.Req, known ...string) string {
	if d := q.R.URL.Query().Get("done"); slices.Contains(known, d) {
		return q.P.T("rights.done." + d)
	}
	return ""
}

func (s *Service) showRights(q *web.Req) error {
	ctx := q.R.Context()
	page := pages.Rights{Action: q.Path("/cabinet/rights"), Notice: Done(q, "ended")}
	requests, items, err := s.Of(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	for _, r := range requests {
		tag := s.Tag(q.P, r, items[r.ID])
		one := ui.Item{
			Title: q.P.In(s.RightOf(r).Name) + " " + q.P.Isolate(r.Reference), Href: q.Path("/cabinet/rights/requests/" + r.ID), Tag: &tag,
			Meta: q.P.T("rights.asked", "date", q.P.Date(r.Received)),
		}
		if due := s.Due(r); r.Open() && !due.IsZero() {
			one.Meta = q.P.T("rights.until", "date", q.P.Date(due.Add(-1)))
		}
		page.Requests = append(page.Requests, one)
	}
	page.Rights = s.Choices(q.P, page.Action)
	lasting, err := s.Suspensions(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	for _, l := range lasting {
		page.Lasting = append(page.Lasting, s.lasting(q.P, l))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("rights.title"), Body: pages.RightsPage(page), Back: q.Path("/cabinet/")})
}

// Choices lists what can be asked for, with where its form is.
func (s *Service) Choices(p *i18n.Printer, home string) (list []ui.Item) {
	for _, right := range s.Policy().AskedRights() {
		list = append(list, ui.Item{Title: p.In(right.Name), Href: home + "/" + right.ID, Text: p.T("rights.kind." + string(right.Kind))})
	}
	return list
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
	if Press(q, t, "end"); t.Bad() {
		return fault.New(fault.Invalid, "rights.form.button")
	}
	if err := s.End(q.R.Context(), q.Session.Subject, q.Value("suspension")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/rights?done=ended"))
}

// ShowForm shows the form of a right to whoever asks.
func (s *Service) ShowForm(q *web.Req, a Asker) error { return s.ask(q, nil, a) }

func (s *Service) ask(q *web.Req, t *identity.Typed, who Asker) error {
	right, ok := s.Policy().Right(q.R.PathValue("right"))
	if !ok {
		return errUnknown
	}
	a := pages.Ask{
		Title: q.P.In(right.Name), Lead: q.P.T("rights.kind." + string(right.Kind)), Facts: Terms(q.P, right), Problems: t.Problems("items", "text"),
		Action: who.Home + "/" + right.ID, Once: once(q), Button: q.P.T("rights.ask.go"),
	}
	options, err := s.Options(q.R.Context(), q.P, who, right)
	if err != nil {
		return err
	}
	if right.Kind == policy.RightAutomated && !who.Outside {
		if a.Answer, err = s.Automated(q); err != nil {
			return err
		}
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
	return q.Page(Status(t), web.Page{Title: a.Title, Body: pages.AskPage(a), Invalid: t.Bad(), Back: who.Home, Private: true})
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

// Terms say what goes for a right, as the policy declares it.
func Terms(p *i18n.Printer, right policy.Right) []ui.Row {
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

// TakeForm takes the form of a right.
func (s *Service) TakeForm(q *web.Req, a Asker) error {
	t := identity.ReadForm(q, "do", "text", "once")
	again := func(q *web.Req, t *identity.Typed) error { return s.ask(q, t, a) }
	if Press(q, t, "send"); t.Bad() {
		return Again(q, t, again)
	}
	r, err := s.Ask(i18n.With(q.R.Context(), q.P), Asking{
		Asker: a, Right: q.R.PathValue("right"), Items: typed(q, "items"), Text: q.Value("text"), Language: q.Lang, Once: q.Value("once"),
	})
	if identity.Shown(err) {
		t.Add(err)
		return Again(q, t, again)
	}
	if err != nil {
		return err
	}
	return q.Redirect(s.at(q, a, r) + "?done=sent")
}

func (s *Service) showOwn(q *web.Req) error { return s.Show(q, nil, asker(q), q.R.PathValue("id")) }

// Show shows whoever asked their request.
func (s *Service) Show(q *web.Req, t *identity.Typed, a Asker, request string) error {
	r, items, text, err := s.Mine(q.R.Context(), a.Subject, request)
	if err != nil {
		return err
	}
	right := s.RightOf(r)
	page := pages.Request{
		Problems: t.Problems("text"), Sent: q.R.URL.Query().Get("done") == "sent", Notice: Done(q, "appealed"), Title: q.P.In(right.Name), Ref: r.Reference,
		Facts: s.Facts(q.P, r, items), Action: s.at(q, a, r), Once: once(q), Lines: Lines(q.P, text, "rights.line.you"),
	}
	if page.Sent {
		page.Title = q.P.T("rights.sent")
	}
	if page.Items, err = s.ItemsGrid(q, r, items); err != nil {
		return err
	}
	if page.Told, err = s.Told.Section(q.R.Context(), q.P, r.ID); err != nil {
		return err
	}
	if r.Kind == policy.RightErasure && !r.Open() {
		page.Certificate = page.Action + "/certificate"
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
	return q.Page(Status(t), web.Page{Title: page.Title, Body: pages.RequestPage(page), Invalid: t.Bad(), Back: a.Home, Private: true})
}

func (s *Service) takeOwn(q *web.Req) error { return s.TakeOn(q, asker(q), q.R.PathValue("id")) }

// TakeOn takes what whoever asked does with their request: they appeal.
func (s *Service) TakeOn(q *web.Req, a Asker, request string) error {
	t := identity.ReadForm(q, "do", "text", "once")
	again := func(q *web.Req, t *identity.Typed) error { return s.Show(q, t, a, request) }
	if Press(q, t, "appeal"); t.Bad() {
		return Again(q, t, again)
	}
	err := s.Appeal(q.R.Context(), a.Subject, request, q.Value("text"), q.Value("once"))
	if identity.Shown(err) {
		t.Add(err)
		return Again(q, t, again)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.R.URL.EscapedPath() + "?done=appealed")
}

// Facts say where a request stands.
func (s *Service) Facts(p *i18n.Printer, r *Request, items []Item) []ui.Row {
	tag := s.Tag(p, r, items)
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

// Tag is where a request stands, in words.
func (s *Service) Tag(p *i18n.Printer, r *Request, items []Item) ui.Label {
	due := s.Due(r)
	switch {
	case r.State == Answered && len(items) == 0: // to whoever does not see what was decided
		return ui.Label{Text: p.T("rights.state.answered"), Kind: ui.Neutral}
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

// ItemsGrid lists the items of a request with what was decided on each.
func (s *Service) ItemsGrid(q *web.Req, r *Request, items []Item) (ui.Grid, error) {
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("rights.item")}, {Text: q.P.T("rights.decision")}, {Text: q.P.T("rights.ground")}}}
	names, err := s.Names(q, r, items)
	if err != nil {
		return g, err
	}
	with, err := s.With(q.R.Context(), r)
	if err != nil {
		return g, err
	}
	fates, err := s.Fates.Of(q.R.Context(), q.P, r, items)
	if err != nil {
		return g, err
	}
	if fates != nil {
		g.Head = append(g.Head, ui.Cell{Text: q.P.T("rights.fate")})
	}
	for i, item := range items {
		row := []ui.Cell{{Text: names[i]}, {Tag: &ui.Label{Text: q.P.T("rights.decision.open"), Kind: ui.Neutral}}, {Text: "–"}}
		if party, ok := s.Policy().Party(with[item.N]); ok {
			row[1].Tag.Text, row[1].Tag.Kind = q.P.T("rights.decision.with", "party", q.P.In(party.Name)), ui.Info
		}
		switch item.Decision {
		case Granted:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.granted"), Kind: ui.Good}
		case Refused:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.refused"), Kind: ui.Bad}
			row[2].Text = q.P.T("rights.ground." + item.Ground.Word())
		}
		if fates != nil {
			row = append(row, ui.Cell{Text: fates[i]})
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

// With says which parts of a request are with an institution, and with which.
func (s *Service) With(ctx context.Context, r *Request) (with map[int]string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		with, err = s.Corrections.Open(tx, r.ID)
		return err
	})
	return with, err
}

// Names are what people call the items of a request.
func (s *Service) Names(q *web.Req, r *Request, items []Item) ([]string, error) {
	var places []takeout.Named
	if SortOf(r.Kind) == Place {
		var err error
		if places, err = s.places(q.R.Context(), q.P, r.Outside(), r.People()); err != nil {
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

// Lines are the texts of a request, as a page shows them.
func Lines(p *i18n.Printer, text []Line, asker string) (list []pages.Line) {
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
