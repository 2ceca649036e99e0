package retention

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/retention/pages"
)

// Site is the service's pages.
type Site struct {
	*Service
	// Proposed is the policy that waits to be published, nil if none does.
	Proposed func(q *web.Req) (*policy.Policy, error)
	// Named is what people call a service.
	Named func(p *i18n.Printer, service string) string
	// Services are those that a hold can name, by id.
	Services func() []string
}

// Mount declares the pages.
func (s *Site) Mount(r *web.Router) {
	const none = "none: shows declarations, counts, ids and times"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/retention", Handler: s.overview},
		{Method: "GET", Path: "/staff/retention/holds", Handler: s.holds},
		{Method: "POST", Path: "/staff/retention/holds", StepUp: web.StepUpAge, Handler: s.takeHold},
		{Method: "GET", Path: "/staff/retention/certificates/{id}", Handler: s.download},
	} {
		rt.Audience, rt.Unprefixed, rt.Activity = web.Staff, true, none
		r.Handle(rt)
	}
	r.Handle(web.Route{Method: "GET", Path: "/cabinet/kept", Audience: web.Person, Activity: "none: says how long one's own things are kept", Handler: s.own})
}

var errDenied = fault.New(fault.Denied, "retention.error.denied")

func (s *Site) may(q *web.Req) bool { return s.Policy().May(q.Session.Roles, policy.KeepSchedules) }

// soon is how far the officer looks ahead.
const soon = 30 * 24 * time.Hour

func (s *Site) overview(q *web.Req) error {
	if !s.may(q) {
		return errDenied
	}
	ctx, now := q.R.Context(), s.Clock.Now()
	st, err := s.Stand(ctx)
	if err != nil {
		return err
	}
	page := pages.Overview{Warnings: s.warnings(q, &st)}
	if st.Last != nil {
		page.Run = s.running(q, st.Last)
	}
	lines, err := s.Forecast(ctx, s.Policy(), now.Add(soon))
	if err != nil {
		return err
	}
	page.Schedules = s.schedules(q, lines, now)
	proposed, err := s.Proposed(q)
	if err != nil {
		return err
	}
	if proposed != nil {
		would, err := s.Forecast(ctx, proposed, now.Add(soon))
		if err != nil {
			return err
		}
		grid := s.compared(q, lines, would)
		page.Proposed = &grid
	}
	holds, err := s.Holds(ctx)
	if err != nil {
		return err
	}
	standing := 0
	for _, h := range holds {
		if h.Standing(now) {
			standing++
		}
	}
	for _, l := range lines {
		if l.Rule.Action == policy.Archive {
			page.Archived += l.Due
		}
	}
	page.Holds = q.P.T("retention.holds.standing", "n", standing)
	if page.Disposals, err = s.disposals(q); err != nil {
		return err
	}
	runs, err := s.Runs(ctx, 14)
	if err != nil {
		return err
	}
	page.Runs = s.runs(q, runs)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("retention.title"), Body: pages.OverviewPage(page), Wide: true})
}

// warnings say what needs somebody.
func (s *Site) warnings(q *web.Req, st *Standing) (out []string) {
	for _, w := range []struct {
		key string
		n   int64
	}{
		{"retention.warn.left", st.Left}, {"retention.warn.refused", st.Refused}, {"retention.warn.late", st.Late}, {"retention.warn.reviews", int64(st.Reviews)},
	} {
		if w.n > 0 {
			out = append(out, q.P.T(w.key, "n", w.n))
		}
	}
	if st.Overdue {
		out = append(out, q.P.T("retention.warn.overdue"))
	}
	if st.Stuck {
		out = append(out, q.P.T("retention.warn.stuck"))
	}
	return out
}

func (s *Site) running(q *web.Req, r *Run) []ui.Row {
	stands := q.P.T("retention.run.ended", "time", q.P.DateTime(r.Ended))
	if r.Ended.IsZero() {
		stands = q.P.T("retention.run.going", "passed", q.P.Number(r.Passed), "steps", q.P.Number(r.Steps))
	}
	return []ui.Row{
		{Key: q.P.T("retention.run.began"), Value: q.P.DateTime(r.Started)}, {Key: q.P.T("retention.run.stands"), Value: stands},
		{Key: q.P.T("retention.run.disposed"), Value: q.P.Number(r.Disposed)}, {Key: q.P.T("retention.run.told"), Value: q.P.Number(r.Told)},
		{Key: q.P.T("retention.run.held"), Value: q.P.Number(r.Held)},
	}
}

