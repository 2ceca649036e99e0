package recovery

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// Mount declares these pages.
func (s *Service) Mount(r *web.Router) {
	const public, secrets = "public", "none: reads no value, only secrets"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/recover", Activity: public, Handler: s.showContact},
		{Method: "POST", Path: "/recover", Activity: secrets, Handler: s.takeContact},
		{Method: "GET", Path: "/recover/code", Activity: secrets, Handler: s.showCode},
		{Method: "POST", Path: "/recover/code", Activity: secrets, Handler: s.takeCode},
		{Method: "GET", Path: "/recover/factor", Activity: secrets, Handler: s.showFactor},
		{Method: "POST", Path: "/recover/factor", Activity: secrets, Handler: s.takeFactor},
		{Method: "GET", Path: "/recover/password", Activity: secrets, Handler: s.showPassword},
		{Method: "POST", Path: "/recover/password", Activity: secrets, Handler: s.takePassword},
		{Method: "GET", Path: "/recover/wait", Activity: secrets, Handler: s.showWait},
		{Method: "POST", Path: "/recover/wait", Activity: secrets, Handler: s.takeWait},
		{Method: "GET", Path: "/recover/finish/{id}/{token}", Activity: secrets, Handler: s.showFinish},
		{Method: "POST", Path: "/recover/finish/{id}/{token}", Activity: secrets, Handler: s.takeFinish},
		{Method: "GET", Path: "/recover/stop/{id}/{token}", Activity: secrets, Handler: s.showStop},
		{Method: "POST", Path: "/recover/stop/{id}/{token}", Activity: secrets, Handler: s.takeStop},
	} {
		identity.Handle(r, rt)
	}
}

func (s *Service) showContact(q *web.Req) error {
	if q.Session != nil { // whoever is signed in has lost nothing that this brings back
		return q.Redirect(q.Path("/cabinet/security"))
	}
	var t *identity.Typed
	if q.Value("expired") != "" {
		t = identity.Whole(q, q.P.T("recovery.expired"))
	}
	return s.askContact(q, t)
}

func (s *Service) askContact(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, q.Path("/sign-in"), pages.Form{
		Title: q.P.T("recovery.title"), Lead: []string{q.P.T("recovery.lead")},
		Action: q.Path("/recover"), Button: q.P.T("identity.register.send"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "contact", Label: q.P.T("identity.contact"), Hint: q.P.T("recovery.contact.hint"), Value: identity.Value(q, "contact"),
			Error: t.Error("contact"), Autocomplete: "username", Max: credential.EmailMax, LTR: true,
		})},
	}, "contact")
}

func (s *Service) takeContact(q *web.Req) error {
	t := identity.ReadForm(q, "contact")
	c, ok := s.ParseContact(q.Value("contact"))
	if !t.Bad() && !ok {
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
	return q.Redirect(q.Path("/recover/code"))
}

// at leads to the page that a browser has reached, and reports whether it is
// one of these.
func (s *Service) at(q *web.Req, states ...string) (here bool, err error) {
	state, second, _, err := s.State(q.R.Context(), q.Cookie(web.SessionCookie))
	if errors.Is(err, identity.ErrSignIn) {
		return false, q.Redirect(q.Path("/recover") + "?expired=1")
	}
	if err != nil {
		return false, err
	}
	for _, want := range states {
		if state == want {
			return true, nil
		}
	}
	to := map[string]string{coded: "/recover/code", proved: "/recover/factor", factor: "/recover/password", waiting: "/recover/wait"}[state]
	if state == proved && !second {
		to = "/recover/wait"
	}
	return false, q.Redirect(q.Path(to))
}

// answered leads on from a step, or shows its form again with what is wrong.
func (s *Service) answered(q *web.Req, t *identity.Typed, err error, again func() error) error {
	switch {
	case err == nil:
		_, err := s.at(q)
		return err
	case errors.Is(err, identity.ErrSignIn):
		return q.Redirect(q.Path("/recover") + "?expired=1")
	case identity.Shown(err):
		t.Add(err)
		return again()
	}
	return err
}

func (s *Service) showCode(q *web.Req) error {
	if here, err := s.at(q, coded); !here {
		return err
	}
	return s.askCode(q, nil)
}

func (s *Service) askCode(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, q.Path("/recover"), pages.Form{
		Caption: q.P.T("recovery.title"), Title: q.P.T("identity.code.title"),
		Lead:   []string{q.P.T("recovery.code.lead", "minutes", int(codeLife.Minutes()))},
		Action: q.Path("/recover/code"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.code.hint")},
	}, "code")
}

func (s *Service) takeCode(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askCode(q, t)
	}
	err := s.Confirm(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("code"), identity.FromOf(q))
	return s.answered(q, t, err, func() error { return s.askCode(q, t) })
}

func (s *Service) showFactor(q *web.Req) error {
	if here, err := s.at(q, proved); !here {
		return err
	}
	return s.askFactor(q, nil)
}

func (s *Service) askFactor(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, "", pages.Form{
		Caption: q.P.T("recovery.title"), Title: q.P.T("recovery.factor.title"),
		Lead:   []string{q.P.T("recovery.factor.lead")},
		Action: q.Path("/recover/factor"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "code", Label: q.P.T("recovery.factor.code"), Hint: q.P.T("recovery.factor.hint"), Error: t.Error("code"),
			Autocomplete: "one-time-code", Width: 20, LTR: true,
		})},
		After: pages.Otherwise(q.P.T("recovery.factor.none"), q.P.T("recovery.wait.title"), q.Path("/recover/wait")),
	}, "code")
}

