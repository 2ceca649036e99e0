package contact_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/contact"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/profile"
	"portico/internal/identity/signin"
	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/staff"
	"portico/internal/testkit"
	"portico/internal/uploads"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const (
	password = "seven boats leave Addu"
	inbox    = "help@one.gov.mv"
)

func text(s string) i18n.Text { return i18n.Text{"en": s, "dv": s} }

// declarations are those of an instance that takes requests.
func declarations() *policy.Declarations {
	d := policytest.Declarations()
	fields := []string{contact.FieldText, contact.FieldAnswer, contact.FieldEmail, contact.FieldPhone, contact.FieldFile}
	for _, id := range fields {
		d.Fields = append(d.Fields, policy.Field{
			ID: id, Category: "contact", Name: text(id), Why: text("So that you get an answer."), Identifies: "indirectly",
			Sources: []string{policy.SourceForm, policy.SourceMail, policy.SourceStaff},
		})
	}
	d.Roles = append(d.Roles,
		policy.Role{ID: "contact-officer", Name: text("Contact officer"), Party: "operator", May: []policy.Capability{policy.AnswerInquiries}},
		policy.Role{ID: "helpline", Name: text("Helpline"), Party: "operator", May: []policy.Capability{policy.EnterInquiries}})
	both := []policy.OperationName{"use", "collect"}
	act := func(id string, who []string, ops []policy.OperationName, r policy.Relation, party string, fields ...string) {
		d.Activities = append(d.Activities, policy.Activity{
			ID: id, Purpose: "access", Name: text(id), Who: who, Operations: ops, Relation: r, Parties: []string{party}, Fields: fields,
		})
	}
	act(contact.ActivityHand, []string{"role:contact-officer"}, both[:1], policy.RelationDuty, "operator", policy.FieldStaffName)
	act(contact.ActivityOwn, []string{"person", "system"}, both, policy.RelationSelf, "operator", fields...)
	act(contact.ActivityAnswer, []string{"role:contact-officer"}, both, policy.RelationTask, "operator", fields...)
	act(contact.ActivityEnter, []string{"role:contact-officer", "role:helpline"}, both[1:], policy.RelationTask, "operator",
		contact.FieldText, contact.FieldEmail, contact.FieldPhone)
	act(contact.ActivityWrite, []string{"system"}, both[:1], policy.RelationSystem, "mailer", contact.FieldEmail, contact.FieldAnswer)
	return d
}

// world is a portal that takes requests. Everybody works every day, and an
// answer is promised within two days, for complaints four.
type world struct {
	*contact.Service
	t        *testing.T
	store    *vaulttest.Store
	id       *identity.Service
	staff    *staff.Service
	jobs     *jobs.Queue
	router   *web.Router
	sent     []mail.Message
	told     []string // what was told: subject, kind, and what it is about
	reports  []string
	channels []contact.Channel
	passed   []string
}

func (w *world) SendMail(_ context.Context, m mail.Message) error {
	w.sent = append(w.sent, m)
	return nil
}

// Received, Answered and Late are contact.Notices'.
func (w *world) Received(_ *db.Tx, r *contact.Request) error {
	w.told = append(w.told, r.Subject+" received "+r.ID)
	return nil
}

func (w *world) Answered(_ *db.Tx, r *contact.Request, _ string) error {
	w.told = append(w.told, r.Subject+" answered "+r.ID)
	return nil
}

func (w *world) Late(_ *db.Tx, official string, _ *contact.Request) error {
	w.told = append(w.told, official+" late")
	return nil
}

// Bounced keeps what is reported (contact.Reports).
func (w *world) Bounced(_ context.Context, messageID string) (bool, error) {
	w.reports = append(w.reports, messageID)
	return true, nil
}

// Offered and Enter are contact.Rights.
func (w *world) Offered() []policy.Right {
	return []policy.Right{{ID: "delete", Name: text("Deletion")}}
}

func (w *world) Enter(_ *db.Tx, _ policy.Actor, r *contact.Request, right, words, address string) error {
	w.passed = append(w.passed, r.Reference, right, words, address)
	return nil
}

func (w *world) SendSMS(context.Context, string, string) error { return nil }

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) }, schema()...)
}

// one runs a test on SQLite alone: for what no store can change.
func one(t *testing.T, channels ...contact.Channel) *world {
	t.Helper()
	w := open(t, testkit.Database(t, db.SQLite, schema()...))
	w.channels = channels
	return w
}

