package mandates

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/mandates/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/cabinet/companies", Activity: ActivityOwn, Handler: s.showCompanies},
		{Method: "GET", Path: "/cabinet/companies/add", Activity: ActivityOwn, Handler: s.showAdd},
		{Method: "POST", Path: "/cabinet/companies/add", Activity: ActivityOwn, Handler: s.takeAdd},
		{Method: "GET", Path: "/cabinet/companies/{id}/delegates", Activity: ActivityOwn, Handler: s.showDelegates},
		{Method: "POST", Path: "/cabinet/companies/{id}/delegates", Activity: "none: ends what was given", Handler: s.takeWithdraw},
		{Method: "GET", Path: "/cabinet/companies/{id}/appoint", Activity: ActivityOwn, Handler: s.showAppoint},
		{Method: "POST", Path: "/cabinet/companies/{id}/appoint", Activity: ActivityOwn, Handler: s.takeAppoint},
		{Method: "POST", Path: "/cabinet/companies/{id}/end", Activity: "none: ends a mandate", Handler: s.takeEnd},
		{Method: "GET", Path: "/cabinet/invitations/{id}", Activity: ActivityOwn, Handler: s.showInvitation},
		{Method: "POST", Path: "/cabinet/invitations/{id}", Activity: ActivityOwn, Handler: s.takeInvitation},
		{Method: "GET", Path: "/mandate/{token}", Activity: ActivityInvite, Handler: s.follow},
	} {
		rt.Audience = web.Person
		rt.Handler = s.offered(rt.Handler)
		identity.Handle(r, rt)
	}
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/companies", Activity: "none: lists references and dates", Handler: s.showClaims},
		{Method: "POST", Path: "/staff/companies", Activity: ActivityCheck, Handler: s.takeClaims},
		{Method: "GET", Path: "/staff/companies/{id}", Activity: ActivityCheck, Handler: s.showCheck},
		{Method: "POST", Path: "/staff/companies/{id}", Activity: ActivityCheck, Handler: s.takeCheck},
	} {
		rt.Audience, rt.Unprefixed = web.Staff, true
		rt.Handler = s.offered(rt.Handler)
		identity.Handle(r, rt)
	}
}

// offered answers that there is no such page where the portal knows no
// mandates.
func (s *Service) offered(h web.Handler) web.Handler {
	return func(q *web.Req) error {
		if !s.Offered() {
			return errUnknown
		}
		return h(q)
	}
}

// done is the notice after a change, by the name of the change.
func done(q *web.Req) string {
	switch n := q.R.URL.Query().Get("done"); n {
	case "added", "ended", "invited", "withdrawn", "accepted", "declined", "verified", "dismissed":
		return q.P.T("mandates.done." + n)
	}
	return ""
}

// tag is where a mandate stands, in words.
func (s *Service) tag(p *i18n.Printer, m *Mandate) ui.Label {
	state, kind := string(m.State), ui.Good
	switch {
	case !m.Ended.IsZero():
		kind = ui.Neutral
	case !m.Holds(s.Clock.Now()):
		state, kind = "expired", ui.Neutral
	case m.State == Claimed:
		kind = ui.Warn
	}
	return ui.Label{Text: p.T("mandates.state." + state), Kind: kind}
}

// terms say for which services and until when.
func (s *Service) terms(p *i18n.Printer, services []string, until time.Time) []ui.Row {
	what := p.T("mandates.services.all")
	if len(services) > 0 {
		var names []string
		for _, id := range services {
			name := id
			for _, o := range s.Services() {
				if o.ID == id {
					name = p.In(o.Name)
				}
			}
			names = append(names, name)
		}
		what = p.List(names)
	}
	end := p.T("mandates.until.none")
	if !until.IsZero() {
		end = p.Date(until.Add(-time.Second))
	}
	return []ui.Row{{Key: p.T("mandates.services"), Value: what}, {Key: p.T("mandates.until"), Value: end}}
}

