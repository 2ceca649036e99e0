package signin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

func (s *doors) showContact(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.Afterwards(q))
	}
	var t *identity.Typed
	if q.Value("expired") != "" {
		t = identity.Whole(q, q.P.T("identity.register.expired"))
	}
	return s.askContact(q, t)
}

func (s *doors) askContact(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, "", pages.Form{
		Title: q.P.T("identity.register.title"), Lead: []string{q.P.T("identity.register.lead")},
		Before: pages.Read(s.policyDate(q.P)),
		Action: q.Path("/register"), Button: q.P.T("identity.register.send"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "contact", Label: q.P.T("identity.contact"), Hint: q.P.T("identity.contact.hint", "phone", s.ExamplePhone()),
			Value: identity.Value(q, "contact"), Error: t.Error("contact"), Why: s.why(q.P, policy.FieldEmail),
			Autocomplete: "username", Max: credential.EmailMax, LTR: true,
		})},
		After: pages.Otherwise(q.P.T("identity.register.have"), q.P.T("identity.sign-in.title"), identity.WithNext(q, q.Path("/sign-in"))),
	}, "contact")
}

// policyDate is when the policy in force was last changed.
func (s *doors) policyDate(p *i18n.Printer) string {
	return p.Date(s.Policy().Declarations().Revision.Date.Start(s.Zone()))
}

// why says why a field of a person's profile is asked.
func (s *doors) why(p *i18n.Printer, field string) string {
	return s.Why(p, field, policy.ActivityAccount)
}

func (s *doors) takeContact(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.Afterwards(q))
	}
	t := identity.ReadForm(q, "contact")
	c, ok := s.ParseContact(q.Value("contact"))
	switch {
	case t.Bad():
	case strings.TrimSpace(q.Value("contact")) == "":
		t.No("contact", q.P.T("identity.contact.empty"))
	case !ok:
		t.No("contact", q.P.T("identity.contact.form", "phone", s.ExamplePhone()))
	}
	if t.Bad() {
		return s.askContact(q, t)
	}
	token, err := s.Begin(q.R.Context(), c, q.Lang, identity.FromOf(q))
	if err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, token, 0); err != nil {
		return err
	}
	return q.Redirect(identity.WithNext(q, q.Path("/register/code")))
}

// step leads to the page that a registration under way has reached, and
// reports whether it is this one.
func (s *doors) step(q *web.Req, want identity.State) (here bool, err error) {
	state, err := s.Progress(q.R.Context(), q.Cookie(web.SessionCookie))
	switch {
	case errors.Is(err, identity.ErrSignIn):
		return false, q.Redirect(q.Path("/register") + "?expired=1")
	case err != nil:
		return false, err
	case state == want, want == identity.Confirmed && state == identity.Described:
		return true, nil
	}
	to := map[identity.State]string{identity.Pending: "/register/code", identity.Confirmed: "/register/details", identity.Described: "/register/password"}[state]
	if to == "" {
		return false, q.Redirect(q.Path("/register"))
	}
	return false, q.Redirect(identity.WithNext(q, q.Path(to)))
}

// lost handles a fault of a step of the registration: what is about fields is
// shown beside them, and who comes too late begins anew.
func (s *doors) lost(q *web.Req, t *identity.Typed, err error, again func() error) error {
	switch {
	case errors.Is(err, identity.ErrSignIn):
		return q.Redirect(q.Path("/register") + "?expired=1")
	case identity.Shown(err):
		t.Add(err)
		return again()
	}
	return err
}

func (s *doors) showCode(q *web.Req) error {
	if here, err := s.step(q, identity.Pending); !here {
		return err
	}
	return s.askCode(q, nil)
}

func (s *doors) askCode(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, q.Path("/register"), pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.code.title"),
		Lead:   []string{q.P.T("identity.code.lead", "minutes", int(identity.CodeLife.Minutes()))},
		Action: q.Path("/register/code"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.code.hint")},
		After:  pages.Another(q.P.T("identity.code.none"), identity.WithNext(q, q.Path("/register/again")), q.P.T("identity.code.again")),
	}, "code")
}

func (s *doors) takeCode(q *web.Req) error {
	if here, err := s.step(q, identity.Pending); !here {
		return err
	}
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askCode(q, t)
	}
	if err := s.Confirm(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("code"), identity.FromOf(q)); err != nil {
		return s.lost(q, t, err, func() error { return s.askCode(q, t) })
	}
	return q.Redirect(identity.WithNext(q, q.Path("/register/details")))
}

