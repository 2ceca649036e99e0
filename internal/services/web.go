package services

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services/pages"
)

// Config is what the catalogue's pages need.
type Config struct {
	Catalogue   Catalogue
	Policy      func() *policy.Policy
	Name        func() i18n.Text // of the portal
	Description func() i18n.Text
	Categories  func() []Category
	Currency    func() string
	Address     func() string // of the portal, as people see it
	Reached     Reached
	Clock       clock.Clock
}

type handlers struct{ Config }

// Mount declares the portal's start page and the catalogue.
func Mount(r *web.Router, c Config) {
	h := handlers{c}
	for path, handler := range map[string]web.Handler{
		"/": h.home, "/services": h.list, "/services/{id}": h.start, "/services/{id}/fee": h.calculator,
	} {
		r.Handle(web.Route{Method: http.MethodGet, Path: path, Activity: "public", Handler: handler})
	}
	for path, handler := range map[string]web.Handler{"/services.jsonld": h.allData, "/services/{file}": h.oneData} {
		r.Handle(web.Route{Method: http.MethodGet, Path: path, Unprefixed: true, Activity: "public", Handler: handler})
	}
}

func (h handlers) home(q *web.Req) error {
	home := pages.Home{
		Name: q.P.In(h.Name()), Description: q.P.In(h.Description()),
		Groups: h.groups(q, h.Catalogue.Services()), SignedIn: q.Session != nil,
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("services.home"), Body: pages.HomePage(home)})
}

func (h handlers) list(q *web.Req) error {
	audience, category := Audience(q.Value("audience")), q.Value("category")
	if !slices.Contains(audience.Values(), string(audience)) {
		audience = ""
	}
	if !slices.ContainsFunc(h.Categories(), func(c Category) bool { return c.ID == category }) {
		category = ""
	}
	all := slices.DeleteFunc(slices.Clone(h.Catalogue.Services()), func(d *Definition) bool {
		return audience != "" && !slices.Contains(d.Audience, audience) || category != "" && d.Category != category
	})
	s := Find(all, q.Value("q"), q.Lang, q.P.T("services.search.ignored"))
	if s.Query == "" {
		s.Found = all
	}
	list := pages.List{Words: s.Query, Audience: string(audience), Category: category, Found: len(s.Found)}
	if s.Query == "" {
		list.Groups = h.groups(q, s.Found)
	} else if len(s.Found) > 0 { // the best is first, whatever its category
		list.Groups = []pages.Group{{Title: q.P.T("services.results"), Items: h.items(q, s.Found)}}
	}
	list.Near = h.items(q, s.Near)
	h.filters(q, &list)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("services.title"), Body: pages.ListPage(list)})
}

// filters are links, so that each choice can be kept as a bookmark.
func (h handlers) filters(q *web.Req, list *pages.List) {
	link := func(text, audience, category string) pages.Filter {
		v := url.Values{}
		for name, value := range map[string]string{"q": list.Words, "audience": audience, "category": category} {
			if value != "" {
				v.Set(name, value)
			}
		}
		href := q.Path("/services")
		if len(v) > 0 {
			href += "?" + v.Encode()
		}
		return pages.Filter{Text: text, Href: href, Here: audience == list.Audience && category == list.Category}
	}
	list.Audiences = append(list.Audiences, link(q.P.T("services.audience.all"), "", list.Category))
	for _, a := range Audience("").Values() {
		if slices.ContainsFunc(h.Catalogue.Services(), func(d *Definition) bool { return slices.Contains(d.Audience, Audience(a)) }) {
			list.Audiences = append(list.Audiences, link(q.P.T("services.audience."+a), a, list.Category))
		}
	}
	list.Categories = append(list.Categories, link(q.P.T("services.category.all"), list.Audience, ""))
	for _, c := range h.Categories() {
		if slices.ContainsFunc(h.Catalogue.Services(), func(d *Definition) bool { return d.Category == c.ID }) {
			list.Categories = append(list.Categories, link(q.P.In(c.Name), list.Audience, c.ID))
		}
	}
}

// groups sorts services under the headings of their categories, in the order
// in which those are declared.
func (h handlers) groups(q *web.Req, list []*Definition) []pages.Group {
	var groups []pages.Group
	for _, c := range h.Categories() {
		var here []*Definition
		for _, d := range list {
			if d.Category == c.ID {
				here = append(here, d)
			}
		}
		if len(here) > 0 {
			groups = append(groups, pages.Group{Title: q.P.In(c.Name), Items: h.items(q, here)})
		}
	}
	return groups
}

