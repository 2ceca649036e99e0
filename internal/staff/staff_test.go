package staff_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/signin"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/staff"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const password = "seven boats leave Addu"

type post struct{ sent []string }

func (p *post) SendMail(_ context.Context, m mail.Message) error {
	if strings.Contains(m.To, "broken") {
		return mail.ErrRefused
	}
	p.sent = append(p.sent, m.To+"\n"+m.Text)
	return nil
}

func (p *post) SendSMS(context.Context, string, string) error { return mail.ErrRefused }

type portal struct {
	*vaulttest.Store
	*staff.Service
	post   *post
	jobs   *jobs.Queue
	router *web.Router
	first  string // subject of the first administrator
	secret map[*testkit.Browser]string
}

func each(t *testing.T, run func(t *testing.T, p *portal)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) },
		audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations())
}

func open(t *testing.T, d *db.DB) *portal {
	t.Helper()
	declared := policytest.Declarations()
	declared.Activities = append(declared.Activities, policy.Activity{
		ID: staff.ActivityAdminister, Purpose: "access", Name: i18n.Text{"en": "Inviting officials", "dv": "ދަޢުވަތު"},
		Who: []string{"role:administrator"}, Operations: []policy.OperationName{"use", "collect"},
		Fields: []string{policy.FieldStaffName, policy.FieldStaffEmail}, Relation: policy.RelationDuty, Parties: []string{"operator"},
	})
	declared.Activities = append(declared.Activities, policy.Activity{
		ID: staff.ActivityColleagues, Purpose: "services", Name: i18n.Text{"en": "Handing over work", "dv": "މަސައްކަތް ޙަވާލުކުރުން"},
		Who: []string{"role:permit-officer"}, Operations: []policy.OperationName{"use"},
		Fields: []string{policy.FieldStaffName}, Relation: policy.RelationDuty, Parties: []string{"council"},
	})
	declared.Roles = append(declared.Roles, policy.Role{
		ID: "privacy-officer", Name: i18n.Text{"en": "Privacy officer", "dv": "އޮފިސަރު"}, Party: "operator", May: []policy.Capability{policy.AnswerRights, policy.SeeOperations},
	})
	for i := range declared.Fields {
		if strings.HasPrefix(declared.Fields[i].ID, "staff.") {
			declared.Fields[i].Sources = []string{"form", "staff"}
		}
	}
	pol := policytest.CompileAs(t, declared, policy.Options{Languages: policytest.Languages()})
	p := &portal{Store: vaulttest.Open(t, d, pol), post: &post{}, secret: map[*testkit.Browser]string{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: p.Clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), staff.Locales(), vault.Locales(), mail.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	ids := identity.New(identity.Config{
		DB: d, Vault: p.Vault, Log: p.Log, Jobs: p.jobs, Sender: p.post, Codes: p.Ring, Catalogue: cat,
		Portal: func() *web.Portal { return about }, Policy: func() *policy.Policy { return pol }, Clock: p.Clock,
	})
	p.Service = staff.New(staff.Config{
		DB: d, Vault: p.Vault, Identity: ids, Jobs: p.jobs, Policy: func() *policy.Policy { return pol }, Clock: p.Clock,
		Address: func() string { return "https://one.gov.mv" },
	})
	p.router, err = web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: cat, Portal: func() *web.Portal { return about }, Sessions: ids, Menu: p.Menu,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}, {Name: web.LangCookie, Class: web.Necessary}}
		},
		Clock: p.Clock, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	signin.Mount(p.router, ids)
	p.Mount(p.router)
	return p
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// enrol takes a browser that has a password through the second factor.
func (p *portal) enrol(t *testing.T, b *testkit.Browser, page testkit.Nodes) {
	t.Helper()
	p.secret[b] = strings.ReplaceAll(page.One(".ident").Text(), " ", "")
	if got := b.Get("/staff/sign-in/picture"); got.Header.Get("Content-Type") != "image/png" || !strings.Contains(got.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("the picture is %v", got.Header)
	}
	resp := b.Post("/staff/sign-in/enrol", form("code", p.code(t, b)))
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/staff/" {
		t.Fatalf("after the second factor: %d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
}

func (p *portal) code(t *testing.T, b *testkit.Browser) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret[b], p.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// start makes the first administrator and returns their browser.
func (p *portal) start(t *testing.T) *testkit.Browser {
	t.Helper()
	path, err := p.Bootstrap(t.Context())
	if err != nil || path == "" {
		t.Fatalf("no link: %v", err)
	}
	b := testkit.Browse(t, p.router)
	page := b.Submit(path, form("name", "Hawwa Ibrahim", "email", "hawwa@one.gov.mv", "password", password), 200)
	p.enrol(t, b, page)
	p.first = p.whose(t, "hawwa@one.gov.mv")
	return b
}

func (p *portal) whose(t *testing.T, address string) (subject string) {
	t.Helper()
	err := p.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		subject, err = p.Vault.Find(tx, policy.FieldStaffEmail, address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

func TestO10_EveryFaultOfTheFirstAdministratorsFormIsNamedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		path, err := p.Bootstrap(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		page := testkit.Browse(t, p.router).Submit(path, form("name", "", "email", "hawwa", "password", "short"), http.StatusUnprocessableEntity)
		if n := page.Find(".summary a").Len(); n != 3 {
			t.Errorf("%d faults of three are named: %s", n, page.One(".summary").Text())
		}
		if page = testkit.Browse(t, p.router).Submit(path, form("name", "Hawwa Ibrahim", "email", "hawwa", "password", password), http.StatusUnprocessableEntity); page.Find(".summary a").Len() != 1 {
			t.Errorf("what is right is named as wrong: %s", page.One(".summary").Text())
		}
	})
}

var link = regexp.MustCompile(`https://one\.gov\.mv(/staff/welcome/\S+)`)

// invite invites somebody and returns the link and the path of their page.
func (p *portal) invite(t *testing.T, b *testkit.Browser, email string, roles ...string) (welcome, page string) {
	t.Helper()
	resp := b.Post("/staff/invite", url.Values{"name": {"Ahmed Shareef"}, "email": {email}, "roles": roles})
	if resp.StatusCode != 303 {
		t.Fatalf("inviting answers %d", resp.StatusCode)
	}
	page, _, _ = strings.Cut(resp.Header.Get("Location"), "?")
	if _, err := p.jobs.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := link.FindStringSubmatch(p.post.sent[len(p.post.sent)-1])
	if m == nil {
		t.Fatalf("no link in the message\n%s", p.post.sent[len(p.post.sent)-1])
	}
	return m[1], page
}

// colleague invites somebody who follows the link.
func (p *portal) colleague(t *testing.T, admin *testkit.Browser, email string, roles ...string) (*testkit.Browser, string) {
	t.Helper()
	welcome, page := p.invite(t, admin, email, roles...)
	b := admin.Another()
	p.enrol(t, b, b.Submit(welcome, form("password", password), 200))
	return b, page
}

func status(t *testing.T, resp *http.Response, want int) {
	t.Helper()
	if resp.StatusCode != want {
		t.Errorf("%s %s answers %d, not %d", resp.Request.Method, resp.Request.URL.Path, resp.StatusCode, want)
	}
}

func (p *portal) reasons(t *testing.T, subject string) (list []string) {
	t.Helper()
	events, err := p.Log.Events(t.Context(), subject, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == audit.KindStaff {
			list = append(list, e.Reason+" by "+e.Actor.ID)
		}
	}
	return list
}

func TestTheFirstAdministratorComesByALinkThatServesOnce(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		old, err := p.Bootstrap(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		path, err := p.Bootstrap(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := testkit.Browse(t, p.router)
		status(t, b.Get(old), 404)
		b.Page(path, 200).One("input[name=email]")
		page := b.Submit(path, form("name", "", "email", "hawwa", "password", "short"), 422)
		if n := page.Find(".summary li").Len(); n != 3 {
			t.Errorf("%d things are said to be wrong", n)
		}
		p.Clock.Advance(24 * time.Hour)
		status(t, b.Get(path), 404)
		p.start(t)
		if again, err := p.Bootstrap(t.Context()); err != nil || again != "" {
			t.Errorf("there is an administrator, and another link: %q %v", again, err)
		}
		status(t, b.Get(path), 404)
	})
}

func TestO10_OfficialsNeedASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		b := p.start(t)
		b.Page("/staff/people", 200)
		other := b.Another()
		p.Clock.Advance(time.Minute)
		page := other.Submit("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", password), 200)
		page.One("input[name=code]")
		if to := other.Get("/staff/people").Header.Get("Location"); !strings.HasPrefix(to, "/staff/sign-in") {
			t.Errorf("the password alone opens the list: %q", to)
		}
		other.Submit("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", password), 200)
		code := p.code(t, b)
		status(t, other.Post("/staff/sign-in/code", form("code", code)), 303)
		other.Page("/staff/people", 200)
		t.Run("a code opens once", func(t *testing.T) {
			third := b.Another()
			third.Submit("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", password), 200)
			third.Submit("/staff/sign-in/code", form("code", code), 422).One("#code-error")
		})
		t.Run("who has none sets it up first", func(t *testing.T) {
			welcome, _ := p.invite(t, b, "ahmed@one.gov.mv", "permit-officer")
			fourth := b.Another()
			fourth.Submit(welcome, form("password", password), 200)
			if to := fourth.Get("/staff/").Header.Get("Location"); !strings.HasPrefix(to, "/staff/sign-in") {
				t.Errorf("without a second factor one is in: %q", to)
			}
			status(t, fourth.Get(welcome), 404)
		})
	})
}

