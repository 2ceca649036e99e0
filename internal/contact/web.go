package contact

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/contact/pages"
	"portico/internal/identity"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/uploads"
)

// Channel is one way to reach the operator.
type Channel struct {
	ID    string
	Kind  string // phone, email, website, address, social
	Value string // as people write it
	URL   string // where a website or social channel is
	Name  i18n.Text
	Note  i18n.Text // such as opening hours; may be empty
}

// Operator is who answers, and how to reach them.
type Operator struct {
	Name, Address i18n.Text
	Channels      []Channel
}

// formLimit bounds the body of a form: MaxText characters of any script.
const formLimit = 128 << 10

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Path: "/help", Activity: "public", Handler: s.help})
	const follow, mine = "/help/requests/{reference}/{token}", "/cabinet/requests/{id}"
	const states = "none: lists references, states and dates"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/help/ask", Activity: ActivityOwn, Handler: s.showAsk},
		{Method: "POST", Path: "/help/ask", Activity: ActivityOwn, Handler: s.takeAsk},
		{Method: "GET", Path: follow, Activity: ActivityOwn, Handler: s.showFollowed},
		{Method: "POST", Path: follow, Activity: ActivityOwn, Handler: s.takeFollowed},
		{Method: "POST", Path: follow + "/file", Activity: ActivityOwn, Limit: uploads.FormLimit, Handler: s.takeFollowedFile},
		{Method: "GET", Path: "/cabinet/requests", Audience: web.Person, Activity: states, Handler: s.showMine},
		{Method: "GET", Path: mine, Audience: web.Person, Activity: ActivityOwn, Handler: s.showOwn},
		{Method: "POST", Path: mine, Audience: web.Person, Activity: ActivityOwn, Handler: s.takeOwn},
		{Method: "POST", Path: mine + "/file", Audience: web.Person, Activity: ActivityOwn, Limit: uploads.FormLimit, Handler: s.takeOwnFile},
		{Method: "GET", Path: "/staff/requests", Audience: web.Staff, Unprefixed: true, Activity: states, Handler: s.showQueue},
		{Method: "GET", Path: "/staff/requests/ratings", Audience: web.Staff, Unprefixed: true, Activity: "none: numbers about nobody", Handler: s.showRatings},
		{Method: "GET", Path: "/staff/requests/new", Audience: web.Staff, Unprefixed: true, Activity: ActivityEnter, Handler: s.showEnter},
		{Method: "POST", Path: "/staff/requests/new", Audience: web.Staff, Unprefixed: true, Activity: ActivityEnter, Handler: s.takeEnter},
		{Method: "GET", Path: "/staff/requests/{id}", Audience: web.Staff, Unprefixed: true, Activity: ActivityAnswer, Handler: s.showDesk},
		{Method: "POST", Path: "/staff/requests/{id}", Audience: web.Staff, Unprefixed: true, Activity: ActivityAnswer, Handler: s.takeDesk},
	} {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			if !s.Offered() {
				return errUnknown
			}
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		if rt.Limit == 0 {
			rt.Limit = formLimit
		}
		r.Handle(rt)
	}
}

// help is the page of channels.
func (s *Service) help(q *web.Req) error {
	o := s.Operator()
	p := pages.Help{Operator: q.P.In(o.Name), Address: q.P.In(o.Address), Asks: s.Offered(), Visitors: s.Visitors != nil && s.Visitors()}
	for _, c := range o.Channels {
		channel := pages.Channel{Name: q.P.In(c.Name), Note: q.P.In(c.Note), Value: c.Value, Href: href(c), LTR: c.Kind != "address"}
		if c.Kind == "social" {
			p.Social = append(p.Social, channel)
		} else {
			p.Channels = append(p.Channels, channel)
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("contact.title"), Body: pages.HelpPage(p)})
}

