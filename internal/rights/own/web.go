package own

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/pages"
	"portico/internal/rights/sheet"
)

// Site is the pages.
type Site struct {
	*rights.Service
	// Automated draws which decisions about whoever is signed in the program took
	// by itself, and by which rules: it is answered before it is asked.
	Automated func(q *web.Req) (templ.Component, error)
}

// errUnknown says that there is no such right.
var errUnknown = fault.New(fault.NotFound, "rights.unknown")

// Mount declares the pages.
func (s *Site) Mount(r *web.Router) {
	const own = "/cabinet/rights/requests/{id}"
	s.Handle(r, []web.Route{
		{Method: "GET", Path: "/cabinet/rights", Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.known(s.showRights)},
		{Method: "POST", Path: "/cabinet/rights", Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.takeRights},
		{Method: "GET", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.known(s.ShowForm)},
		{Method: "POST", Path: "/cabinet/rights/{right}", Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.known(s.TakeForm)},
		{Method: "GET", Path: own, Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.showOwn},
		{Method: "GET", Path: own + "/package", Audience: web.Person, Activity: rights.ActivityOwn, Seasoned: true, StepUp: web.StepUpAge, Handler: s.give},
		{Method: "POST", Path: own, Audience: web.Person, Activity: rights.ActivityOwn, Handler: s.takeOwn},
	})
}

// asker is whoever is signed in, in their cabinet.
func asker(q *web.Req) rights.Asker {
	return rights.Asker{Subject: q.Session.Subject, Home: q.Path("/cabinet/rights")}
}

// known does something as whoever is signed in, with what they are known by.
func (s *Site) known(then func(*web.Req, rights.Asker) error) web.Handler {
	return func(q *web.Req) error {
		a, err := s.Holder(q.R.Context(), asker(q))
		if err != nil {
			return err
		}
		return then(q, a)
	}
}