func schema() []fs.FS {
	return []fs.FS{
		audit.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations(), uploads.Migrations(), contact.Migrations(),
	}
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	p := policytest.CompileAs(t, declarations(), policy.Options{Languages: policytest.Languages(), Demo: true})
	pol := func() *policy.Policy { return p }
	w := &world{t: t, store: vaulttest.Open(t, d, p)}
	log, clock := slog.New(slog.DiscardHandler), w.store.Clock
	w.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), vault.Locales(), staff.Locales(), uploads.Locales(), contact.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	address := func() string { return "https://one.gov.mv" }
	w.id = identity.New(identity.Config{
		DB: d, Vault: w.store.Vault, Log: w.store.Log, Jobs: w.jobs, Sender: w, Codes: w.store.Ring, Catalogue: cat,
		Portal: func() *web.Portal { return about }, Policy: pol, Clock: clock, Demo: true,
	})
	w.staff = staff.New(staff.Config{DB: d, Vault: w.store.Vault, Identity: w.id, Jobs: w.jobs, Policy: pol, Clock: clock, Address: address, Demo: true})
	folder, err := blobs.OpenFolder(filepath.Join(t.TempDir(), "files"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	own := func(string) string { return contact.ActivityOwn }
	site := &uploads.Site{Uploads: uploads.New(uploads.Config{
		DB: d, Vault: w.store.Vault, Blobs: folder, Jobs: w.jobs, Clock: clock, Log: log, Apply: own, Examine: own,
		Lives: func(ctx context.Context, subject, scope string) (bool, error) { return w.Lives(ctx, subject, scope) },
	}), Cases: reading{w}}
	w.Service = contact.New(contact.Config{
		DB: d, Vault: w.store.Vault, Policy: pol, Clock: clock, Jobs: w.jobs, Key: w.store.Ring, Identity: w.id, Staff: w.staff, Files: site,
		Mailer: w, Catalogue: cat, Portal: func() i18n.Text { return about.Name }, Language: func() string { return "en" }, Address: address,
		Zone: func() *time.Location { return time.UTC }, Inbox: func() string { return inbox }, From: func() string { return "no-reply@one.gov.mv" }, Reports: w, Rights: w, Notices: w,
		Operator: func() contact.Operator {
			return contact.Operator{Name: i18n.Text{"en": "Agency", "dv": "އެޖެންސީ"}, Address: i18n.Text{"en": "Malé", "dv": "މާލެ"}, Channels: w.channels}
		},
		Promised: func() contact.Promise {
			return contact.Promise{Days: map[contact.Kind]int{"question": 2, "feedback": 2, "complaint": 4}, Due: due}
		},
	})
	w.router, err = web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: cat, Portal: func() *web.Portal { return about }, Sessions: w.id,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}, {Name: web.LangCookie, Class: web.Necessary}}
		},
		Clock: clock, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	signin.Mount(w.router, w.id)
	w.staff.Mount(w.router)
	w.Service.Mount(w.router)
	site.Mount(w.router)
	return w
}

// due is the end of the n-th day after a moment: everybody works every day.
func due(since time.Time, days int) time.Time {
	y, m, d := since.UTC().Date()
	return time.Date(y, m, d+days+1, 0, 0, 0, 0, time.UTC)
}

// reading is uploads.Cases over the requests.
type reading struct{ w *world }

func (r reading) Reading(tx *db.Tx, who policy.Actor, f *uploads.File) (vault.Use, error) {
	return r.w.FileUse(tx, who, f.Scope)
}

// person makes an account and signs in.
func (w *world) person(email string) (string, *testkit.Browser) {
	w.t.Helper()
	subject, err := w.id.CreatePerson(w.t.Context(), identity.NewPerson{Contact: email, Password: password, Details: profile.Details{
		Name: "Aishath Nasreena", BirthDate: "1990-03-27", IdentityNumber: "A123456", Address: "Finihiyaa",
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	b := w.visitor()
	if resp := b.Post("/en/sign-in", form("contact", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("%s cannot sign in: %d", email, resp.StatusCode)
	}
	return subject, b
}

func (w *world) visitor() *testkit.Browser { return testkit.Browse(w.t, w.router) }

// official signs somebody in with a role.
func (w *world) official(role, email string) (policy.Actor, *testkit.Browser) {
	w.t.Helper()
	subject, err := w.staff.Create(w.t.Context(), staff.Entry{Email: email, Name: "Hussain Waheed", Roles: []string{role}}, password)
	if err != nil {
		w.t.Fatal(err)
	}
	b := w.visitor()
	if resp := b.Post("/staff/sign-in", form("email", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("an official cannot sign in: %d", resp.StatusCode)
	}
	return policy.Actor{Kind: policy.Staff, ID: subject, Roles: []string{role}, Strong: true}, b
}

// work does the waiting jobs and returns what was sent by them.
func (w *world) work() []mail.Message {
	w.t.Helper()
	before := len(w.sent)
	if _, err := w.jobs.Work(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.sent[before:]
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// asks sends the form as a visitor does and returns the address that it leads to.
func (w *world) asks(b *testkit.Browser, kind, words, reach string) string {
	w.t.Helper()
	page := b.Page("/en/help/ask", http.StatusOK)
	sent := page.One("main form").Values()
	sent.Set("kind", kind)
	sent.Set("text", words)
	if reach != "" {
		sent.Set("contact", reach)
	}
	sent.Set("do", "send")
	resp := b.Post("/en/help/ask", sent)
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("asking answers %d: %s", resp.StatusCode, testkit.Page(w.t, resp).One("main").Text())
	}
	to, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
	return to
}

// waiting is the only request that waits.
func (w *world) waiting(who policy.Actor) *contact.Request {
	w.t.Helper()
	list, err := w.Queue(w.t.Context(), who, contact.LookWaiting, "")
	if err != nil || len(list) != 1 {
		w.t.Fatalf("%d requests wait: %v", len(list), err)
	}
	return list[0]
}

// rows counts the rows of a table.
func (w *world) rows(table string) (n int64) {
	w.t.Helper()
	if err := w.store.DB.View(w.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM " + table).Scan(&n)
	}); err != nil {
		w.t.Fatal(err)
	}
	return n
}
