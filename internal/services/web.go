package services

import (
	"net/http"
	"slices"

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
}

type handlers struct{ Config }

// Mount declares the portal's start page and the catalogue.
func Mount(r *web.Router, c Config) {
	h := handlers{c}
	for path, handler := range map[string]web.Handler{"/": h.home, "/services": h.list, "/services/{id}": h.start} {
		r.Handle(web.Route{Method: http.MethodGet, Path: path, Activity: "public", Handler: handler})
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
	all := h.Catalogue.Services()
	s := Find(all, q.Value("q"), q.Lang, q.P.T("services.search.ignored"))
	if s.Query == "" {
		s.Found = all
	}
	list := pages.List{Words: s.Query, Groups: h.groups(q, s.Found), Found: len(s.Found)}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("services.title"), Body: pages.ListPage(list)})
}

// groups sorts services under the headings of their categories.
func (h handlers) groups(q *web.Req, list []*Definition) []pages.Group {
	var groups []pages.Group
	for _, d := range list {
		title := q.P.In(d.category.Name)
		i := slices.IndexFunc(groups, func(g pages.Group) bool { return g.Title == title })
		if i < 0 {
			i = len(groups)
			groups = append(groups, pages.Group{Title: title})
		}
		party, _ := h.Policy().Party(d.Responsible)
		groups[i].Items = append(groups[i].Items, ui.Item{
			Title: q.P.In(d.Name), Href: q.Path("/services/" + d.ID), Text: q.P.In(d.Summary), Meta: q.P.In(party.Name),
		})
	}
	return groups
}

func (h handlers) start(q *web.Req) error {
	d := h.Catalogue.Service(q.R.PathValue("id"))
	if d == nil {
		return fault.New(fault.NotFound, "services.error.unknown")
	}
	pol := h.Policy()
	party, _ := pol.Party(d.Responsible)
	s := pages.Start{
		Name: q.P.In(d.Name), Summary: q.P.In(d.Summary), Eligibility: q.P.In(d.Eligibility), Cost: q.P.In(d.Cost),
		Expected: q.P.T("services.expected.days", "n", d.WorkingDays), After: q.P.In(d.After), Law: q.P.In(d.Law),
		Responsible: q.P.In(party.Name), Recipients: Table(d.Recipients(pol, q.P), q.P),
		Href: q.Path("/services/" + d.ID + "/apply"), SignedIn: q.Session != nil,
	}
	for _, t := range d.Documents {
		s.Documents = append(s.Documents, q.P.In(t))
	}
	var audience []string
	for _, a := range d.Audience {
		audience = append(audience, q.P.T("services.audience."+string(a)))
	}
	s.Audience = q.P.List(audience)
	return q.Page(http.StatusOK, web.Page{Title: s.Name, Body: pages.StartPage(s), Back: q.Path("/services")})
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