// kind is what people call a kind of thing, of a service.
func (s *Site) kind(q *web.Req, kind, service string) string {
	name := q.P.T("holdings.kind." + kind)
	if service == "" {
		return name
	}
	return q.P.T("retention.of-service", "kind", name, "service", s.Named(q.P, service))
}

// period says a rule's time and its grace.
func period(p *i18n.Printer, r policy.Retention) string {
	if r.Grace == "" {
		return r.Say(p)
	}
	key := "retention.and-grace"
	if r.Tell {
		key = "retention.and-told"
	}
	return p.T(key, "period", r.Say(p), "grace", r.Grace.Say(p))
}

func (s *Site) schedules(q *web.Req, lines []Line, now time.Time) ui.Grid {
	g := ui.Grid{Empty: q.P.T("retention.schedules.none"), Head: []ui.Cell{
		{Text: q.P.T("retention.rule")}, {Text: q.P.T("retention.what")}, {Text: q.P.T("retention.period")},
		{Text: q.P.T("retention.kept"), Numeric: true}, {Text: q.P.T("retention.soon"), Numeric: true}, {Text: q.P.T("retention.review")},
	}}
	for _, l := range lines {
		review := ui.Cell{Short: true, Text: q.P.Date(l.Rule.Review.Start(s.Zone()))}
		if !l.Rule.Review.End(s.Zone()).After(now) {
			review = ui.Cell{Tag: &ui.Label{Text: q.P.T("retention.review.overdue"), Kind: ui.Bad}}
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: q.P.In(l.Rule.Name)}, {Text: s.kind(q, l.Kind, l.Service)}, {Text: period(q.P, l.Rule)},
			{Text: q.P.Number(l.Kept), Numeric: true}, {Text: q.P.Number(l.Due + l.Soon), Numeric: true}, review,
		})
	}
	return g
}

// compared says what a proposed schedule would dispose of at once, and within
// the days looked ahead, beside the one in force.
func (s *Site) compared(q *web.Req, now, would []Line) ui.Grid {
	g := ui.Grid{Empty: q.P.T("retention.proposed.same"), Head: []ui.Cell{
		{Text: q.P.T("retention.what")}, {Text: q.P.T("retention.proposed.now"), Numeric: true}, {Text: q.P.T("retention.proposed.then"), Numeric: true},
		{Text: q.P.T("retention.proposed.more"), Numeric: true},
	}}
	type of struct{ kind, service string }
	sum := func(lines []Line) (order []of, n map[of]int64) {
		n = map[of]int64{}
		for _, l := range lines {
			key := of{l.Kind, l.Service}
			if !slices.Contains(order, key) {
				order = append(order, key)
			}
			n[key] += l.Due + l.Soon
		}
		return order, n
	}
	order, before := sum(now)
	_, after := sum(would)
	for _, key := range order {
		if before[key] == after[key] {
			continue
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: s.kind(q, key.kind, key.service)}, {Text: q.P.Number(before[key]), Numeric: true}, {Text: q.P.Number(after[key]), Numeric: true},
			{Text: q.P.Number(after[key] - before[key]), Numeric: true},
		})
	}
	return g
}

func (s *Site) runs(q *web.Req, runs []*Run) ui.Grid {
	g := ui.Grid{Empty: q.P.T("retention.run.none"), Head: []ui.Cell{
		{Text: q.P.T("retention.run.began")}, {Text: q.P.T("retention.run.stands")}, {Text: q.P.T("retention.run.disposed"), Numeric: true},
		{Text: q.P.T("retention.run.told"), Numeric: true}, {Text: q.P.T("retention.run.held"), Numeric: true}, {Text: q.P.T("retention.run.refused"), Numeric: true},
	}}
	for _, r := range runs {
		tag := ui.Label{Text: q.P.T("retention.run.done"), Kind: ui.Good}
		if r.Ended.IsZero() {
			tag = ui.Label{Text: q.P.T("retention.run.going", "passed", q.P.Number(r.Passed), "steps", q.P.Number(r.Steps)), Kind: ui.Info}
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: q.P.DateTime(r.Started)}, {Tag: &tag}, {Text: q.P.Number(r.Disposed), Numeric: true}, {Text: q.P.Number(r.Told), Numeric: true},
			{Text: q.P.Number(r.Held), Numeric: true}, {Text: q.P.Number(r.Refused), Numeric: true},
		})
	}
	return g
}