// items are services as lines of a list.
func (h handlers) items(q *web.Req, list []*Definition) []ui.Item {
	var items []ui.Item
	for _, d := range list {
		party, _ := h.Policy().Party(d.Responsible)
		item := ui.Item{Title: q.P.In(d.Name), Href: q.Path("/services/" + d.ID), Text: q.P.In(d.Summary), Meta: q.P.In(party.Name)}
		switch d.Stage(h.Clock.Now()) {
		case NotYet:
			item.Tag = &ui.Label{Text: q.P.T("services.stage.not-yet.tag"), Kind: ui.Neutral}
		case Closed:
			item.Tag = &ui.Label{Text: q.P.T("services.stage.closed.tag"), Kind: ui.Neutral}
		}
		items = append(items, item)
	}
	return items
}

// service is the one that the address names.
func (h handlers) service(id string) (*Definition, error) {
	if d := h.Catalogue.Service(id); d != nil {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "services.error.unknown")
}

func (h handlers) start(q *web.Req) error {
	d, err := h.service(q.R.PathValue("id"))
	if err != nil {
		return err
	}
	variant := q.Value("variant")
	if _, ok := d.Offer(variant); !ok && variant != "" {
		return fault.New(fault.NotFound, "services.error.variant")
	}
	s, err := h.Look(q, d, variant, h.Clock.Now())
	if err != nil {
		return err
	}
	machine := "/services/" + d.ID + ".jsonld"
	q.W.Header().Set("Link", "<"+machine+`>; rel="alternate"; type="application/ld+json"`)
	s.Machine = machine
	back := q.Path("/services")
	if variant != "" {
		back = q.Path("/services/" + d.ID)
	}
	return q.Page(http.StatusOK, web.Page{Title: s.Name, Body: pages.StartPage(s), Back: back})
}

// Look is what the page of a service, or of one of its variants, says at a
// moment. A service with variants of which none is chosen offers them.
func (h Config) Look(q *web.Req, d *Definition, variant string, now time.Time) (pages.Start, error) {
	pol := h.Policy()
	party, _ := pol.Party(d.Responsible)
	offer, chosen := d.Offer(variant)
	s := pages.Start{
		Name: d.Title(variant, q.P), Responsible: q.P.In(party.Name), After: q.P.In(d.After),
		Recipients: Table(d.Recipients(pol, q.P), q.P), SignedIn: q.Session != nil && q.Session.Realm == web.RealmPerson,
	}
	if !chosen {
		offer = Offer{Summary: d.Summary, Eligibility: d.Eligibility, Documents: d.Documents, Needs: d.Needs, Cost: d.Cost}
		for _, v := range d.Variants {
			s.Variants = append(s.Variants, ui.Item{
				Title: q.P.In(v.Name), Href: q.Path("/services/" + d.ID + "?variant=" + v.ID), Text: q.P.In(v.Summary),
			})
		}
	}
	s.Summary, s.Eligibility, s.Cost = q.P.In(offer.Summary), q.P.In(offer.Eligibility), q.P.In(offer.Cost)
	for _, t := range offer.Documents {
		s.Documents = append(s.Documents, q.P.In(t))
	}
	for _, f := range d.Form.Fields() {
		s.Asked = append(s.Asked, q.P.In(f.Label))
	}
	for _, a := range d.ByProgram() {
		s.Automated = append(s.Automated, ui.Row{Key: q.P.In(a.Name), Value: q.P.In(d.Because(a.Rule)) + "\n" + q.P.In(a.Effect)})
	}
	s.Steps = append(s.Steps, q.P.T("services.how.account"))
	var titles []string
	for _, page := range d.Form.Pages {
		titles = append(titles, q.P.In(page.Title))
	}
	s.Steps = append(s.Steps, q.P.T("services.how.answer", "pages", q.P.List(titles)), q.P.T("services.how.check"))
	h.facts(q, d, &s)
	if chosen && len(calculable(d)) > 0 {
		s.FeeHref = q.Path("/services/" + d.ID + "/fee")
		if variant != "" {
			s.FeeHref += "?" + inputVariant + "=" + variant
		}
	}
	if b := (&Bar{Stage: d.Stage(now), service: d}); b.Stage != Open {
		s.Stage = &pages.Notice{Kind: map[Stage]ui.Kind{NotYet: ui.Info, Closed: ui.Warn}[b.Stage]}
		s.Stage.Title, s.Stage.Text = b.Says(q.P, nil)
	} else if chosen {
		s.Href = q.Path("/services/" + d.ID + "/apply")
		if variant != "" {
			s.Href += "?variant=" + variant
		}
	}
	var err error
	s.Needs, err = h.needs(q, d, offer, now)
	if len(s.Needs) > 0 && !s.SignedIn {
		s.NeedsHint = q.P.T("services.needs.sign-in")
	}
	return s, err
}

// Title is the name of a service, or of one of its variants.
func (d *Definition) Title(variant string, p *i18n.Printer) string {
	if o, ok := d.Offer(variant); ok && variant != "" {
		return p.T("services.variant.title", "service", d.Name, "variant", o.Name)
	}
	return p.In(d.Name)
}

