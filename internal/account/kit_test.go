package account_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/account"
	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/profile"
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
	"portico/internal/staff"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const (
	password = "seven boats leave Addu"
	settings = "/en/cabinet/settings"
)

// post is a sender that keeps what it was given.
type post struct {
	mu   sync.Mutex
	sent []string // "to\ntext"
}

func (p *post) SendMail(_ context.Context, m mail.Message) error {
	return p.keep(m.To + "\n" + m.Subject + "\n" + m.Text)
}

func (p *post) SendSMS(_ context.Context, to, text string) error { return p.keep(to + "\n" + text) }

func (p *post) keep(s string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, s)
	return nil
}

// portal is a running portal with accounts, and an official who compares cards.
type portal struct {
	*vaulttest.Store
	*account.Service
	id      *identity.Service
	staff   *staff.Service
	keeps   *retention.Service
	post    *post
	jobs    *jobs.Queue
	router  *web.Router
	apps    []account.Application
	months  policy.Period
	prefers string // the language that everybody chose
	also    []account.Also
}

// Of are the applications of a test (account.Applications).
func (p *portal) Of(*web.Req) ([]account.Application, error) { return p.apps, nil }

func schema() []fs.FS {
	return []fs.FS{audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations(), account.Migrations(),
		retention.Migrations(), shelf}
}

// shelf is a feature with cases, which are kept by a rule of their own.
var shelf = fstest.MapFS{"20261122000001_shelf.sql": {Data: []byte(`-- +goose Up
CREATE TABLE shelf_case (subject TEXT NOT NULL, id TEXT NOT NULL UNIQUE, decided_at BIGINT, PRIMARY KEY (subject, id));
`)}}

func shelved() []holdings.Kind {
	return []holdings.Kind{{Name: policy.KindCase, Table: "shelf_case", ID: "id", Scope: "case:", Events: []holdings.Event{{Name: "decision", Column: "decided_at"}}}}
}

func each(t *testing.T, run func(t *testing.T, p *portal)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) }, schema()...)
}

// one runs a test on SQLite alone: for what no store can change.
func one(t *testing.T) *portal {
	t.Helper()
	return open(t, testkit.Database(t, db.SQLite, schema()...))
}

func open(t *testing.T, d *db.DB) *portal {
	t.Helper()
	decl := policytest.Declarations()
	for i := range decl.Fields {
		switch f := &decl.Fields[i]; f.ID {
		case policy.FieldIdentityNumber:
			f.Pattern, f.Written = "^A[0-9]{6}$", i18n.Text{"en": "A and six figures", "dv": "A އާއި ހަ އަދަދު"}
		case policy.FieldPhone:
			f.Prefix = "+960"
		}
	}
	for i := range decl.Retention {
		switch r := &decl.Retention[i]; r.ID {
		case "account":
			r.Keeps, r.Event = []string{holdings.Account}, "closing"
		case "application":
			r.Keeps = []string{policy.KindCase}
		}
	}
	asked := decl.Retention[0]
	asked.ID, asked.Keeps, asked.Event, asked.Period = "asked", []string{"request"}, "", "P2Y"
	decl.Retention = append(decl.Retention, asked)
	decl.Roles = append(decl.Roles, policy.Role{
		ID: "identity-officer", Name: i18n.Text{"en": "Identity officer", "dv": "އައިޑީ އޮފިސަރު"}, Party: "operator", May: []policy.Capability{policy.VerifyPeople},
	})
	decl.Activities = append(decl.Activities, policy.Activity{
		ID: account.ActivityCheck, Purpose: "access", Name: i18n.Text{"en": "Comparing with a card", "dv": "އަޅާކިޔުން"}, Who: []string{"role:identity-officer"},
		Operations: []policy.OperationName{"use"}, Relation: policy.RelationTask, Parties: []string{"operator"},
		Fields: []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber},
	})
	pol := policytest.CompileAs(t, decl, policy.Options{Languages: policytest.Languages(), Demo: true})
	p := &portal{Store: vaulttest.Open(t, d, pol), post: &post{}, months: "P12M"}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: p.Store.Clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), policy.Locales(), vault.Locales(), account.Locales(), staff.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	p.id = identity.New(identity.Config{
		DB: d, Vault: p.Store.Vault, Log: p.Store.Log, Jobs: p.jobs, Sender: p.post, Codes: p.Ring, Catalogue: cat,
		Portal: func() *web.Portal { return about }, Policy: func() *policy.Policy { return pol }, Clock: p.Store.Clock, Demo: true,
	})
	p.Service = account.New(account.Config{
		DB: d, Vault: p.Store.Vault, Log: p.Store.Log, Identity: p.id, Jobs: p.jobs, Policy: func() *policy.Policy { return pol }, Clock: p.Store.Clock,
		Zone: func() *time.Location { return time.UTC }, Address: func() string { return "https://one.gov.mv" },
		Confirm: func() policy.Period { return p.months }, Applications: p,
		Prefers: func(context.Context, string) (string, error) { return p.prefers, nil },
		Also:    func(context.Context, string) ([]account.Also, error) { return p.also, nil },
	})
	p.staff = staff.New(staff.Config{
		DB: d, Vault: p.Store.Vault, Identity: p.id, Jobs: p.jobs, Policy: func() *policy.Policy { return pol }, Clock: p.Store.Clock,
		Address: func() string { return "https://one.gov.mv" }, Demo: true,
	})
	p.router, err = web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: cat, Portal: func() *web.Portal { return about }, Sessions: p.id,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}, {Name: web.LangCookie, Class: web.Necessary}}
		},
		Clock: p.Store.Clock, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.keeps = retentiontest.New(p.Store, p.jobs, func() *policy.Policy { return pol }, identity.Kept(), factor.Kept(), account.Kept(), shelved())
	signin.Mount(p.router, p.id)
	p.staff.Mount(p.router)
	p.Service.Mount(p.router)
	p.router.Handle(web.Route{Method: "GET", Path: "/cabinet/", Audience: web.Person, Activity: "none: the cabinet of a test", Handler: func(q *web.Req) error {
		return q.Bytes(http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html><title>c</title><main id=cabinet>cabinet</main>"))
	}})
	return p
}

