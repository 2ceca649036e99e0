package account

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"portico/internal/account/pages"
	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/identity/profile"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const own, none = policy.ActivityAccount, "none: reads no value"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/cabinet/settings", Activity: own, Handler: s.showSettings},
		{Method: "GET", Path: "/cabinet/settings/details", Activity: own, Handler: s.showDetails},
		{Method: "POST", Path: "/cabinet/settings/details", Activity: own, Handler: s.takeDetails},
		{Method: "GET", Path: "/cabinet/settings/contact/{kind}", Activity: own, Handler: s.showContact},
		{Method: "POST", Path: "/cabinet/settings/contact/{kind}", Activity: own, Handler: s.takeContact},
		{Method: "GET", Path: "/cabinet/settings/contact/{kind}/code", Activity: own, Handler: s.showCode},
		{Method: "POST", Path: "/cabinet/settings/contact/{kind}/code", Activity: own, Handler: s.takeCode},
		{Method: "POST", Path: "/cabinet/settings/contact/{kind}/again", Activity: none, Handler: s.takeAgain},
		{Method: "POST", Path: "/cabinet/settings/contact/{kind}/drop", Activity: none, Handler: s.takeDrop},
		{Method: "GET", Path: "/cabinet/welcome", Activity: own, Handler: s.welcome},
		{Method: "POST", Path: "/cabinet/welcome", Activity: none, Handler: s.takeRight},
		{Method: "GET", Path: "/cabinet/level", Activity: none, Handler: s.showLevel},
		{Method: "GET", Path: "/cabinet/history", Activity: "none: shows the person's own events, which hold no value", Handler: s.showHistory},
		{Method: "GET", Path: "/cabinet/close", Activity: "none: shows what is declared, and states of one's own applications", Handler: s.showClosing},
		{Method: "GET", Path: "/cabinet/close/confirm", Activity: none, Handler: s.showClose},
		{Method: "POST", Path: "/cabinet/close/confirm", Activity: own, Handler: s.takeClose},
	} {
		rt.Audience = web.Person
		identity.Handle(r, rt)
	}
	identity.Handle(r, web.Route{Method: "GET", Path: "/closed", Activity: "public", Handler: s.showClosed})
	identity.Handle(r, web.Route{Method: "GET", Path: "/stop/{token}", Activity: none, Handler: s.showStop})
	identity.Handle(r, web.Route{Method: "POST", Path: "/stop/{token}", Activity: own, Handler: s.takeStop})
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/identity", Activity: none, Handler: s.showFind},
		{Method: "POST", Path: "/staff/identity", Activity: ActivityCheck, Handler: s.takeFind},
		{Method: "GET", Path: "/staff/identity/{id}", Activity: ActivityCheck, Handler: s.showVisit},
		{Method: "POST", Path: "/staff/identity/{id}", Activity: ActivityCheck, Handler: s.takeVisit},
	} {
		rt.Audience, rt.Unprefixed = web.Staff, true
		identity.Handle(r, rt)
	}
}

// done is the notice after a change, by the name of the change.
func done(q *web.Req) string {
	switch n := q.Value("done"); n {
	case "details", "email", "phone", "again", "dropped", "right":
		return q.P.T("account.done." + n)
	}
	return ""
}

// levelLabel is a level in words.
func levelLabel(p *i18n.Printer, l web.Level) *ui.Label {
	kind := ui.Good
	if l < web.LevelOfficial {
		kind = ui.Neutral
	}
	return &ui.Label{Text: p.T("account.level." + l.String()), Kind: kind}
}