func TestTheKeyOfASecondFactorIsShownToOneBrowserOnly(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		welcome, _ := p.invite(t, admin, "ahmed@one.gov.mv", "permit-officer")
		official, thief := admin.Another(), admin.Another()
		official.Submit(welcome, form("password", password), 200).One(".ident")
		in := form("email", "ahmed@one.gov.mv", "password", password)
		stolen := thief.Submit("/staff/sign-in", in, 200).One(".ident").Text()
		status(t, official.Get("/staff/sign-in/enrol"), http.StatusUnauthorized)
		if own := official.Submit("/staff/sign-in", in, 200).One(".ident").Text(); own == stolen {
			t.Error("an official confirms a key that somebody else was shown before")
		}
		status(t, thief.Get("/staff/sign-in/enrol"), http.StatusUnauthorized)
	})
}

func TestAnOfficialBeginsWithTheirOwnWorkAndIsOfferedNoOther(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		const cases = `nav a[href="/staff/cases"]`
		officer, _ := p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		if !officer.Page("/staff/account", 200).Has(cases) || admin.Page("/staff/people", 200).Has(cases) {
			t.Error("cases are offered to who has none, or not to who decides on them")
		}
		rights, _ := p.colleague(t, admin, "shifa@one.gov.mv", "privacy-officer")
		if resp := rights.Get("/staff/"); resp.Header.Get("Location") != "/staff/rights" {
			t.Errorf("whoever answers what people ask for about their data begins at %s", resp.Header.Get("Location"))
		}
	})
}

