package cases_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// world is a portal with the road permit, a person and two officials.
type world struct {
	*cases.Cases
	t         *testing.T
	store     *vaulttest.Store
	catalogue *servicestest.Catalogue
	service   *services.Definition
	citizen   policy.Actor
	official  policy.Actor
	colleague policy.Actor
	router    *web.Router
	sessions  map[string]*web.Session // by token
}

// calendar works on every day but Friday and Saturday.
type calendar struct{}

func (calendar) Due(t time.Time, n int, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	for n > 0 {
		d++
		if day := time.Date(y, m, d, 0, 0, 0, 0, zone).Weekday(); day != time.Friday && day != time.Saturday {
			n--
		}
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

func (w *world) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if s := w.sessions[token]; s != nil && s.Realm == realm {
		return s, nil
	}
	return nil, nil
}

// onEachEngine runs a test in a world on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(newWorld(t, d)) }, migrations()...)
}

func migrations() []fs.FS { return []fs.FS{audit.Migrations(), vault.Migrations(), cases.Migrations()} }

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, service: servicestest.RoadPermit(t), catalogue: &servicestest.Catalogue{}, sessions: map[string]*web.Session{}}
	p := servicestest.Policy(t, w.service)
	w.store = vaulttest.Open(t, d, p)
	w.catalogue.Set("one", w.service)
	w.Cases = cases.New(cases.Config{
		DB: d, Vault: w.store.Vault, Catalogue: w.catalogue, Policy: func() *policy.Policy { return p },
		Calendar: func() cases.Calendar { return calendar{} }, Zone: servicestest.Zone, Currency: func() string { return "MVR" },
		Clock: w.store.Clock,
	})
	w.citizen = w.person("Aishath Mohamed")
	w.official, w.colleague = w.staff("official"), w.staff("colleague")
	w.mount()
	return w
}

// person makes a citizen with a profile, signed in by the token of their id.
func (w *world) person(name string) policy.Actor {
	who := policy.Actor{Kind: policy.Person, ID: w.store.Subject(w.t)}
	w.store.Collect(w.t, vault.Use{Actor: who, Subject: who.ID, Activity: policy.ActivityAccount, Scope: vault.Profile}, map[string]string{
		policy.FieldName: name, policy.FieldIdentityNumber: "A123456", policy.FieldPhone: "+9607771234", policy.FieldEmail: "aishath@example.mv",
	})
	w.sessions[who.ID] = &web.Session{ID: who.ID, Subject: who.ID, Realm: web.RealmPerson, Name: name}
	return who
}

// staff makes a permit officer, signed in by the token of their id.
func (w *world) staff(name string) policy.Actor {
	who := policy.Actor{Kind: policy.Staff, ID: w.store.Subject(w.t), Roles: []string{"permit-officer"}, Party: "fuvahmulah-city-council", Strong: true}
	w.sessions[who.ID] = &web.Session{ID: who.ID, Subject: who.ID, Realm: web.RealmStaff, Name: name, Roles: who.Roles, Party: who.Party, Strong: true}
	return who
}

// mount puts the pages of services and cases behind a router.
func (w *world) mount() {
	w.t.Helper()
	catalogue, err := i18n.Load(web.Locales(), forms.Locales(), services.Locales(), cases.Locales())
	if err != nil {
		w.t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		w.t.Fatal(err)
	}
	text := i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}
	w.router, err = web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: w, Clock: w.store.Clock, Log: slog.New(slog.DiscardHandler),
		Portal: func() *web.Portal {
			return &web.Portal{Name: text, Operator: text, Brand: brand, Zone: servicestest.Zone()}
		},
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.LangCookie, Class: web.Necessary}} },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	services.Mount(w.router, services.Config{
		Catalogue: w.catalogue, Policy: w.Policy, Name: func() i18n.Text { return text }, Description: func() i18n.Text { return text },
	})
	w.Mount(w.router)
}

// browser is somebody's browser.
type browser struct {
	w      *world
	server *httptest.Server
	client *http.Client
}

// browse opens a browser in which who is signed in.
func (w *world) browse(who policy.Actor) *browser {
	w.t.Helper()
	server := httptest.NewServer(w.router)
	w.t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	at, err := url.Parse(server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	name := web.SessionCookie
	if who.Kind == policy.Staff {
		name = web.StaffCookie
	}
	if who.ID != "" {
		jar.SetCookies(at, []*http.Cookie{{Name: name, Value: who.ID}})
	}
	client := server.Client()
	client.Jar = jar
	return &browser{w, server, client}
}

// get opens a page and returns it with its status and final path.
func (b *browser) get(path string) (testkit.Nodes, int, string) {
	b.w.t.Helper()
	resp, err := b.client.Get(b.server.URL + path)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return testkit.Page(b.w.t, resp), resp.StatusCode, resp.Request.URL.Path
}

// post sends a form and returns the page that follows.
func (b *browser) post(path string, form url.Values) (testkit.Nodes, int, string) {
	b.w.t.Helper()
	resp, err := b.client.PostForm(b.server.URL+path, form)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return testkit.Page(b.w.t, resp), resp.StatusCode, resp.Request.URL.Path
}

// answers are what the citizen types about the work.
func answers() url.Values {
	return url.Values{
		"name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"},
		"road": {"Dhigu Magu"}, "section": {"From the school to the harbour"}, "kind": {"construction"},
		"start-day": {"30"}, "start-month": {"11"}, "start-year": {"2026"}, "start-time": {"09:00"}, "hours": {"9"}, "boards": {"3"},
		"_ordinal": {"0"},
	}
}

// saved makes a draft.
func (w *world) saved(who policy.Actor, ordinal int64) *cases.Draft {
	w.t.Helper()
	draft, err := w.Save(w.t.Context(), who, "road-permit", ordinal, answers(), "_ordinal")
	if err != nil {
		w.t.Fatalf("save a draft: %v", err)
	}
	if len(draft.Outcome.Errors) > 0 {
		w.t.Fatalf("the draft is wrong: %v", draft.Outcome.Errors)
	}
	return draft
}

// applied submits an application.
func (w *world) applied(who policy.Actor, ordinal int64) *cases.Case {
	w.t.Helper()
	draft := w.saved(who, ordinal)
	row, err := w.Submit(w.t.Context(), who, "road-permit", ordinal, draft.Case.Revision)
	if err != nil {
		w.t.Fatalf("submit: %v", err)
	}
	return row
}

// taken has an official take a case.
func (w *world) taken(row *cases.Case, who policy.Actor) {
	w.t.Helper()
	if _, err := w.Act(w.t.Context(), who, row.ID, "submitted", "take", ""); err != nil {
		w.t.Fatalf("take: %v", err)
	}
}

// denials are the denied events about the citizen.
func (w *world) denials(subject string) (reasons []string) {
	w.t.Helper()
	for _, e := range w.store.Events(w.t, subject) {
		if e.Kind == audit.KindDenied {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}