func (s *Service) takeFactor(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askFactor(q, t)
	}
	err := s.Prove(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("code"), identity.FromOf(q))
	return s.answered(q, t, err, func() error { return s.askFactor(q, t) })
}

func (s *Service) showPassword(q *web.Req) error {
	if here, err := s.at(q, factor); !here {
		return err
	}
	return s.askPassword(q, nil, q.Path("/recover/password"))
}

func (s *Service) askPassword(q *web.Req, t *identity.Typed, action string) error {
	return identity.Answer(q, t, "", pages.Form{
		Caption: q.P.T("recovery.title"), Title: q.P.T("identity.password.title"),
		Lead:   []string{q.P.T("identity.password.lead"), q.P.T("recovery.password.lead")},
		Action: action, Button: q.P.T("recovery.password.save"),
		Fields: []templ.Component{identity.PasswordField(q, t)},
	}, "password")
}

func (s *Service) takePassword(q *web.Req) error {
	t := identity.ReadForm(q, "password")
	if t.Bad() {
		return s.askPassword(q, t, q.Path("/recover/password"))
	}
	e, err := s.Finish(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("password"), q.Lang, identity.FromOf(q))
	if err != nil {
		return s.answered(q, t, err, func() error { return s.askPassword(q, t, q.Path("/recover/password")) })
	}
	return s.enter(q, e)
}

func (s *Service) enter(q *web.Req, e identity.Entry) error {
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/security") + "?done=password")
}

// showWait says what waiting means, or until when it lasts.
func (s *Service) showWait(q *web.Req) error {
	if here, err := s.at(q, proved, waiting); !here {
		return err
	}
	state, second, ready, err := s.State(q.R.Context(), q.Cookie(web.SessionCookie))
	if err != nil {
		return err
	}
	if state == waiting {
		return q.Page(http.StatusOK, web.Page{
			Title: q.P.T("recovery.waits.title"), Private: true,
			Body: pages.Message(q.P.T("recovery.waits.title"), q.P.T("recovery.waits.lead", "time", q.P.DateTime(ready)), q.P.T("recovery.waits.told")),
		})
	}
	back := ""
	if second {
		back = q.Path("/recover/factor")
	}
	return identity.Answer(q, nil, back, pages.Form{
		Caption: q.P.T("recovery.title"), Title: q.P.T("recovery.wait.title"),
		Lead:   []string{q.P.T("recovery.wait.why"), q.P.T("recovery.wait.what"), q.P.T("recovery.wait.after")},
		Action: q.Path("/recover/wait"), Button: q.P.T("recovery.wait.go"),
	})
}

func (s *Service) takeWait(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	err := s.BeginWait(q.R.Context(), q.Cookie(web.SessionCookie), q.Lang)
	if errors.Is(err, identity.ErrSignIn) {
		_, err := s.at(q)
		return err
	}
	return s.answered(q, nil, err, nil)
}

// linked is what the address of a link says.
func linked(q *web.Req) (id, token string) { return q.R.PathValue("id"), q.R.PathValue("token") }

func (s *Service) showFinish(q *web.Req) error {
	id, token := linked(q)
	if err := s.Serves(q.R.Context(), "finish", id, token); err != nil {
		return err
	}
	return s.askPassword(q, nil, q.R.URL.EscapedPath())
}

func (s *Service) takeFinish(q *web.Req) error {
	id, token := linked(q)
	t := identity.ReadForm(q, "password")
	if t.Bad() {
		return s.askPassword(q, t, q.R.URL.EscapedPath())
	}
	e, err := s.FinishWaited(q.R.Context(), id, token, q.Value("password"), q.Lang, identity.FromOf(q))
	if fault.KindOf(err) == fault.Invalid {
		t.Add(err)
		return s.askPassword(q, t, q.R.URL.EscapedPath())
	}
	if err != nil {
		return err
	}
	return s.enter(q, e)
}

func (s *Service) showStop(q *web.Req) error {
	id, token := linked(q)
	if err := s.Serves(q.R.Context(), "stop", id, token); err != nil {
		return err
	}
	return identity.Answer(q, nil, "", pages.Form{
		Caption: q.P.T("recovery.title"), Title: q.P.T("recovery.stop.title"), Lead: []string{q.P.T("recovery.stop.lead")},
		Action: q.R.URL.EscapedPath(), Button: q.P.T("recovery.stop.go"), Look: ui.Danger,
	})
}

func (s *Service) takeStop(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	id, token := linked(q)
	if err := s.Stop(q.R.Context(), id, token); err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("recovery.stopped.title"), Private: true,
		Body: pages.Message(q.P.T("recovery.stopped.title"), q.P.T("recovery.stopped.lead"), q.P.T("recovery.stopped.next")),
	})
}

// Alert tells whoever is signed in, in their cabinet, of a recovery that waits.
func (s *Service) Alert(q *web.Req) ([]ui.Item, error) {
	ready, err := s.Waiting(q.R.Context(), q.Session.Subject)
	if err != nil || ready.IsZero() {
		return nil, err
	}
	return []ui.Item{{Title: q.P.T("recovery.alert"), Href: q.Path("/cabinet/security"), Meta: q.P.DateTime(ready)}}, nil
}
