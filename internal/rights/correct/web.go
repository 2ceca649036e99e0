package correct

import (
	"net/http"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/correct/pages"
	"portico/internal/rights/sheet"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const at = "/staff/corrections/{id}"
	s.Rights.Handle(r, []web.Route{
		{Method: "GET", Path: "/staff/corrections", Audience: web.Staff, Unprefixed: true, Activity: "none: lists references, states and dates", Handler: s.showList},
		{Method: "GET", Path: at, Audience: web.Staff, Unprefixed: true, Activity: Activity, Handler: func(q *web.Req) error { return s.show(q, nil) }},
		{Method: "POST", Path: at, Audience: web.Staff, Unprefixed: true, Activity: Activity, Handler: s.take},
	})
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// Menu leads those to their tasks whose institution corrects.
func (s *Service) Menu(q *web.Req) []web.Link {
	a, ok := s.Policy().Activity(Activity)
	if !ok || !s.Rights.Offered() {
		return nil
	}
	for _, role := range q.Session.Roles {
		for _, who := range a.Who {
			if who == "role:"+role {
				return []web.Link{{Text: q.P.T("correct.title"), Href: "/staff/corrections"}}
			}
		}
	}
	return nil
}

func (s *Service) showList(q *web.Req) error {
	list, err := s.List(q.R.Context(), actor(q))
	if err != nil {
		return err
	}
	g := ui.Grid{Empty: q.P.T("correct.none"), Head: []ui.Cell{
		{Text: q.P.T("rights.reference")}, {Text: q.P.T("correct.application")}, {Text: q.P.T("correct.state")}, {Text: q.P.T("correct.due")},
	}}
	for _, one := range list {
		tag := s.tag(q, one)
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: one.Request.Reference, LTR: true, Href: "/staff/corrections/" + one.ID},
			{Text: q.P.In(one.Owner.Name) + " " + q.P.Isolate(one.Owner.Reference)}, {Tag: &tag}, {Text: s.until(q.P, one)},
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("correct.title"), Body: pages.ListPage(done(q, "back", "answered"), g), Wide: true})
}

// until is the last day on which an answer is in time.
func (s *Service) until(p *i18n.Printer, one Listed) string {
	if one.Due.IsZero() {
		return p.T("rights.due.paused")
	}
	return p.Date(one.Due.Add(-1))
}

// tag is where a task stands, in words.
func (s *Service) tag(q *web.Req, one Listed) ui.Label {
	label := func(key string, kind ui.Kind) ui.Label { return ui.Label{Text: q.P.T(key), Kind: kind} }
	switch {
	case one.State == Answered && one.Decision == rights.Refused:
		return label("rights.decision.refused", ui.Bad)
	case one.State == Answered:
		return label("rights.decision.granted", ui.Good)
	case !one.Due.IsZero() && !s.Clock.Now().Before(one.Due):
		return label("correct.state.overdue", ui.Bad)
	case !one.Ordered.IsZero():
		return label("correct.state.ordered", ui.Warn)
	case one.State == Taken && one.Holder == q.Session.Subject:
		return label("correct.state.mine", ui.Info)
	}
	return label("correct.state."+string(one.State), ui.Info)
}

// done is the notice after a change, by the name of the change.
func done(q *web.Req, known ...string) string {
	if d := q.R.URL.Query().Get("done"); slices.Contains(known, d) {
		return q.P.T("correct.done." + d)
	}
	return ""
}

// show shows a task: what is said to be wrong only to who holds it.
func (s *Service) show(q *web.Req, t *identity.Typed) error {
	ctx, who := q.R.Context(), actor(q)
	one, err := s.Glance(ctx, who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	tag := s.tag(q, one)
	page := pages.Task{
		Ref: one.Request.Reference, Title: q.P.In(one.Owner.Name), Action: "/staff/corrections/" + one.ID, Problems: t.Problems("field", "value", "answer", "ground", "text"),
		Facts: []ui.Row{
			{Key: q.P.T("correct.application"), Value: one.Owner.Reference, LTR: true}, {Key: q.P.T("correct.state"), Tag: &tag},
			{Key: q.P.T("rights.received"), Value: q.P.DateTime(one.Request.Received)}, {Key: q.P.T("correct.due"), Value: s.until(q.P, one)},
		},
	}
	page.Notice = done(q, "taken", "written")
	free, err := s.Free(ctx, one)
	if err != nil {
		return err
	}
	switch {
	case one.State == Answered:
		page.Elsewhere = q.P.T("correct.over")
	case free:
		page.Take = true
	case one.Holder != who.ID:
		page.Elsewhere = q.P.T("correct.elsewhere")
	default:
		if err := s.held(q, t, &page); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: page.Ref, Body: pages.TaskPage(page), Invalid: t.Bad(), Back: "/staff/corrections"})
}

