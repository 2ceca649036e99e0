package identity

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// afterwards is where somebody goes who has signed in: where they wanted to,
// or their cabinet.
func (s *Service) afterwards(q *web.Req) string {
	next := q.Next(q.Path("/cabinet/"))
	if s.arrivals == nil {
		return next
	}
	return s.arrivals.Welcome(q, next)
}

func (s *Service) showContact(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.afterwards(q))
	}
	var t *Typed
	if q.Value("expired") != "" {
		t = &Typed{q: q, whole: q.P.T("identity.register.expired")}
	}
	return s.askContact(q, t)
}

func (s *Service) askContact(q *web.Req, t *Typed) error {
	return Answer(q, t, "", pages.Form{
		Title: q.P.T("identity.register.title"), Lead: []string{q.P.T("identity.register.lead")},
		Before: pages.Read(s.policyDate(q.P)),
		Action: q.Path("/register"), Button: q.P.T("identity.register.send"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "contact", Label: q.P.T("identity.contact"), Hint: q.P.T("identity.contact.hint", "phone", s.examplePhone()),
			Value: value(q, "contact"), Error: t.Error("contact"), Why: s.why(q.P, policy.FieldEmail),
			Autocomplete: "username", Max: credential.EmailMax, LTR: true,
		})},
		After: pages.Otherwise(q.P.T("identity.register.have"), q.P.T("identity.sign-in.title"), WithNext(q, q.Path("/sign-in"))),
	}, "contact")
}

// policyDate is when the policy in force was last changed.
func (s *Service) policyDate(p *i18n.Printer) string {
	return p.Date(s.Policy().Declarations().Revision.Date.Start(s.zone()))
}

// why says why a field of a person's profile is asked.
func (s *Service) why(p *i18n.Printer, field string) string {
	return s.Why(p, field, policy.ActivityAccount)
}

// Why says of a field why it is asked, who gets it and how long
// it is kept, from the declarations. Activity is the holder's own.
func (s *Service) Why(p *i18n.Printer, field, activity string) string {
	pol := s.Policy()
	f, ok := pol.Field(field)
	if !ok {
		return ""
	}
	own, _ := pol.Activity(activity)
	var others []policy.Activity
	for _, a := range pol.Declarations().Activities {
		if a.ID == activity {
			continue
		}
		for _, used := range a.Fields {
			if used == field {
				others = append(others, a)
			}
		}
	}
	lines := []string{p.In(f.Why)}
	var who []string
	for _, party := range pol.Recipients(append(others, own)...) {
		who = append(who, p.In(party.Name))
	}
	if len(who) > 0 {
		lines = append(lines, p.T("identity.why.who", "who", p.List(who)))
	} else {
		lines = append(lines, p.T("identity.why.nobody"))
	}
	if rule, ok := pol.RetentionOf(own, field); ok {
		lines = append(lines, p.T("identity.why.long", "period", Period(p, rule)))
	}
	return strings.Join(lines, "\n")
}

// Period says a retention rule in words.
func Period(p *i18n.Printer, rule policy.Retention) string {
	years, months, days, err := rule.Period.Parts()
	if rule.Period == policy.PeriodNone || err != nil {
		return p.In(rule.Trigger)
	}
	var parts []string
	for _, part := range []struct {
		n   int
		key string
	}{{years, "identity.period.years"}, {months, "identity.period.months"}, {days, "identity.period.days"}} {
		if part.n > 0 {
			parts = append(parts, p.T(part.key, "n", part.n))
		}
	}
	return p.T("identity.period.from", "period", p.List(parts), "trigger", p.In(rule.Trigger))
}

func (s *Service) takeContact(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.afterwards(q))
	}
	t := ReadForm(q, "contact")
	c, ok := s.ParseContact(q.Value("contact"))
	switch {
	case t.Bad():
	case strings.TrimSpace(q.Value("contact")) == "":
		t.no("contact", q.P.T("identity.contact.empty"))
	case !ok:
		t.no("contact", q.P.T("identity.contact.form", "phone", s.examplePhone()))
	}
	if t.Bad() {
		return s.askContact(q, t)
	}
	token, err := s.Begin(q.R.Context(), c, q.Lang, FromOf(q))
	if err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, token, 0); err != nil {
		return err
	}
	return q.Redirect(WithNext(q, q.Path("/register/code")))
}

// step leads to the page that a registration under way has reached, and
// reports whether it is this one.
func (s *Service) step(q *web.Req, want State) (here bool, err error) {
	state, err := s.Progress(q.R.Context(), q.Cookie(web.SessionCookie))
	switch {
	case errors.Is(err, errSignIn):
		return false, q.Redirect(q.Path("/register") + "?expired=1")
	case err != nil:
		return false, err
	case state == want, want == Confirmed && state == Described:
		return true, nil
	}
	to := map[State]string{Pending: "/register/code", Confirmed: "/register/details", Described: "/register/password"}[state]
	if to == "" {
		return false, q.Redirect(q.Path("/register"))
	}
	return false, q.Redirect(WithNext(q, q.Path(to)))
}

// lost handles a fault of a step of the registration: what is about fields is
// shown beside them, and who comes too late begins anew.
func (s *Service) lost(q *web.Req, t *Typed, err error, again func() error) error {
	switch {
	case errors.Is(err, errSignIn):
		return q.Redirect(q.Path("/register") + "?expired=1")
	case Shown(err):
		t.Add(err)
		return again()
	}
	return err
}