func (s *doors) takeAgain(q *web.Req) error {
	err := s.Again(q.R.Context(), q.Cookie(web.SessionCookie), q.Lang, identity.FromOf(q))
	if err != nil {
		return s.lost(q, nil, err, nil)
	}
	path := q.Path("/register/code")
	if n := q.R.URL.Query().Get("next"); web.LocalPath(n) {
		path += "?next=" + url.QueryEscape(n)
	}
	return q.Redirect(path)
}

func (s *doors) showDetails(q *web.Req) error {
	if here, err := s.step(q, identity.Confirmed); !here {
		return err
	}
	return s.askDetails(q, nil)
}

func (s *doors) askDetails(q *web.Req, t *identity.Typed) error {
	birth := ""
	if form, _ := q.Form(); q.R.Method == http.MethodPost {
		birth = ui.DateValue(form, "birth-date")
	}
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	var agreement templ.Component = templ.NopComponent
	if text := s.Agree().Text; len(text) > 0 {
		agreement = ui.Checkbox(ui.Field{Name: "agreed", Label: q.P.In(text), Error: t.Error("agreed")}, q.Value("agreed") == "yes")
	}
	return identity.Answer(q, t, "", pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.details.title"),
		Lead:   []string{q.P.T("identity.details.lead")},
		Action: q.Path("/register/details"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "name", Label: q.P.T("identity.details.name"), Hint: q.P.T("identity.details.name.hint"), Value: identity.Value(q, "name"),
				Error: t.Error("name"), Why: s.why(q.P, policy.FieldName), Autocomplete: "name",
			}),
			ui.Date(ui.Field{
				Name: "birth-date", Label: q.P.T("identity.details.birth-date"), Hint: q.P.T("identity.details.birth-date.hint"), Value: birth,
				Error: t.Error("birth-date"), Why: s.why(q.P, policy.FieldBirthDate), Autocomplete: "bday",
			}),
			ui.Input(ui.Field{
				Name: "identity-number", Label: q.P.T("identity.details.identity-number"), Hint: q.P.In(number.Written), Value: identity.Value(q, "identity-number"),
				Error: t.Error("identity-number"), Why: s.why(q.P, policy.FieldIdentityNumber), Width: 20, LTR: true, Autocomplete: "off",
			}),
			ui.Textarea(ui.Field{
				Name: "address", Label: q.P.T("identity.details.address"), Hint: q.P.T("identity.details.address.hint"), Value: identity.Value(q, "address"),
				Error: t.Error("address"), Why: s.why(q.P, policy.FieldAddress), Rows: 3, Autocomplete: "street-address",
			}),
			agreement,
		},
	}, "name", "birth-date", "identity-number", "address", "agreed")
}

func (s *doors) takeDetails(q *web.Req) error {
	if here, err := s.step(q, identity.Confirmed); !here {
		return err
	}
	t := identity.ReadForm(q, "name", "birth-date-day", "birth-date-month", "birth-date-year", "identity-number", "address", "agreed")
	form, _ := q.Form()
	d := identity.Details{
		Name: q.Value("name"), BirthDate: ui.DateValue(form, "birth-date"),
		IdentityNumber: q.Value("identity-number"), Address: q.Value("address"),
	}
	agreed := q.Value("agreed") == "yes"
	if t.Bad() { // what could not be read is told together with the rest
		t.Add(s.CheckRegistration(d.Tidy(), agreed))
		return s.askDetails(q, t)
	}
	if err := s.Describe(q.R.Context(), q.Cookie(web.SessionCookie), d, agreed); err != nil {
		return s.lost(q, t, err, func() error { return s.askDetails(q, t) })
	}
	return q.Redirect(identity.WithNext(q, q.Path("/register/password")))
}

func (s *doors) showPassword(q *web.Req) error {
	if here, err := s.step(q, identity.Described); !here {
		return err
	}
	return s.askPassword(q, nil)
}

func (s *doors) askPassword(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, q.Path("/register/details"), pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.password.title"),
		Lead:   []string{q.P.T("identity.password.lead")},
		Action: q.Path("/register/password"), Button: q.P.T("identity.register.finish"),
		Fields: []templ.Component{identity.PasswordField(q, t)},
	}, "password")
}

func (s *doors) takePassword(q *web.Req) error {
	if here, err := s.step(q, identity.Described); !here {
		return err
	}
	t := identity.ReadForm(q, "password")
	if t.Bad() {
		return s.askPassword(q, t)
	}
	e, err := s.Finish(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("password"), identity.FromOf(q))
	if err != nil {
		return s.lost(q, t, err, func() error { return s.askPassword(q, t) })
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(identity.WithNext(q, q.Path("/register/done")))
}

func (s *doors) showDone(q *web.Req) error {
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.done.title"), Body: pages.Done(s.Afterwards(q)), Private: true})
}
