package signin

import (
	"errors"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// doors are the pages by which people come in and go.
type doors struct{ *identity.Service }

// Mount declares these pages.
func Mount(r *web.Router, service *identity.Service) {
	s := &doors{service}
	const public, own = "public", policy.ActivityAccount
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/register", Activity: public, Handler: s.showContact},
		{Method: "POST", Path: "/register", Activity: own, Handler: s.takeContact},
		{Method: "GET", Path: "/register/code", Activity: own, Handler: s.showCode},
		{Method: "POST", Path: "/register/code", Activity: own, Handler: s.takeCode},
		{Method: "POST", Path: "/register/again", Activity: "sign-in", Handler: s.takeAgain},
		{Method: "GET", Path: "/register/details", Activity: own, Handler: s.showDetails},
		{Method: "POST", Path: "/register/details", Activity: own, Handler: s.takeDetails},
		{Method: "GET", Path: "/register/password", Activity: own, Handler: s.showPassword},
		{Method: "POST", Path: "/register/password", Activity: own, Handler: s.takePassword},
		{Method: "GET", Path: "/register/done", Audience: web.Person, Activity: own, Handler: s.showDone},
		{Method: "GET", Path: "/sign-in", Activity: public, Handler: s.showSignIn},
		{Method: "POST", Path: "/sign-in", Activity: "none: reads no value, only secrets", Handler: s.takeSignIn},
		{Method: "GET", Path: "/sign-in/code", Activity: public, Handler: s.showSecond},
		{Method: "POST", Path: "/sign-in/code", Activity: "none: reads no value, only secrets", Handler: s.takeSecond},
		{Method: "POST", Path: "/sign-out", Activity: "none: ends a session", Handler: s.takeSignOut},
	} {
		identity.Handle(r, rt)
	}
	(&gate{service, web.RealmPerson, ""}).mount(r, web.Person, own)
}

func (s *doors) showSignIn(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.Afterwards(q))
	}
	return s.askSignIn(q, nil)
}

func (s *doors) askSignIn(q *web.Req, t *identity.Typed) error {
	passkey, err := WithPasskey(q, s.Service, q.Path("/sign-in/passkey"))
	if err != nil {
		return err
	}
	return identity.Answer(q, t, "", pages.Form{
		Title: q.P.T("identity.sign-in.title"), Lead: identity.Ended(q), Action: q.Path("/sign-in"), Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "contact", Label: q.P.T("identity.contact"), Value: identity.Value(q, "contact"), Error: t.Error("contact"),
				Autocomplete: "username", LTR: true,
			}),
			ui.Password(ui.Field{
				Name: "password", Label: q.P.T("identity.password"), Error: t.Error("password"), Autocomplete: "current-password",
			}),
		},
		After: templ.Join(
			s.byLogin(q),
			pages.Otherwise(q.P.T("identity.sign-in.forgotten"), q.P.T("identity.recover.title"), q.Path("/recover")),
			passkey,
			pages.Otherwise(q.P.T("identity.sign-in.new"), q.P.T("identity.register.title"), identity.WithNext(q, q.Path("/register"))),
		),
	}, "contact", "password")
}

// byLogin offers to sign in by the login that is declared.
func (s *doors) byLogin(q *web.Req) templ.Component {
	if l := s.Login(); l != nil {
		return l.SignIn(q)
	}
	return templ.NopComponent
}

func (s *doors) takeSignIn(q *web.Req) error {
	t := identity.ReadForm(q, "contact", "password")
	c, ok := s.ParseContact(q.Value("contact"))
	switch {
	case t.Bad():
	case !ok:
		t.No("contact", q.P.T("identity.contact.form", "phone", s.ExamplePhone()))
	case q.Value("password") == "":
		t.No("password", q.P.T("identity.password.empty"))
	}
	if t.Bad() {
		return s.askSignIn(q, t)
	}
	e, err := s.SignIn(q.R.Context(), web.RealmPerson, c, q.Value("password"), identity.FromOf(q))
	if errors.Is(err, identity.ErrWrong) {
		t.No("contact", q.P.T(identity.ErrWrong.Code))
		return s.askSignIn(q, t)
	}
	if err != nil {
		return err
	}
	if err := s.SignOut(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie)); err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	if e.Second {
		return q.Redirect(identity.WithNext(q, q.Path("/sign-in/code")))
	}
	return q.Redirect(s.Afterwards(q))
}

func (s *doors) showSecond(q *web.Req) error { return s.askSecond(q, nil) }

func (s *doors) askSecond(q *web.Req, t *identity.Typed) error {
	passkey, err := WithPasskey(q, s.Service, q.Path("/sign-in/passkey"))
	if err != nil {
		return err
	}
	return identity.Answer(q, t, q.Path("/sign-in"), pages.Form{
		Caption: q.P.T("identity.sign-in.title"), Title: q.P.T("identity.second.title"),
		Lead:   []string{q.P.T("identity.second.lead")},
		Action: q.Path("/sign-in/code"), Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.second.hint")},
		After:  After(q, q.Path("/sign-in/recovery-code"), passkey),
	}, "code")
}

// After are the other ways below the code of the app.
func After(q *web.Req, recovery string, passkey templ.Component) templ.Component {
	return templ.Join(
		pages.Otherwise(q.P.T("identity.second.lost"), q.P.T("identity.recovery-code.title"), identity.WithNext(q, recovery)), passkey)
}

func (s *doors) takeSecond(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askSecond(q, t)
	}
	e, err := s.Second(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie), q.Value("code"), identity.FromOf(q))
	if err != nil {
		if !identity.Shown(err) {
			return err
		}
		t.Add(err)
		return s.askSecond(q, t)
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(s.Afterwards(q))
}

func (s *doors) takeSignOut(q *web.Req) error {
	if err := s.SignOut(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie)); err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, "", -1); err != nil {
		return err
	}
	return q.Redirect(q.Path("/"))
}
