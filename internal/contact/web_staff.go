package contact

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/contact/pages"
	"portico/internal/identity"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// doneStaff is the notice after a change, by the name of the change.
func doneStaff(q *web.Req) string {
	switch n := q.R.URL.Query().Get("done"); n {
	case "taken", "handed", "answered", "closed", "rights":
		return q.P.T("contact.staff.done." + n)
	case "complaint", "investigate", "refer":
		return q.P.T("complaint.done." + n)
	}
	return ""
}

// grid lists requests by reference.
func (s *Service) grid(p *i18n.Printer, list []*Request) ui.Grid {
	g := ui.Grid{Empty: p.T("contact.staff.none")}
	for _, head := range []string{"reference", "kind", "source", "state", "promised"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("contact." + head)})
	}
	for _, r := range list {
		tag, until := s.tag(p, r), "–"
		if r.Open() {
			until = s.until(p, r)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: r.Reference, LTR: true, Href: "/staff/requests/" + r.ID}, {Text: p.T("contact.kind." + string(r.Kind))},
			{Text: s.came(p, Way{r.Source, r.Channel})}, {Tag: &tag}, {Text: until},
		})
	}
	return g
}

// searchMax is how long what is searched for may be.
const searchMax = 40

func (s *Service) showQueue(q *web.Req) error {
	ctx, who := q.R.Context(), actor(q)
	if !s.enters(who) {
		return errDenied
	}
	typed := q.Value("reference")
	page := pages.Queue{Notice: doneStaff(q), Search: ui.Field{
		Name: "reference", Label: q.P.T("contact.staff.search"), Hint: q.P.T("contact.staff.search.hint"), Value: typed, LTR: true, Width: 20, Max: searchMax,
	}}
	if q.R.URL.Query().Get("done") == "entered" {
		page.Notice = q.P.T("contact.staff.done.entered", "reference", tidy(typed))
	}
	if typed != "" {
		var found []*Request
		r, err := s.Find(ctx, who, typed)
		if err == nil {
			found = append(found, r)
		} else if !errors.Is(err, errUnknown) {
			return err
		}
		g := s.grid(q.P, found)
		page.Found = &g
	}
	if s.answers(who) {
		if err := s.tabs(q, who, &page); err != nil {
			return err
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("contact.staff.title"), Body: pages.QueuePage(page), Wide: true})
}

// tabs fills in what officials see who answer.
func (s *Service) tabs(q *web.Req, who policy.Actor, page *pages.Queue) error {
	here := Look(q.Value("show"))
	if !known(Looks(), here) {
		here = LookWaiting
	}
	for _, l := range Looks() {
		page.Tabs = append(page.Tabs, pages.Tab{Text: q.P.T("contact.staff.show." + string(l)), Href: "/staff/requests?show=" + string(l), Here: l == here})
	}
	list, err := s.Queue(q.R.Context(), who, here, q.Value("after"))
	if err != nil {
		return err
	}
	page.Grid = s.grid(q.P, list)
	if len(list) == PageSize {
		page.Pages.Next = "/staff/requests?show=" + string(here) + "&after=" + list[len(list)-1].ID
	}
	n, err := s.Standing(q.R.Context())
	if err != nil {
		return err
	}
	page.Standing = q.P.T("contact.staff.standing", "n", n.Open)
	if n.Late > 0 {
		page.Late = q.P.T("contact.staff.late", "n", n.Late)
	}
	return nil
}

func (s *Service) showEnter(q *web.Req) error { return s.enter(q, nil) }

func (s *Service) enter(q *web.Req, t *identity.Typed) error {
	if !s.enters(actor(q)) {
		return errDenied
	}
	source := ui.Field{Name: "source", Label: q.P.T("contact.source"), Value: identity.Value(q, "source"), Error: t.Error("source")}
	for _, one := range s.Ways() {
		source.Options = append(source.Options, ui.Option{Value: one.value(), Label: s.came(q.P, one)})
	}
	contact := ui.Field{
		Name: "contact", Label: q.P.T("contact.enter.contact"), Hint: q.P.T("contact.enter.contact.hint", "example", s.Identity.ExamplePhone()),
		Value: identity.Value(q, "contact"), Error: t.Error("contact"), Why: s.Identity.Why(q.P, FieldPhone, ActivityOwn), LTR: true, Optional: true, Autocomplete: "off",
	}
	form, _ := q.Form()
	received := ui.Field{
		Name: "received", Label: q.P.T("contact.enter.received"), Hint: q.P.T("contact.enter.received.hint"), Value: ui.DateValue(form, "received"), Error: t.Error("received"), Optional: true,
	}
	a := pages.Ask{
		Caption: q.P.T("contact.staff.title"), Title: q.P.T("contact.enter.title"), Lead: q.P.T("contact.enter.lead"), Button: q.P.T("contact.enter.go"),
		Action: "/staff/requests/new", Once: once(q), Problems: t.Problems("source", "received", "kind", "text", "contact"),
		Fields: []templ.Component{
			ui.Radios(source), ui.Date(received), kindField(q, t, false), ui.Textarea(s.textField(q, t, "contact.enter.text", "contact.enter.text.hint")), ui.Input(contact),
		},
	}
	return q.Page(status(t), web.Page{Title: a.Title, Body: pages.AskPage(a), Invalid: t.Bad(), Back: "/staff/requests"})
}

