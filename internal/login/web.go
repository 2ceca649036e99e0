package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/login/pages"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

const (
	linkPath = "/cabinet/security/login"
	openPath = "/sign-in/login/open"
	nextMax  = 1000
	actOpen  = "open"
)

// Mount declares the pages of the login, if there is one.
func (s *Service) Mount(r *web.Router) {
	const own = policy.ActivityAccount
	for _, rt := range []web.Route{
		{Method: http.MethodPost, Path: "/sign-in/login", Activity: "none: reads no value", Handler: s.takeSignIn},
		{Method: http.MethodGet, Path: BackPath, Unprefixed: true, Activity: own, Handler: s.comeBack},
		{Method: http.MethodGet, Path: "/sign-in/login/failed", Activity: "public", Handler: s.showFailed},
		{Method: http.MethodGet, Path: openPath, Activity: own, Handler: s.showOpen},
		{Method: http.MethodPost, Path: openPath, Activity: own, Handler: s.takeOpen},
		{Method: http.MethodPost, Path: "/step-up/login", Audience: web.Person, Activity: own, Handler: s.takeStepUp},
		{Method: http.MethodGet, Path: linkPath, Audience: web.Person, Activity: own, StepUp: web.StepUpAge, Handler: s.showLink},
		{Method: http.MethodPost, Path: linkPath, Audience: web.Person, Activity: own, StepUp: web.StepUpAge, Handler: s.takeLink},
	} {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			if !s.offered() {
				return errNone
			}
			return handler(q)
		}
		identity.Handle(r, rt)
	}
}

// errNone says that the portal has no such login.
var errNone = fault.New(fault.NotFound, "login.none")

// name is what the login is called.
func (s *Service) name(q *web.Req) string { return q.P.In(s.party().Name) }

// SignIn offers to sign in by the login (identity.Login).
func (s *Service) SignIn(q *web.Req) templ.Component {
	if !s.offered() {
		return templ.NopComponent
	}
	return pages.By(pages.Offer{Action: q.Path("/sign-in/login"), Next: next(q), Text: q.P.T("login.sign-in", "name", s.name(q))})
}

// Again offers to prove by the login who one is (identity.Login).
func (s *Service) Again(q *web.Req) (templ.Component, error) {
	l, err := s.link(q)
	if err != nil || l.Connected.IsZero() {
		return templ.NopComponent, err
	}
	has, err := s.Identity.Has(q.R.Context(), q.Session.Subject)
	return pages.By(pages.Offer{
		Action: q.Path("/step-up/login"), Next: next(q), Text: q.P.T("login.step-up", "name", s.name(q)), Only: !has.Password && !has.Second(),
	}), err
}

// Gives is the level that the login gives (identity.Login).
func (s *Service) Gives() web.Level {
	if !s.offered() {
		return web.LevelDeclared
	}
	return s.Declared().Level
}

// Row says on the page of one's security with whom the account is connected
// (identity.Login).
func (s *Service) Row(q *web.Req) (*ui.Row, error) {
	if !s.offered() {
		return nil, nil
	}
	l, err := s.link(q)
	if err != nil {
		return nil, err
	}
	row := &ui.Row{Key: s.name(q), Value: q.P.T("login.row.none"), Href: q.Path(linkPath), Action: q.P.T("login.row.connect")}
	if !l.Connected.IsZero() {
		row.Value, row.Action = q.P.T("login.row.since", "date", l.Connected), q.P.T("identity.change")
	}
	return row, nil
}

// link is the connection of whoever is signed in.
func (s *Service) link(q *web.Req) (l link, err error) {
	if !s.offered() {
		return link{}, nil
	}
	err = s.DB.View(q.R.Context(), func(tx *db.Tx) error {
		l, err = selectLink(tx, q.Session.Subject)
		return err
	})
	return l, err
}

// next is where somebody wants to go afterwards.
func next(q *web.Req) string {
	if n := q.Value("next"); web.LocalPath(n) && len(n) <= nextMax {
		return n
	}
	return ""
}

// pressed reports whether a form came from its button, once.
func pressed(q *web.Req, name string, values ...string) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(name, "next")
	}
	if err == nil && !slices.Contains(values, q.Value(name)) {
		err = fault.New(fault.Invalid, "login.button")
	}
	return err
}

