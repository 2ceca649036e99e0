package login_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/account"
	"portico/internal/audit"
	"portico/internal/demo"
	"portico/internal/demo/cast"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/profile"
	"portico/internal/identity/security"
	"portico/internal/identity/signin"
	"portico/internal/instance"
	"portico/internal/login"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
	"portico/internal/retention/retentiontest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const password = "seven boats leave Addu"

// post keeps what was sent.
type post struct {
	mu   sync.Mutex
	sent []string
}

func (p *post) SendMail(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m.To+" "+m.Subject)
	return nil
}

func (p *post) SendSMS(context.Context, string, string) error { return nil }

// portal is a running portal with accounts and a login, which is the demo's.
type portal struct {
	*vaulttest.Store
	*login.Service
	t       *testing.T
	id      *identity.Service
	account *account.Service
	jobs    *jobs.Queue
	post    *post
	router  *web.Router
	agree   i18n.Text
	logins  *demo.Login
	url     string
	policy  func() *policy.Policy
	words   *i18n.Catalogue
	about   *web.Portal
}

func schema() []fs.FS {
	return []fs.FS{audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), account.Migrations(), login.Migrations(), retention.Migrations()}
}

// each runs a test on both engines, one on SQLite alone.
func each(t *testing.T, run func(p *portal)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(open(t, d)) }, schema()...)
}

func one(t *testing.T) *portal {
	t.Helper()
	return open(t, testkit.Database(t, db.SQLite, schema()...))
}

func open(t *testing.T, d *db.DB) *portal {
	t.Helper()
	decl := policytest.Declarations()
	decl.Parties = append(decl.Parties, policy.Party{
		ID: "national-login", Name: i18n.Text{"en": "National identity", "dv": "ޤައުމީ އައިޑީ"}, Kind: "dpv:DataController", Purposes: []string{"access"},
		Destinations: []string{login.Connection}, Country: "MV",
	})
	for i := range decl.Fields {
		switch f := &decl.Fields[i]; f.ID {
		case policy.FieldIdentityNumber:
			f.Pattern, f.Written = "^A[0-9]{6}$", i18n.Text{"en": "A and six figures", "dv": "A އާއި ހަ އަދަދު"}
			fallthrough
		case policy.FieldName, policy.FieldBirthDate, policy.FieldEmail:
			f.Sources = append(f.Sources, "party:national-login")
		}
	}
	for i := range decl.Retention {
		if r := &decl.Retention[i]; r.ID == "account" {
			r.Keeps, r.Event = []string{"account"}, "closing"
		}
	}
	pol := policytest.CompileAs(t, decl, policy.Options{Languages: policytest.Languages(), Demo: true})
	current := func() *policy.Policy { return pol }
	p := &portal{Store: vaulttest.Open(t, d, pol), t: t, post: &post{}, policy: current}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: p.Store.Clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), policy.Locales(), account.Locales(), login.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	keeps := retentiontest.New(p.Store, p.jobs, current, identity.Kept(), factor.Kept(), account.Kept(), login.Kept())
	p.id = identity.New(identity.Config{
		DB: d, Vault: p.Store.Vault, Log: p.Store.Log, Jobs: p.jobs, Sender: p.post, Codes: p.Ring, Catalogue: cat, Disposer: keeps,
		Portal: func() *web.Portal { return about }, Policy: current, Clock: p.Store.Clock, Demo: true,
		Agreement: func() identity.Agreement { return identity.Agreement{Text: p.agree, Version: "1"} },
	})
	p.account = account.New(account.Config{
		DB: d, Vault: p.Store.Vault, Log: p.Store.Log, Identity: p.id, Jobs: p.jobs, Policy: current, Clock: p.Store.Clock,
		Zone: func() *time.Location { return time.UTC }, Address: func() string { return p.url },
		Confirm: func() policy.Period { return policy.PeriodNone },
		Prefers: func(context.Context, string) (string, error) { return "", nil },
		Also:    func(context.Context, string) ([]account.Also, error) { return nil, nil },
	})
	if p.logins, err = demo.TakeLogins(p.Store.Clock, "onegov", cast.Known(&instance.Demo{People: []instance.DemoPerson{
		{Role: "citizen", Email: aminath, Name: "Aminath Shifza Ibrahim", Birth: "1987-04-12", Identity: "A123456", Address: "Finifenmaage"},
		{Role: "citizen-dhivehi", Email: ahmed, Name: "Ahmed Naseer", Birth: "1974-11-30", Identity: "A654321", Address: "Finivaage"},
	}})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.logins.Close(); err != nil {
			t.Error(err)
		}
	})
	p.words, p.about = cat, about
	p.Service = p.with(p.logins.Issuer(), web.LevelNational)
	p.router = p.beside(p.Service)
	return p
}