// held fills in what the official sees who holds a task.
func (s *Service) held(q *web.Req, t *identity.Typed, page *pages.Task) error {
	one, text, changed, err := s.View(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page.Held = true
	for _, l := range text {
		by := q.P.T("rights.line.asker")
		if l.Office {
			by = q.P.T("rights.line.office")
		}
		page.Lines = append(page.Lines, pages.Line{Who: by, Time: q.P.DateTime(l.At), Text: l.Text})
	}
	var written []string
	for _, id := range changed {
		if f, ok := s.Policy().Field(id); ok {
			written = append(written, q.P.In(f.Name))
		}
	}
	page.Written = q.P.List(written)
	page.Field = ui.Field{Name: "field", Label: q.P.T("correct.write.field"), Value: identity.Value(q, "field"), Error: t.Error("field")}
	for _, f := range one.Owner.Fields {
		page.Field.Options = append(page.Field.Options, ui.Option{Value: f.ID, Label: q.P.In(f.Name)})
	}
	page.Value = ui.Field{Name: "value", Label: q.P.T("correct.write.value"), Value: identity.Value(q, "value"), Error: t.Error("value"), Rows: 2, Max: maxValue}
	page.Answer = ui.Field{Name: "answer", Label: q.P.T("correct.answer.what"), Value: identity.Value(q, "answer"), Error: t.Error("answer"),
		Options: []ui.Option{{Value: string(rights.Granted), Label: q.P.T("correct.answer.corrected")}}}
	page.Ground = ui.Field{Name: "ground", Label: q.P.T("correct.answer.ground"), Value: identity.Value(q, "ground"), Error: t.Error("ground"),
		Options: []ui.Option{{Label: q.P.T("correct.answer.ground.none")}}}
	refusal := s.Rights.Grounds(one.Request)
	if one.Ordered.IsZero() && len(refusal) > 0 {
		page.Answer.Options = append(page.Answer.Options, ui.Option{Value: string(rights.Refused), Label: q.P.T("correct.answer.refused")})
		for _, g := range refusal {
			page.Ground.Options = append(page.Ground.Options, ui.Option{Value: string(g), Label: q.P.T("rights.ground." + g.Word())})
		}
	}
	page.Words = ui.Field{
		Name: "text", Label: q.P.T("correct.answer.words"), Hint: q.P.T("correct.answer.words.hint"), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Rows: 6, Max: rights.MaxText,
	}
	return nil
}

func (s *Service) take(q *web.Req) error {
	t := identity.ReadForm(q, "do", "field", "value", "answer", "ground", "text")
	do := sheet.Press(q, t, "take", "back", "write", "answer")
	if t.Bad() {
		return sheet.Again(q, t, s.show)
	}
	ctx, who, task := q.R.Context(), actor(q), q.R.PathValue("id")
	to := "/staff/corrections/" + task + "?done="
	var err error
	switch do {
	case "take":
		err, to = s.Take(ctx, who, task), to+"taken"
	case "back":
		err, to = s.PutBack(ctx, who, task), "/staff/corrections?done=back"
	case "write":
		err, to = s.Write(ctx, who, task, q.Value("field"), q.Value("value")), to+"written"
	case "answer":
		a := rights.Answer{Decision: rights.Decision(q.Value("answer")), Ground: policy.Ground(q.Value("ground"))}
		err, to = s.Answer(ctx, who, task, a, q.Value("text")), "/staff/corrections?done=answered"
	}
	if err != nil && fault.KindOf(err) == fault.Conflict { // somebody was first: what was typed stays
		t.No("do", q.P.T(fault.From(err).Code))
		return s.show(q, t)
	}
	if identity.Shown(err) {
		t.Add(err)
		return sheet.Again(q, t, s.show)
	}
	if err != nil {
		return err
	}
	return q.Redirect(to)
}