func (s *Service) showSettings(q *web.Req) error {
	ctx, me := q.R.Context(), q.Session
	values, err := s.read(ctx, me.Subject, vault.Profile, policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber,
		policy.FieldAddress, policy.FieldEmail, policy.FieldPhone)
	if err != nil {
		return err
	}
	state, err := s.contacts(ctx, me.Subject)
	if err != nil {
		return err
	}
	d, change := detailsOf(values), q.P.T("identity.change")
	page := pages.Settings{Notice: done(q), Close: q.Path("/cabinet/close")}
	row := func(key, value string, ltr bool) ui.Row {
		if value == "" {
			value, ltr = q.P.T("account.settings.empty"), false
		}
		return ui.Row{Key: q.P.T("identity.details." + key), Value: value, LTR: ltr, Href: q.Path("/cabinet/settings/details") + "#" + key, Action: change}
	}
	page.Who = []ui.Row{
		row("name", d.Name, false), row("birth-date", date(q.P, d.BirthDate), false),
		row("identity-number", d.IdentityNumber, true), row("address", d.Address, false),
	}
	page.Contacts = s.contactRows(q, values, state.bounced, true)
	for _, c := range state.waiting {
		kind := kindOf(c.Field)
		at := q.Path("/cabinet/settings/contact/" + kind)
		page.Waiting = append(page.Waiting, pages.Waiting{
			Title: q.P.T("account.waiting." + kind), Text: q.P.T("account.waiting.text"), Href: at + "/code", Drop: at + "/drop",
		})
	}
	page.Level = []ui.Row{{
		Key: q.P.T("account.level.now"), Tag: levelLabel(q.P, me.Level),
		Href: q.Path("/cabinet/level"), Action: q.P.T("account.level.see"),
	}}
	for _, link := range [][2]string{{"security", "/cabinet/security"}, {"history", "/cabinet/history"}, {"notices", "/cabinet/settings/notices"}} {
		page.Links = append(page.Links, ui.Item{
			Title: q.P.T("account.link." + link[0]), Href: q.Path(link[1]), Text: q.P.T("account.link." + link[0] + ".text"),
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.settings.title"), Body: pages.SettingsPage(page), Back: q.Path("/cabinet/")})
}

// contactRows shows how somebody is reached.
func (s *Service) contactRows(q *web.Req, values vault.Values, bounced []string, change bool) (rows []ui.Row) {
	for _, field := range []string{policy.FieldEmail, policy.FieldPhone} {
		kind := kindOf(field)
		r := ui.Row{Key: q.P.T("account.contact." + kind), Value: values.Text(field), LTR: true}
		action := "identity.change"
		if r.Value == "" {
			r.Value, r.LTR, action = q.P.T("account.settings.empty"), false, "account.contact.add"
		}
		if slices.Contains(bounced, field) {
			r.Tag = &ui.Label{Text: q.P.T("account.contact.bounced"), Kind: ui.Warn}
		}
		if change {
			r.Href, r.Action = q.Path("/cabinet/settings/contact/"+kind), q.P.T(action)
		}
		rows = append(rows, r)
	}
	return rows
}

func (s *Service) showDetails(q *web.Req) error {
	d, err := s.Details(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	return s.askDetails(q, nil, d)
}

func (s *Service) askDetails(q *web.Req, t *identity.Typed, d profile.Details) error {
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	why := func(field string) string { return s.Identity.Why(q.P, field, policy.ActivityAccount) }
	f := identitypages.Form{
		Caption: q.P.T("account.settings.title"), Title: q.P.T("account.details.title"), Lead: []string{q.P.T("account.details.lead")},
		Action: q.Path("/cabinet/settings/details"), Button: q.P.T("account.details.save"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "name", Label: q.P.T("identity.details.name"), Hint: q.P.T("identity.details.name.hint"), Value: d.Name,
				Error: t.Error("name"), Why: why(policy.FieldName), Autocomplete: "name",
			}),
			ui.Date(ui.Field{
				Name: "birth-date", Label: q.P.T("identity.details.birth-date"), Hint: q.P.T("identity.details.birth-date.hint"), Value: d.BirthDate,
				Error: t.Error("birth-date"), Why: why(policy.FieldBirthDate), Autocomplete: "bday",
			}),
			ui.Input(ui.Field{
				Name: "identity-number", Label: q.P.T("identity.details.identity-number"), Hint: q.P.In(number.Written), Value: d.IdentityNumber,
				Error: t.Error("identity-number"), Why: why(policy.FieldIdentityNumber), Width: 20, LTR: true, Autocomplete: "off",
			}),
			ui.Textarea(ui.Field{
				Name: "address", Label: q.P.T("identity.details.address"), Hint: q.P.T("identity.details.address.hint"), Value: d.Address,
				Error: t.Error("address"), Why: why(policy.FieldAddress), Rows: 3, Autocomplete: "street-address",
			}),
		},
	}
	if q.Session.Level >= web.LevelOfficial {
		f.Before = ui.Warning(q.P.T("account.details.verified"))
	}
	return identity.Answer(q, t, q.Path("/cabinet/settings"), f, "name", "birth-date", "identity-number", "address")
}

func (s *Service) takeDetails(q *web.Req) error {
	t := identity.ReadForm(q, "name", "birth-date-day", "birth-date-month", "birth-date-year", "identity-number", "address")
	form, _ := q.Form()
	d := profile.Details{
		Name: q.Value("name"), BirthDate: ui.DateValue(form, "birth-date"), IdentityNumber: q.Value("identity-number"), Address: q.Value("address"),
	}
	if t.Bad() { // what could not be read is told together with the rest
		t.Add(s.checkDetails(d.Tidy()))
		return s.askDetails(q, t, d)
	}
	changed, err := s.ChangeDetails(q.R.Context(), q.Session.Subject, d)
	if identity.Shown(err) {
		t.Add(err)
		return s.askDetails(q, t, d)
	}
	if err != nil {
		return err
	}
	if !changed {
		return q.Redirect(q.Path("/cabinet/settings"))
	}
	return q.Redirect(q.Path("/cabinet/settings") + "?done=details")
}

// field is the contact that an address names.
func field(q *web.Req) (string, error) {
	switch q.R.PathValue("kind") {
	case "email":
		return policy.FieldEmail, nil
	case "phone":
		return policy.FieldPhone, nil
	}
	return "", fault.New(fault.NotFound, "account.change.none")
}

func (s *Service) showContact(q *web.Req) error { return s.askContact(q, nil) }

func (s *Service) askContact(q *web.Req, t *identity.Typed) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	kind, typed := kindOf(f), q.Value("contact")
	lead := []string{q.P.T("account.change.lead"), q.P.T("account.change.told", "hours", int(StopTime.Hours()))}
	if q.R.Method != http.MethodPost {
		state, err := s.contacts(q.R.Context(), q.Session.Subject)
		if err != nil {
			return err
		}
		typed = ""
		if slices.Contains(state.bounced, f) { // it may be right all the same
			values, err := s.read(q.R.Context(), q.Session.Subject, vault.Profile, f)
			if err != nil {
				return err
			}
			typed, lead = values.Text(f), append([]string{q.P.T("account.change.bounced")}, lead...)
		}
	}
	in := ui.Field{
		Name: "contact", Label: q.P.T("account.change." + kind + ".new"), Value: typed, Error: t.Error("contact"),
		Why: s.Identity.Why(q.P, f, policy.ActivityAccount), LTR: true, Type: "email", Autocomplete: "email", Width: 20,
	}
	if kind == "phone" {
		phone, _ := s.Policy().Field(f)
		in.Type, in.Autocomplete, in.Hint = "tel", "tel", q.P.T("account.change.phone.hint", "prefix", phone.Prefix)
	}
	return identity.Answer(q, t, q.Path("/cabinet/settings"), identitypages.Form{
		Caption: q.P.T("account.settings.title"), Title: q.P.T("account.change." + kind),
		Lead:   lead,
		Action: q.Path("/cabinet/settings/contact/" + kind), Button: q.P.T("identity.register.send"),
		Fields: []templ.Component{ui.Input(in)},
	}, "contact")
}

func (s *Service) takeContact(q *web.Req) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	t, kind := identity.ReadForm(q, "contact"), kindOf(f)
	c, ok := s.Identity.ParseContact(q.Value("contact"))
	if !t.Bad() && (!ok || c.Field != f) {
		phone, _ := s.Policy().Field(policy.FieldPhone)
		t.Add(fault.Input(fault.Field{Name: "contact", Code: "account.change." + kind + ".form", Args: []any{"prefix", phone.Prefix}}))
	}
	if t.Bad() {
		return s.askContact(q, t)
	}
	err = s.BeginChange(q.R.Context(), q.Session.Subject, c, q.Lang)
	if identity.Shown(err) {
		t.Add(err)
		return s.askContact(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/settings/contact/" + kind + "/code"))
}

func (s *Service) showCode(q *web.Req) error { return s.askCode(q, nil) }

func (s *Service) askCode(q *web.Req, t *identity.Typed) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	if _, err := s.waiting(q.R.Context(), q.Session.Subject, f); err != nil {
		return err
	}
	at := q.Path("/cabinet/settings/contact/" + kindOf(f))
	return identity.Answer(q, t, at, identitypages.Form{
		Caption: q.P.T("account.change." + kindOf(f)), Title: q.P.T("identity.code.title"),
		Lead:   []string{q.P.T("identity.code.lead", "minutes", int(identity.CodeLife.Minutes()))},
		Action: at + "/code", Button: q.P.T("account.change.confirm"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.code.hint")},
		After:  identitypages.Another(q.P.T("identity.code.none"), at+"/again", q.P.T("identity.code.again")),
	}, "code")
}

func (s *Service) takeCode(q *web.Req) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askCode(q, t)
	}
	again, err := s.ConfirmChange(q.R.Context(), q.Session.Subject, f, q.Value("code"), q.Lang, identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return s.askCode(q, t)
	}
	if err != nil {
		return err
	}
	if again {
		return q.Redirect(q.Path("/cabinet/settings") + "?done=again")
	}
	return q.Redirect(q.Path("/cabinet/settings") + "?done=" + kindOf(f))
}

func (s *Service) takeAgain(q *web.Req) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	if err := s.SendAgain(q.R.Context(), q.Session.Subject, f, q.Lang); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/settings/contact/" + kindOf(f) + "/code"))
}

func (s *Service) takeDrop(q *web.Req) error {
	f, err := field(q)
	if err != nil {
		return err
	}
	if err := s.DropChange(q.R.Context(), q.Session.Subject, f); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/settings") + "?done=dropped")
}

func (s *Service) showStop(q *web.Req) error {
	f, until, err := s.Stoppable(q.R.Context(), q.R.PathValue("token"))
	if err != nil {
		return err
	}
	return identity.Answer(q, nil, "", identitypages.Form{
		Title:  q.P.T("account.stop." + kindOf(f)),
		Lead:   []string{q.P.T("account.stop.text"), q.P.T("account.stop.until", "time", q.P.DateTime(until))},
		Action: q.R.URL.EscapedPath(), Button: q.P.T("account.stop.go"), Look: ui.Danger,
	})
}

func (s *Service) takeStop(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.Stop(q.R.Context(), q.R.PathValue("token"), q.Lang); err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.stopped.title"), Body: pages.Stopped(q.Path("/sign-in")), Private: true})
}
