package rights

import (
	"net/http"
	"slices"
	"strconv"

	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights/pages"
)

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// pageSize is how many requests a page of the queue shows.
const pageSize = 50

func (s *Service) showQueue(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	here := Look(q.Value("show"))
	if !slices.Contains(Looks(), here) {
		here = LookOpen
	}
	list, err := s.Queue(ctx, who, here)
	if err != nil {
		return err
	}
	n, err := s.Standing(ctx)
	if err != nil {
		return err
	}
	page := pages.Queue{Notice: done(q, "taken", "back", "decided"), Standing: q.P.T("rights.staff.standing", "n", n.Open)}
	if n.Late > 0 {
		page.Late = q.P.T("rights.staff.late", "n", n.Late)
	}
	at := "/staff/rights?show=" + string(here)
	for _, l := range Looks() {
		page.Tabs = append(page.Tabs, pages.Tab{Text: q.P.T("rights.staff.show." + string(l)), Href: "/staff/rights?show=" + string(l), Here: l == here})
	}
	from, err := strconv.Atoi(q.Value("from"))
	if err != nil || from < 0 || from >= len(list) {
		from = 0
	}
	to := min(from+pageSize, len(list))
	if from > 0 {
		page.Pages.Prev = at + "&from=" + strconv.Itoa(max(0, from-pageSize))
	}
	if to < len(list) {
		page.Pages.Next = at + "&from=" + strconv.Itoa(to)
	}
	page.Grid = s.queueGrid(q.P, list[from:to])
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("rights.staff.title"), Body: pages.QueuePage(page), Wide: true})
}

// queueGrid lists requests by reference.
func (s *Service) queueGrid(p *i18n.Printer, list []*Request) ui.Grid {
	g := ui.Grid{Empty: p.T("rights.staff.none")}
	for _, head := range []string{"reference", "right", "source", "received", "state", "due"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("rights." + head)})
	}
	for _, r := range list {
		tag, until := ui.Label{Text: p.T("rights.state.answered"), Kind: ui.Neutral}, "–"
		if r.Open() {
			tag = s.tag(p, r, nil)
		}
		if due := s.Due(r); r.Open() && !due.IsZero() {
			until = p.Date(due.Add(-1))
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: r.Reference, LTR: true, Href: "/staff/rights/" + r.ID}, {Text: p.In(s.right(r).Name)}, {Text: p.T("rights.source." + string(r.Source))},
			{Text: p.Date(r.Received)}, {Tag: &tag}, {Text: until},
		})
	}
	return g
}

func (s *Service) showDesk(q *web.Req) error { return s.desk(q, nil) }