func (s *Site) disposals(q *web.Req) (ui.Grid, error) {
	g := ui.Grid{Empty: q.P.T("retention.disposals.none"), Head: []ui.Cell{
		{Text: q.P.T("retention.disposals.at")}, {Text: q.P.T("retention.what")}, {Text: q.P.T("retention.disposals.because")},
		{Text: q.P.T("retention.disposals.state")}, {Text: q.P.T("retention.certificate")},
	}}
	list, err := s.Latest(q.R.Context(), 20)
	if err != nil {
		return g, err
	}
	for _, d := range list {
		tag := ui.Label{Text: q.P.T("retention.state.final"), Kind: ui.Good}
		if d.Done.IsZero() {
			tag = ui.Label{Text: q.P.T("retention.state.provisional"), Kind: ui.Info}
		}
		what := s.kind(q, d.Items[0].Kind, d.Items[0].Service)
		if n := len(d.Items) - 1; n > 0 {
			what = q.P.T("retention.disposals.and-more", "what", what, "n", n)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: q.P.DateTime(d.At)}, {Text: what}, {Text: q.P.T("retention.because." + d.Because)}, {Tag: &tag},
			{Text: q.P.T("retention.certificate.download"), Href: "/staff/retention/certificates/" + d.ID},
		})
	}
	return g, nil
}

// download hands out a certificate.
func (s *Site) download(q *web.Req) error {
	if !s.may(q) {
		return errDenied
	}
	disposal := q.R.PathValue("id")
	var file []byte
	if err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) { file, err = s.Certificate(tx, disposal); return err }); err != nil {
		return err
	}
	return q.Attachment("disposal-"+disposal+".json", "application/json", file)
}

// own tells a person until when each thing of theirs is kept.
func (s *Site) own(q *web.Req) error {
	list, err := s.Kept(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	g := ui.Grid{Empty: q.P.T("retention.own.none"), Head: []ui.Cell{
		{Text: q.P.T("retention.what")}, {Text: q.P.T("retention.own.number"), Numeric: true}, {Text: q.P.T("retention.period")}, {Text: q.P.T("retention.own.until")},
	}}
	for _, o := range list {
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: s.kind(q, o.Kind, o.Service)}, {Text: q.P.Number(int64(o.N)), Numeric: true}, {Text: period(q.P, o.Rule)}, {Text: until(q.P, o)},
		})
	}
	gone, err := s.HandedOver(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	var handed []ui.Row
	for _, f := range gone {
		handed = append(handed, ui.Row{Key: s.kind(q, f.Kind, f.Service), Value: f.Say(q.P, func(party string) string {
			declared, _ := s.Policy().Party(party)
			return cmp.Or(q.P.In(declared.Name), party)
		})})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("retention.own.title"), Body: pages.OwnPage(g, handed), Back: q.Path("/cabinet/")})
}

// until says when things go.
func until(p *i18n.Printer, o *Own) string {
	first, last := p.Date(o.First), p.Date(o.Last)
	switch {
	case o.Running == 0:
		return p.T("retention.own.not-yet")
	case o.Running < o.N:
		return p.T("retention.own.some", "date", first)
	case first == last:
		return first
	}
	return p.T("retention.own.between", "first", first, "last", last)
}

func (s *Site) holds(q *web.Req) error {
	if !s.may(q) {
		return errDenied
	}
	return s.showHolds(q, nil)
}

// showHolds lists the holds, with what was typed and what is wrong with it.
func (s *Site) showHolds(q *web.Req, wrong []fault.Field) error {
	list, err := s.Holds(q.R.Context())
	if err != nil {
		return err
	}
	page := pages.Holds{Fields: s.fields(q, wrong)}
	if done := q.Value("done"); wrong == nil && (done == "held" || done == "lifted") {
		page.Notice = q.P.T("retention.done." + done)
	}
	lifting := q.Value("hold")
	for _, h := range list {
		page.List = append(page.List, s.held(q, h, wrong, lifting))
	}
	order := []string{"reference", "extent", "service", "rule", "ground", "reason", "review", "until", "why"} // as on the page
	slices.SortStableFunc(wrong, func(a, b fault.Field) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	for _, f := range wrong {
		id := f.Name
		if f.Name == "why" {
			id = "why-" + lifting
		}
		page.Problems = append(page.Problems, ui.Problem{ID: id, Text: q.P.T(f.Code, f.Args...)})
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("retention.holds"), Body: pages.HoldsPage(page), Invalid: wrong != nil, Back: "/staff/retention"})
}