func (h Config) facts(q *web.Req, d *Definition, s *pages.Start) {
	var audience []string
	for _, a := range d.Audience {
		audience = append(audience, q.P.T("services.audience."+string(a)))
	}
	fact := func(key, value string) {
		s.Facts = append(s.Facts, ui.Row{Key: q.P.T(key), Value: value})
	}
	fact("services.expected", q.P.T("services.expected.days", "n", d.WorkingDays))
	fact("services.audience", q.P.List(audience))
	fact("services.responsible", s.Responsible)
	fact("services.law", q.P.In(d.Law))
	fact("services.appeal", q.P.In(d.Appeal))
	if d.Opens != "" {
		fact("services.opens", q.P.Date(d.Opens.In(d.zone)))
	}
	if d.Closes != "" {
		fact("services.closes", q.P.Date(d.Closes.In(d.zone)))
	}
}

// needs are what to complete first, and for somebody who is signed in how far
// they are.
func (h Config) needs(q *web.Req, d *Definition, o Offer, now time.Time) ([]ui.Task, error) {
	all := make([]Progress, len(o.Needs))
	for i, n := range o.Needs {
		all[i].Need = n
	}
	known := q.Session != nil && q.Session.Realm == web.RealmPerson
	if known {
		var err error
		if all, err = d.Progress(q.R.Context(), h.Reached, q.Session.Subject, o, now); err != nil {
			return nil, err
		}
	}
	return tasks(q, h.Catalogue, all, known), nil
}

// tasks shows needs with their state, each with a link to its service.
func tasks(q *web.Req, all Catalogue, needs []Progress, known bool) []ui.Task {
	var out []ui.Task
	for _, n := range needs {
		other := all.Service(n.Service)
		if other == nil {
			continue // withdrawn meanwhile; what needs it cannot be applied for
		}
		state, _ := other.Workflow.State(n.State)
		t := ui.Task{
			Title: other.Title(n.Variant, q.P), Href: q.Path("/services/" + n.Service),
			Hint: q.P.T("services.needs.state", "state", state.Name), Status: ui.Label{Text: q.P.T("services.needs.first"), Kind: ui.Neutral},
		}
		if n.Within > 0 {
			t.Hint = q.P.T("services.needs.within", "state", state.Name, "n", n.Within)
		}
		if n.Variant != "" {
			t.Href += "?variant=" + n.Variant
		}
		switch {
		case known && n.Met:
			t.Status = ui.Label{Text: q.P.T("services.needs.met"), Kind: ui.Good}
		case known && !n.At.IsZero():
			t.Status = ui.Label{Text: q.P.T("services.needs.late"), Kind: ui.Warn}
		case known:
			t.Status = ui.Label{Text: q.P.T("services.needs.missing"), Kind: ui.Warn}
		}
		out = append(out, t)
	}
	return out
}

// Door is who lets people begin an application.
type Door struct {
	Catalogue Catalogue
	Reached   Reached
	Clock     clock.Clock
}

// Turn answers a request of somebody who cannot begin an application now, and
// reports whether it did: something bars them, or they have not chosen a
// variant.
func (o Door) Turn(q *web.Req, d *Definition, variant string) (bool, error) {
	offer, ok := d.Offer(variant)
	if !ok && variant != "" {
		return true, fault.New(fault.NotFound, "services.error.variant")
	}
	if !ok {
		return true, q.Redirect(q.Path("/services/" + d.ID))
	}
	bar, err := d.Bar(q.R.Context(), o.Reached, q.Session.Subject, offer, true, q.Session.Level, o.Clock.Now())
	if err != nil || bar == nil {
		return err != nil, err
	}
	t := pages.Turned{Name: d.Title(variant, q.P), Href: q.Path("/services/" + d.ID), Needs: tasks(q, o.Catalogue, bar.Needs, true)}
	if variant != "" {
		t.Href += "?variant=" + variant
	}
	t.Notice.Title, t.Notice.Text = bar.Says(q.P, o.Catalogue)
	return true, q.Page(http.StatusConflict, web.Page{Title: t.Notice.Title, Service: t.Name, Body: pages.TurnedPage(t), Back: t.Href})
}

// Table draws recipients as a table.
func Table(recipients []Recipient, p *i18n.Printer) ui.Grid {
	g := ui.Grid{Head: []ui.Cell{
		{Text: p.T("services.data.who")}, {Text: p.T("services.data.which")}, {Text: p.T("services.data.purpose")}, {Text: p.T("services.data.long")},
	}}
	for _, r := range recipients {
		purpose := r.Purpose
		if r.Law != "" {
			purpose += " (" + r.Law + ")"
		}
		g.Rows = append(g.Rows, []ui.Cell{{Text: r.Party}, {Text: p.List(r.Fields)}, {Text: purpose}, {Text: r.Period}})
	}
	return g
}
