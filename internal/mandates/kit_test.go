package mandates_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/profile"
	"portico/internal/identity/signin"
	"portico/internal/mandates"
	"portico/internal/platform/db"
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

// declarations are those of an instance that serves companies too.
func declarations() *policy.Declarations {
	d := policytest.Declarations()
	text := func(s string) i18n.Text { return i18n.Text{"en": s, "dv": s} }
	for _, id := range []string{mandates.FieldName, mandates.FieldNumber, mandates.FieldInvited} {
		d.Fields = append(d.Fields, policy.Field{
			ID: id, Category: "contact", Name: text(id), Why: text("So that it is known for whom you act."),
			Sources: []string{policy.SourceForm, policy.SourceSystem}, Identifies: "indirectly",
		})
	}
	d.Roles = append(d.Roles, policy.Role{ID: "registrar", Name: text("Registrar"), Party: "operator", May: []policy.Capability{policy.VerifyCompanies}})
	both := []policy.OperationName{"use", "collect"}
	d.Activities = append(d.Activities,
		policy.Activity{ID: mandates.ActivityOwn, Purpose: "access", Name: text("Acting for a company"), Who: []string{"person", "system"},
			Operations: both, Relation: policy.RelationSelf, Parties: []string{"operator"},
			Fields: []string{mandates.FieldName, mandates.FieldNumber, mandates.FieldInvited}},
		policy.Activity{ID: mandates.ActivityCheck, Purpose: "access", Name: text("Verifying companies"), Who: []string{"role:registrar"},
			Operations: both[:1], Relation: policy.RelationTask, Parties: []string{"operator"},
			Fields: []string{mandates.FieldName, mandates.FieldNumber, policy.FieldName, policy.FieldIdentityNumber}},
		policy.Activity{ID: mandates.ActivityInvite, Purpose: "access", Name: text("Inviting delegates"), Who: []string{"system"},
			Operations: both[:1], Relation: policy.RelationSystem, Parties: []string{"mailer"}, Fields: []string{mandates.FieldInvited}},
	)
	return d
}

// world is a portal with mandates.
type world struct {
	*vaulttest.Store
	*mandates.Service
	id     *identity.Service
	staff  *staff.Service
	jobs   *jobs.Queue
	router *web.Router
	sent   []string // "to\ntext"
	known  map[string]web.Level
}

func (w *world) SendMail(_ context.Context, m mail.Message) error {
	w.sent = append(w.sent, m.To+"\n"+m.Subject+"\n"+m.Text)
	return nil
}

func (w *world) SendSMS(context.Context, string, string) error { return nil }

// Level is how well somebody is known (mandates.Levels).
func (w *world) Level(_ *db.Tx, subject string) (web.Level, error) { return w.known[subject], nil }

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) }, schema()...)
}

// one runs a test on SQLite alone: for what no store can change.
func one(t *testing.T) *world {
	t.Helper()
	return open(t, testkit.Database(t, db.SQLite, schema()...))
}

func schema() []fs.FS {
	return []fs.FS{audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations(), mandates.Migrations()}
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	p := policytest.CompileAs(t, declarations(), policy.Options{Languages: policytest.Languages(), Demo: true})
	pol := func() *policy.Policy { return p }
	w := &world{Store: vaulttest.Open(t, d, p), known: map[string]web.Level{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: w.Store.Clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), vault.Locales(), mandates.Locales(), staff.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	w.id = identity.New(identity.Config{
		DB: d, Vault: w.Store.Vault, Log: w.Store.Log, Jobs: w.jobs, Sender: w, Codes: w.Ring, Catalogue: cat,
		Portal: func() *web.Portal { return about }, Policy: pol, Clock: w.Store.Clock, Demo: true,
	})
	w.Service = mandates.New(mandates.Config{
		DB: d, Vault: w.Store.Vault, Policy: pol, Clock: w.Store.Clock, Identity: w.id, Jobs: w.jobs, Levels: w,
		Address: func() string { return "https://one.gov.mv" }, Zone: func() *time.Location { return time.UTC },
		Services: func() []mandates.Offer {
			return []mandates.Offer{{ID: "road-permit", Name: i18n.Text{"en": "Road permit", "dv": "މަގު ހުއްދަ"}}, {ID: "dewatering-permit", Name: i18n.Text{"en": "Dewatering", "dv": "ޑީވޯޓަރިންގ"}}}
		},
	})
	w.staff = staff.New(staff.Config{
		DB: d, Vault: w.Store.Vault, Identity: w.id, Jobs: w.jobs, Policy: pol, Clock: w.Store.Clock,
		Address: func() string { return "https://one.gov.mv" }, Demo: true,
	})
	w.router, err = web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: cat, Portal: func() *web.Portal { return about }, Sessions: w.id,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}, {Name: web.LangCookie, Class: web.Necessary}}
		},
		Clock: w.Store.Clock, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	signin.Mount(w.router, w.id)
	w.staff.Mount(w.router)
	w.Service.Mount(w.router)
	return w
}

