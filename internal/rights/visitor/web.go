package visitor

import (
	"errors"
	"net/http"
	"strconv"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	form "portico/internal/identity/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/visitor/pages"
)

// The names of the fields of the n-th contact and its code.
func contactName(n int) string { return "contact-" + strconv.Itoa(n) }
func codeName(n int) string    { return "code-" + strconv.Itoa(n) }

// formLimit bounds the body of a form: a text in any script.
const formLimit = 128 << 10

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const secrets, own = "none: reads no value, only secrets", rights.ActivityOwn
	const see = "/rights/requests/{reference}/{token}"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/rights/ask", Activity: "public", Handler: s.showWho},
		{Method: "POST", Path: "/rights/ask", Activity: own, Handler: s.takeWho},
		{Method: "GET", Path: "/rights/ask/codes", Activity: secrets, Handler: s.showCodes},
		{Method: "POST", Path: "/rights/ask/codes", Activity: secrets, Handler: s.takeCodes},
		{Method: "GET", Path: "/rights/ask/about", Activity: own, Handler: s.showChoices},
		{Method: "GET", Path: "/rights/ask/about/{right}", Activity: own, Handler: s.asking(s.Rights.ShowForm)},
		{Method: "POST", Path: "/rights/ask/about/{right}", Activity: own, Handler: s.asking(s.Rights.TakeForm)},
		{Method: "GET", Path: see, Activity: own, Handler: s.showRequest},
		{Method: "POST", Path: see, Activity: own, Handler: s.takeRequest},
		{Method: "GET", Path: see + "/package", Activity: own, Handler: s.give},
		{Method: "GET", Path: see + "/certificate", Activity: own, Handler: s.certificate},
	} {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			if !s.Offered() {
				return errUnknown
			}
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		rt.Limit = formLimit
		r.Handle(rt)
	}
}

// Offered reports whether people without a cabinet can ask here: the portal
// takes requests, and writes to whoever asked.
func (s *Service) Offered() bool {
	_, writes := s.Policy().Activity(rights.ActivityWrite)
	return writes && s.Rights.Offered()
}

func token(q *web.Req) string { return q.Cookie(web.SessionCookie) }

// act reads which button was pressed, which must be one of these.
func act(q *web.Req, t *identity.Typed, known ...string) string {
	do := q.Value("act")
	for _, k := range known {
		if do == k {
			return do
		}
	}
	if !t.Bad() {
		t.No("act", q.P.T("visitor.button"))
	}
	return ""
}

// failed shows a form again, or leaves what no form can show to the router.
func failed(t *identity.Typed, err error, again func() error) error {
	if identity.Shown(err) {
		t.Add(err)
		return again()
	}
	return err
}

func (s *Service) showWho(q *web.Req) error {
	if q.Session != nil {
		return q.Redirect(q.Path("/cabinet/rights"))
	}
	var t *identity.Typed
	if q.Value("expired") != "" {
		t = identity.Whole(q, q.P.T("visitor.over"))
	}
	return s.who(q, t)
}

// who asks for contacts.
func (s *Service) who(q *web.Req, t *identity.Typed) error {
	f := form.Form{
		Title: q.P.T("visitor.title"), Lead: []string{q.P.T("visitor.lead"), q.P.T("visitor.lead.codes")},
		Action: q.Path("/rights/ask"), Button: q.P.T("visitor.send"), Act: "send",
		After: pages.After(pages.More{
			Title: q.P.T("visitor.otherwise"), Lines: []string{q.P.T("visitor.otherwise.text")},
			Links: []ui.Item{{Title: q.P.T("visitor.cabinet"), Href: q.Path("/cabinet/rights")}, {Title: q.P.T("visitor.help"), Href: q.Path("/help")}},
		}),
	}
	var names []string
	for n := 1; n <= MaxContacts; n++ {
		name := contactName(n)
		one := ui.Field{
			Name: name, Label: q.P.T("visitor.contact"), Value: identity.Value(q, name), Error: t.Error(name), Max: credential.EmailMax, LTR: true,
			Hint: q.P.T("visitor.contact.hint", "example", s.Identity.ExamplePhone()), Why: s.Identity.Why(q.P, rights.FieldContact, rights.ActivityOwn), Autocomplete: "email",
		}
		if n > 1 {
			one.Label, one.Hint, one.Autocomplete, one.Optional = q.P.T("visitor.contact.more", "n", n), "", "", true
		}
		names, f.Fields = append(names, name), append(f.Fields, ui.Input(one))
	}
	return identity.Answer(q, t, q.Path("/privacy"), f, names...)
}

func (s *Service) takeWho(q *web.Req) error {
	if q.Session != nil { // the way of a visitor would end their session
		return q.Redirect(q.Path("/cabinet/rights"))
	}
	names := []string{"act"}
	for n := 1; n <= MaxContacts; n++ {
		names = append(names, contactName(n))
	}
	t := identity.ReadForm(q, names...)
	if act(q, t, "send"); t.Bad() {
		return s.who(q, t)
	}
	var typed []string
	for n := 1; n <= MaxContacts; n++ {
		typed = append(typed, q.Value(contactName(n)))
	}
	made, err := s.Begin(q.R.Context(), typed, q.Lang, q.Network())
	if err != nil {
		return failed(t, err, func() error { return s.who(q, t) })
	}
	if err := q.SetCookie(web.SessionCookie, made, 0); err != nil {
		return err
	}
	return q.Redirect(q.Path("/rights/ask/codes"))
}