// desk shows a request to an official: what it is about only if they hold it.
func (s *Service) desk(q *web.Req, t *identity.Typed) error {
	ctx, who := q.R.Context(), actor(q)
	r, items, err := s.Glance(ctx, who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Desk{
		Notice: done(q, "taken", "extended", "lifted", "decided", "known"), Ref: r.Reference, Action: "/staff/rights/" + r.ID, Title: q.P.In(s.right(r).Name),
		Facts: append(s.facts(q.P, r, items), ui.Row{Key: q.P.T("rights.source"), Value: q.P.T("rights.source." + string(r.Source))}),
	}
	page.Facts = append(page.Facts, terms(q.P, s.right(r))...)
	names := []string{}
	switch {
	case r.State == Taken && r.Holder == who.ID:
		var text []Line
		if r, items, text, err = s.View(ctx, who, r.ID); err != nil {
			return err
		}
		if names, err = s.held(q, t, r, items, text, &page); err != nil {
			return err
		}
	case s.MayTake(who, r):
		page.Take = true
	case r.State == Waiting:
		page.Elsewhere = q.P.T("rights.another")
	case r.State == Making:
		page.Elsewhere = q.P.T("rights.staff.making")
	case r.State == Taken:
		page.Elsewhere = q.P.T("rights.staff.elsewhere")
	default:
		if page.Lift, err = s.lifts(q, r); err != nil {
			return err
		}
	}
	page.Problems = t.Problems(slices.Concat(names, []string{"text", "reason"})...)
	if !page.Held {
		if page.Items, err = s.grid(q, r, items); err != nil {
			return err
		}
	}
	return q.Page(status(t), web.Page{Title: r.Reference, Body: pages.DeskPage(page), Invalid: t.Bad(), Back: "/staff/rights"})
}

// lifts says what lasts because of a request; empty where nothing does, or its
// end was announced.
func (s *Service) lifts(q *web.Req, r *Request) (string, error) {
	list, err := s.Suspensions(q.R.Context(), r.Subject)
	if err != nil || !slices.ContainsFunc(list, func(l Suspension) bool { return l.Request == r.ID && l.Announced.IsZero() }) {
		return "", err
	}
	return q.P.T("rights.staff.lift.text", "days", int(notice.Hours()/24)), nil
}

// held fills in what the official sees who holds a request, and returns the
// names of the fields.
func (s *Service) held(q *web.Req, t *identity.Typed, r *Request, items []Item, text []Line, page *pages.Desk) (fields []string, err error) {
	page.Paused = r.Paused()
	page.Held, page.Lines = true, shown(q.P, text, "rights.line.asker")
	names, err := s.names(q, r, items)
	if err != nil {
		return nil, err
	}
	right := s.right(r)
	for i, item := range items {
		if item.Decision != Open {
			continue
		}
		answer, ground := itemName("item", item.N), itemName("ground", item.N)
		fields = append(fields, answer, ground)
		d := pages.Decide{
			Answer: ui.Field{Name: answer, Label: names[i], Value: identity.Value(q, answer), Error: t.Error(answer), Options: []ui.Option{
				{Value: string(Granted), Label: q.P.T("rights.decide.grant." + string(r.Kind))},
			}},
			Ground: ui.Field{Name: ground, Label: q.P.T("rights.decide.ground.label"), Value: identity.Value(q, ground), Error: t.Error(ground)},
		}
		if len(right.Refusal) > 0 {
			d.Answer.Options = append(d.Answer.Options, ui.Option{Value: string(Refused), Label: q.P.T("rights.decide.refuse")})
			d.Ground.Options = append(d.Ground.Options, ui.Option{Label: q.P.T("rights.decide.ground.none")})
		}
		for _, g := range right.Refusal {
			d.Ground.Options = append(d.Ground.Options, ui.Option{Value: string(g), Label: q.P.T("rights.ground." + g.Word())})
		}
		page.Decide = append(page.Decide, d)
	}
	page.Words = ui.Field{
		Name: "text", Label: q.P.T("rights.decide.words"), Hint: q.P.T("rights.decide.words.hint"), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Rows: 6, Max: MaxText,
	}
	if s.MayExtend(r) {
		page.Extend = &ui.Field{
			Name: "reason", Label: q.P.T("rights.staff.extend.reason"), Hint: q.P.T("rights.staff.extend.hint"), Value: identity.Value(q, "reason"),
			Error: t.Error("reason"), Rows: 3, Max: MaxText,
		}
		page.ExtendBy = q.P.T("rights.staff.extend.text", "more", right.Extension.Say(q.P))
	}
	return fields, nil
}

func (s *Service) takeDesk(q *web.Req) error {
	t := identity.ReadForm(q, "do", "text", "reason")
	do := read(q, t, "take", "back", "decide", "extend", "lift", "known")
	if t.Bad() {
		return edge(q, t, s.desk)
	}
	ctx, who, request := q.R.Context(), actor(q), q.R.PathValue("id")
	to, notice := "/staff/rights/"+request, ""
	var err error
	switch do {
	case "take":
		err, notice = s.Take(ctx, who, request), "taken"
	case "back":
		err, notice, to = s.PutBack(ctx, who, request), "back", "/staff/rights"
	case "extend":
		err, notice = s.Extend(ctx, who, request, q.Value("reason")), "extended"
	case "known":
		err, notice = s.Known(ctx, who, request), "known"
	case "lift":
		err, notice = s.Announce(ctx, who, request), "lifted"
	case "decide":
		answers := map[int]Answer{}
		for n := 1; n <= maxItems; n++ {
			if d := q.Value(itemName("item", n)); d != "" {
				answers[n] = Answer{Decision(d), policy.Ground(q.Value(itemName("ground", n)))}
			}
		}
		err, notice = s.Decide(ctx, who, request, answers, q.Value("text")), "decided"
	}
	if err != nil && fault.KindOf(err) == fault.Conflict { // somebody was first: what was typed stays
		t.No("do", q.P.T(fault.From(err).Code))
		return s.desk(q, t)
	}
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, s.desk)
	}
	if err != nil {
		return err
	}
	return q.Redirect(to + "?done=" + notice)
}
