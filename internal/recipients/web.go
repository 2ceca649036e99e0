package recipients

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/recipients/pages"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const states = "none: lists references, states and dates"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/told", Audience: web.Staff, Unprefixed: true, Activity: states, Handler: s.showList},
		{Method: "GET", Path: "/staff/told/{id}", Audience: web.Staff, Unprefixed: true, Activity: states, Handler: s.showNotice},
		{Method: "POST", Path: "/staff/told/{id}", Audience: web.Staff, Unprefixed: true, Activity: states, Handler: s.takeNotice},
		{Method: "GET", Path: "/told/{reference}/{token}", Audience: web.Public, Activity: "public", Handler: s.showLinked},
		{Method: "POST", Path: "/told/{reference}/{token}", Audience: web.Public, Activity: "public", Handler: s.takeLinked},
	} {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		r.Handle(rt)
	}
}

// Menu is what the frame offers to officials whose party may be told, and to
// those who answer for the portal.
func (s *Service) Menu(q *web.Req) []web.Link {
	party, ok := s.sees(actor(q))
	if !ok || party != "" && operator(s.Policy(), party) {
		return nil
	}
	return []web.Link{{Text: q.P.T("recipients.title"), Href: "/staff/told"}}
}

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// The looks at the list.
const (
	lookOpen = "open"
	lookDone = "done"
)

// pressed refuses a form without the button of the page.
func pressed(q *web.Req) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if !slices.Equal(form["do"], []string{"acknowledge"}) {
		return errButton
	}
	return nil
}

func (s *Service) showList(q *web.Req) error {
	who, here := actor(q), lookOpen
	if q.Value("show") == lookDone {
		here = lookDone
	}
	list, err := s.List(q.R.Context(), who, here == lookDone)
	if err != nil {
		return err
	}
	party, _ := s.sees(who)
	page := pages.List{Lead: q.P.T("recipients.lead.own"), Grid: s.grid(q.P, list, party == "", func(n *Notice) string { return "/staff/told/" + n.ID })}
	if party == "" {
		page.Lead = q.P.T("recipients.lead.all")
	}
	if q.R.URL.Query().Get("done") == "acknowledged" {
		page.Notice = q.P.T("recipients.done")
	}
	for _, look := range []string{lookOpen, lookDone} {
		page.Tabs = append(page.Tabs, pages.Tab{Text: q.P.T("recipients.show." + look), Href: "/staff/told?show=" + look, Here: look == here})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("recipients.title"), Body: pages.ListPage(page), Wide: true})
}

// grid lists notices; parties says for whom each is.
func (s *Service) grid(p *i18n.Printer, list []*Notice, parties bool, href func(*Notice) string) ui.Grid {
	g := ui.Grid{Empty: p.T("recipients.none"), Head: []ui.Cell{{Text: p.T("recipients.reference")}}}
	if parties {
		g.Head = append(g.Head, ui.Cell{Text: p.T("recipients.party")})
	}
	for _, head := range []string{"what", "since", "state"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("recipients." + head)})
	}
	for _, n := range list {
		row := []ui.Cell{{Text: n.Reference, LTR: true, Href: href(n)}}
		if parties {
			row = append(row, ui.Cell{Text: s.party(p, n.Party)})
		}
		tag := s.tag(p, n)
		g.Rows = append(g.Rows, append(row, ui.Cell{Text: p.T("recipients.kind." + string(n.Kind))}, ui.Cell{Text: p.Date(n.Since), Short: true}, ui.Cell{Tag: &tag}))
	}
	return g
}

func (s *Service) party(p *i18n.Printer, id string) string {
	if party, ok := s.Policy().Party(id); ok {
		return p.In(party.Name)
	}
	return id
}

// tag is where a notice stands, in words.
func (s *Service) tag(p *i18n.Printer, n *Notice) ui.Label {
	state := n.State(s.Clock.Now())
	kind := map[State]ui.Kind{Waiting: ui.Neutral, Told: ui.Info, Overdue: ui.Bad, Acknowledged: ui.Good, Unreachable: ui.Warn}[state]
	return ui.Label{Text: p.T("recipients.state." + string(state)), Kind: kind}
}

// facts say what a recipient is told.
func (s *Service) facts(p *i18n.Printer, n *Notice) []ui.Row {
	tag := s.tag(p, n)
	rows := []ui.Row{
		{Key: p.T("recipients.party"), Value: s.party(p, n.Party)}, {Key: p.T("recipients.state"), Tag: &tag},
		{Key: p.T("recipients.since"), Value: p.DateTime(n.Since)},
		{Key: p.T("recipients.about"), Value: cmp.Or(strings.Join(n.About, ", "), "–"), LTR: len(n.About) > 0},
		{Key: p.T("recipients.fields"), Value: s.fields(p, n)},
	}
	if !n.Sent.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("recipients.told"), Value: p.DateTime(n.Sent)}, ui.Row{Key: p.T("recipients.due"), Value: p.Date(n.Due())})
	}
	if !n.Acknowledged.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("recipients.acknowledged"), Value: p.DateTime(n.Acknowledged)}, ui.Row{Key: p.T("recipients.by"), Value: by(p, n)})
	}
	return rows
}