func problem(q *web.Req, wrong []fault.Field, name string) string {
	i := slices.IndexFunc(wrong, func(f fault.Field) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return q.P.T(wrong[i].Code, wrong[i].Args...)
}

// held is a hold as it is listed. Whose it is, a reference says, or a
// random id.
func (s *Site) held(q *web.Req, h *Hold, wrong []fault.Field, lifting string) pages.Held {
	now := s.Clock.Now()
	v := pages.Held{ID: h.ID, Title: q.P.T("retention.ground." + h.Ground), Tag: ui.Label{Text: q.P.T("retention.hold.stands"), Kind: ui.Info}}
	row := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Row{Key: q.P.T(key), Value: value})
		}
	}
	row("retention.hold.reason", cmp.Or(h.Reason, q.P.T("retention.hold.lost")))
	switch {
	case h.Item != "":
		row("retention.hold.what", cmp.Or(h.Called, q.P.T("retention.hold.thing", "id", h.Item)))
	case h.Called != "":
		row("retention.hold.what", q.P.T("retention.hold.person.of", "reference", h.Called))
	case h.Person != "":
		row("retention.hold.what", q.P.T("retention.hold.person", "id", h.Person))
	}
	if h.Service != "" {
		row("retention.hold.service", s.Named(q.P, h.Service))
	}
	if rule, ok := s.Policy().Retention(h.Rule); ok {
		row("retention.rule", q.P.In(rule.Name))
	}
	row("retention.hold.from", q.P.DateTime(h.From))
	if !h.Until.IsZero() {
		row("retention.hold.until", q.P.Date(h.Until.Add(-time.Second)))
	}
	row("retention.hold.review", q.P.Date(h.Review.Add(-time.Second)))
	switch {
	case !h.Lifted.IsZero():
		v.Tag = ui.Label{Text: q.P.T("retention.hold.lifted"), Kind: ui.Neutral}
		row("retention.hold.lifted-at", q.P.DateTime(h.Lifted))
		row("retention.hold.lifted-why", cmp.Or(h.Why, q.P.T("retention.hold.lost")))
		return v
	case !h.Standing(now):
		v.Tag = ui.Label{Text: q.P.T("retention.hold.over"), Kind: ui.Neutral}
	case h.Overdue(now):
		v.Tag = ui.Label{Text: q.P.T("retention.review.overdue"), Kind: ui.Bad}
	}
	v.Why = &ui.Field{ID: "why-" + h.ID, Name: "why", Label: q.P.T("retention.lift.why"), Rows: 3, Max: reasonMax}
	if lifting == h.ID {
		v.Why.Value, v.Why.Error = q.Value("why"), problem(q, wrong, "why")
	}
	return v
}

