package identity_test

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/recovery"
	account "portico/internal/identity/security"
	"portico/internal/identity/signin"
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

const (
	email    = "aishath.nasreena@example.mv"
	good     = "seven boats leave Addu"
	better   = "hippo lantern 42 drum"
	security = "/en/cabinet/security"
)

// post is a sender that keeps what it was given.
type post struct {
	mu   sync.Mutex
	sent []string // "to\nsubject\ntext"
}

func (p *post) SendMail(_ context.Context, m mail.Message) error {
	return p.keep(m.To + "\n" + m.Subject + "\n" + m.Text)
}

func (p *post) SendSMS(_ context.Context, to, text string) error { return p.keep(to + "\n\n" + text) }

func (p *post) keep(s string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, s)
	return nil
}

// portal is a running portal with nothing but accounts.
type portal struct {
	*vaulttest.Store
	*identity.Service
	t         *testing.T
	post      *post
	jobs      *jobs.Queue
	retention *retention.Service
	router    *web.Router
	cat       *i18n.Catalogue

	address string // of the portal
}

// each runs a test on a portal on each engine.
func each(t *testing.T, run func(t *testing.T, p *portal)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) },
		audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), recovery.Migrations(), retention.Migrations())
}

// one runs a test on SQLite alone: for what no store can change.
func one(t *testing.T) *portal {
	t.Helper()
	return open(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), recovery.Migrations(), retention.Migrations()))
}

func declarations(phone func(*policy.Field)) *policy.Declarations {
	d := policytest.Declarations()
	for i := range d.Fields {
		switch f := &d.Fields[i]; f.ID {
		case policy.FieldIdentityNumber:
			f.Pattern = "^A[0-9]{6}$"
			f.Written = i18n.Text{"en": "A and six figures, such as A123456", "dv": "A އާއި ހަ އަކުރު، މިސާލު: A123456"}
		case policy.FieldPhone:
			phone(f)
		}
	}
	return d
}

func open(t *testing.T, d *db.DB) *portal {
	t.Helper()
	return openAs(t, d, func(phone *policy.Field) { phone.Prefix = "+960" })
}

// openAs opens a portal whose policy declares telephone numbers so.
func openAs(t *testing.T, d *db.DB, phone func(*policy.Field)) *portal {
	t.Helper()
	pol := policytest.CompileAs(t, declarations(phone), policy.Options{Languages: policytest.Languages()})
	p := &portal{t: t, address: "http://localhost", Store: vaulttest.Open(t, d, pol), post: &post{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: p.Clock, Log: log})
	var err error
	if p.cat, err = i18n.Load(web.Locales(), identity.Locales(), recovery.Locales(), policy.Locales(), vault.Locales()); err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.FixedZone("MVT", 5*3600)}
	p.retention = retentiontest.New(p.Store, p.jobs, func() *policy.Policy { return pol }, identity.Kept(), factor.Kept(), recovery.Kept())
	p.Service = identity.New(identity.Config{
		DB: d, Vault: p.Vault, Log: p.Log, Jobs: p.jobs, Sender: p.post, Codes: p.Ring, Catalogue: p.cat,
		Portal: func() *web.Portal { return about }, Policy: func() *policy.Policy { return pol }, Clock: p.Clock,
		Address: func() string { return p.address }, Disposer: p.retention,
	})
	p.router, err = web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: p.cat, Portal: func() *web.Portal { return about }, Sessions: p.Service,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}, {Name: web.LangCookie, Class: web.Necessary}}
		},
		Clock: p.Clock, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	signin.Mount(p.router, p.Service)
	waiting := recovery.New(p.Service)
	waiting.Mount(p.router)
	account.MountPerson(p.router, p.Service, waiting)
	return p
}

func (p *portal) browse(t *testing.T) *testkit.Browser { return testkit.Browse(t, p.router) }

// mail does the waiting jobs and returns the newest message.
func (p *portal) mail(t *testing.T) string {
	t.Helper()
	if _, err := p.jobs.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.post.mu.Lock()
	defer p.post.mu.Unlock()
	if len(p.post.sent) == 0 {
		t.Fatal("no message was sent")
	}
	return p.post.sent[len(p.post.sent)-1]
}

var sixFigures = regexp.MustCompile(`\b[0-9]{6}\b`)

// code returns the code in the newest message.
func (p *portal) code(t *testing.T) string {
	t.Helper()
	m := p.mail(t)
	code := sixFigures.FindString(m)
	if code == "" {
		t.Fatalf("no code in the message:\n%s", m)
	}
	return code
}

func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func details() url.Values {
	return url.Values{
		"name": {"Aishath Nasreena Ibrahim Rasheed"}, "birth-date-day": {"27"}, "birth-date-month": {"3"}, "birth-date-year": {"1990"},
		"identity-number": {"a123456"}, "address": {"Finihiyaa\nDhoondigan magu\nFuvahmulah"},
	}
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// register goes all the way, in English.
func (p *portal) register(t *testing.T, b *testkit.Browser, contact string) {
	t.Helper()
	b.Submit("/en/register", form("contact", contact), 200).One(`input[name=code]`)
	b.Submit("/en/register/code", form("code", p.code(t)), 200).One(`input[name=identity-number]`)
	b.Submit("/en/register/details", details(), 200).One(`input[name=password]`)
	b.Submit("/en/register/password", form("password", good), 200).One(".panel h1")
}

// person makes an account without the way through the pages.
func (p *portal) person(t *testing.T, contact string) string {
	t.Helper()
	subject, err := p.CreatePerson(t.Context(), identity.NewPerson{Contact: contact, Password: good, Details: identity.Details{
		Name: "Aishath Nasreena", BirthDate: "1990-03-27", IdentityNumber: "A123456", Address: "Finihiyaa, Fuvahmulah",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

func (p *portal) signIn(t *testing.T, b *testkit.Browser, contact, password string, status int) testkit.Nodes {
	t.Helper()
	resp := b.Post("/en/sign-in", form("contact", contact, "password", password, "next", security))
	return testkit.Page(t, checked(t, b.Follow(resp), status))
}

// events are the kinds and reasons of somebody's events, the newest first.
func (p *portal) events(t *testing.T, subject string) (list []string) {
	t.Helper()
	events, err := p.Log.Events(t.Context(), subject, 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		list = append(list, e.Kind+" "+e.Reason)
	}
	return list
}

// stored is everything that a store's tables hold, as text.
func (p *portal) stored(t *testing.T) string {
	t.Helper()
	schema, err := p.DB.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for table, columns := range schema {
		err := p.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				row := make([]any, len(columns))
				for i := range row {
					row[i] = new([]byte)
				}
				if err := r.Scan(row...); err != nil {
					return err
				}
				for _, cell := range row {
					all.Write(*cell.(*[]byte))
					all.WriteByte('\n')
				}
				return nil
			}, "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func totpCode(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
