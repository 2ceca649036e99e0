package staff

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/credential"
	identitypages "portico/internal/identity/pages"
	"portico/internal/identity/security"
	"portico/internal/identity/signin"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// formLimit bounds what these pages take.
const formLimit = 16 << 10

// Mount declares the pages of officials' accounts and of operations.
func (s *Service) Mount(r *web.Router) {
	const secrets, own = "none: reads no value, only secrets", policy.ActivityStaffAccount
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/sign-in", Activity: "public", Handler: s.showSignIn},
		{Method: "POST", Path: "/staff/sign-in", Activity: secrets, Handler: s.takeSignIn},
		{Method: "GET", Path: "/staff/sign-in/code", Activity: "public", Handler: s.showSecond},
		{Method: "POST", Path: "/staff/sign-in/code", Activity: secrets, Handler: s.takeSecond},
		{Method: "GET", Path: "/staff/sign-in/enrol", Activity: secrets, Handler: s.showEnrol},
		{Method: "POST", Path: "/staff/sign-in/enrol", Activity: secrets, Handler: s.takeEnrol},
		{Method: "GET", Path: "/staff/sign-in/picture", Activity: secrets, Handler: s.showPicture},
		{Method: "POST", Path: "/staff/sign-out", Activity: "none: ends a session", Handler: s.takeSignOut},
		{Method: "GET", Path: "/staff/welcome/{token}", Activity: own, Handler: s.showWelcome},
		{Method: "POST", Path: "/staff/welcome/{token}", Activity: own, Handler: s.takeWelcome},
		{Method: "GET", Path: "/staff/", Audience: web.Staff, Activity: "none: leads to an official's first page", Handler: s.home},
		{Method: "GET", Path: "/staff/people", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.showPeople},
		{Method: "POST", Path: "/staff/people", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.takeFind},
		{Method: "GET", Path: "/staff/people/{reference}", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.showPerson},
		{Method: "POST", Path: "/staff/people/{reference}", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.takePerson},
		{Method: "GET", Path: "/staff/invite", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.showInvite},
		{Method: "POST", Path: "/staff/invite", Audience: web.Staff, Activity: ActivityAdminister, Handler: s.takeInvite},
		{Method: "GET", Path: "/staff/jobs", Audience: web.Staff, Activity: "none: shows kinds and times of jobs", Handler: s.showJobs},
		{Method: "POST", Path: "/staff/jobs", Audience: web.Staff, Activity: "none: has a job tried again", Handler: s.takeJob},
	} {
		rt.Limit, rt.Unprefixed = formLimit, true
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		r.Handle(rt)
	}
	signin.MountStaff(r, s.Identity)
	security.MountStaff(r, s.Identity)
}

// home leads to the first page that an official may open.
func (s *Service) home(q *web.Req) error {
	pol := s.Policy()
	switch {
	case pol.May(q.Session.Roles, policy.AdministerPeople):
		return q.Redirect("/staff/people")
	case pol.May(q.Session.Roles, policy.AnswerRights): // before what only shows how the portal does
		return q.Redirect("/staff/rights")
	case pol.May(q.Session.Roles, policy.KeepSchedules):
		return q.Redirect("/staff/retention")
	case pol.May(q.Session.Roles, policy.SeeOperations):
		return q.Redirect("/staff/jobs")
	case pol.May(q.Session.Roles, policy.VerifyPeople):
		return q.Redirect("/staff/identity")
	case pol.May(q.Session.Roles, policy.AnswerInquiries), pol.May(q.Session.Roles, policy.EnterInquiries):
		return q.Redirect("/staff/requests")
	case pol.May(q.Session.Roles, policy.Reconcile):
		return q.Redirect("/staff/payments")
	case pol.May(q.Session.Roles, policy.SendOffers):
		return q.Redirect("/staff/offers")
	}
	return q.Redirect("/staff/cases")
}

// onCases reports whether somebody with these roles has to do with cases: a
// service declares a use for one of them.
func onCases(pol *policy.Policy, roles []string) bool {
	return pol.May(roles, policy.Supervise) || slices.ContainsFunc(pol.Declarations().Activities, func(a policy.Activity) bool {
		return strings.Contains(a.ID, ".") && slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(a.Who, "role:"+role) })
	})
}

