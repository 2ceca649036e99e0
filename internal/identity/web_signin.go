package identity

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"portico/internal/identity/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// Ended says to whoever is led to a sign-in why they have to sign in again.
func Ended(q *web.Req) []string {
	if q.R.Method == http.MethodPost || q.Value("ended") == "" {
		return nil
	}
	return []string{q.P.T(errSignIn.Code)}
}

func (s *Service) showSignIn(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(s.afterwards(q))
	}
	return s.askSignIn(q, nil)
}

func (s *Service) askSignIn(q *web.Req, t *Typed) error {
	return Answer(q, t, "", pages.Form{
		Title: q.P.T("identity.sign-in.title"), Lead: Ended(q), Action: q.Path("/sign-in"), Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{
			ui.Input(ui.Field{
				Name: "contact", Label: q.P.T("identity.contact"), Value: value(q, "contact"), Error: t.Error("contact"),
				Autocomplete: "username", LTR: true,
			}),
			ui.Password(ui.Field{
				Name: "password", Label: q.P.T("identity.password"), Error: t.Error("password"), Autocomplete: "current-password",
			}),
		},
		After: pages.Otherwise(q.P.T("identity.sign-in.new"), q.P.T("identity.register.title"), WithNext(q, q.Path("/register"))),
	}, "contact", "password")
}

func (s *Service) takeSignIn(q *web.Req) error {
	t := ReadForm(q, "contact", "password")
	c, ok := s.ParseContact(q.Value("contact"))
	switch {
	case t.Bad():
	case !ok:
		t.no("contact", q.P.T("identity.contact.form", "phone", s.examplePhone()))
	case q.Value("password") == "":
		t.no("password", q.P.T("identity.password.empty"))
	}
	if t.Bad() {
		return s.askSignIn(q, t)
	}
	e, err := s.SignIn(q.R.Context(), web.RealmPerson, c, q.Value("password"), FromOf(q))
	if errors.Is(err, ErrWrong) {
		t.no("contact", q.P.T(ErrWrong.Code))
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
		return q.Redirect(WithNext(q, q.Path("/sign-in/code")))
	}
	return q.Redirect(s.afterwards(q))
}

func (s *Service) showSecond(q *web.Req) error { return s.askSecond(q, nil) }

func (s *Service) askSecond(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path("/sign-in"), pages.Form{
		Caption: q.P.T("identity.sign-in.title"), Title: q.P.T("identity.second.title"),
		Lead:   []string{q.P.T("identity.second.lead")},
		Action: q.Path("/sign-in/code"), Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{CodeField(q, t, "identity.code", "identity.second.hint")},
	}, "code")
}

func (s *Service) takeSecond(q *web.Req) error {
	t := ReadForm(q, "code")
	if t.Bad() {
		return s.askSecond(q, t)
	}
	e, err := s.Second(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie), q.Value("code"), FromOf(q))
	if err != nil {
		if !Shown(err) {
			return err
		}
		t.Add(err)
		return s.askSecond(q, t)
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(s.afterwards(q))
}

func (s *Service) takeSignOut(q *web.Req) error {
	if err := s.SignOut(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie)); err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, "", -1); err != nil {
		return err
	}
	return q.Redirect(q.Path("/"))
}
