package cabinet

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/cabinet/pages"
	"portico/internal/cases"
	"portico/internal/contact"
	"portico/internal/mandates"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Mount declares the pages.
func (c *Cabinet) Mount(r *web.Router) {
	const log = "none: shows the person's own events, which hold no value"
	for _, rt := range []web.Route{
		{Path: "/cabinet/", Activity: "none: shows links and the states of one's own applications", Handler: c.home},
		{Path: "/cabinet/data", Activity: policy.ActivityAccount, Handler: c.data},
		{Path: "/cabinet/access", Activity: log, Handler: c.access},
		{Path: "/cabinet/access.json", Activity: log, Seasoned: true, Handler: c.records},
		{Path: "/cabinet/access/{file}", Activity: log, Seasoned: true, Handler: c.record},
	} {
		rt.Method, rt.Audience = http.MethodGet, web.Person
		r.Handle(rt)
	}
}

// behind is the activity without which a link leads nowhere, if there is one.
func behind(link string) string {
	switch link {
	case "companies":
		return mandates.ActivityOwn
	case "requests":
		return contact.ActivityOwn
	case "payments":
		return "payment"
	case "rights":
		return "rights"
	}
	return ""
}

// latest is how many applications the first page lists.
const latest = 5

func (c *Cabinet) home(q *web.Req) error {
	list, err := c.Applications.Summaries(q)
	if err != nil {
		return err
	}
	var h pages.Home
	for _, alert := range c.Alerts {
		items, err := alert(q)
		if err != nil {
			return err
		}
		h.Waiting = append(h.Waiting, items...)
	}
	for _, one := range list {
		switch {
		case one.Draft:
			h.Waiting = append(h.Waiting, ui.Item{
				Title: q.P.T("cabinet.home.finish", "service", one.Service), Href: one.Href, Tag: &one.State,
				Meta: q.P.T("cabinet.home.expires", "date", q.P.Date(one.Expires)),
			})
		case one.Waiting:
			i := item(q, one)
			i.Title = q.P.T("cabinet.home.look", "application", i.Title)
			h.Waiting = append(h.Waiting, i)
		case len(h.Applications) < latest:
			h.Applications = append(h.Applications, item(q, one))
		}
	}
	for _, link := range [][2]string{
		{"applications", "/cabinet/applications"}, {"documents", "/cabinet/documents"}, {"payments", "/cabinet/payments"}, {"apply", "/services"}, {"data", "/cabinet/data"},
		{"access", "/cabinet/access"}, {"kept", "/cabinet/kept"}, {"requests", "/cabinet/requests"}, {"notices", "/cabinet/notices"}, {"companies", "/cabinet/companies"}, {"consents", "/cabinet/consents"}, {"rights", "/cabinet/rights"}, {"settings", "/cabinet/settings"}, {"security", "/cabinet/security"}, {"history", "/cabinet/history"},
	} {
		if link[0] == "documents" && !c.issues() {
			continue
		}
		if activity := behind(link[0]); activity != "" {
			if _, declared := c.Policy().Activity(activity); !declared {
				continue
			}
		}
		h.Links = append(h.Links, ui.Item{
			Title: q.P.T("cabinet.link." + link[0]), Href: q.Path(link[1]), Text: q.P.T("cabinet.link." + link[0] + ".text"),
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cabinet.home.title"), Body: pages.HomePage(h)})
}

// issues reports whether some service issues documents.
func (c *Cabinet) issues() bool {
	return slices.ContainsFunc(c.Policy().Declarations().Activities, func(a policy.Activity) bool {
		return a.Relation == policy.RelationSystem && strings.HasSuffix(a.ID, ".issue")
	})
}

func item(q *web.Req, one cases.Summary) ui.Item {
	title := one.Service
	if one.Reference != "" {
		title += " " + q.P.Isolate(one.Reference)
	}
	return ui.Item{Title: title, Href: one.Href, Tag: &one.State, Meta: q.P.T("cabinet.home.changed", "time", q.P.DateTime(one.Changed))}
}

// data shows what the profile holds, by category, with the source of each
// value. Seeing it is a use like any other.
func (c *Cabinet) data(q *web.Req) error {
	pol := c.Policy()
	account, ok := pol.Activity(policy.ActivityAccount)
	if !ok {
		return fmt.Errorf("the policy has no activity %q", policy.ActivityAccount)
	}
	values, err := c.Data.Read(q.R.Context(), vault.Use{
		Actor: actor(q), Subject: q.Session.Subject, Activity: account.ID, Operation: policy.Use,
		Scope: vault.Profile, Fields: account.Fields,
	})
	if err != nil {
		return err
	}
	list, err := c.Applications.Summaries(q)
	if err != nil {
		return err
	}
	d := pages.Data{Policy: q.Path("/privacy"), Rights: q.Path("/cabinet/rights"), Level: q.Path("/cabinet/level"), Security: q.Path("/cabinet/security"), Kept: q.Path("/cabinet/kept")}
	if d.Standing, err = c.Standing(q); err != nil {
		return err
	}
	for _, category := range pol.Declarations().Categories {
		shown := pages.Category{Name: q.P.In(category.Name)}
		for _, id := range account.Fields {
			f, _ := pol.Field(id)
			if f.Category != category.ID || strings.HasPrefix(id, "device.") { // these stand with the sign-in that they are of
				continue
			}
			row := pages.Datum{Name: q.P.In(f.Name), Identifier: identifier(id)}
			if v, ok := values[id]; ok {
				row.Value, row.Source = written(q.P, id, v.Text), q.P.T("cabinet.data.source", "source", source(q.P, pol, v.Source), "time", q.P.Date(v.At))
				for _, was := range values.Former(id) {
					row.Source += "\n" + q.P.T("cabinet.data.before", "time", q.P.DateTime(was.At), "value", q.P.Isolate(written(q.P, id, was.Text)))
				}
			}
			shown.Rows = append(shown.Rows, row)
		}
		if len(shown.Rows) > 0 {
			d.Categories = append(d.Categories, shown)
		}
	}
	for _, one := range list {
		d.Applications = append(d.Applications, item(q, one))
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cabinet.data.title"), Body: pages.DataPage(d), Back: q.Path("/cabinet/")})
}

// identifier reports a field that is written from left to right everywhere.
func identifier(field string) bool {
	switch field {
	case policy.FieldIdentityNumber, policy.FieldEmail, policy.FieldPhone:
		return true
	}
	return false
}

// written is a value as people write it in their language.
func written(p *i18n.Printer, field, text string) string {
	if field == policy.FieldBirthDate {
		if day, err := time.ParseInLocation(time.DateOnly, text, p.Zone()); err == nil {
			return p.Date(day)
		}
	}
	return text
}

// source says in words where a value came from (O3).
func source(p *i18n.Printer, pol *policy.Policy, s string) string {
	if id, ok := strings.CutPrefix(s, "party:"); ok {
		if party, ok := pol.Party(id); ok {
			return p.In(party.Name)
		}
		return id
	}
	if key := "cabinet.source." + s; p.Has(key) {
		return p.T(key)
	}
	return s
}

func (c *Cabinet) access(q *web.Req) error {
	before, err := number(q.Value("before"))
	if err != nil {
		return err
	}
	base := q.Path("/cabinet/access")
	a := pages.Access{Base: base, All: base, File: q.Path("/cabinet/access.json"), Key: c.Vkey, Proof: q.Path("/privacy/proof")}
	if len(c.Policy().Deferrals()) > 0 {
		a.Later = q.Path("/privacy") + "#rights"
	}
	scope := ""
	if id := q.Value("case"); id != "" {
		scope, a.Case = "case:"+id, true
	}
	s, err := collect(q.R.Context(), c.Log, q.Session.Subject, before, scope)
	if err != nil {
		return err
	}
	a.Groups = c.groups(q.P, s.events)
	a.None = true
	for _, g := range a.Groups {
		a.None = a.None && len(g.Uses) == 0
	}
	here := url.Values{}
	if a.Case {
		here.Set("case", q.Value("case"))
	}
	if before > 0 {
		a.Pages.Prev = address(base, here)
	}
	if s.next > 0 {
		here.Set("before", strconv.FormatInt(s.next, 10))
		a.Pages.Next = address(base, here)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cabinet.access.title"), Body: pages.AccessPage(a)})
}

func address(base string, query url.Values) string {
	if len(query) == 0 {
		return base
	}
	return base + "?" + query.Encode()
}

var errNoNumber = fault.New(fault.NotFound, "audit.no-event")

// number reads the number of an event; empty is 0.
func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != s {
		return 0, errNoNumber
	}
	return n, nil
}

// record answers one event's record as a file that portico verify checks.
func (c *Cabinet) record(q *web.Req) error {
	name, ok := strings.CutSuffix(q.R.PathValue("file"), ".json")
	if !ok || name == "" {
		return errNoNumber
	}
	n, err := number(name)
	if err != nil {
		return err
	}
	rec, err := c.Log.Record(q.R.Context(), q.Session.Subject, n)
	if err != nil {
		return err
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	return q.Attachment(fmt.Sprintf("access-%d.json", n), "application/json", append(b, '\n'))
}

// fileRecords is how many records one file holds at the most.
const fileRecords = 500

func (c *Cabinet) records(q *web.Req) error {
	before, err := number(q.Value("before"))
	if err != nil {
		return err
	}
	events, err := c.Log.Events(q.R.Context(), q.Session.Subject, before, fileRecords)
	if err != nil {
		return err
	}
	out := audit.Records{Type: audit.RecordsType, Records: []*audit.Record{}}
	for _, e := range events {
		rec, err := c.Log.Record(q.R.Context(), q.Session.Subject, e.N)
		if err != nil {
			return err
		}
		out.Records = append(out.Records, rec)
	}
	if len(events) == fileRecords && events[len(events)-1].N > 1 {
		out.Next = address(q.Path("/cabinet/access.json"), url.Values{"before": {strconv.FormatInt(events[len(events)-1].N, 10)}})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return q.Attachment("access.json", "application/json", append(b, '\n'))
}