// gone leads whoever is not on a way to its beginning.
func gone(q *web.Req, err error) error {
	if errors.Is(err, errOver) {
		return q.Redirect(q.Path("/rights/ask?expired=1"))
	}
	return err
}

func (s *Service) showCodes(q *web.Req) error { return s.asksCodes(q, nil) }

// asksCodes asks for the codes of somebody who is about to ask for something.
func (s *Service) asksCodes(q *web.Req, t *identity.Typed) error {
	v, err := s.Here(q.R.Context(), token(q))
	if err == nil && v.Request != "" {
		err = errOver
	}
	if err != nil {
		return gone(q, err)
	}
	if !v.Proved.IsZero() {
		return q.Redirect(q.Path("/rights/ask/about"))
	}
	return s.codes(q, t, v, q.P.T("visitor.title"), q.Path("/rights/ask/codes"), q.Path("/rights/ask"))
}

// codes is the page that asks for codes.
func (s *Service) codes(q *web.Req, t *identity.Typed, v *Visit, caption, action, back string) error {
	f := form.Form{
		Caption: caption, Title: q.P.T("visitor.codes.title"), Lead: []string{q.P.T("visitor.codes.lead", "minutes", int(identity.CodeLife.Minutes()))},
		Action: action, Button: q.P.T("visitor.codes.check"), Act: "check",
	}
	if done(q) == "again" {
		f.Before = ui.Notification(ui.Good, q.P.T("visitor.codes.sent"), "")
	}
	var names []string
	for _, c := range v.codes {
		way := "email"
		if c.field == policy.FieldPhone {
			way = "phone"
		}
		if !c.proved.IsZero() {
			f.Fields = append(f.Fields, pages.Shown(q.P.T("visitor.codes.shown."+way, "n", c.n)))
			continue
		}
		name := codeName(c.n)
		names, f.Fields = append(names, name), append(f.Fields, ui.Input(ui.Field{
			Name: name, Label: q.P.T("visitor.codes."+way, "n", c.n), Hint: q.P.T("visitor.codes.hint"), Error: t.Error(name),
			InputMode: "numeric", Autocomplete: "one-time-code", Width: 10, LTR: true,
		}))
	}
	more := pages.More{Title: q.P.T("visitor.codes.none"), Lines: []string{q.P.T("visitor.codes.none.text")}, Action: action,
		Buttons: []ui.Btn{{Text: q.P.T("visitor.codes.again"), Name: "act", Value: "again", Look: ui.Secondary}}}
	if v.Request == "" && len(v.shown()) > 0 {
		more.Lines = append(more.Lines, q.P.T("visitor.codes.enough.text"))
		more.Buttons = append(more.Buttons, ui.Btn{Text: q.P.T("visitor.codes.enough"), Name: "act", Value: "enough", Look: ui.Secondary})
	}
	f.After = pages.After(more)
	return identity.Answer(q, t, back, f, names...)
}

// done is what was done just before.
func done(q *web.Req) string { return q.R.URL.Query().Get("done") }

// confirm does what somebody chose on the page of codes, and leads to the page
// that follows.
func (s *Service) confirm(q *web.Req, here, next string, again func(*identity.Typed) error) error {
	names := []string{"act"}
	for n := 1; n <= MaxContacts; n++ {
		names = append(names, codeName(n))
	}
	t := identity.ReadForm(q, names...)
	do := act(q, t, "check", "again", "enough")
	if t.Bad() {
		return again(t)
	}
	if do == "again" {
		if err := s.Again(q.R.Context(), token(q), q.Lang, q.Network()); err != nil {
			return gone(q, err)
		}
		return q.Redirect(here + "?done=again")
	}
	typed := map[int]string{}
	for n := 1; n <= MaxContacts; n++ {
		typed[n] = q.Value(codeName(n))
	}
	if err := s.Confirm(q.R.Context(), token(q), typed, do == "enough", q.Network()); err != nil {
		return gone(q, failed(t, err, func() error { return again(t) }))
	}
	return q.Redirect(next)
}

func (s *Service) takeCodes(q *web.Req) error {
	v, err := s.Here(q.R.Context(), token(q))
	if err == nil && v.Request != "" {
		err = errOver
	}
	if err != nil {
		return gone(q, err)
	}
	return s.confirm(q, q.Path("/rights/ask/codes"), q.Path("/rights/ask/about"), func(t *identity.Typed) error { return s.asksCodes(q, t) })
}

