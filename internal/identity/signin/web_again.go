package signin

import (
	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// gate is the pages that people and officials have alike: signing in with a
// passkey, a recovery code instead of the app, and proving again.
type gate struct {
	*identity.Service
	realm string
	base  string // before each path
}

// MountStaff declares these pages for officials.
func MountStaff(r *web.Router, s *identity.Service) {
	(&gate{s, web.RealmStaff, "/staff"}).mount(r, web.Staff, policy.ActivityStaffAccount)
}

func (g *gate) mount(r *web.Router, audience web.Audience, own string) {
	const secrets = "none: reads no value, only secrets"
	for _, rt := range []web.Route{
		{Method: "POST", Path: "/sign-in/passkey", Activity: secrets, Handler: g.takePasskey},
		{Method: "GET", Path: "/sign-in/recovery-code", Activity: "public", Handler: g.showRecovery},
		{Method: "POST", Path: "/sign-in/recovery-code", Activity: secrets, Handler: g.takeRecovery},
		{Method: "GET", Path: "/step-up", Audience: audience, Activity: own, Handler: g.showStepUp},
		{Method: "POST", Path: "/step-up", Audience: audience, Activity: own, Handler: g.takeStepUp},
	} {
		if g.realm == web.RealmStaff {
			rt.Path, rt.Unprefixed = g.base+rt.Path, true
		}
		identity.Handle(r, rt)
	}
}

func (g *gate) path(q *web.Req, p string) string {
	if g.realm == web.RealmStaff {
		return g.base + p
	}
	return q.Path(p)
}

// enter sets the cookie of a session that began and leads on.
func (g *gate) enter(q *web.Req, e identity.Entry) error {
	if err := q.SetCookie(identity.CookieOf(g.realm), e.Token, 0); err != nil {
		return err
	}
	if g.realm == web.RealmPerson {
		return q.Redirect(g.Afterwards(q))
	}
	return q.Redirect(q.Next("/staff/"))
}

// WithPasskey offers to sign in with a passkey, below another way.
func WithPasskey(q *web.Req, s *identity.Service, action string) (templ.Component, error) {
	options, err := s.Proofs.ProveOptions(factor.ForSignIn, "")
	if err != nil {
		return nil, err
	}
	f := pages.PasskeyForm{
		Kind: "get", Action: action, Options: options,
		Lead: q.P.T("identity.passkey.sign-in.lead"), Button: q.P.T("identity.passkey.sign-in"),
	}
	if n := q.Value("next"); web.LocalPath(n) {
		f.Next = n
	}
	return pages.Passkey(f), nil
}

func (g *gate) takePasskey(q *web.Req) error {
	t := identity.ReadForm(q, "passkey")
	if !t.Bad() {
		e, err := g.SignInPasskey(q.R.Context(), g.realm, []byte(q.Value("passkey")), identity.FromOf(q))
		if err == nil {
			if err := g.SignOut(q.R.Context(), g.realm, q.Cookie(identity.CookieOf(g.realm))); err != nil {
				return err
			}
			return g.enter(q, e)
		}
		if !identity.Shown(err) {
			return err
		}
		t.Add(err)
	}
	again, err := WithPasskey(q, g.Service, g.path(q, "/sign-in/passkey"))
	if err != nil {
		return err
	}
	return identity.Answer(q, t, g.path(q, "/sign-in"), pages.Form{
		Caption: q.P.T("identity.sign-in.title"), Title: q.P.T("identity.passkey.failed.title"),
		Lead: []string{q.P.T("identity.passkey.failed.lead")}, After: again,
	})
}

func (g *gate) showRecovery(q *web.Req) error { return g.askRecovery(q, nil) }

func (g *gate) askRecovery(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, identity.WithNext(q, g.path(q, "/sign-in/code")), pages.Form{
		Caption: q.P.T("identity.sign-in.title"), Title: q.P.T("identity.recovery-code.title"),
		Lead:   []string{q.P.T("identity.recovery-code.lead")},
		Action: g.path(q, "/sign-in/recovery-code"), Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "code", Label: q.P.T("identity.recovery-code"), Hint: q.P.T("identity.recovery-code.hint"), Error: t.Error("code"),
			Autocomplete: "off", Width: 20, LTR: true,
		})},
		After: g.lostAll(q),
	}, "code")
}

// lostAll says what helps who has neither the app nor a recovery code.
func (g *gate) lostAll(q *web.Req) templ.Component {
	if g.realm == web.RealmStaff {
		return pages.Note(q.P.T("identity.recovery-code.staff"))
	}
	return pages.Otherwise(q.P.T("identity.recovery-code.none"), q.P.T("identity.recover.title"), q.Path("/recover"))
}

func (g *gate) takeRecovery(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return g.askRecovery(q, t)
	}
	e, err := g.Second(q.R.Context(), g.realm, q.Cookie(identity.CookieOf(g.realm)), q.Value("code"), identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return g.askRecovery(q, t)
	}
	if err != nil {
		return err
	}
	return g.enter(q, e)
}

func (g *gate) showStepUp(q *web.Req) error { return g.askStepUp(q, nil) }

// askStepUp asks for what the account has: a passkey or the app where there is
// a second factor, else the password.
func (g *gate) askStepUp(q *web.Req, t *identity.Typed) error {
	has, err := g.Has(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	f := pages.Form{Title: q.P.T("identity.step-up.title"), Lead: []string{q.P.T("identity.step-up.lead")}, Action: g.path(q, "/step-up"), Button: q.P.T("identity.continue")}
	switch {
	case !has.App.IsZero():
		f.Fields = []templ.Component{identity.CodeField(q, t, "identity.code", "identity.second.hint")}
	case has.Passkeys == 0 && has.Password:
		f.Fields = []templ.Component{identity.CurrentField(q, t)}
	default:
		f.Button = ""
	}
	if has.Passkeys > 0 {
		options, err := g.Proofs.ProveOptions(factor.ForStepUp, q.Session.ID)
		if err != nil {
			return err
		}
		key := pages.PasskeyForm{
			Kind: "get", Action: g.path(q, "/step-up"), Options: options, Next: q.Next(""),
			Lead: q.P.T("identity.passkey.step-up.lead"), Button: q.P.T("identity.passkey.use"), Only: has.App.IsZero(),
		}
		f.After = pages.Passkey(key)
	}
	if l := g.Login(); l != nil && g.realm == web.RealmPerson {
		again, err := l.Again(q)
		if err != nil {
			return err
		}
		if f.After != nil {
			again = templ.Join(f.After, again)
		}
		f.After = again
	}
	return identity.Answer(q, t, "", f, "code", "current")
}

func (g *gate) takeStepUp(q *web.Req) error {
	t := identity.ReadForm(q, "code", "current", "passkey")
	if t.Bad() {
		return g.askStepUp(q, t)
	}
	again := identity.Again{Password: q.Value("current"), Code: q.Value("code")}
	if key := q.Value("passkey"); key != "" {
		again.Passkey = []byte(key)
	}
	e, err := g.StepUp(q.R.Context(), q.Session, again, identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return g.askStepUp(q, t)
	}
	if err != nil {
		return err
	}
	if err := q.SetCookie(identity.CookieOf(g.realm), e.Token, 0); err != nil {
		return err
	}
	home := q.Path("/cabinet/")
	if g.realm == web.RealmStaff {
		home = "/staff/"
	}
	return q.Redirect(q.Next(home))
}