func (s *Service) showCompanies(q *web.Req) error {
	ctx, me := q.R.Context(), q.Session.Subject
	list, waiting, err := s.Of(ctx, me)
	if err != nil {
		return err
	}
	page := pages.Companies{Notice: done(q), Add: q.Path("/cabinet/companies/add")}
	for _, i := range waiting {
		page.Waiting = append(page.Waiting, ui.Item{
			Title: q.P.T("mandates.invitation"), Href: q.Path("/cabinet/invitations/" + i.ID),
			Meta: q.P.T("mandates.invitation.until", "date", i.Expires),
		})
	}
	for n := range list {
		m := &list[n]
		c, err := s.open(ctx, person(me), m)
		if err != nil {
			return err
		}
		one := pages.Company{ID: fmt.Sprintf("company-%d", n), Name: c.Name, Tag: s.tag(q.P, m), Facts: []ui.Row{
			{Key: q.P.T("mandates.number"), Value: c.Number, LTR: true}, {Key: q.P.T("mandates.reference"), Value: m.Reference, LTR: true},
		}}
		one.Facts = append(one.Facts, s.terms(q.P, m.Services, m.Until)...)
		if m.Holds(s.Clock.Now()) {
			one.End = q.Path("/cabinet/companies/" + m.ID + "/end")
			if m.State == Verified {
				one.Href = q.Path("/cabinet/companies/" + m.ID + "/delegates")
			}
		}
		page.List = append(page.List, one)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("mandates.title"), Body: pages.CompaniesPage(page), Back: q.Path("/cabinet/")})
}

func (s *Service) showAdd(q *web.Req) error { return s.askAdd(q, nil) }

// typed is what was typed into a field, to be shown again.
func typed(q *web.Req, name string) string {
	if q.R.Method != http.MethodPost {
		return ""
	}
	return q.Value(name)
}

func (s *Service) askAdd(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, q.Path("/cabinet/companies"), identitypages.Form{
		Caption: q.P.T("mandates.title"), Title: q.P.T("mandates.add"), Lead: []string{q.P.T("mandates.add.lead")},
		Action: q.Path("/cabinet/companies/add"), Button: q.P.T("mandates.add.go"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "company-name", Label: q.P.T("mandates.name"), Value: typed(q, "company-name"), Error: t.Error("company-name"),
				Why: s.Identity.Why(q.P, FieldName, ActivityOwn), Autocomplete: "organization",
			}),
			ui.Input(ui.Field{
				Name: "company-number", Label: q.P.T("mandates.number"), Hint: q.P.T("mandates.number.hint"), Value: typed(q, "company-number"),
				Error: t.Error("company-number"), Why: s.Identity.Why(q.P, FieldNumber, ActivityOwn), LTR: true, Width: 20, Autocomplete: "off",
			}),
		},
	}, "company-name", "company-number")
}