func (s *Service) takeSignIn(q *web.Req) error {
	if err := pressed(q, "go", "login"); err != nil {
		return err
	}
	return s.goThere(q, attempt{Purpose: toSignIn})
}

func (s *Service) takeStepUp(q *web.Req) error {
	if err := pressed(q, "go", "login"); err != nil {
		return err
	}
	return s.goThere(q, attempt{Purpose: toStepUp, Session: q.Session.ID})
}

// goThere leads to the login. A form of this portal leads nowhere else
// (Content-Security-Policy), so that the browser goes on from a page, and a
// person can by hand.
func (s *Service) goThere(q *web.Req, a attempt) error {
	a.Language, a.Next = q.Lang, next(q)
	address, browser, err := s.leave(q.R.Context(), a, q.Network())
	if w, failed := reason(err); failed {
		return s.failed(q, w)
	}
	if err != nil {
		return err
	}
	if err := q.SetCookie(Cookie, browser, int(attemptLife.Seconds())); err != nil {
		return err
	}
	name := s.name(q)
	q.W.Header().Set("Refresh", "0; url="+address)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("login.leave.title", "name", name), Body: pages.LeavePage(name, address), Private: true})
}

// failed shows why it did not work, at an address that can be loaded again.
func (s *Service) failed(q *web.Req, w why) error {
	q.Log.Warn("a login failed", "why", string(w))
	return q.Redirect(q.Path("/sign-in/login/failed") + "?why=" + string(w))
}

func (s *Service) showFailed(q *web.Req) error {
	w := why(q.Value("why"))
	if !slices.Contains(whys(), w) {
		w = whyGone
	}
	f := pages.Failed{Name: s.name(q), Why: q.P.T("login.failed."+string(w), "name", s.name(q)), Back: q.Path("/sign-in"), Text: q.P.T("login.failed.sign-in")}
	if q.Session != nil {
		f.Back, f.Text = q.Path("/cabinet/security"), q.P.T("login.failed.security")
	}
	status := http.StatusUnprocessableEntity
	if w == whyDown {
		status = http.StatusServiceUnavailable
	}
	return q.Page(status, web.Page{Title: q.P.T("login.failed.title", "name", f.Name), Body: pages.FailedPage(f), Private: true})
}

// comeBack takes what the login led back with. The page after it is in the
// language in which the person left.
func (s *Service) comeBack(q *web.Req) error {
	v := q.R.URL.Query()
	in := answer{State: v.Get("state"), Code: v.Get("code"), Error: v.Get("error"), Issuer: v.Get("iss"), Browser: q.Cookie(Cookie)}
	out, err := s.back(q.R.Context(), in, q.Session, identity.FromOf(q))
	if out.Language != "" {
		q.Lang = out.Language
	}
	if in.Browser != "" && out.Purpose != "" {
		if err := q.SetCookie(Cookie, "", -1); err != nil {
			return err
		}
	}
	if w, failed := reason(err); failed {
		return s.failed(q, w)
	}
	if err != nil {
		return err
	}
	if out.Purpose == toSignIn {
		if err := s.Identity.SignOut(q.R.Context(), web.RealmPerson, q.Cookie(web.SessionCookie)); err != nil {
			return err
		}
	}
	if err := q.SetCookie(web.SessionCookie, out.Token, 0); err != nil {
		return err
	}
	at := out.Next
	switch {
	case out.Open:
		at = withNext(q.Path(openPath), out.Next)
	case out.Purpose == toConnect:
		at = q.Path("/cabinet/security") + "?done=login"
	case out.Purpose == toSignIn:
		at = withNext(q.Path("/sign-in"), out.Next) // which leads on whoever is signed in
	case at == "":
		at = q.Path("/cabinet/")
	}
	return q.Redirect(at)
}

func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func (s *Service) showOpen(q *web.Req) error { return s.askOpen(q, nil) }