// at is the page of a request.
func (s *Site) at(q *web.Req, a rights.Asker, r *rights.Request) string {
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

func (s *Site) showRights(q *web.Req, a rights.Asker) error {
	ctx := q.R.Context()
	page := pages.Rights{Action: q.Path("/cabinet/rights"), Notice: sheet.Done(q, "ended")}
	requests, items, err := s.Of(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	for _, r := range requests {
		tag := s.Tag(q.P, r, items[r.ID])
		one := ui.Item{
			Title: q.P.In(s.RightOf(r).Name), Ref: r.Reference, Href: q.Path("/cabinet/rights/requests/" + r.ID), Tag: &tag,
			Meta: q.P.T("rights.asked", "date", q.P.Date(r.Received)),
		}
		if due := s.Due(r); r.Open() && !due.IsZero() {
			one.Meta = q.P.T("rights.until", "date", q.P.Date(due.Add(-1)))
		}
		page.Requests = append(page.Requests, one)
	}
	outside, err := s.outside(ctx, a)
	if err != nil {
		return err
	}
	for _, r := range outside {
		page.Outside = append(page.Outside, ui.Item{
			Title: q.P.In(s.RightOf(r).Name), Ref: r.Reference, Href: page.Action + "/" + r.Right + "?from=" + r.ID, Meta: s.came(q.P, r),
		})
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

// outside are the requests that name a contact of whoever is signed in, and came
// without their account.
func (s *Site) outside(ctx context.Context, a rights.Asker) (list []*rights.Request, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = s.Visitors.Asked(tx, a)
		return err
	})
	return list, err
}

// came says by which way a request came, and when.
func (s *Site) came(p *i18n.Printer, r *rights.Request) string {
	return p.T("rights.onward.came", "way", p.T("rights.source."+string(r.Source)), "date", p.Date(r.Received))
}

// from says what goes on with a form, and returns what was written then.
func (s *Site) from(q *web.Req, who rights.Asker, page *pages.Ask) (said string, err error) {
	request := q.Value("from")
	if request == "" || who.Outside {
		return "", nil
	}
	list, err := s.outside(q.R.Context(), who)
	i := slices.IndexFunc(list, func(r *rights.Request) bool { return r.ID == request && r.Right == q.R.PathValue("right") })
	if err != nil || i < 0 {
		return "", err
	}
	r := list[i]
	_, _, lines, err := s.Mine(q.R.Context(), r.Subject, r.ID)
	for _, l := range lines {
		if !l.Office {
			said = strings.TrimSpace(said + "\n\n" + l.Text)
		}
	}
	page.From, page.Onward = r.ID, q.P.T("rights.onward.form")
	page.Facts = append([]ui.Row{
		{Key: q.P.T("rights.reference"), Value: r.Reference, LTR: true}, {Key: q.P.T("rights.source"), Value: s.came(q.P, r)},
	}, page.Facts...)
	return said, err
}

// Choices lists what can be asked for, with where its form is.
func (s *Site) Choices(p *i18n.Printer, home string) (list []ui.Item) {
	for _, right := range s.Policy().AskedRights() {
		list = append(list, ui.Item{Title: p.In(right.Name), Href: home + "/" + right.ID, Text: p.T("rights.kind." + string(right.Kind))})
	}
	return list
}

// lasting says what a person has suspended.
func (s *Site) lasting(p *i18n.Printer, l rights.Suspension) pages.Lasting {
	one := pages.Lasting{ID: l.ID, Title: p.T("rights.lasting.restriction"), Text: p.T("rights.lasting.restriction.text")}
	if l.Purpose != "" {
		one.Title, one.Text = p.T("rights.lasting.objection", "purpose", s.PurposeName(p, l.Purpose)), p.T("rights.lasting.objection.text")
	}
	one.Facts = []ui.Row{{Key: p.T("rights.since"), Value: p.DateTime(l.Since)}}
	if !l.Ends.IsZero() {
		one.Facts = append(one.Facts, ui.Row{Key: p.T("rights.ends"), Value: p.DateTime(l.Ends)})
	}
	return one
}

func (s *Site) takeRights(q *web.Req) error {
	t := identity.ReadForm(q, "do", "suspension")
	if sheet.Press(q, t, "end"); t.Bad() {
		return fault.New(fault.Invalid, "rights.form.button")
	}
	if err := s.End(q.R.Context(), q.Session.Subject, q.Value("suspension")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/rights?done=ended"))
}

// ShowForm shows the form of a right to whoever asks.
func (s *Site) ShowForm(q *web.Req, a rights.Asker) error { return s.ask(q, nil, a) }

func (s *Site) ask(q *web.Req, t *identity.Typed, who rights.Asker) error {
	right, ok := s.Policy().Right(q.R.PathValue("right"))
	if !ok {
		return errUnknown
	}
	a := pages.Ask{
		Title: q.P.In(right.Name), Lead: q.P.T("rights.kind." + string(right.Kind)), Facts: sheet.Terms(q.P, right), Problems: t.Problems("items", "text"),
		Action: who.Home + "/" + right.ID, Once: once(q), Button: q.P.T("rights.ask.go"),
	}
	said, err := s.from(q, who, &a)
	if err != nil {
		return err
	}
	if t != nil { // what was typed stays
		said = identity.Value(q, "text")
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
	if rights.SortOf(right.Kind) != rights.All {
		f := ui.Field{Name: "items", Label: q.P.T("rights.items." + string(rights.SortOf(right.Kind))), Error: t.Error("items"), Values: sheet.Values(q, "items")}
		for _, o := range options {
			f.Options = append(f.Options, ui.Option{Value: o.Value(), Label: o.Name})
		}
		a.Fields = append(a.Fields, ui.Checkboxes(f))
		if len(options) == 0 {
			a.Nothing = q.P.T("rights.items.nothing")
		}
	}
	a.Fields = append(a.Fields, ui.Textarea(ui.Field{
		Name: "text", Label: q.P.T("rights.text." + word(right.Kind)), Hint: q.P.T("rights.text.hint"), Value: said, Error: t.Error("text"),
		Why: s.Identity.Why(q.P, rights.FieldText, rights.ActivityOwn), Rows: 6, Max: rights.MaxText, Optional: !rights.Wordy(right.Kind),
	}))
	return q.Page(sheet.Status(t), web.Page{Title: a.Title, Body: pages.AskPage(a), Invalid: t.Bad(), Back: who.Home, Private: true})
}

// word is how the question for words is put.
func word(k policy.RightKind) string {
	if rights.Wordy(k) {
		return string(k)
	}
	return "more"
}

// TakeForm takes the form of a right.
func (s *Site) TakeForm(q *web.Req, a rights.Asker) error {
	t := identity.ReadForm(q, "do", "text", "once", "from")
	again := func(q *web.Req, t *identity.Typed) error { return s.ask(q, t, a) }
	if sheet.Press(q, t, "send"); t.Bad() {
		return sheet.Again(q, t, again)
	}
	r, err := s.Ask(i18n.With(q.R.Context(), q.P), rights.Asking{
		Asker: a, Right: q.R.PathValue("right"), Items: sheet.Values(q, "items"), Text: q.Value("text"), Language: q.Lang, Once: q.Value("once"), From: q.Value("from"),
	})
	if err != nil && fault.KindOf(err) == fault.Conflict { // it went on already, or is answered: what was typed stays
		t.No("do", q.P.T(fault.From(err).Code))
		return s.ask(q, t, a)
	}
	if identity.Shown(err) {
		t.Add(err)
		return sheet.Again(q, t, again)
	}
	if err != nil {
		return err
	}
	return q.Redirect(s.at(q, a, r) + "?done=sent")
}

func (s *Site) showOwn(q *web.Req) error { return s.Show(q, nil, asker(q), q.R.PathValue("id")) }

// Show shows whoever asked their request.
func (s *Site) Show(q *web.Req, t *identity.Typed, a rights.Asker, request string) error {
	r, items, text, err := s.Mine(q.R.Context(), a.Subject, request)
	if err != nil {
		return err
	}
	right := s.RightOf(r)
	page := pages.Request{
		Problems: t.Problems("text"), Sent: q.R.URL.Query().Get("done") == "sent", Notice: sheet.Done(q, "appealed"), Title: q.P.In(right.Name), Ref: r.Reference,
		Facts: s.Facts(q.P, r, items), Action: s.at(q, a, r), Once: once(q), Lines: sheet.Lines(q.P, text, "rights.line.you"),
	}
	if page.Sent {
		page.Title = q.P.T("rights.sent")
	}
	if page.Items, err = sheet.Items(q, s.Service, r, items); err != nil {
		return err
	}
	if page.Told, err = s.Told.Section(q.R.Context(), q.P, r.ID); err != nil {
		return err
	}
	page.Certificate = sheet.Certified(page.Action, r, items)
	if rights.Made(r.Kind) && rights.OutcomeOf(items) != rights.Onward {
		if err := s.packaged(q, r, &page); err != nil {
			return err
		}
	}
	if outcome := rights.OutcomeOf(items); outcome == rights.Some || outcome == rights.None {
		page.Refused = q.P.T("rights.appeal.done") + " " + q.P.In(right.Appeal)
		if s.MayAppeal(r, items) {
			page.Refused = q.P.T("rights.appeal.text", "date", q.P.Date(r.Answered.Add(rights.AppealWithin))) + " " + q.P.In(right.Appeal)
			page.Appeal = &ui.Field{
				Name: "text", Label: q.P.T("rights.appeal.why"), Value: identity.Value(q, "text"), Error: t.Error("text"), Rows: 6, Max: rights.MaxText,
				Why: s.Identity.Why(q.P, rights.FieldText, rights.ActivityOwn),
			}
		}
	}
	return q.Page(sheet.Status(t), web.Page{Title: page.Title, Body: pages.RequestPage(page), Invalid: t.Bad(), Back: a.Home, Private: true})
}

func (s *Site) takeOwn(q *web.Req) error { return s.TakeOn(q, asker(q), q.R.PathValue("id")) }

// TakeOn takes what whoever asked does with their request: they appeal.
func (s *Site) TakeOn(q *web.Req, a rights.Asker, request string) error {
	t := identity.ReadForm(q, "do", "text", "once")
	again := func(q *web.Req, t *identity.Typed) error { return s.Show(q, t, a, request) }
	if sheet.Press(q, t, "appeal"); t.Bad() {
		return sheet.Again(q, t, again)
	}
	err := s.Appeal(q.R.Context(), a.Subject, request, q.Value("text"), q.Value("once"))
	if identity.Shown(err) {
		t.Add(err)
		return sheet.Again(q, t, again)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.R.URL.EscapedPath() + "?done=appealed")
}