// Menu is the menu of an official who is signed in: what their roles open.
func (s *Service) Menu(q *web.Req) []web.Link {
	if q.Session == nil || q.Session.Realm != web.RealmStaff {
		return nil
	}
	pol, links := s.Policy(), []web.Link{}
	if onCases(pol, q.Session.Roles) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.cases"), Href: "/staff/cases"})
	}
	if pol.May(q.Session.Roles, policy.AdministerPeople) {
		links = append(links, web.Link{Text: q.P.T("staff.people.title"), Href: "/staff/people"})
	}
	if pol.May(q.Session.Roles, policy.SeeOperations) {
		links = append(links, web.Link{Text: q.P.T("staff.jobs.title"), Href: "/staff/jobs"}, web.Link{Text: q.P.T("staff.menu.statistics"), Href: "/staff/statistics"})
	}
	if pol.May(q.Session.Roles, policy.SeeOperations) || pol.May(q.Session.Roles, policy.Attest) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.proof"), Href: "/staff/proof"})
	}
	if pol.May(q.Session.Roles, policy.PublishPolicy) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.policy"), Href: "/staff/policy"})
	}
	if pol.May(q.Session.Roles, policy.VerifyPeople) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.identity"), Href: "/staff/identity"})
	}
	if pol.May(q.Session.Roles, policy.VerifyCompanies) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.companies"), Href: "/staff/companies"})
	}
	if pol.May(q.Session.Roles, policy.AnswerInquiries) || pol.May(q.Session.Roles, policy.EnterInquiries) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.requests"), Href: "/staff/requests"})
	}
	if pol.May(q.Session.Roles, policy.AnswerRights) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.rights"), Href: "/staff/rights"})
	}
	if pol.May(q.Session.Roles, policy.KeepSchedules) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.retention"), Href: "/staff/retention"})
	}
	if pol.May(q.Session.Roles, policy.Reconcile) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.payments"), Href: "/staff/payments"})
	}
	if pol.May(q.Session.Roles, policy.SendOffers) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.offers"), Href: "/staff/offers"})
	}
	if pol.May(q.Session.Roles, policy.PreviewServices) {
		links = append(links, web.Link{Text: q.P.T("staff.menu.services"), Href: "/staff/services"})
	}
	return append(links, web.Link{Text: q.P.T("staff.menu.account"), Href: "/staff/account"})
}

func (s *Service) showSignIn(q *web.Req) error { return s.askSignIn(q, nil) }

func (s *Service) askSignIn(q *web.Req, t *identity.Typed) error {
	typed := ""
	if q.R.Method == http.MethodPost {
		typed = q.Value("email")
	}
	passkey, err := signin.WithPasskey(q, s.Identity, "/staff/sign-in/passkey")
	if err != nil {
		return err
	}
	return identity.Answer(q, t, "", identitypages.Form{
		After: passkey,
		Title: q.P.T("staff.sign-in.title"), Lead: append(identity.Ended(q), q.P.T("staff.sign-in.lead")),
		Action: "/staff/sign-in", Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{
			ui.Input(ui.Field{Name: "email", Label: q.P.T("staff.email"), Value: typed, Error: t.Error("email"), Type: "email", Autocomplete: "username", LTR: true}),
			ui.Password(ui.Field{Name: "password", Label: q.P.T("identity.password"), Error: t.Error("password"), Autocomplete: "current-password"}),
		},
	}, "email", "password")
}

func (s *Service) takeSignIn(q *web.Req) error {
	t := identity.ReadForm(q, "email", "password")
	c, ok := identity.StaffContact(q.Value("email"))
	switch {
	case t.Bad():
	case !ok:
		t.Add(fault.Input(fault.Field{Name: "email", Code: "staff.email.wrong"}))
	case q.Value("password") == "":
		t.Add(fault.Input(fault.Field{Name: "password", Code: "identity.password.empty"}))
	}
	if t.Bad() {
		return s.askSignIn(q, t)
	}
	e, err := s.Identity.SignIn(q.R.Context(), web.RealmStaff, c, q.Value("password"), identity.FromOf(q))
	if errors.Is(err, identity.ErrWrong) {
		t.Add(fault.Input(fault.Field{Name: "email", Code: identity.ErrWrong.Code}))
		return s.askSignIn(q, t)
	}
	if err != nil {
		return err
	}
	if err := s.Identity.SignOut(q.R.Context(), web.RealmStaff, q.Cookie(web.StaffCookie)); err != nil {
		return err
	}
	return s.enter(q, e)
}

// enter sets the cookie and leads on.
func (s *Service) enter(q *web.Req, e identity.Entry) error {
	if err := q.SetCookie(web.StaffCookie, e.Token, 0); err != nil {
		return err
	}
	switch {
	case e.Second:
		return q.Redirect(identity.WithNext(q, "/staff/sign-in/code"))
	case e.Enrol:
		return q.Redirect(identity.WithNext(q, "/staff/sign-in/enrol"))
	}
	return q.Redirect(q.Next("/staff/"))
}

func (s *Service) showSecond(q *web.Req) error { return s.askSecond(q, nil) }