// href is where a channel leads, or nothing for what cannot be opened.
func href(c Channel) string {
	switch c.Kind {
	case "phone":
		return "tel:" + strings.Map(func(r rune) rune {
			if r == '+' || '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, c.Value)
	case "email":
		return "mailto:" + c.Value
	}
	return c.URL
}

// once is what makes a form one of its kind: what it came with, or new.
func once(q *web.Req) string {
	if v := identity.Value(q, "once"); len(v) >= 20 && len(v) <= 100 {
		return v
	}
	return id.Token()
}

// kindField asks what sort of request it is, whoever asks or writes down what
// somebody else asks.
func kindField(q *web.Req, t *identity.Typed, asks bool) templ.Component {
	f := ui.Field{Name: "kind", Label: q.P.T("contact.kind"), Value: identity.Value(q, "kind"), Error: t.Error("kind")}
	for _, k := range Kinds() {
		one := ui.Option{Value: string(k), Label: q.P.T("contact.kind." + string(k))}
		if asks {
			one.Hint = q.P.T("contact.kind." + string(k) + ".hint")
		}
		f.Options = append(f.Options, one)
	}
	return ui.Radios(f)
}

func (s *Service) textField(q *web.Req, t *identity.Typed, label, hint string) ui.Field {
	return ui.Field{
		Name: "text", Label: q.P.T(label), Hint: q.P.T(hint), Value: identity.Value(q, "text"), Error: t.Error("text"),
		Why: s.Identity.Why(q.P, FieldText, ActivityOwn), Rows: 8, Max: MaxText,
	}
}

func (s *Service) showAsk(q *web.Req) error { return s.ask(q, nil) }

func (s *Service) ask(q *web.Req, t *identity.Typed) error {
	a := pages.Ask{
		Caption: q.P.T("contact.title"), Title: q.P.T("contact.ask.title"), Lead: q.P.T("contact.ask.lead"), Button: q.P.T("contact.ask.go"),
		After:  q.P.T("contact.ask.files"),
		Action: q.Path("/help/ask"), Once: once(q), Problems: t.Problems("kind", "text", "contact"),
		Fields: []templ.Component{kindField(q, t, true), ui.Textarea(s.textField(q, t, "contact.text", "contact.text.hint"))},
	}
	if q.Session == nil {
		a.Fields = append(a.Fields, ui.Input(ui.Field{
			Name: "contact", Label: q.P.T("contact.contact.field"), Hint: q.P.T("contact.contact.hint", "example", s.Identity.ExamplePhone()),
			Value: identity.Value(q, "contact"), Error: t.Error("contact"), Why: s.Identity.Why(q.P, FieldEmail, ActivityOwn), LTR: true, Autocomplete: "email",
		}))
	} else {
		a.Lead = q.P.T("contact.ask.lead.cabinet")
	}
	return q.Page(status(t), web.Page{Title: a.Title, Body: pages.AskPage(a), Invalid: t.Bad(), Back: q.Path("/help")})
}

// status is under which a form is shown.
func status(t *identity.Typed) int {
	if t.Bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// read reads a form that says what to do, which must be one of these.
func read(q *web.Req, t *identity.Typed, do ...string) string {
	d := q.Value("do")
	if !t.Bad() && !known(do, d) {
		t.No("do", q.P.T("contact.form.button"))
	}
	return d
}

func (s *Service) takeAsk(q *web.Req) error {
	t := identity.ReadForm(q, "do", "kind", "text", "contact", "once")
	if read(q, t, "send"); t.Bad() {
		return edge(q, t, s.ask)
	}
	a := Asking{Kind: Kind(q.Value("kind")), Text: q.Value("text"), Language: q.Lang, Once: q.Value("once"), Network: q.Network()}
	if q.Session != nil {
		a.Subject = q.Session.Subject
	} else {
		a.Contact = q.Value("contact")
	}
	r, err := s.Ask(q.R.Context(), a)
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, s.ask)
	}
	if err != nil {
		return err
	}
	if r.Cabinet {
		return q.Redirect(q.Path("/cabinet/requests/" + r.ID + "?done=sent"))
	}
	return q.Redirect(q.Path(FollowPath(s.Key, r) + "?done=sent"))
}

// edge shows a form again, or leaves what no form can show to the router.
func edge(q *web.Req, t *identity.Typed, again func(*web.Req, *identity.Typed) error) error {
	if err := t.Edge(); err != nil {
		return err
	}
	return again(q, t)
}

// facts say where a request stands.
func (s *Service) facts(ctx context.Context, p *i18n.Printer, r *Request) ([]ui.Row, error) {
	tag := s.tag(p, r)
	rows := []ui.Row{
		{Key: p.T("contact.reference"), Value: r.Reference, LTR: true}, {Key: p.T("contact.kind"), Value: p.T("contact.kind." + string(r.Kind))},
		{Key: p.T("contact.state"), Tag: &tag}, {Key: p.T("contact.received"), Value: p.DateTime(r.Created)},
	}
	switch {
	case r.Open():
		rows = append(rows, ui.Row{Key: p.T("contact.promised"), Value: s.until(p, r)})
	case r.State == Answered:
		rows = append(rows, ui.Row{Key: p.T("contact.answered"), Value: p.DateTime(r.Answered)})
	case r.State == Closed:
		rows = append(rows, ui.Row{Key: p.T("contact.why"), Value: p.T("contact.reason." + r.Reason)})
	}
	if s.Complaints == nil {
		return rows, nil
	}
	more, err := s.Complaints.Facts(ctx, p, r)
	return append(rows, more...), err
}

// until is the last day on which an answer is in time.
func (s *Service) until(p *i18n.Printer, r *Request) string {
	return p.Date(s.Promised().due(r).Add(-1))
}

// overdue reports whether an answer is owed for longer than promised.
func (s *Service) overdue(r *Request) bool {
	return r.Open() && !s.Clock.Now().Before(s.Promised().due(r))
}

// came is the name of a way on which requests come.
func (s *Service) came(p *i18n.Printer, w Way) string {
	for _, c := range s.Operator().Channels {
		if w.Channel != "" && c.ID == w.Channel {
			return p.In(c.Name)
		}
	}
	return p.T("contact.source." + string(w.Source))
}

// tag is where a request stands, in words.
func (s *Service) tag(p *i18n.Printer, r *Request) ui.Label {
	switch {
	case s.overdue(r):
		return ui.Label{Text: p.T("contact.state.overdue"), Kind: ui.Bad}
	case r.State == Answered:
		return ui.Label{Text: p.T("contact.state.answered"), Kind: ui.Good}
	case r.State == Closed:
		return ui.Label{Text: p.T("contact.state.closed"), Kind: ui.Neutral}
	}
	return ui.Label{Text: p.T("contact.state." + string(r.State)), Kind: ui.Info}
}

// lines are the texts of a request, as a page shows them.
func lines(p *i18n.Printer, c *Content, asker string) (list []pages.Line) {
	for _, l := range c.Lines {
		one := pages.Line{Who: p.T(asker), Time: p.DateTime(l.At), Text: l.Text}
		switch {
		case l.Answer:
			one.Who = p.T("contact.line.office")
		case l.Source == policy.SourceStaff:
			one.Who = p.T("contact.line.written")
		}
		list = append(list, one)
	}
	return list
}