// askOpen shows what the login says of somebody who is new, and what they
// should read and agree to before they open an account (M28).
func (s *Service) askOpen(q *web.Req, t *identity.Typed) error {
	_, values, err := s.waiting(q.R.Context(), q.Cookie(web.SessionCookie))
	if errors.Is(err, identity.ErrSignIn) {
		return s.failed(q, whyGone)
	}
	if err != nil {
		return err
	}
	var rows []ui.Row
	for _, field := range s.told() {
		if text := values.Text(field); text != "" {
			if day, err := time.ParseInLocation(time.DateOnly, text, q.P.Zone()); err == nil && field == policy.FieldBirthDate {
				text = q.P.Date(day)
			}
			rows = append(rows, ui.Row{Key: s.field(q, field), Value: text, LTR: field == policy.FieldEmail || field == policy.FieldPhone || field == policy.FieldIdentityNumber})
		}
	}
	form := identitypages.Form{
		Title: q.P.T("login.open.title"), Lead: []string{q.P.T("login.open.lead", "name", s.name(q))},
		Before: templ.Join(ui.SummaryList(rows), identitypages.Read(q.P.Date(s.Policy().Declarations().Revision.Date.Start(s.Identity.Zone())))),
		Action: q.Path(openPath), Button: q.P.T("login.open.go"), Act: actOpen,
	}
	if text := s.Identity.Agree().Text; len(text) > 0 {
		form.Fields = append(form.Fields, ui.Checkbox(ui.Field{Name: "agreed", Label: q.P.In(text), Error: t.Error("agreed")}, q.Value("agreed") == "yes"))
	}
	return identity.Answer(q, t, "", form, "agreed")
}

// field is what the policy calls a field.
func (s *Service) field(q *web.Req, field string) string {
	f, _ := s.Policy().Field(field)
	return q.P.In(f.Name)
}

func (s *Service) takeOpen(q *web.Req) error {
	t := identity.ReadForm(q, "agreed", "act", "next")
	if !t.Bad() && q.Value("act") != actOpen {
		t = identity.Whole(q, q.P.T("login.button"))
	}
	if t.Bad() {
		return s.askOpen(q, t)
	}
	e, err := s.openAccount(q.R.Context(), q.Cookie(web.SessionCookie), q.Value("agreed") == "yes", identity.FromOf(q))
	if w, failed := reason(err); failed {
		return s.failed(q, w)
	}
	switch {
	case errors.Is(err, identity.ErrSignIn):
		return s.failed(q, whyGone)
	case identity.Shown(err):
		t.Add(err)
		return s.askOpen(q, t)
	case err != nil:
		return err
	}
	if err := q.SetCookie(web.SessionCookie, e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(s.Identity.Afterwards(q))
}

func (s *Service) showLink(q *web.Req) error { return s.askLink(q, http.StatusOK, "") }

func (s *Service) askLink(q *web.Req, status int, problem string) error {
	l, err := s.link(q)
	if err != nil {
		return err
	}
	has, err := s.Identity.Has(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	page := pages.Link{
		Name: s.name(q), Action: q.Path(linkPath), Problem: problem, Renew: q.Session.Level < s.Declared().Level, Only: !has.Password && has.Passkeys == 0,
	}
	if !l.Connected.IsZero() {
		page.Since = q.P.DateTime(l.Connected)
	}
	for _, field := range s.told() {
		if field != policy.FieldEmail && field != policy.FieldPhone {
			page.Tells = append(page.Tells, s.field(q, field))
		}
	}
	return q.Page(status, web.Page{Title: q.P.T("login.link.title", "name", page.Name), Body: pages.LinkPage(page), Invalid: problem != "", Back: q.Path("/cabinet/security")})
}

func (s *Service) takeLink(q *web.Req) error {
	err := pressed(q, "do", "connect", "end")
	switch {
	case err != nil && fault.From(err).Code == "login.button":
		return s.askLink(q, http.StatusUnprocessableEntity, q.P.T("login.button"))
	case err != nil:
		return err
	case q.Value("do") == "connect":
		return s.goThere(q, attempt{Purpose: toConnect, Session: q.Session.ID})
	}
	token, err := s.end(q.R.Context(), q.Session, q.Lang)
	if errors.Is(err, errOnly) {
		return s.askLink(q, http.StatusConflict, q.P.T(errOnly.Code))
	}
	if err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, token, 0); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/security") + "?done=login-ended")
}