func TestO10_NobodyElevatesThemselves(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		officer, page := p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		for _, path := range []string{"/staff/people", "/staff/invite", "/staff/jobs", page} {
			status(t, officer.Get(path), 403)
		}
		status(t, officer.Post(page, form("do", "roles", "roles", "administrator")), 403)
		status(t, officer.Post("/staff/invite", form("name", "X", "email", "x@one.gov.mv", "roles", "administrator")), 403)

		own := admin.Submit("/staff/people", form("email", "hawwa@one.gov.mv"), 200)
		if own.Has("main form") {
			t.Error("an administrator is offered to change their own account")
		}
		mine, err := p.Find(t.Context(), &web.Session{Subject: p.first, Strong: true}, "hawwa@one.gov.mv")
		if err != nil {
			t.Fatal(err)
		}
		for _, do := range []string{"roles", "suspend", "remove", "second"} {
			status(t, admin.Post("/staff/people/"+mine, form("do", do, "roles", "permit-officer")), 403)
		}
		if err := p.SetRoles(t.Context(), &web.Session{Subject: p.first}, strings.TrimPrefix(page, "/staff/people/"), []string{"administrator"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("without a second factor roles are changed: %v", err)
		}
	})
}

func TestWhatAnAdministratorDoesIsAnEventOfTheOfficial(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		officer, page := p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		subject := p.whose(t, "ahmed@one.gov.mv")
		status(t, officer.Get("/staff/"), 303)

		admin.Submit(page, form("do", "roles"), 422).One("#roles-error")
		admin.Submit(page, form("do", "roles", "roles", "administrator", "roles", "permit-officer"), 200).One(".notice")
		status(t, officer.Get("/staff/people"), 200) // roles are read at each request
		status(t, admin.Post(page, form("do", "roles", "roles", "permit-officer")), 303)
		status(t, officer.Get("/staff/people"), 403)

		status(t, admin.Post(page, form("do", "suspend")), 303)
		if to := officer.Get("/staff/").Header.Get("Location"); !strings.HasPrefix(to, "/staff/sign-in") {
			t.Errorf("a suspended official is still in: %q", to)
		}
		status(t, officer.Post("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password)), 422)
		status(t, admin.Post(page, form("do", "suspend")), 409)
		status(t, admin.Post(page, form("do", "resume")), 303)
		p.Clock.Advance(time.Minute)
		officer.Submit("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password), 200)
		status(t, officer.Post("/staff/sign-in/code", form("code", p.code(t, officer))), 303)
		status(t, admin.Post(page, form("do", "second")), 303)
		officer.Submit("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password), 200).One(".ident")
		status(t, admin.Post(page, form("do", "remove")), 303)
		status(t, officer.Post("/staff/sign-in", form("email", "ahmed@one.gov.mv", "password", password)), 422)
		status(t, admin.Post(page, form("do", "nonsense")), 422)

		want := []string{"removed", "second-factor-reset", "resumed", "suspended", "roles-changed", "roles-changed", "invited"}
		for i := range want {
			want[i] += " by " + p.first
		}
		if got := p.reasons(t, subject); !slices.Equal(got, want) {
			t.Errorf("the official's log says %v", got)
		}
		p.invite(t, admin, "ahmed@one.gov.mv", "permit-officer") // the address is free again
	})
}

func TestTheMenuShowsEvidenceToWhomItOpens(t *testing.T) {
	p := open(t, testkit.Database(t, db.SQLite,
		audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations()))
	cat, err := i18n.Load(staff.Locales())
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]bool{"permit-officer": false, "administrator": true} {
		links := p.Menu(&web.Req{P: cat.Printer("en", time.UTC), Session: &web.Session{Realm: web.RealmStaff, Roles: []string{role}}})
		if got := slices.ContainsFunc(links, func(l web.Link) bool { return l.Href == "/staff/proof" }); got != want {
			t.Errorf("the menu of a %s shows it: %v", role, got)
		}
	}
}

func TestTheListShowsNoNames(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		_, page := p.invite(t, admin, "ahmed@one.gov.mv", "permit-officer")
		list := admin.Page("/staff/people", 200)
		if n := list.Find("tbody tr").Len(); n != 2 {
			t.Errorf("%d of 2 officials are listed", n)
		}
		if text := list.One("main").Text(); strings.Contains(text, "Shareef") || strings.Contains(text, "@one") {
			t.Errorf("the list gives names away: %s", text)
		}
		if got := admin.Page(page, 200).One("h1").Text(); got != "Ahmed Shareef" {
			t.Errorf("the page is of %q", got)
		}
		events, err := p.Log.Events(t.Context(), p.whose(t, "ahmed@one.gov.mv"), 0, 1)
		if err != nil || events[0].Kind != audit.KindAccess || events[0].Actor.ID != p.first {
			t.Errorf("who looked is not in the log: %+v %v", events, err)
		}
		admin.Submit("/staff/people", form("email", "nobody@one.gov.mv"), 422).One("#email-error")
		status(t, admin.Get("/staff/people/ST-0000-0000"), 404)
		admin.Submit("/staff/invite", form("name", "Twin", "email", "ahmed@one.gov.mv", "roles", "permit-officer"), 422).One("#email-error")
		admin.Submit("/staff/invite", form("name", "Twin", "email", "twin@one.gov.mv", "roles", "king"), 422).One("#roles-error")
	})
}