// person makes an account and signs in.
func (w *world) person(t *testing.T, email string) (string, *testkit.Browser) {
	t.Helper()
	subject, err := w.id.CreatePerson(t.Context(), identity.NewPerson{Contact: email, Password: password, Details: profile.Details{
		Name: "Aishath Nasreena", BirthDate: "1990-03-27", IdentityNumber: "A123456", Address: "Finihiyaa",
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := testkit.Browse(t, w.router)
	if resp := b.Post("/en/sign-in", form("contact", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s cannot sign in: %d", email, resp.StatusCode)
	}
	return subject, b
}

// official signs somebody in who verifies companies.
func (w *world) official(t *testing.T, role string) *testkit.Browser {
	t.Helper()
	email := role + "@one.gov.mv"
	if _, err := w.staff.Create(t.Context(), staff.Entry{Email: email, Name: "Hussain Waheed", Roles: []string{role}}, password); err != nil {
		t.Fatal(err)
	}
	b := testkit.Browse(t, w.router)
	if resp := b.Post("/staff/sign-in", form("email", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("an official cannot sign in: %d", resp.StatusCode)
	}
	return b
}

// work does the waiting jobs and returns the message to somebody.
func (w *world) work(t *testing.T, to string) string {
	t.Helper()
	if _, err := w.jobs.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := len(w.sent) - 1; i >= 0; i-- {
		if strings.HasPrefix(w.sent[i], to+"\n") {
			return w.sent[i]
		}
	}
	t.Fatalf("nothing was sent to %s", to)
	return ""
}

var anyLink = regexp.MustCompile(`https://one\.gov\.mv(/\S+)`)

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// claim adds a company and returns the mandate.
func (w *world) claim(t *testing.T, subject string) mandates.Mandate {
	t.Helper()
	m, err := w.Add(t.Context(), subject, mandates.Claim{Name: "Fua Mulaku Builders", Number: "C-0123/2019"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// verify has an official verify a claim.
func (w *world) verify(t *testing.T, b *testkit.Browser, m mandates.Mandate, more ...string) {
	t.Helper()
	w.known[m.Subject] = web.LevelOfficial
	b.Submit(w.check(t, b, m), form(append([]string{"do", "verify", "ground", "document"}, more...)...), 200).One(".notice")
}

// check opens a mandate as an official and returns its page's address.
func (w *world) check(t *testing.T, b *testkit.Browser, m mandates.Mandate) string {
	t.Helper()
	resp := b.Post("/staff/companies", form("do", "open", "reference", m.Reference))
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("opening %s answers %d", m.Reference, resp.StatusCode)
	}
	return resp.Header.Get("Location")
}

// holds asks whether somebody may act for a company and a service.
func (w *world) holds(t *testing.T, subject, company, service string) (holds, verified bool) {
	t.Helper()
	if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		holds, verified, err = w.Holds(tx, subject, company, service, w.Store.Clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return holds, verified
}

// reasons are the reasons of somebody's events about their account.
func (w *world) reasons(t *testing.T, subject string) (list []string) {
	t.Helper()
	for _, e := range w.Events(t, subject) {
		if e.Kind == audit.KindAccount {
			list = append(list, e.Reason)
		}
	}
	return list
}

// mine is the only mandate of somebody.
func (w *world) mine(t *testing.T, subject string) mandates.Mandate {
	t.Helper()
	list, _, err := w.Of(t.Context(), subject)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d mandates: %v", len(list), err)
	}
	return list[0]
}
