package security

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// own are the pages on which somebody looks after their account: how they sign
// in, where, and what happened to it.
type own struct {
	*identity.Service
	base    web.Route
	recover Recoveries // nil for officials, whose accounts are not recovered so
}

// Recoveries knows what waits to recover somebody's account: package recovery
// is one.
type Recoveries interface {
	// Waiting is when the one that waits opens; zero if none does.
	Waiting(ctx context.Context, subject string) (time.Time, error)
	// StopOwn stops it.
	StopOwn(ctx context.Context, subject string) error
}

// MountPerson declares these pages for people.
func MountPerson(r *web.Router, s *identity.Service, waiting Recoveries) {
	base := web.Route{Path: "/cabinet/security", Audience: web.Person, Activity: policy.ActivityAccount}
	o := mount(r, s, base, waiting)
	base.Method, base.Path, base.Handler = "POST", base.Path+"/recovery", o.takeStop
	identity.Handle(r, base)
}

// MountStaff declares them for officials, who always have a second factor:
// they can replace their last one but not remove it.
func MountStaff(r *web.Router, s *identity.Service) {
	mount(r, s, web.Route{Path: "/staff/account", Audience: web.Staff, Activity: policy.ActivityStaffAccount, Unprefixed: true}, nil)
}

func mount(r *web.Router, s *identity.Service, base web.Route, waiting Recoveries) *own {
	o := &own{s, base, waiting}
	look := func(method, path string, h web.Handler) {
		rt := base
		rt.Method, rt.Path, rt.Handler = method, base.Path+path, h
		identity.Handle(r, rt)
	}
	page := func(method, path string, h web.Handler) { // changes the account
		rt := base
		rt.Method, rt.Path, rt.Handler, rt.StepUp = method, base.Path+path, h, web.StepUpAge
		identity.Handle(r, rt)
	}
	look("GET", "", o.showSecurity)
	look("GET", "/history", o.showHistory)
	look("POST", "/sessions", o.takeEnd)
	look("GET", "/passkeys", o.showPasskeys)
	page("GET", "/passkeys/add", o.showAdd)
	page("POST", "/passkeys/add", o.takeAdd)
	page("GET", "/passkeys/{id}", o.showPasskey)
	page("POST", "/passkeys/{id}", o.takeName)
	page("POST", "/passkeys/{id}/remove", o.takeRemovePasskey)
	page("GET", "/codes", o.showCodes)
	page("POST", "/codes", o.takeCodes)
	page("GET", "/password", o.showChange)
	page("POST", "/password", o.takeChange)
	page("GET", "/second-factor", o.showSetUp)
	page("POST", "/second-factor", o.takeSetUp)
	page("GET", "/second-factor/key", o.showKey)
	page("POST", "/second-factor/key", o.takeKey)
	page("GET", "/second-factor/picture", o.showPicture)
	page("GET", "/second-factor/remove", o.showRemove)
	page("POST", "/second-factor/remove", o.takeRemove)
	return o
}

// path is the address of one of these pages.
func (o *own) path(q *web.Req, below string) string {
	if o.base.Unprefixed {
		return o.base.Path + below
	}
	return q.Path(o.base.Path + below)
}