func TestAnInvitationServesOnceAndForAWhile(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		first, page := p.invite(t, admin, "ahmed@one.gov.mv", "permit-officer")
		status(t, admin.Post(page, form("do", "invite")), 303)
		status(t, admin.Another().Get(first), 404)
		if _, err := p.jobs.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := link.FindStringSubmatch(p.post.sent[len(p.post.sent)-1])[1]
		p.Clock.Advance(72*time.Hour - time.Minute)
		status(t, admin.Another().Get(second), 200)
		p.Clock.Advance(time.Minute)
		status(t, admin.Another().Get(second), 404)
	})
}

func TestDeadJobsAreSeenAndTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		if text := admin.Page("/staff/jobs", 200).One("main").Text(); !strings.Contains(text, "Nothing was given up") {
			t.Errorf("it says %s", text)
		}
		status(t, admin.Post("/staff/invite", form("name", "Ali", "email", "broken@one.gov.mv", "roles", "permit-officer")), 303)
		for range 30 {
			if _, err := p.jobs.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.Clock.Advance(2 * time.Hour)
		}
		status(t, admin.Post("/staff/sign-in", form("email", "hawwa@one.gov.mv", "password", password)), 303)
		status(t, admin.Post("/staff/sign-in/code", form("code", p.code(t, admin))), 303)
		p.Clock.Advance(time.Second)
		page := admin.Page("/staff/jobs", 200)
		if n := p.stats(t).Dead; n != 1 {
			t.Fatalf("%d jobs were given up", n)
		}
		status(t, admin.Post("/staff/jobs", form("job", page.One("input[name=job]").Attr("value"))), 303)
		if n := p.stats(t).Dead; n != 0 {
			t.Error("the job is still given up")
		}
		status(t, admin.Post("/staff/jobs", form("job", "nonsense")), 404)
	})
}

func (p *portal) stats(t *testing.T) jobs.Stats {
	t.Helper()
	s, err := p.jobs.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestI1_EveryColumnIsDeclared(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if problems := db.Undeclared(schema, staff.Holding()); len(problems) > 0 {
			t.Error(strings.Join(problems, "\n"))
		}
	}, staff.Migrations())
}

func TestEverySentenceIsInEveryLanguage(t *testing.T) {
	cat, err := i18n.Load(staff.Locales())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range i18n.Missing(cat, "en", "dv") {
		t.Error(m)
	}
}

func TestADemosOfficialsObeyTheRules(t *testing.T) {
	p := open(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations()))
	if _, err := p.Create(t.Context(), staff.Entry{Name: "Ali", Email: "ali@one.gov.mv", Roles: []string{"permit-officer"}}, "password1234"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a known password is taken: %v", err)
	}
	if _, err := p.Create(t.Context(), staff.Entry{Name: "Ali", Email: "ali@one.gov.mv", Roles: []string{"permit-officer"}}, "portico-demo"); err != nil {
		t.Error(err)
	}
}