// person makes an account.
func (p *portal) person(t *testing.T, contact, number string) string {
	t.Helper()
	subject, err := p.id.CreatePerson(t.Context(), identity.NewPerson{Contact: contact, Password: password, Details: profile.Details{
		Name: "Aishath Nasreena", BirthDate: "1990-03-27", IdentityNumber: number, Address: "Finihiyaa\nFuvahmulah",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

func (p *portal) browse(t *testing.T) *testkit.Browser { return testkit.Browse(t, p.router) }

// signIn signs somebody in and returns the first page after it.
func (p *portal) signIn(b *testkit.Browser, contact string, status int) testkit.Nodes {
	return b.Submit("/en/sign-in", form("contact", contact, "password", password), status)
}

// official signs somebody in who compares cards.
func (p *portal) official(t *testing.T, role string) *testkit.Browser {
	t.Helper()
	email := role + "@one.gov.mv"
	if _, err := p.staff.Create(t.Context(), staff.Entry{Email: email, Name: "Hussain Waheed", Roles: []string{role}}, password); err != nil {
		t.Fatal(err)
	}
	b := p.browse(t)
	if resp := b.Post("/staff/sign-in", form("email", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("an official cannot sign in: %d", resp.StatusCode)
	}
	return b
}

// work does the waiting jobs and returns what was sent since.
func (p *portal) work(t *testing.T) []string {
	t.Helper()
	before := len(p.post.sent)
	if _, err := p.jobs.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p.post.sent[before:]
}

// to finds the message among those sent to somebody.
func to(t *testing.T, sent []string, who string) string {
	t.Helper()
	for _, m := range sent {
		if strings.HasPrefix(m, who+"\n") {
			return m
		}
	}
	t.Fatalf("nothing was sent to %s: %v", who, sent)
	return ""
}

var (
	sixFigures = regexp.MustCompile(`\b[0-9]{6}\b`)
	stopLink   = regexp.MustCompile(`https://one\.gov\.mv(/\S+)`)
)

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// reasons are the kinds and reasons of somebody's events that tell of their
// account, the newest first.
func (p *portal) reasons(t *testing.T, subject string) (list []string) {
	t.Helper()
	for _, e := range p.Events(t, subject) {
		if e.Reason != "" && e.Kind != audit.KindAccess && e.Kind != audit.KindCollect {
			list = append([]string{e.Kind + " " + e.Reason}, list...)
		}
	}
	return list
}

// level is how well somebody is known.
func (p *portal) level(t *testing.T, subject string) (l web.Level) {
	t.Helper()
	if err := p.Store.DB.View(t.Context(), func(tx *db.Tx) (err error) { l, err = p.Level(tx, subject); return err }); err != nil {
		t.Fatal(err)
	}
	return l
}

func has(list []string, want string) error {
	for _, s := range list {
		if s == want {
			return nil
		}
	}
	return fmt.Errorf("there is no %q in %v", want, list)
}