// beside is the router of a portal with a login.
func (p *portal) beside(s *login.Service) *web.Router {
	p.t.Helper()
	router, err := web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: p.words, Portal: func() *web.Portal { return p.about }, Sessions: p.id,
		Cookies: func() (list []web.Cookie) {
			for _, name := range []string{web.SessionCookie, web.StaffCookie, web.LangCookie, login.Cookie} {
				list = append(list, web.Cookie{Name: name, Class: web.Necessary})
			}
			return list
		},
		Clock: p.Store.Clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	signin.Mount(router, p.id)
	security.MountPerson(router, p.id, nobody{})
	p.account.Mount(router)
	s.Mount(router)
	router.Handle(web.Route{Method: "GET", Path: "/cabinet/", Audience: web.Person, Activity: "none: the cabinet of a test", Handler: func(q *web.Req) error {
		return q.Bytes(http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html><title>c</title><main id=cabinet>cabinet</main>"))
	}})
	return router
}

// with is the login at an issuer, giving a level.
func (p *portal) with(issuer string, level web.Level) *login.Service {
	p.t.Helper()
	provider, err := login.NewProvider(login.ProviderConfig{Issuer: issuer, Client: "onegov", Secret: p.logins.Secret(), Plain: true, Timeout: 500 * time.Millisecond, Clock: p.Store.Clock})
	if err != nil {
		p.t.Fatal(err)
	}
	return login.New(login.Config{
		DB: p.Store.DB, Vault: p.Store.Vault, Identity: p.id, Account: p.account, Provider: provider, Policy: p.policy, Clock: p.Store.Clock,
		Address: func() string { return p.url },
		Declared: func() *login.Declared {
			return &login.Declared{Level: level, Scopes: []string{"profile"}, Claims: map[string]string{
				policy.FieldName: "name", policy.FieldBirthDate: "birthdate", policy.FieldIdentityNumber: "idnumber", policy.FieldEmail: "email",
			}}
		},
	})
}

// nobody waits for a recovery (security.Recoveries).
type nobody struct{}

func (nobody) Waiting(context.Context, string) (time.Time, error) { return time.Time{}, nil }
func (nobody) StopOwn(context.Context, string) error              { return nil }

// browse opens a browser; the login leads back to it.
func (p *portal) browse() *testkit.Browser {
	b := testkit.Browse(p.t, p.router)
	p.url = b.URL()
	p.logins.Leads(p.url + login.BackPath)
	return b
}

// person makes an account with a password.
func (p *portal) person(contact, number string) string {
	p.t.Helper()
	subject, err := p.id.CreatePerson(p.t.Context(), identity.NewPerson{Contact: contact, Password: password, Details: profile.Details{
		Name: "Aishath Nasreena", BirthDate: "1990-03-27", IdentityNumber: number, Address: "Finihiyaa\nFuvahmulah",
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	return subject
}

func (p *portal) signIn(b *testkit.Browser, contact string) {
	p.t.Helper()
	b.Submit("/en/sign-in", url.Values{"contact": {contact}, "password": {password}}, http.StatusOK)
}

// leave presses a button that leads to the login and returns the address there.
func (p *portal) leave(b *testkit.Browser, path, name, value string) string {
	p.t.Helper()
	resp := b.Post(path, url.Values{name: {value}})
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s answers %d", path, resp.StatusCode)
	}
	return testkit.Page(p.t, resp).One("main a.button").Attr("href")
}

// choose says at the login who one is, and returns the way back.
func (p *portal) choose(address, as, lie string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, address, strings.NewReader(url.Values{"as": {as}, "lie": {lie}}.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing was written
	to, err := resp.Location()
	if err != nil {
		p.t.Fatalf("the login answers %d: %v", resp.StatusCode, err)
	}
	return to.RequestURI()
}

// failed follows the way back to the page that says why it did not work.
func (p *portal) failed(b *testkit.Browser, back, why string) {
	p.t.Helper()
	resp := b.Get(back)
	to, err := resp.Location()
	if err != nil || to.Query().Get("why") != why {
		p.t.Errorf("one is led to %v (%d), not to a page that says %s", to, resp.StatusCode, why)
		return
	}
	status := http.StatusUnprocessableEntity
	if why == "down" {
		status = http.StatusServiceUnavailable
	}
	if text := b.Page(to.RequestURI(), status).One("main").Text(); !strings.Contains(text, "Nothing was kept") {
		p.t.Errorf("the page for %s says %s", why, text)
	}
}

// rows counts what there is of a table.
func (p *portal) rows(table string) (n int) {
	p.t.Helper()
	if err := p.Store.DB.View(p.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n) }); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// subject is whose account has an address.
func (p *portal) subject(email string) (subject string) {
	p.t.Helper()
	p.update(func(tx *db.Tx) (err error) {
		subject, err = p.Store.Vault.Find(tx, policy.FieldEmail, email)
		return err
	})
	return subject
}

func (p *portal) update(fn func(tx *db.Tx) error) {
	p.t.Helper()
	if err := p.Store.Vault.Update(p.t.Context(), fn); err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) level(subject string) (l web.Level) {
	p.t.Helper()
	p.update(func(tx *db.Tx) (err error) { l, err = p.account.Level(tx, subject); return err })
	return l
}

// reasons are the moments of an account, the newest first.
func (p *portal) reasons(subject string) string {
	p.t.Helper()
	list, _, err := security.History(p.t.Context(), p.Store.Log, subject, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, m.Reason)
	}
	return strings.Join(all, " ")
}