// showChoices lists what can be asked for.
func (s *Service) showChoices(q *web.Req) error {
	a, cabinets, err := s.Asker(q.R.Context(), token(q))
	if err != nil {
		return gone(q, err)
	}
	page := pages.Choices{Shown: q.P.T("visitor.about.shown", "n", int64(len(a.Contacts))), Rights: s.Rights.Choices(q.P, q.Path("/rights/ask/about"))}
	if cabinets > 0 {
		page.Cabinet, page.Href = q.P.T("visitor.about.cabinet"), q.Path("/cabinet/rights")
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("visitor.about.title"), Body: pages.ChoicesPage(page), Back: q.Path("/rights/ask"), Private: true})
}

// asking does something as who has shown who they are.
func (s *Service) asking(then func(*web.Req, rights.Asker) error) web.Handler {
	return func(q *web.Req) error {
		a, _, err := s.Asker(q.R.Context(), token(q))
		if err != nil {
			return gone(q, err)
		}
		a.Home = q.Path("/rights/ask/about")
		return then(q, a)
	}
}

// followed is the request of an address, with who sees it and where it is.
func (s *Service) followed(q *web.Req) (r *rights.Request, a rights.Asker, at string, err error) {
	r, err = s.Followed(q.R.Context(), q.R.PathValue("reference"), q.R.PathValue("token"))
	if err != nil {
		return nil, a, "", err
	}
	return r, rights.Asker{Subject: r.Subject, Outside: true, Home: q.Path("/rights/ask"), Path: s.Path}, q.Path(s.Path(r)), nil
}

func (s *Service) showRequest(q *web.Req) error { return s.request(q, nil) }

// request shows where a request stands; all of it to who has shown that it is
// theirs.
func (s *Service) request(q *web.Req, t *identity.Typed) error {
	r, a, at, err := s.followed(q)
	if err != nil {
		return err
	}
	ctx := q.R.Context()
	v, err := s.began(ctx, token(q), r)
	switch {
	case err != nil && !errors.Is(err, errOver):
		return err
	case err == nil && v.Proved.IsZero():
		return s.codes(q, t, v, r.Reference, at, q.Path("/help"))
	case err == nil && done(q) != "codes":
		return s.Rights.Show(q, t, a, r.ID)
	}
	page := pages.Request{
		Title: q.P.T("visitor.request.title"), Ref: r.Reference, Facts: s.Rights.Facts(q.P, r, nil), Sent: done(q) == "sent", Action: at,
		Text: q.P.T("visitor.request.text"), Problems: t.Problems(), Button: q.P.T("visitor.request.codes"),
	}
	switch {
	case r.Paused() && r.Source == rights.Form:
		page.Text += " " + q.P.T("visitor.request.number")
	case r.Paused():
		page.Text = q.P.T("visitor.request.paused")
	case done(q) == "codes":
		page.Text = q.P.T("visitor.request.again")
	}
	if page.Sent {
		page.Title, page.Text = q.P.T("rights.sent"), q.P.T("visitor.request.sent")+" "+page.Text
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: page.Title, Body: pages.RequestPage(page), Back: q.Path("/help"), Invalid: t.Bad(), Private: true})
}

func (s *Service) takeRequest(q *web.Req) error {
	r, a, at, err := s.followed(q)
	if err != nil {
		return err
	}
	ctx := q.R.Context()
	v, err := s.began(ctx, token(q), r)
	if err != nil && !errors.Is(err, errOver) {
		return err
	}
	if _, err := q.Form(); err == nil && q.Value("act") == "codes" {
		if q.Session != nil {
			t := identity.Whole(q, q.P.T("visitor.signed-in"))
			return s.request(q, t)
		}
		made, err := s.See(ctx, r, q.Lang, q.Network())
		if err != nil {
			return err
		}
		if err := q.SetCookie(web.SessionCookie, made, 0); err != nil {
			return err
		}
		return q.Redirect(at)
	}
	switch {
	case err == nil && v.Proved.IsZero():
		return s.confirm(q, at, at, func(t *identity.Typed) error { return s.request(q, t) })
	case err == nil:
		return s.Rights.TakeOn(q, a, r.ID)
	}
	t := identity.ReadForm(q, "act", "do")
	act(q, t, "codes")
	if err := t.Edge(); err != nil {
		return err
	}
	return s.request(q, t)
}

// give sends a package to who has shown just now that it is theirs.
func (s *Service) give(q *web.Req) error {
	r, _, at, err := s.followed(q)
	if err != nil {
		return err
	}
	_, fresh, err := s.Sees(q.R.Context(), token(q), r)
	if err != nil {
		return err
	}
	if !fresh {
		return q.Redirect(at + "?done=codes")
	}
	return s.Rights.Give(q, r.Subject, r.ID)
}

// certificate sends the certificate of an erasure to who has shown that it is
// theirs.
func (s *Service) certificate(q *web.Req) error {
	r, _, at, err := s.followed(q)
	if err != nil {
		return err
	}
	sees, _, err := s.Sees(q.R.Context(), token(q), r)
	if err != nil {
		return err
	}
	if !sees {
		return q.Redirect(at + "?done=codes")
	}
	return s.Rights.Fates.Give(q, r.Subject, r.ID)
}