// by says who acknowledged a notice, without a name.
func by(p *i18n.Printer, n *Notice) string {
	switch {
	case n.Noted:
		return p.T("recipients.by.noted")
	case n.By != "":
		return p.T("recipients.by.official")
	}
	return p.T("recipients.by.link")
}

func (s *Service) showNotice(q *web.Req) error {
	who := actor(q)
	n, err := s.Notice(q.R.Context(), who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := s.page(q.P, n, "/staff/told/"+n.ID)
	if n.Party != who.Party && page.Button != "" {
		page.Button, page.Ask = q.P.T("recipients.go.noted"), q.P.T("recipients.ask.noted")
	}
	return q.Page(http.StatusOK, web.Page{Title: n.Reference, Body: pages.NoticePage(page), Back: "/staff/told"})
}

// page is a notice as whoever it is for sees it.
func (s *Service) page(p *i18n.Printer, n *Notice, action string) pages.Notice {
	page := pages.Notice{
		Ref: n.Reference, Title: p.T("recipients.kind." + string(n.Kind)), Says: p.T("recipients.what." + string(n.Kind)), Do: p.T("recipients.do." + string(n.Kind)),
		Facts: s.facts(p, n), Action: action,
	}
	if n.State(s.Clock.Now()) == Unreachable {
		page.Warn = p.T("recipients.unreachable")
	}
	if n.Acknowledged.IsZero() {
		page.Button, page.Ask = p.T("recipients.go"), p.T("recipients.ask")
	}
	return page
}

func (s *Service) takeNotice(q *web.Req) error {
	if err := pressed(q); err != nil {
		return err
	}
	if err := s.Acknowledge(q.R.Context(), actor(q), q.R.PathValue("id")); err != nil {
		return err
	}
	return q.Redirect("/staff/told?done=acknowledged")
}

func (s *Service) showLinked(q *web.Req) error {
	n, err := s.Linked(q.R.Context(), q.R.PathValue("reference"), q.R.PathValue("token"))
	if err != nil {
		return err
	}
	page := s.page(q.P, n, q.Path("/told/"+n.Reference+"/"+q.R.PathValue("token")))
	return q.Page(http.StatusOK, web.Page{Title: n.Reference, Body: pages.NoticePage(page), Private: true})
}

func (s *Service) takeLinked(q *web.Req) error {
	if err := pressed(q); err != nil {
		return err
	}
	reference, token := q.R.PathValue("reference"), q.R.PathValue("token")
	if err := s.AcknowledgeLinked(q.R.Context(), reference, token); err != nil {
		return err
	}
	return q.Redirect(q.Path("/told/" + reference + "/" + token))
}

// Section says to the person, or to who answers them, who was told of what a
// request changed; nil where it changed nothing that anybody could have.
func (s *Service) Section(ctx context.Context, p *i18n.Printer, request string) (templ.Component, error) {
	list, acts, searching, err := s.Of(ctx, request)
	if err != nil || acts == 0 {
		return nil, err
	}
	page := pages.Section{Grid: ui.Grid{Head: []ui.Cell{
		{Text: p.T("recipients.party")}, {Text: p.T("recipients.what")}, {Text: p.T("recipients.told")}, {Text: p.T("recipients.acknowledged")},
	}, Empty: p.T("recipients.nobody")}}
	if searching {
		page.Searching = p.T("recipients.searching")
	}
	for _, n := range list {
		page.Grid.Rows = append(page.Grid.Rows, []ui.Cell{
			{Text: s.party(p, n.Party)}, {Text: p.T("recipients.kind." + string(n.Kind))}, s.told(p, n), s.answered(p, n),
		})
	}
	return pages.SectionPart(page), nil
}

// told is when a recipient was told; answered when it acknowledged it.
func (s *Service) told(p *i18n.Printer, n *Notice) ui.Cell {
	switch n.State(s.Clock.Now()) {
	case Unreachable:
		return ui.Cell{Text: p.T("recipients.unreachable.short")}
	case Waiting:
		return ui.Cell{Text: p.T("recipients.state.waiting")}
	}
	if n.Sent.IsZero() { // another way, and acknowledged
		return ui.Cell{Text: p.T("recipients.by.noted")}
	}
	return ui.Cell{Text: p.Date(n.Sent), Short: true}
}

func (s *Service) answered(p *i18n.Printer, n *Notice) ui.Cell {
	switch n.State(s.Clock.Now()) {
	case Acknowledged:
		return ui.Cell{Text: p.Date(n.Acknowledged), Short: true}
	case Overdue:
		return ui.Cell{Tag: &ui.Label{Text: p.T("recipients.state.overdue"), Kind: ui.Bad}}
	case Told:
		return ui.Cell{Text: p.T("recipients.notyet")}
	}
	return ui.Cell{Text: "–"}
}