func (s *Service) takeAdd(q *web.Req) error {
	t := identity.ReadForm(q, "company-name", "company-number")
	if t.Bad() {
		return s.askAdd(q, t)
	}
	_, err := s.Add(q.R.Context(), q.Session.Subject, Claim{Name: q.Value("company-name"), Number: q.Value("company-number")})
	if identity.Shown(err) {
		t.Add(err)
		return s.askAdd(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/companies") + "?done=added")
}

func (s *Service) takeEnd(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.End(q.R.Context(), q.Session.Subject, q.R.PathValue("id")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/companies") + "?done=ended")
}

func (s *Service) showDelegates(q *web.Req) error {
	ctx, me := q.R.Context(), q.Session.Subject
	m, c, err := s.Mandate(ctx, me, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if m.State != Verified {
		return errNotVerified
	}
	list, err := s.Delegates(ctx, me, &m)
	if err != nil {
		return err
	}
	at := q.Path("/cabinet/companies/" + m.ID)
	page := pages.Delegates{
		Notice: done(q), Name: c.Name, Appoint: at + "/appoint",
		Facts: append([]ui.Row{{Key: q.P.T("mandates.number"), Value: c.Number, LTR: true}}, s.terms(q.P, m.Services, m.Until)...),
	}
	for n, d := range list {
		one := pages.Delegate{
			ID: fmt.Sprintf("delegate-%d", n), Email: d.Email, Sent: d.ID, Facts: s.terms(q.P, d.Services, d.Until),
			Tag: ui.Label{Text: q.P.T("mandates.sent." + d.State), Kind: ui.Neutral},
		}
		switch {
		case d.State == invited && s.Clock.Now().Before(d.Expires):
			one.Tag.Kind, one.End, one.Text = ui.Info, at+"/delegates", q.P.T("mandates.withdraw")
		case d.State == invited:
			one.Tag.Text = q.P.T("mandates.sent.expired")
		case d.State == accepted:
			one.Tag = s.tag(q.P, &d.Mandate)
			if d.Mandate.Holds(s.Clock.Now()) {
				one.End, one.Text = at+"/delegates", q.P.T("mandates.revoke")
			}
		}
		page.List = append(page.List, one)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("mandates.delegates"), Body: pages.DelegatesPage(page), Back: q.Path("/cabinet/companies")})
}

func (s *Service) takeWithdraw(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.Withdraw(q.R.Context(), q.Session.Subject, q.Value("invitation")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/companies/"+url.PathEscape(q.R.PathValue("id"))+"/delegates") + "?done=withdrawn")
}

func (s *Service) showAppoint(q *web.Req) error { return s.askAppoint(q, nil) }

func (s *Service) askAppoint(q *web.Req, t *identity.Typed) error {
	m, c, err := s.Mandate(q.R.Context(), q.Session.Subject, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if m.State != Verified || !m.Holds(s.Clock.Now()) {
		return errNotVerified
	}
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	form, until := url.Values{}, ""
	if q.R.Method == http.MethodPost {
		form, _ = q.Form()
		until = ui.DateValue(form, "until")
	}
	services := ui.Field{
		Name: "services", Label: q.P.T("mandates.services"), Hint: q.P.T("mandates.appoint.services.hint"), Error: t.Error("services"), Values: form["services"],
	}
	for _, o := range s.Services() {
		services.Options = append(services.Options, ui.Option{Value: o.ID, Label: q.P.In(o.Name)})
	}
	fields := []templ.Component{ui.Input(ui.Field{
		Name: "email", Label: q.P.T("mandates.appoint.email"), Hint: q.P.T("mandates.appoint.email.hint"), Value: typed(q, "email"), Error: t.Error("email"),
		Why: s.Identity.Why(q.P, FieldInvited, ActivityOwn), Type: "email", LTR: true, Width: 20, Autocomplete: "off",
	})}
	if len(services.Options) > 0 {
		fields = append(fields, ui.Checkboxes(services))
	}
	fields = append(fields, ui.Date(ui.Field{
		Name: "until", Label: q.P.T("mandates.appoint.until"), Hint: q.P.T("mandates.appoint.until.hint"), Value: until, Error: t.Error("until"), Optional: true,
	}))
	at := q.Path("/cabinet/companies/" + m.ID)
	return identity.Answer(q, t, at+"/delegates", identitypages.Form{
		Caption: c.Name, Title: q.P.T("mandates.appoint"), Lead: []string{q.P.T("mandates.appoint.lead")},
		Action: at + "/appoint", Button: q.P.T("mandates.appoint.go"), Fields: fields,
	}, "email", "services", "until")
}

// day reads a day that may be left out; a mandate holds on that whole day.
func (s *Service) day(q *web.Req, t *identity.Typed, name string) time.Time {
	form, _ := q.Form()
	text := ui.DateValue(form, name)
	if text == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, s.Zone())
	if err != nil {
		t.Add(fault.Input(fault.Field{Name: name, Code: "mandates.appoint.until.form"}))
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

func (s *Service) takeAppoint(q *web.Req) error {
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	t := identity.ReadForm(q, "email", "until-day", "until-month", "until-year")
	form, _ := q.Form()
	terms := Terms{Until: s.day(q, t, "until")}
	for _, id := range form["services"] {
		known := false
		for _, o := range s.Services() {
			known = known || o.ID == id
		}
		if !known {
			t.Add(fault.Input(fault.Field{Name: "services", Code: "mandates.appoint.services.unknown"}))
			break
		}
		terms.Services = append(terms.Services, id)
	}
	if t.Bad() {
		return s.askAppoint(q, t)
	}
	id := q.R.PathValue("id")
	err := s.Appoint(q.R.Context(), q.Session.Subject, id, strings.TrimSpace(q.Value("email")), terms, q.Lang)
	if identity.Shown(err) {
		t.Add(err)
		return s.askAppoint(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/companies/"+url.PathEscape(id)+"/delegates") + "?done=invited")
}

// follow leads from the link of an invitation to it.
func (s *Service) follow(q *web.Req) error {
	id, err := s.Follow(q.R.Context(), q.Session.Subject, q.R.PathValue("token"))
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/invitations/" + id))
}

func (s *Service) showInvitation(q *web.Req) error {
	i, err := s.Invitation(q.R.Context(), q.Session.Subject, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Invitation{Action: q.Path("/cabinet/invitations/" + i.ID), Facts: []ui.Row{
		{Key: q.P.T("mandates.name"), Value: i.Claim.Name}, {Key: q.P.T("mandates.number"), Value: i.Claim.Number, LTR: true},
	}}
	page.Facts = append(page.Facts, s.terms(q.P, i.Services, i.Until)...)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("mandates.invitation"), Body: pages.InvitationPage(page), Back: q.Path("/cabinet/companies")})
}

func (s *Service) takeInvitation(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	answer := q.Value("answer")
	if answer != "accept" && answer != "decline" {
		return fault.New(fault.Invalid, "mandates.invitation.none")
	}
	if err := s.Answer(q.R.Context(), q.Session.Subject, q.R.PathValue("id"), answer == "accept"); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/companies") + "?done=" + map[string]string{"accept": "accepted", "decline": "declined"}[answer])
}
