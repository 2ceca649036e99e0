package office

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/pages"
	"portico/internal/rights/sheet"
)

// Site is the pages of officials.
type Site struct {
	Rights *rights.Service
}

// Mount declares the pages.
func (s *Site) Mount(r *web.Router) {
	const at = "/staff/rights/{id}"
	s.Rights.Handle(r, []web.Route{
		{Method: "GET", Path: "/staff/rights", Audience: web.Staff, Unprefixed: true, Activity: "none: lists references, states and dates", Handler: s.showQueue},
		{Method: "GET", Path: at, Audience: web.Staff, Unprefixed: true, Activity: rights.ActivityAnswer, Handler: s.showDesk},
		{Method: "POST", Path: at, Audience: web.Staff, Unprefixed: true, Activity: rights.ActivityAnswer, Handler: s.takeDesk},
	})
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// Look is a part of the queue.
type Look string

// The looks.
const (
	LookOpen     Look = "open" // what nobody holds, and what others do: the most pressing first
	LookMine     Look = "mine"
	LookAnswered Look = "answered"
)

// Looks are all of them.
func Looks() []Look { return []Look{LookOpen, LookMine, LookAnswered} }

// pageSize is how many requests a page of the queue shows.
const pageSize = 50

func (s *Site) showQueue(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	here := Look(q.Value("show"))
	if !slices.Contains(Looks(), here) {
		here = LookOpen
	}
	list, err := s.Rights.Queue(ctx, who, here == LookAnswered)
	if err != nil {
		return err
	}
	if here == LookMine {
		list = slices.DeleteFunc(list, func(r *rights.Request) bool { return r.Holder != who.ID })
	}
	n, err := s.Rights.Standing(ctx)
	if err != nil {
		return err
	}
	page := pages.Queue{Notice: sheet.Done(q, "taken", "back", "decided"), Standing: q.P.T("rights.staff.standing", "n", n.Open)}
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
func (s *Site) queueGrid(p *i18n.Printer, list []*rights.Request) ui.Grid {
	g := ui.Grid{Empty: p.T("rights.staff.none")}
	for _, head := range []string{"reference", "right", "source", "received", "state", "due"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("rights." + head)})
	}
	for _, r := range list {
		tag, until := s.Rights.Tag(p, r, nil), "–"
		if due := s.Rights.Due(r); r.Open() && !due.IsZero() {
			until = p.Date(due.Add(-1))
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: r.Reference, LTR: true, Href: "/staff/rights/" + r.ID}, {Text: p.In(s.Rights.RightOf(r).Name)}, {Text: p.T("rights.source." + string(r.Source))},
			{Text: p.Date(r.Received)}, {Tag: &tag}, {Text: until},
		})
	}
	return g
}

func (s *Site) showDesk(q *web.Req) error { return s.desk(q, nil) }