func (o *own) showSecurity(q *web.Req) error {
	ctx := q.R.Context()
	has, err := o.Has(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	list, err := o.Devices(ctx, q.Session)
	if err != nil {
		return err
	}
	moments, next, err := History(ctx, o.Log, q.Session.Subject, 0)
	if err != nil {
		return err
	}
	second := ui.Row{
		Key: q.P.T("identity.second"), Value: q.P.T("identity.second.text"), Tag: &ui.Label{Text: q.P.T("identity.second.off"), Kind: ui.Neutral},
		Href: o.path(q, "/second-factor"), Action: q.P.T("identity.second.add"),
	}
	if !has.App.IsZero() {
		second.Tag = &ui.Label{Text: q.P.T("identity.second.on"), Kind: ui.Good}
		second.Value = q.P.T("identity.second.since", "date", has.App)
		second.Action = q.P.T("identity.change")
	}
	keys := ui.Row{
		Key: q.P.T("identity.passkeys"), Value: q.P.T("identity.passkeys.count", "n", has.Passkeys),
		Href: o.path(q, "/passkeys"), Action: q.P.T("identity.change"),
	}
	codes := ui.Row{
		Key: q.P.T("identity.codes"), Value: q.P.T("identity.codes.left", "n", has.Codes), Href: o.path(q, "/codes"), Action: q.P.T("identity.codes.make"),
	}
	if has.Second() && has.Codes == 0 {
		codes.Tag = &ui.Label{Text: q.P.T("identity.codes.missing"), Kind: ui.Warn}
	}
	password := ui.Row{Key: q.P.T("identity.password"), Value: q.P.T("identity.password.kept"), Href: o.path(q, "/password"), Action: q.P.T("identity.change")}
	if !has.Password {
		password.Value, password.Action = q.P.T("identity.password.none"), q.P.T("identity.password.choose")
	}
	page := pages.Security{
		Facts:  []ui.Row{password, second, keys, codes},
		Action: o.path(q, "/sessions"), History: historyTable(q.P, moments),
	}
	if l := o.Login(); l != nil && !o.base.Unprefixed {
		row, err := l.Row(q)
		if err != nil {
			return err
		}
		if row != nil {
			page.Facts = append(page.Facts, *row)
		}
	}
	if key := map[string]string{
		"password": "identity.changed.password", "second": "identity.changed.second", "removed": "identity.changed.removed", "ended": "identity.changed.ended",
		"passkey": "identity.changed.passkey", "named": "identity.changed.named", "passkey-removed": "identity.changed.passkey-removed",
		"stopped": "identity.changed.stopped", "login": "identity.changed.login", "login-ended": "identity.changed.login-ended",
	}[q.Value("done")]; key != "" {
		page.Notice = q.P.T(key)
	}
	if o.recover != nil {
		ready, err := o.recover.Waiting(ctx, q.Session.Subject)
		if err != nil {
			return err
		}
		if !ready.IsZero() {
			page.Recovery, page.Stop = q.P.DateTime(ready), o.path(q, "/recovery")
		}
	}
	for _, d := range list {
		page.Devices = append(page.Devices, pages.Device{
			ID: d.ID, Browser: d.Browser, Signed: q.P.DateTime(d.Signed), Seen: q.P.DateTime(d.Seen), Here: d.Here,
		})
	}
	if next > 0 {
		page.More = o.path(q, "/history") + "?before=" + strconv.FormatInt(next, 10)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.security.title"), Body: pages.SecurityPage(page)})
}

// historyTable is a history in words.
func historyTable(p *i18n.Printer, moments []Moment) ui.Grid {
	g := ui.Grid{
		Empty: p.T("identity.history.none"),
		Head:  []ui.Cell{{Text: p.T("identity.history.when")}, {Text: p.T("identity.history.what")}, {Text: p.T("identity.history.how")}},
	}
	kinds := map[string]ui.Kind{audit.KindSignIn: ui.Good, audit.KindSignInFailed: ui.Bad, audit.KindSignOut: ui.Neutral}
	for _, m := range moments {
		kind, ok := kinds[m.Kind]
		if !ok {
			kind = ui.Info
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: p.DateTime(m.At)}, {Tag: &ui.Label{Text: p.T("identity.kind." + m.Kind), Kind: kind}}, {Text: Cause(p, m.Reason)},
		})
	}
	return g
}

func (o *own) showHistory(q *web.Req) error {
	before, err := strconv.ParseInt(q.Value("before"), 10, 64)
	if q.Value("before") == "" {
		before, err = 0, nil
	}
	if err != nil || before < 0 {
		return fault.New(fault.NotFound, "identity.history.page")
	}
	moments, next, err := History(q.R.Context(), o.Log, q.Session.Subject, before)
	if err != nil {
		return err
	}
	var p ui.Pages
	here := o.path(q, "/history")
	if before > 0 {
		p.Prev = here
	}
	if next > 0 {
		p.Next = here + "?before=" + strconv.FormatInt(next, 10)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.history.title"), Body: pages.History(historyTable(q.P, moments), p), Back: o.path(q, "")})
}

func (o *own) takeEnd(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := o.End(q.R.Context(), q.Session, q.Value("session")); err != nil {
		return err
	}
	return q.Redirect(o.path(q, "") + "?done=ended")
}

// takeStop stops a recovery that waits. It asks for no newer proof: it keeps
// things as they are.
func (o *own) takeStop(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if q.Value("recovery") != "stop" {
		return fault.New(fault.Invalid, "identity.recovery.unclear")
	}
	if err := o.recover.StopOwn(q.R.Context(), q.Session.Subject); err != nil {
		return err
	}
	return q.Redirect(o.path(q, "") + "?done=stopped")
}

func (o *own) showChange(q *web.Req) error { return o.askChange(q, nil) }

func (o *own) askChange(q *web.Req, t *identity.Typed) error {
	fields := []templ.Component{identity.CurrentField(q, t), identity.PasswordField(q, t)}
	if by := q.Session.SteppedBy; by == identity.MeansPasskey || by == identity.MeansLogin {
		fields = fields[1:] // whoever came in without it may have forgotten it, or have none
	}
	return identity.Answer(q, t, o.path(q, ""), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.change.title"),
		Lead:   []string{q.P.T("identity.change.lead")},
		Action: o.path(q, "/password"), Button: q.P.T("identity.change.go"),
		Fields: fields,
	}, "current", "password")
}