func (s *Service) takeEnter(q *web.Req) error {
	t := identity.ReadForm(q, "do", "source", "received-day", "received-month", "received-year", "kind", "text", "contact", "once")
	if read(q, t, "send"); t.Bad() {
		return edge(q, t, s.enter)
	}
	form, _ := q.Form()
	source, channel, _ := strings.Cut(q.Value("source"), "/")
	r, err := s.Enter(q.R.Context(), actor(q), Entry{
		Kind: Kind(q.Value("kind")), Way: Way{Source(source), channel}, Text: q.Value("text"), Contact: q.Value("contact"), Received: ui.DateValue(form, "received"), Language: q.Lang, Once: q.Value("once"),
	})
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, s.enter)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/requests?done=entered&reference=" + r.Reference)
}

func (s *Service) showDesk(q *web.Req) error { return s.desk(q, nil) }

// desk shows a request to an official: what it is about only if they hold it.
func (s *Service) desk(q *web.Req, t *identity.Typed) error {
	ctx, who := q.R.Context(), actor(q)
	r, err := s.Glance(ctx, who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Desk{
		Notice: doneStaff(q), Problems: t.Problems("reference", "about", "finding", "attempt", "resolved", "text", "colleague", "reason", "right"), Ref: r.Reference, Action: "/staff/requests/" + r.ID,
	}
	var c *Content
	if s.answers(who) && r.State == Taken && r.Holder == who.ID {
		if r, c, err = s.View(ctx, who, r.ID); err != nil {
			return err
		}
	}
	free, err := s.Free(ctx, r)
	if err != nil {
		return err
	}
	facts, err := s.facts(ctx, q.P, r)
	if err != nil {
		return err
	}
	page.Facts = append(facts, ui.Row{Key: q.P.T("contact.source"), Value: s.came(q.P, Way{r.Source, r.Channel})})
	switch {
	case c != nil:
		if err := s.held(q, t, who, r, c, &page); err != nil {
			return err
		}
	case free && s.answers(who):
		page.Take = true
	case r.State == Taken:
		page.Elsewhere = q.P.T("contact.staff.elsewhere")
	default:
		page.Elsewhere = q.P.T("contact.staff.states")
	}
	return q.Page(status(t), web.Page{Title: r.Reference, Body: pages.DeskPage(page), Invalid: t.Bad(), Back: "/staff/requests"})
}

// held fills in what the official sees who holds a request.
func (s *Service) held(q *web.Req, t *identity.Typed, who policy.Actor, r *Request, c *Content, page *pages.Desk) (err error) {
	page.Held, page.Lines, page.AnswerBy = true, lines(q.P, c, "contact.line.asker"), q.P.T("contact.staff.by.none")
	switch {
	case r.Cabinet:
		page.AnswerBy = q.P.T("contact.staff.by.cabinet")
	case c.Email != "":
		page.AnswerBy = q.P.T("contact.staff.by.mail", "address", c.Email)
	case c.Phone != "":
		page.AnswerBy = q.P.T("contact.staff.by.phone", "number", c.Phone)
	}
	if len(c.Files) > 0 {
		if page.Files, err = s.Files.Documents(q, r.Subject, r.Scope(), c.Files); err != nil {
			return err
		}
	}
	page.Answer = ui.Field{
		Name: "text", Label: q.P.T("contact.staff.answer"), Hint: q.P.T("contact.staff.answer.hint"), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Rows: 8, Max: MaxText,
	}
	if s.Complaints != nil {
		if page.Complaint, err = s.Complaints.Section(q, t, who, r); err != nil {
			return err
		}
	}
	page.Reasons = ui.Field{Name: "reason", Label: q.P.T("contact.staff.reason"), Error: t.Error("reason")}
	for _, reason := range Reasons() {
		page.Reasons.Options = append(page.Reasons.Options, ui.Option{Value: reason, Label: q.P.T("contact.reason." + reason)})
	}
	if s.Rights != nil && len(s.Rights.Offered()) > 0 {
		page.Rights = &ui.Field{Name: "right", Label: q.P.T("contact.rights.which"), Error: t.Error("right"), Options: []ui.Option{{Label: q.P.T("contact.rights.choose")}}}
		for _, right := range s.Rights.Offered() {
			page.Rights.Options = append(page.Rights.Options, ui.Option{Value: right.ID, Label: q.P.In(right.Name)})
		}
	}
	colleagues, err := s.Colleagues(q.R.Context(), who)
	if err != nil {
		return err
	}
	var subjects []string
	for _, one := range colleagues {
		subjects = append(subjects, one.Subject)
	}
	names, err := s.Staff.NamesFor(q.R.Context(), ActivityHand, who, subjects)
	if err != nil {
		return err
	}
	page.Colleague = ui.Field{Name: "colleague", Label: q.P.T("contact.staff.colleague"), Error: t.Error("colleague")}
	page.Colleague.Options = append(page.Colleague.Options, ui.Option{Label: q.P.T("contact.staff.everybody")})
	for _, one := range colleagues {
		page.Colleague.Options = append(page.Colleague.Options, ui.Option{Value: one.Reference, Label: cmp.Or(names[one.Subject], one.Reference)})
	}
	return nil
}

func (s *Service) takeDesk(q *web.Req) error {
	t := identity.ReadForm(q, "do", "text", "reason", "colleague", "right", "about", "finding", "attempt", "resolved", "reference")
	acts := []string{"take", "answer", "hand", "close", "rights"}
	if s.Complaints != nil {
		acts = append(acts, "complaint", "investigate", "give", "refer")
	}
	do := read(q, t, acts...)
	if t.Bad() {
		return edge(q, t, s.desk)
	}
	ctx, who, request := q.R.Context(), actor(q), q.R.PathValue("id")
	to, done := "/staff/requests/"+request, ""
	var err error
	switch do {
	case "take":
		err, done = s.Take(ctx, who, request), "taken"
	case "answer":
		err, done = s.Answer(ctx, who, request, q.Value("text")), "answered"
	case "hand":
		err, done, to = s.HandOver(ctx, who, request, q.Value("colleague")), "handed", "/staff/requests"
	case "rights":
		err, done = s.PassOn(ctx, who, request, q.Value("right")), "rights"
	case "complaint":
		err, done = s.Complain(ctx, who, request), do
	case "investigate", "refer":
		err, done = s.Complaints.Do(q, who, request, do), do
	case "give":
		if err = s.Complaints.Send(q, who, request); err == nil {
			return nil
		}
	case "close":
		err, done = s.Close(ctx, who, request, q.Value("reason")), "closed"
	}
	if fault.KindOf(err) == fault.Conflict && err != nil { // somebody was first: what was typed stays
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
	return q.Redirect(to + "?done=" + done)
}

// few is how many ratings a number must be made of to be shown.
const few = 10

func (s *Service) showRatings(q *web.Req) error {
	if !s.answers(actor(q)) {
		return errDenied
	}
	list, err := s.Ratings(q.R.Context())
	if err != nil {
		return err
	}
	p := q.P
	g := ui.Grid{Empty: p.T("contact.ratings.none"), Head: []ui.Cell{
		{Text: p.T("contact.ratings.month")}, {Text: p.T("contact.kind")}, {Text: p.T("contact.ratings.n"), Numeric: true}, {Text: p.T("contact.ratings.mean"), Numeric: true},
	}}
	for _, m := range list {
		row := []ui.Cell{{Text: m.Month, LTR: true}, {Text: p.T("contact.kind." + string(m.Kind))}, {Text: p.T("contact.ratings.few", "n", few), Numeric: true}, {Text: "–", Numeric: true}}
		if m.N >= few {
			row[2].Text, row[3].Text = p.Number(m.N), p.T("contact.ratings.of", "mean", m.Mean(), "max", MaxScore)
		}
		g.Rows = append(g.Rows, row)
	}
	return q.Page(http.StatusOK, web.Page{Title: p.T("contact.ratings.title"), Body: pages.RatingsPage(g), Back: "/staff/requests", Wide: true})
}
