package rights_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/profile"
	"portico/internal/identity/security"
	"portico/internal/identity/signin"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/recipients"
	"portico/internal/retention"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/deadline"
	"portico/internal/rights/fate"
	"portico/internal/rights/leaving"
	"portico/internal/rights/office"
	"portico/internal/rights/own"
	"portico/internal/rights/takeout"
	"portico/internal/rights/visitor"
	"portico/internal/staff"
	"portico/internal/staysout"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

const password = "seven boats leave Addu"

func text(s string) i18n.Text { return i18n.Text{"en": s, "dv": s} }

// declarations are those of an instance where rights are asked for.
func declarations() *policy.Declarations {
	d := policytest.Declarations()
	for _, id := range []string{rights.FieldText, rights.FieldAnswer, rights.FieldContact, rights.FieldPackage} {
		d.Fields = append(d.Fields, policy.Field{
			ID: id, Category: "contact", Name: text(id), Why: text("So that you get an answer."), Identifies: "indirectly",
			Sources: []string{policy.SourceForm, policy.SourceStaff},
		})
	}
	for i := range d.Fields {
		if d.Fields[i].ID == policy.FieldIdentityNumber {
			d.Fields[i].Pattern, d.Fields[i].Written = "^A[0-9]{6}$", text("A and six figures")
		}
	}
	d.Roles = append(d.Roles,
		policy.Role{ID: "privacy-officer", Name: text("Privacy officer"), Party: "operator", May: []policy.Capability{policy.AnswerRights}})
	both := []policy.OperationName{"use", "collect"}
	act := func(id string, who []string, r policy.Relation, fields ...string) {
		d.Activities = append(d.Activities, policy.Activity{
			ID: id, Purpose: "access", Name: text(id), Who: who, Operations: both, Relation: r, Parties: []string{"operator"}, Fields: fields, WhileRestricted: true,
		})
	}
	act(rights.ActivityOwn, []string{"person", "system"}, policy.RelationSelf, rights.FieldText, rights.FieldAnswer, rights.FieldContact, rights.FieldPackage)
	act(rights.ActivityEnter, []string{"role:privacy-officer"}, policy.RelationTask, rights.FieldText, rights.FieldContact)
	act(rights.ActivityWrite, []string{"system"}, policy.RelationSystem, rights.FieldContact, rights.FieldAnswer)
	act(takeout.Activity, []string{"system"}, policy.RelationSystem, policy.Every)
	act(correct.Activity, []string{"role:permit-officer"}, policy.RelationTask, rights.FieldText, rights.FieldAnswer)
	last := &d.Activities[len(d.Activities)-1]
	last.Parties, last.Purpose = []string{"council"}, "services"
	act(rights.ActivityAnswer, []string{"role:privacy-officer"}, policy.RelationTask, rights.FieldText, rights.FieldAnswer, rights.FieldContact)
	d.Rights = nil
	for _, kind := range policy.RightKind("").Values() {
		d.Rights = append(d.Rights, policy.Right{
			ID: kind, Kind: policy.RightKind(kind), Name: text("The right " + kind), DPV: "eu-gdpr:A15", How: text("Here."), Within: "P30D", Extension: "P60D",
			Refusal: []policy.Ground{"justifications:ProcessFrivolous", "justifications:LegalObligationImpaired"}, Appeal: text("You can go to court."),
		})
	}
	return d
}

// weekdays are Monday to Friday.
type weekdays struct{}

func (weekdays) Working(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// world is a portal where rights are asked for, at ten o'clock on a Monday.
type world struct {
	*rights.Service
	t        *testing.T
	store    *vaulttest.Store
	vault    *vault.Vault
	id       *identity.Service
	staff    *staff.Service
	jobs     *jobs.Queue
	router   *web.Router
	told     *recipients.Service
	places   []takeout.Named // of everybody
	entered  [][2]string     // applications, by id
	byPerson map[string][]takeout.Named
	sent     []mail.Message
	refuses  error // what whoever takes messages says

	applicant string // whose application "left" is

	keeps     *retention.Service
	visitors  *visitor.Service
	corrects  *correct.Service
	corrected []correct.Corrected
	out       *staysout.Service
}

func (w *world) SendMail(_ context.Context, m mail.Message) error {
	w.sent = append(w.sent, m)
	return w.refuses
}

func (w *world) SendSMS(context.Context, string, string) error { return nil }

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, open(t, d)) }, schema()...)
}

// one runs a test on SQLite alone: for what no store can change.
func one(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	run(t, open(t, testkit.Database(t, db.SQLite, schema()...)))
}

