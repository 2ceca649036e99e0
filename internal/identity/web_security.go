package identity

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

const security = "/cabinet/security"

func (s *Service) showSecurity(q *web.Req) error {
	ctx := q.R.Context()
	since, has, err := s.HasSecond(ctx, q.Session.Subject)
	if err != nil {
		return err
	}
	list, err := s.Devices(ctx, q.Session)
	if err != nil {
		return err
	}
	moments, next, err := s.History(ctx, q.Session.Subject, 0)
	if err != nil {
		return err
	}
	second := ui.Row{
		Key: q.P.T("identity.second"), Value: q.P.T("identity.second.text"), Tag: &ui.Label{Text: q.P.T("identity.second.off"), Kind: ui.Neutral},
		Href: q.Path(security + "/second-factor"), Action: q.P.T("identity.second.add"),
	}
	if has {
		second.Tag = &ui.Label{Text: q.P.T("identity.second.on"), Kind: ui.Good}
		second.Value = q.P.T("identity.second.since", "date", since)
		second.Href, second.Action = q.Path(security+"/second-factor/remove"), q.P.T("identity.second.remove")
	}
	page := pages.Security{
		Facts: []ui.Row{
			{Key: q.P.T("identity.password"), Value: q.P.T("identity.password.kept"), Href: q.Path(security + "/password"), Action: q.P.T("identity.change")},
			second,
		},
		Action: q.Path(security + "/sessions"), History: historyTable(q.P, moments),
	}
	if key := map[string]string{"password": "identity.changed.password", "second": "identity.changed.second", "removed": "identity.changed.removed", "ended": "identity.changed.ended"}[q.Value("done")]; key != "" {
		page.Notice = q.P.T(key)
	}
	for _, d := range list {
		page.Devices = append(page.Devices, pages.Device{
			ID: d.ID, Browser: d.Browser, Signed: q.P.DateTime(d.Signed), Seen: q.P.DateTime(d.Seen), Here: d.Here,
		})
	}
	if next > 0 {
		page.More = q.Path(security+"/history") + "?before=" + strconv.FormatInt(next, 10)
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
		how := "identity.reason." + m.Reason
		if !p.Has(how) {
			how = "identity.reason.other"
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: p.DateTime(m.At)}, {Tag: &ui.Label{Text: p.T("identity.kind." + m.Kind), Kind: kind}}, {Text: p.T(how)},
		})
	}
	return g
}

func (s *Service) showHistory(q *web.Req) error {
	before, err := strconv.ParseInt(q.Value("before"), 10, 64)
	if q.Value("before") == "" {
		before, err = 0, nil
	}
	if err != nil || before < 0 {
		return fault.New(fault.NotFound, "identity.history.page")
	}
	moments, next, err := s.History(q.R.Context(), q.Session.Subject, before)
	if err != nil {
		return err
	}
	var p ui.Pages
	here := q.Path(security + "/history")
	if before > 0 {
		p.Prev = here
	}
	if next > 0 {
		p.Next = here + "?before=" + strconv.FormatInt(next, 10)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.history.title"), Body: pages.History(historyTable(q.P, moments), p), Back: q.Path(security)})
}

func (s *Service) takeEnd(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.End(q.R.Context(), q.Session, q.Value("session")); err != nil {
		return err
	}
	return q.Redirect(q.Path(security) + "?done=ended")
}

func (s *Service) showChange(q *web.Req) error { return s.askChange(q, nil) }

func (s *Service) askChange(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path(security), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.change.title"),
		Lead:   []string{q.P.T("identity.change.lead")},
		Action: q.Path(security + "/password"), Button: q.P.T("identity.change.go"),
		Fields: []templ.Component{CurrentField(q, t), PasswordField(q, t)},
	}, "current", "password")
}

func (s *Service) takeChange(q *web.Req) error {
	t := ReadForm(q, "current", "password")
	if t.Bad() {
		return s.askChange(q, t)
	}
	e, err := s.ChangePassword(q.R.Context(), q.Session, q.Value("current"), q.Value("password"), q.Lang, FromOf(q))
	return s.changed(q, e, err, "password", func(err error) error { t.Add(err); return s.askChange(q, t) })
}