func (o *own) takeChange(q *web.Req) error {
	t := identity.ReadForm(q, "current", "password")
	if t.Bad() {
		return o.askChange(q, t)
	}
	e, err := o.ChangePassword(q.R.Context(), q.Session, q.Value("current"), q.Value("password"), q.Lang, identity.FromOf(q))
	return o.changed(q, e, err, "password", func(err error) error { t.Add(err); return o.askChange(q, t) })
}

// changed sets the new session's cookie and goes back to the security page, or
// shows the form again with what is wrong.
func (o *own) changed(q *web.Req, e identity.Entry, err error, done string, again func(error) error) error {
	if err != nil {
		if identity.Shown(err) {
			return again(err)
		}
		return err
	}
	if err := q.SetCookie(identity.CookieOf(q.Session.Realm), e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(o.path(q, "") + "?done=" + done)
}

func (o *own) showSetUp(q *web.Req) error {
	return o.askSetUp(q, nil)
}

func (o *own) askSetUp(q *web.Req, t *identity.Typed) error {
	has, err := o.Has(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	what, after := "add", templ.Component(templ.NopComponent)
	if !has.App.IsZero() {
		what, after = "replace", pages.Otherwise(q.P.T("identity.second.none-any-more"), q.P.T("identity.second.remove.title"), o.path(q, "/second-factor/remove"))
	}
	return identity.Answer(q, t, o.path(q, ""), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.second." + what + ".title"),
		Lead:   []string{q.P.T("identity.second." + what + ".lead")},
		Action: o.path(q, "/second-factor"), Button: q.P.T("identity.continue"), After: after,
	})
}

func (o *own) takeSetUp(q *web.Req) error {
	t := identity.ReadForm(q)
	if t.Bad() {
		return o.askSetUp(q, t)
	}
	if err := o.NewSecond(q.R.Context(), q.Session); err != nil {
		return err
	}
	return q.Redirect(o.path(q, "/second-factor/key"))
}

// label is what an app calls the account: the portal knows better names, but
// an app is somebody else's.
func (o *own) label(q *web.Req) string {
	if o.base.Audience == web.Staff {
		return identity.StaffLabel
	}
	return q.P.In(o.Portal().Name)
}

func (o *own) showKey(q *web.Req) error { return o.askKey(q, nil) }

func (o *own) askKey(q *web.Req, t *identity.Typed) error {
	key, err := o.SecondKey(q.R.Context(), q.Session.Subject, o.label(q))
	if err != nil {
		return err
	}
	return identity.Answer(q, t, o.path(q, ""), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.key.title"),
		Before: pages.Key(o.path(q, "/second-factor/picture"), credential.Grouped(key.Secret())),
		Action: o.path(q, "/second-factor/key"), Button: q.P.T("identity.key.confirm"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.second.hint")},
	}, "code")
}

func (o *own) takeKey(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return o.askKey(q, t)
	}
	e, err := o.ConfirmSecond(q.R.Context(), q.Session, q.Value("code"), q.Lang, identity.FromOf(q))
	return o.changed(q, e, err, "second", func(err error) error { t.Add(err); return o.askKey(q, t) })
}

func (o *own) showPicture(q *web.Req) error {
	key, err := o.SecondKey(q.R.Context(), q.Session.Subject, o.label(q))
	if err != nil {
		return err
	}
	png, err := credential.Picture(key.URL())
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "image/png", png)
}

func (o *own) showRemove(q *web.Req) error { return o.askRemove(q, nil) }

func (o *own) askRemove(q *web.Req, t *identity.Typed) error {
	return identity.Answer(q, t, o.path(q, ""), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.second.remove.title"),
		Lead:   []string{q.P.T("identity.second.remove.lead")},
		Action: o.path(q, "/second-factor/remove"), Button: q.P.T("identity.second.remove"), Look: ui.Danger,
	})
}

func (o *own) takeRemove(q *web.Req) error {
	t := identity.ReadForm(q)
	if t.Bad() {
		return o.askRemove(q, t)
	}
	e, err := o.RemoveSecond(q.R.Context(), q.Session, q.Lang)
	return o.changed(q, e, err, "removed", func(err error) error { t.Add(err); return o.askRemove(q, t) })
}

// passkeyField is what keeps how a passkey is called.
func (o *own) passkeyField() string {
	if o.base.Audience == web.Staff {
		return policy.FieldStaffPasskey
	}
	return policy.FieldPasskey
}