// desk shows a request to an official: what it is about only if they hold it.
func (s *Site) desk(q *web.Req, t *identity.Typed) error {
	ctx, who := q.R.Context(), actor(q)
	r, items, err := s.Rights.Glance(ctx, who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Desk{
		Notice: sheet.Done(q, "taken", "extended", "lifted", "decided", "known", "cabinet", "named"), Ref: r.Reference, Action: "/staff/rights/" + r.ID, Title: q.P.In(s.Rights.RightOf(r).Name),
		Facts: append(s.Rights.Facts(q.P, r, items), ui.Row{Key: q.P.T("rights.source"), Value: q.P.T("rights.source." + string(r.Source))}),
	}
	page.Facts = append(page.Facts, sheet.Terms(q.P, s.Rights.RightOf(r))...)
	names := []string{}
	free, err := s.Rights.Free(ctx, r)
	if err != nil {
		return err
	}
	switch {
	case r.State == rights.Taken && r.Holder == who.ID:
		var text []rights.Line
		if r, items, text, err = s.Rights.View(ctx, who, r.ID); err != nil {
			return err
		}
		if names, err = s.held(q, t, r, items, text, &page); err != nil {
			return err
		}
	case free && s.Rights.MayTake(who, r):
		page.Take = true
	case free:
		page.Elsewhere = q.P.T("rights.another")
	case r.State == rights.Making:
		page.Elsewhere = q.P.T("rights.staff.making")
	case r.State == rights.Taken:
		page.Elsewhere = q.P.T("rights.staff.elsewhere")
	default:
		if page.Lift, err = s.lifts(q, r); err != nil {
			return err
		}
	}
	page.Problems = t.Problems(slices.Concat(names, []string{"text", "reason", "number"})...)
	if page.Told, err = s.Rights.Told.Section(ctx, q.P, r.ID); err != nil {
		return err
	}
	page.Certificate = sheet.Certified(page.Action, r, items)
	if !page.Held || len(page.Decide) < len(items) {
		if page.Items, err = sheet.Items(q, s.Rights, r, items); err != nil {
			return err
		}
	}
	return q.Page(sheet.Status(t), web.Page{Title: r.Reference, Body: pages.DeskPage(page), Invalid: t.Bad(), Back: "/staff/rights"})
}

// lifts says what lasts because of a request; empty where nothing does, or its
// end was announced.
func (s *Site) lifts(q *web.Req, r *rights.Request) (string, error) {
	list, err := s.Rights.Suspensions(q.R.Context(), r.Subject)
	if err != nil || !slices.ContainsFunc(list, func(l rights.Suspension) bool { return l.Request == r.ID && l.Announced.IsZero() }) {
		return "", err
	}
	return q.P.T("rights.staff.lift.text", "days", rights.LiftAfterDays), nil
}

// held fills in what the official sees who holds a request, and returns the
// names of the fields.
func (s *Site) held(q *web.Req, t *identity.Typed, r *rights.Request, items []rights.Item, text []rights.Line, page *pages.Desk) (fields []string, err error) {
	if page.Paused = r.Paused(); page.Paused {
		page.Number = ui.Field{
			Name: "number", Label: q.P.T("rights.staff.known.number"), Hint: q.P.T("rights.staff.known.number.hint"), Value: identity.Value(q, "number"),
			Error: t.Error("number"), LTR: true, Width: 20, Optional: true, Max: rights.MaxNumber,
		}
	}
	if r.Outside() {
		at := ui.Row{Key: q.P.T("rights.staff.contacts"), Value: strings.Join(r.Contacts, "\n"), LTR: true}
		if len(r.Contacts) == 0 {
			at.Value, at.LTR = q.P.T("rights.staff.contacts.none"), false
		}
		page.Facts = append(page.Facts, at)
	}
	if r.Cabinet {
		page.Cabinet = q.P.T("rights.staff.cabinet")
	}
	parts, err := s.Rights.Parts(q.R.Context(), q.P, r, items)
	if err != nil {
		return nil, err
	}
	if len(parts) > 0 {
		page.Parts = &ui.Field{Name: "parts", Label: q.P.T("rights.items.place"), Hint: q.P.T("rights.staff.parts.hint"), Error: t.Error("parts"), Values: sheet.Values(q, "parts")}
		fields = append(fields, "parts")
	}
	for _, c := range parts {
		page.Parts.Options = append(page.Parts.Options, ui.Option{Value: c.Value(), Label: c.Name})
	}
	page.Held, page.Lines = true, sheet.Lines(q.P, text, "rights.line.asker")
	names, err := s.Rights.Names(q, r, items)
	if err != nil {
		return nil, err
	}
	with, err := s.Rights.With(q.R.Context(), r)
	if err != nil {
		return nil, err
	}
	fates, err := s.Rights.Fates.Of(q.R.Context(), q.P, r, items)
	if err != nil {
		return nil, err
	}
	right, grounds := s.Rights.RightOf(r), s.Rights.Grounds(r)
	for i, item := range items {
		if item.Decision != rights.Open || with[item.N] != "" {
			continue
		}
		answer, ground := itemName("item", item.N), itemName("ground", item.N)
		fields = append(fields, answer, ground)
		d := pages.Decide{
			Answer: ui.Field{Name: answer, Label: names[i], Value: identity.Value(q, answer), Error: t.Error(answer), Options: []ui.Option{
				{Value: string(rights.Granted), Label: q.P.T("rights.decide.grant." + string(r.Kind))},
			}},
			Ground: ui.Field{Name: ground, Label: q.P.T("rights.decide.ground.label"), Value: identity.Value(q, ground), Error: t.Error(ground)},
		}
		if fates != nil {
			d.Answer.Hint = fates[i]
		}
		if len(grounds) > 0 {
			d.Answer.Options = append(d.Answer.Options, ui.Option{Value: string(rights.Refused), Label: q.P.T("rights.decide.refuse")})
			d.Ground.Options = append(d.Ground.Options, ui.Option{Label: q.P.T("rights.decide.ground.none")})
		}
		for _, g := range grounds {
			d.Ground.Options = append(d.Ground.Options, ui.Option{Value: string(g), Label: q.P.T("rights.ground." + g.Word())})
		}
		page.Decide = append(page.Decide, d)
	}
	page.Words = ui.Field{
		Name: "text", Label: q.P.T("rights.decide.words"), Hint: q.P.T("rights.decide.words.hint"), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Rows: 6, Max: rights.MaxText,
	}
	if s.Rights.MayExtend(r) {
		page.Extend = &ui.Field{
			Name: "reason", Label: q.P.T("rights.staff.extend.reason"), Hint: q.P.T("rights.staff.extend.hint"), Value: identity.Value(q, "reason"),
			Error: t.Error("reason"), Rows: 3, Max: rights.MaxText,
		}
		page.ExtendBy = q.P.T("rights.staff.extend.text", "more", right.Extension.Say(q.P))
	}
	return fields, nil
}

func (s *Site) takeDesk(q *web.Req) error {
	t := identity.ReadForm(q, "do", "text", "reason", "number")
	do := sheet.Press(q, t, "take", "back", "decide", "extend", "lift", "known", "name")
	if t.Bad() {
		return sheet.Again(q, t, s.desk)
	}
	ctx, who, request := q.R.Context(), actor(q), q.R.PathValue("id")
	to, notice := "/staff/rights/"+request, ""
	var err error
	switch do {
	case "take":
		err, notice = s.Rights.Take(ctx, who, request), "taken"
	case "back":
		err, notice, to = s.Rights.PutBack(ctx, who, request), "back", "/staff/rights"
	case "extend":
		err, notice = s.Rights.Extend(ctx, who, request, q.Value("reason")), "extended"
	case "known":
		var cabinet bool
		if cabinet, err = s.Rights.Known(ctx, who, request, q.Value("number")); cabinet {
			notice = "cabinet"
		} else {
			notice = "known"
		}
	case "name":
		err, notice = s.Rights.NameParts(i18n.With(ctx, q.P), who, request, sheet.Values(q, "parts")), "named"
	case "lift":
		err, notice = s.Rights.Announce(ctx, who, request), "lifted"
	case "decide":
		answers := map[int]rights.Answer{}
		for n := 1; n <= rights.MaxItems; n++ {
			if d := q.Value(itemName("item", n)); d != "" {
				answers[n] = rights.Answer{Decision: rights.Decision(d), Ground: policy.Ground(q.Value(itemName("ground", n)))}
			}
		}
		err, notice = s.Rights.Decide(i18n.With(ctx, q.P), who, request, answers, q.Value("text")), "decided"
	}
	if err != nil && fault.KindOf(err) == fault.Conflict { // somebody was first: what was typed stays
		t.No("do", q.P.T(fault.From(err).Code))
		return s.desk(q, t)
	}
	if identity.Shown(err) {
		t.Add(err)
		return sheet.Again(q, t, s.desk)
	}
	if err != nil {
		return err
	}
	return q.Redirect(to + "?done=" + notice)
}

// itemName is the name of a field of the form that answers an item.
func itemName(what string, n int) string { return what + "-" + strconv.Itoa(n) }