// changed sets the new session's cookie and goes back to the security page, or
// shows the form again with what is wrong.
func (s *Service) changed(q *web.Req, e Entry, err error, done string, again func(error) error) error {
	if err != nil {
		if Shown(err) {
			return again(err)
		}
		return err
	}
	if err := q.SetCookie(cookieOf(q.Session.Realm), e.Token, 0); err != nil {
		return err
	}
	return q.Redirect(q.Path(security) + "?done=" + done)
}

func (s *Service) showSetUp(q *web.Req) error {
	if _, has, err := s.HasSecond(q.R.Context(), q.Session.Subject); err != nil || has {
		if err != nil {
			return err
		}
		return q.Redirect(q.Path(security))
	}
	return s.askSetUp(q, nil)
}

func (s *Service) askSetUp(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path(security), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.second.add.title"),
		Lead:   []string{q.P.T("identity.second.add.lead"), q.P.T("identity.current.lead")},
		Action: q.Path(security + "/second-factor"), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{CurrentField(q, t)},
	}, "current")
}

func (s *Service) takeSetUp(q *web.Req) error {
	t := ReadForm(q, "current")
	if t.Bad() {
		return s.askSetUp(q, t)
	}
	if err := s.NewSecond(q.R.Context(), q.Session, q.Value("current"), FromOf(q)); err != nil {
		if !Shown(err) {
			return err
		}
		t.Add(err)
		return s.askSetUp(q, t)
	}
	return q.Redirect(q.Path(security + "/second-factor/key"))
}

// label is what an app calls the account: the portal knows better names, but
// an app is somebody else's.
func (s *Service) label(q *web.Req) string { return q.P.In(s.Portal().Name) }

func (s *Service) showKey(q *web.Req) error { return s.askKey(q, nil) }

func (s *Service) askKey(q *web.Req, t *Typed) error {
	key, err := s.SecondKey(q.R.Context(), q.Session.Subject, s.label(q))
	if err != nil {
		return err
	}
	return Answer(q, t, q.Path(security), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.key.title"),
		Before: pages.Key(q.Path(security+"/second-factor/picture"), credential.Grouped(key.Secret())),
		Action: q.Path(security + "/second-factor/key"), Button: q.P.T("identity.key.confirm"),
		Fields: []templ.Component{CodeField(q, t, "identity.code", "identity.second.hint")},
	}, "code")
}

func (s *Service) takeKey(q *web.Req) error {
	t := ReadForm(q, "code")
	if t.Bad() {
		return s.askKey(q, t)
	}
	e, err := s.ConfirmSecond(q.R.Context(), q.Session, q.Value("code"), q.Lang, FromOf(q))
	return s.changed(q, e, err, "second", func(err error) error { t.Add(err); return s.askKey(q, t) })
}

func (s *Service) showPicture(q *web.Req) error {
	key, err := s.SecondKey(q.R.Context(), q.Session.Subject, s.label(q))
	if err != nil {
		return err
	}
	png, err := credential.Picture(key.URL())
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "image/png", png)
}

func (s *Service) showRemove(q *web.Req) error { return s.askRemove(q, nil) }

func (s *Service) askRemove(q *web.Req, t *Typed) error {
	return Answer(q, t, q.Path(security), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.second.remove.title"),
		Lead:   []string{q.P.T("identity.second.remove.lead"), q.P.T("identity.current.lead")},
		Action: q.Path(security + "/second-factor/remove"), Button: q.P.T("identity.second.remove"), Look: ui.Danger,
		Fields: []templ.Component{CurrentField(q, t)},
	}, "current")
}

func (s *Service) takeRemove(q *web.Req) error {
	t := ReadForm(q, "current")
	if t.Bad() {
		return s.askRemove(q, t)
	}
	e, err := s.RemoveSecond(q.R.Context(), q.Session, q.Value("current"), q.Lang, FromOf(q))
	return s.changed(q, e, err, "removed", func(err error) error { t.Add(err); return s.askRemove(q, t) })
}