func (s *Service) showCode(q *web.Req) error {
	if here, err := s.step(q, Pending); !here {
		return err
	}
	return s.askCode(q, nil)
}

func (s *Service) askCode(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path("/register"), pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.code.title"),
		Lead:   []string{q.P.T("identity.code.lead", "minutes", int(CodeLife.Minutes()))},
		Action: q.Path("/register/code"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{CodeField(q, t, "identity.code", "identity.code.hint")},
		After:  pages.Another(q.P.T("identity.code.none"), WithNext(q, q.Path("/register/again")), q.P.T("identity.code.again")),
	}, "code")
}

func (s *Service) takeCode(q *web.Req) error {
	if here, err := s.step(q, Pending); !here {
		return err
	}
	t := ReadForm(q, "code")
	if t.Bad() {
		return s.askCode(q, t)
	}
	if err := s.Confirm(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("code"), FromOf(q)); err != nil {
		return s.lost(q, t, err, func() error { return s.askCode(q, t) })
	}
	return q.Redirect(WithNext(q, q.Path("/register/details")))
}

func (s *Service) takeAgain(q *web.Req) error {
	err := s.Again(q.R.Context(), q.Cookie(web.SessionCookie), q.Lang, FromOf(q))
	if err != nil {
		return s.lost(q, nil, err, nil)
	}
	path := q.Path("/register/code")
	if n := q.R.URL.Query().Get("next"); web.LocalPath(n) {
		path += "?next=" + url.QueryEscape(n)
	}
	return q.Redirect(path)
}

func (s *Service) showDetails(q *web.Req) error {
	if here, err := s.step(q, Confirmed); !here {
		return err
	}
	return s.askDetails(q, nil)
}

func (s *Service) askDetails(q *web.Req, t *Typed) error {
	birth := ""
	if form, _ := q.Form(); q.R.Method == http.MethodPost {
		birth = ui.DateValue(form, "birth-date")
	}
	number, _ := s.Policy().Field(policy.FieldIdentityNumber)
	return Answer(q, t, "", pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.details.title"),
		Lead:   []string{q.P.T("identity.details.lead")},
		Action: q.Path("/register/details"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "name", Label: q.P.T("identity.details.name"), Hint: q.P.T("identity.details.name.hint"), Value: value(q, "name"),
				Error: t.Error("name"), Why: s.why(q.P, policy.FieldName), Autocomplete: "name",
			}),
			ui.Date(ui.Field{
				Name: "birth-date", Label: q.P.T("identity.details.birth-date"), Hint: q.P.T("identity.details.birth-date.hint"), Value: birth,
				Error: t.Error("birth-date"), Why: s.why(q.P, policy.FieldBirthDate), Autocomplete: "bday",
			}),
			ui.Input(ui.Field{
				Name: "identity-number", Label: q.P.T("identity.details.identity-number"), Hint: q.P.In(number.Written), Value: value(q, "identity-number"),
				Error: t.Error("identity-number"), Why: s.why(q.P, policy.FieldIdentityNumber), Width: 20, LTR: true, Autocomplete: "off",
			}),
			ui.Textarea(ui.Field{
				Name: "address", Label: q.P.T("identity.details.address"), Hint: q.P.T("identity.details.address.hint"), Value: value(q, "address"),
				Error: t.Error("address"), Why: s.why(q.P, policy.FieldAddress), Rows: 3, Autocomplete: "street-address",
			}),
		},
	}, "name", "birth-date", "identity-number", "address")
}

func (s *Service) takeDetails(q *web.Req) error {
	if here, err := s.step(q, Confirmed); !here {
		return err
	}
	t := ReadForm(q, "name", "birth-date-day", "birth-date-month", "birth-date-year", "identity-number", "address")
	form, _ := q.Form()
	d := Details{
		Name: q.Value("name"), BirthDate: ui.DateValue(form, "birth-date"),
		IdentityNumber: q.Value("identity-number"), Address: q.Value("address"),
	}
	if t.Bad() { // what could not be read is told together with the rest
		t.Add(s.checkDetails(d.Tidy()))
		return s.askDetails(q, t)
	}
	if err := s.Describe(q.R.Context(), q.Cookie(web.SessionCookie), d); err != nil {
		return s.lost(q, t, err, func() error { return s.askDetails(q, t) })
	}
	return q.Redirect(WithNext(q, q.Path("/register/password")))
}

func (s *Service) showPassword(q *web.Req) error {
	if here, err := s.step(q, Described); !here {
		return err
	}
	return s.askPassword(q, nil)
}

func (s *Service) askPassword(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path("/register/details"), pages.Form{
		Caption: q.P.T("identity.register.title"), Title: q.P.T("identity.password.title"),
		Lead:   []string{q.P.T("identity.password.lead")},
		Action: q.Path("/register/password"), Button: q.P.T("identity.register.finish"),
		Fields: []templ.Component{PasswordField(q, t)},
	}, "password")
}

func (s *Service) takePassword(q *web.Req) error {
	if here, err := s.step(q, Described); !here {
		return err
	}
	t := ReadForm(q, "password")
	if t.Bad() {
		return s.askPassword(q, t)
	}
	e, err := s.Finish(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("password"), FromOf(q))
	if err != nil {
		return s.lost(q, t, err, func() error { return s.askPassword(q, t) })
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(WithNext(q, q.Path("/register/done")))
}

func (s *Service) showDone(q *web.Req) error {
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.done.title"), Body: pages.Done(s.afterwards(q)), Private: true})
}