// fields are those of a new hold, with what was typed.
func (s *Site) fields(q *web.Req, wrong []fault.Field) pages.Fields {
	typed := func(name string) string {
		if wrong == nil || q.Value("do") != "hold" {
			return ""
		}
		return q.Value(name)
	}
	date := func(name string) string {
		if form, err := q.Form(); wrong != nil && err == nil {
			return ui.DateValue(form, name)
		}
		return ""
	}
	f := pages.Fields{
		Reference: ui.Field{Name: "reference", Label: q.P.T("retention.hold.reference"), Hint: q.P.T("retention.hold.reference.hint"), Value: typed("reference"), Optional: true, LTR: true, Width: 20, Max: 40},
		Extent: ui.Field{Name: "extent", Label: q.P.T("retention.hold.extent"), Value: typed("extent"), Optional: true, Options: []ui.Option{
			{Value: "thing", Label: q.P.T("retention.hold.extent.thing")}, {Value: "person", Label: q.P.T("retention.hold.extent.person")}}},
		Service: ui.Field{Name: "service", Label: q.P.T("retention.hold.service"), Value: typed("service"), Optional: true, Options: []ui.Option{{Label: q.P.T("retention.hold.any")}}},
		Rule:    ui.Field{Name: "rule", Label: q.P.T("retention.rule"), Value: typed("rule"), Optional: true, Options: []ui.Option{{Label: q.P.T("retention.hold.any")}}},
		Ground:  ui.Field{Name: "ground", Label: q.P.T("retention.hold.ground"), Value: typed("ground")},
		Reason:  ui.Field{Name: "reason", Label: q.P.T("retention.hold.reason"), Hint: q.P.T("retention.hold.reason.hint"), Value: typed("reason"), Rows: 4, Max: reasonMax},
		Review:  ui.Field{Name: "review", Label: q.P.T("retention.hold.review"), Hint: q.P.T("retention.hold.review.hint"), Value: date("review")},
		Until:   ui.Field{Name: "until", Label: q.P.T("retention.hold.until"), Hint: q.P.T("retention.hold.until.hint"), Value: date("until"), Optional: true},
	}
	for _, service := range s.Services() {
		f.Service.Options = append(f.Service.Options, ui.Option{Value: service, Label: s.Named(q.P, service)})
	}
	for _, r := range s.Policy().Declarations().Retention {
		f.Rule.Options = append(f.Rule.Options, ui.Option{Value: r.ID, Label: q.P.In(r.Name)})
	}
	for _, g := range Grounds() {
		f.Ground.Options = append(f.Ground.Options, ui.Option{Value: g, Label: q.P.T("retention.ground." + g)})
	}
	for _, one := range []*ui.Field{&f.Reference, &f.Extent, &f.Service, &f.Rule, &f.Ground, &f.Reason, &f.Review, &f.Until} {
		one.Error = problem(q, wrong, one.Name)
	}
	return f
}

func (s *Site) takeHold(q *web.Req) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if !s.may(q) {
		return errDenied
	}
	done := "held"
	switch q.Value("do") {
	case "hold":
		var h Hold
		if h, err = s.typed(q, form); err == nil {
			_, err = s.Hold(q.R.Context(), h, q.Session.Subject)
		}
	case "lift":
		done, err = "lifted", s.Lift(q.R.Context(), q.Value("hold"), q.Value("why"), q.Session.Subject)
	default:
		return fault.New(fault.Invalid, "retention.error.no-act")
	}
	if f := fault.From(err); err != nil && len(f.Fields) > 0 {
		return s.showHolds(q, f.Fields)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/retention/holds?done=" + done)
}

// typed is a hold as it was typed. What is wrong with its parts is said with
// the rest.
func (s *Site) typed(q *web.Req, form url.Values) (h Hold, err error) {
	if err := q.Once("do", "reference", "extent", "service", "rule", "ground"); err != nil {
		return h, err
	}
	h = Hold{Service: q.Value("service"), Rule: q.Value("rule"), Ground: q.Value("ground"), Reason: q.Value("reason")}
	var wrong []fault.Field
	if h.Service != "" && !slices.Contains(s.Services(), h.Service) {
		wrong = append(wrong, fault.Field{Name: "service", Code: "retention.error.service"})
	}
	if reference := strings.ToUpper(strings.TrimSpace(q.Value("reference"))); reference != "" {
		var i holdings.Item
		var found bool
		if err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) { i, found, err = s.Holdings.Refer(tx, s.Policy(), reference); return err }); err != nil {
			return h, err
		}
		switch extent := q.Value("extent"); {
		case !found:
			wrong = append(wrong, fault.Field{Name: "reference", Code: "retention.error.reference"})
		case extent == "person":
			h.Person = i.Subject
		case extent == "thing":
			h.Person, h.Item = i.Subject, i.ID
		default:
			wrong = append(wrong, fault.Field{Name: "extent", Code: "retention.error.extent"})
		}
	}
	for _, d := range []struct {
		name string
		to   *time.Time
	}{{"review", &h.Review}, {"until", &h.Until}} {
		text := ui.DateValue(form, d.name)
		if *d.to = policy.Date(text).End(s.Zone()); d.to.IsZero() && text != "" {
			wrong = append(wrong, fault.Field{Name: d.name, Code: "retention.error.date"})
		}
	}
	if len(wrong) > 0 { // with everything else that is wrong
		if err := s.check(&h, s.Clock.Now()); err != nil {
			for _, f := range fault.From(err).Fields {
				if problem := slices.ContainsFunc(wrong, func(w fault.Field) bool { return w.Name == f.Name }); !problem && f.Name != "reference" {
					wrong = append(wrong, f)
				}
			}
		}
		return h, fault.Input(wrong...)
	}
	return h, nil
}