func (s *Service) askSecond(q *web.Req, t *identity.Typed) error {
	passkey, err := signin.WithPasskey(q, s.Identity, "/staff/sign-in/passkey")
	if err != nil {
		return err
	}
	return identity.Answer(q, t, "/staff/sign-in", identitypages.Form{
		After:   signin.After(q, "/staff/sign-in/recovery-code", passkey),
		Caption: q.P.T("staff.sign-in.title"), Title: q.P.T("identity.second.title"), Lead: []string{q.P.T("identity.second.lead")},
		Action: "/staff/sign-in/code", Button: q.P.T("identity.sign-in.title"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.second.hint")},
	}, "code")
}

func (s *Service) takeSecond(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askSecond(q, t)
	}
	e, err := s.Identity.Second(q.R.Context(), web.RealmStaff, q.Cookie(web.StaffCookie), q.Value("code"), identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return s.askSecond(q, t)
	}
	if err != nil {
		return err
	}
	return s.enter(q, e)
}

func (s *Service) showEnrol(q *web.Req) error { return s.askEnrol(q, nil) }

func (s *Service) askEnrol(q *web.Req, t *identity.Typed) error {
	key, err := s.Identity.EnrolKey(q.R.Context(), q.Cookie(web.StaffCookie))
	if err != nil {
		return err
	}
	return identity.Answer(q, t, "", identitypages.Form{
		Caption: q.P.T("staff.sign-in.title"), Title: q.P.T("identity.key.title"), Lead: []string{q.P.T("staff.enrol.lead")},
		Before: identitypages.Key("/staff/sign-in/picture", credential.Grouped(key.Secret())),
		Action: "/staff/sign-in/enrol", Button: q.P.T("identity.key.confirm"),
		Fields: []templ.Component{identity.CodeField(q, t, "identity.code", "identity.second.hint")},
	}, "code")
}

func (s *Service) takeEnrol(q *web.Req) error {
	t := identity.ReadForm(q, "code")
	if t.Bad() {
		return s.askEnrol(q, t)
	}
	e, err := s.Identity.Enrol(q.R.Context(), q.Cookie(web.StaffCookie), q.Value("code"), identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return s.askEnrol(q, t)
	}
	if err != nil {
		return err
	}
	return s.enter(q, e)
}

func (s *Service) showPicture(q *web.Req) error {
	key, err := s.Identity.EnrolKey(q.R.Context(), q.Cookie(web.StaffCookie))
	if err != nil {
		return err
	}
	png, err := credential.Picture(key.URL())
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "image/png", png)
}

func (s *Service) takeSignOut(q *web.Req) error {
	if err := s.Identity.SignOut(q.R.Context(), web.RealmStaff, q.Cookie(web.StaffCookie)); err != nil {
		return err
	}
	if err := q.SetCookie(web.StaffCookie, "", -1); err != nil {
		return err
	}
	return q.Redirect("/staff/sign-in")
}

func (s *Service) showWelcome(q *web.Req) error {
	l, err := s.Open(q.R.Context(), q.R.PathValue("token"))
	if err != nil {
		return err
	}
	return s.askWelcome(q, l, nil)
}

func (s *Service) askWelcome(q *web.Req, l Link, t *identity.Typed) error {
	f := identitypages.Form{
		Title: q.P.T("staff.welcome.title"), Lead: []string{q.P.T("staff.welcome.lead")},
		Action: q.R.URL.EscapedPath(), Button: q.P.T("identity.continue"),
		Fields: []templ.Component{identity.PasswordField(q, t)},
	}
	if l.First {
		f.Lead = []string{q.P.T("staff.welcome.first")}
		f.Fields = append(s.entryFields(q, t), f.Fields...)
	}
	return identity.Answer(q, t, "", f, "name", "email", "password")
}

// entryFields ask for the name and the address of an official.
func (s *Service) entryFields(q *web.Req, t *identity.Typed) []templ.Component {
	typed := func(name string) string {
		if q.R.Method != http.MethodPost {
			return ""
		}
		return q.Value(name)
	}
	return []templ.Component{
		ui.Input(ui.Field{Name: "name", Label: q.P.T("staff.name"), Value: typed("name"), Error: t.Error("name"), Why: s.Identity.Why(q.P, policy.FieldStaffName, policy.ActivityStaffAccount), Autocomplete: "off"}),
		ui.Input(ui.Field{Name: "email", Label: q.P.T("staff.email"), Value: typed("email"), Error: t.Error("email"), Why: s.Identity.Why(q.P, policy.FieldStaffEmail, policy.ActivityStaffAccount), Type: "email", LTR: true, Autocomplete: "off"}),
	}
}

func (s *Service) takeWelcome(q *web.Req) error {
	token := q.R.PathValue("token")
	l, err := s.Open(q.R.Context(), token)
	if err != nil {
		return err
	}
	t := identity.ReadForm(q, "name", "email", "password")
	if t.Bad() {
		return s.askWelcome(q, l, t)
	}
	e, err := s.Welcome(q.R.Context(), token, Entry{Name: q.Value("name"), Email: q.Value("email")}, q.Value("password"), identity.FromOf(q))
	if identity.Shown(err) {
		t.Add(err)
		return s.askWelcome(q, l, t)
	}
	if err != nil {
		return err
	}
	return s.enter(q, e)
}