func schema() []fs.FS {
	return []fs.FS{
		audit.Migrations(), ledger.Migrations(), vault.Migrations(), jobs.Migrations(), identity.Migrations(), factor.Migrations(), staff.Migrations(), retention.Migrations(), recipients.Migrations(), rights.Migrations(), visitor.Migrations(), correct.Migrations(),
	}
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	return openAs(t, d, declarations())
}

// openAs is open for an instance that declares something else.
func openAs(t *testing.T, d *db.DB, declared *policy.Declarations) *world {
	t.Helper()
	p := policytest.CompileAs(t, declared, policy.Options{Languages: policytest.Languages(), Demo: true})
	pol := func() *policy.Policy { return p }
	w := &world{t: t, store: vaulttest.Open(t, d, p), places: []takeout.Named{{Scope: vault.Profile, Name: "Your account", Basis: "eu-gdpr:A6-1-b"}}}
	log, clock := slog.New(slog.DiscardHandler), w.store.Clock
	clock.Advance(24*time.Hour + time.Hour)
	acts, err := ledger.Open(t.Context(), ledger.Config{DB: d, Ring: w.store.Ring, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	w.vault = vault.New(vault.Config{DB: d, Ledger: acts, Ring: w.store.Ring, Log: w.store.Log, Clock: clock, Policy: pol, Objected: rights.Objected})
	w.jobs = jobs.NewQueue(jobs.Config{DB: d, Clock: clock, Log: log})
	cat, err := i18n.Load(web.Locales(), identity.Locales(), vault.Locales(), staff.Locales(), policy.Locales(), holdings.Locales(), retention.Locales(), recipients.Locales(), rights.Locales(), visitor.Locales(), correct.Locales())
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
		DB: d, Vault: w.vault, Log: w.store.Log, Jobs: w.jobs, Sender: w, Codes: w.store.Ring, Catalogue: cat,
		Portal: func() *web.Portal { return about }, Policy: pol, Clock: clock, Demo: true,
	})
	w.staff = staff.New(staff.Config{DB: d, Vault: w.vault, Identity: w.id, Jobs: w.jobs, Policy: pol, Clock: clock, Address: address, Demo: true})
	folder, err := blobs.OpenFolder(filepath.Join(t.TempDir(), "files"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	kept := holdings.New(slices.Concat(identity.Kept(), factor.Kept(), recipients.Kept(), rights.Kept(), visitor.Kept()[:2], correct.Kept()))
	keeps := retention.New(retention.Config{
		DB: d, Vault: w.vault, Holdings: kept, Jobs: w.jobs, Ring: w.store.Ring, Policy: pol, Clock: clock, Zone: func() *time.Location { return time.UTC },
	})
	w.told = recipients.New(recipients.Config{
		DB: d, Vault: w.vault, Log: w.store.Log, Policy: pol, Clock: clock, Jobs: w.jobs, Sender: w, Codes: w.store.Ring, Identity: w.id, Staff: w.staff,
		Catalogue: cat, Zone: func() *time.Location { return time.UTC }, Name: func() i18n.Text { return about.Name },
		Language: func() string { return "en" }, Address: address,
	})
	w.Service = rights.New(rights.Config{
		Told: w.told, Blobs: folder, Eraser: retention.Eraser{Keeps: keeps},
		Takeout: &takeout.Maker{
			DB: d, Vault: w.vault, Policy: pol, Clock: clock, Zone: func() *time.Location { return time.UTC }, Ring: w.store.Ring, Log: w.store.Log,
			Holdings: kept, Columns: db.Readable(slices.Concat(rights.Holding(), identity.Holding(), factor.Holding())), Files: given{}, Catalogue: cat, Cause: security.Cause,
			Places: func(_ context.Context, _ *i18n.Printer, subject string) ([]takeout.Named, error) {
				return slices.Concat(w.places, w.byPerson[subject]), nil
			},
		},
		DB: d, Vault: w.vault, Policy: pol, Clock: clock, Jobs: w.jobs, Identity: w.id, Staff: w.staff,
		Calendar: func() deadline.Calendar { return weekdays{} }, Zone: func() *time.Location { return time.UTC },
		Language: func() string { return "en" }, Address: address,
	})
	keeps.Requests = w.Service
	leaving.New(w.Service)
	site := &own.Site{Service: w.Service, Automated: func(*web.Req) (templ.Component, error) { return templ.NopComponent, nil }}
	w.visitors = visitor.New(visitor.Config{DB: d, Vault: w.vault, Policy: pol, Clock: clock, Jobs: w.jobs, Key: w.store.Ring, Identity: w.id, Rights: site, Address: address,
		Entered: func(_ *db.Tx, after string, limit int) (list [][2]string, err error) {
			for _, one := range w.entered {
				if one[1] > after && len(list) < limit {
					list = append(list, one)
				}
			}
			return list, nil
		}})
	w.id.Left = w.visitors.Leaves
	w.corrects = correct.New(correct.Config{
		DB: d, Vault: w.vault, Policy: pol, Clock: clock, Jobs: w.jobs, Identity: w.id, Staff: w.staff, Rights: w.Service, Owner: w.owner, Reach: w.visitors.Names,
		Tell:     func(_ *db.Tx, c correct.Corrected) error { w.corrected = append(w.corrected, c); return nil },
		Language: func() string { return "en" }, Address: address,
	})
	fates := &fate.Site{Fates: &fate.Fates{Keeps: keeps, Ring: w.store.Ring, Rights: w.Service}}
	w.Visitors, w.Corrections, w.Fates, w.keeps = w.visitors, w.corrects, fates, keeps
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
	site.Mount(w.router)
	(&office.Site{Rights: w.Service}).Mount(w.router)
	w.visitors.Mount(w.router)
	w.corrects.Mount(w.router)
	fates.Mount(w.router)
	w.told.Mount(w.router)
	return w
}

// given is one file that somebody gave with their account.
type given struct{}

func (given) Of(_ context.Context, _, scope string) ([]string, error) {
	if scope != vault.Profile {
		return nil, nil
	}
	return []string{"01a207d9-2100-754a-bf5f-adaaabf9530d"}, nil
}

func (given) Open(_ context.Context, fileID, activity string) (*takeout.File, error) {
	if activity != takeout.Activity {
		return nil, errors.New("opened as something else")
	}
	return &takeout.File{ID: fileID, Name: "card.png", Type: "image/png", Field: "person.name", Content: io.NopCloser(strings.NewReader("a picture"))}, nil
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
	b := testkit.Browse(w.t, w.router)
	if resp := b.Post("/en/sign-in", form("contact", email, "password", password)); resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("%s cannot sign in: %d", email, resp.StatusCode)
	}
	return subject, b
}

// official signs somebody in who answers.
func (w *world) official(email string) (policy.Actor, *testkit.Browser) {
	w.t.Helper()
	return w.officialAs(email, "privacy-officer")
}

// officialAs signs somebody in with a role.
func (w *world) officialAs(email, role string) (policy.Actor, *testkit.Browser) {
	w.t.Helper()
	subject, err := w.staff.Create(w.t.Context(), staff.Entry{Email: email, Name: "Hussain Waheed", Roles: []string{role}}, password)
	if err != nil {
		w.t.Fatal(err)
	}
	b := testkit.Browse(w.t, w.router)
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

// asks sends the form of a right and returns the id of the request.
func (w *world) asks(b *testkit.Browser, right, words string, items ...string) string {
	w.t.Helper()
	sent := b.Page("/en/cabinet/rights/"+right, http.StatusOK).One("main form").Values()
	sent.Set("text", words)
	sent["items"] = items
	sent.Set("do", "send")
	resp := b.Post("/en/cabinet/rights/"+right, sent)
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("asking answers %d: %s", resp.StatusCode, testkit.Page(w.t, resp).One("main").Text())
	}
	path, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
	return path[strings.LastIndex(path, "/")+1:]
}

// press sends the form of a page that has a button with such a value.
func press(b *testkit.Browser, path, do string, status int, pairs ...string) testkit.Nodes {
	sent := form(pairs...)
	sent.Set("do", do)
	return b.Submit(path, sent, status)
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// reads is a use of a name by an official of a council who works on something
// of the person.
func (w *world) reads(subject string) error {
	_, err := w.vault.Read(w.t.Context(), vault.Use{
		Actor: policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}, Subject: subject,
		Activity: "road-permit.decide", Operation: policy.Use, Scope: vault.Profile, Fields: []string{policy.FieldName},
		Task: policy.Task{Scope: vault.Profile, Holder: "shifa", Open: true},
	})
	return err
}

// owner is the council, which decides on the application "left".
func (w *world) owner(_ *db.Tx, subject, scope string) (correct.Owner, bool, error) {
	return correct.Owner{
		Party: "council", Roles: []string{"permit-officer"}, Activity: "road-permit.decide", Reference: "RP-1", Name: text("Road permit"),
		Fields: []correct.Field{{ID: policy.FieldName, Name: text("Name")}},
	}, scope == "case:left" && subject == w.applicant, nil
}
