// Package casestest has a portal with the road permit, a person and two
// officials, for the tests of cases and of the features around them.
package casestest

import (
	"context"
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// World is a portal with the road permit, a person and two officials. The
// instance in force is "one".
type World struct {
	*cases.Cases
	T         *testing.T
	Store     *vaulttest.Store
	Catalogue *servicestest.Catalogue
	Service   *services.Definition
	Citizen   policy.Actor
	Official  policy.Actor
	Colleague policy.Actor
	Leader    policy.Actor            // supervises the council's permits and decides on none
	Away      map[string]bool         // officials who do not work any more
	Lang      string                  // in which people apply
	Variant   string                  // of what they apply for
	Sessions  map[string]*web.Session // by token, which is the subject's id
}

// Migrations are the schemas that a world needs; a feature adds its own.
func Migrations(more ...fs.FS) []fs.FS {
	return append([]fs.FS{audit.Migrations(), vault.Migrations(), cases.Migrations()}, more...)
}

// OnEachEngine runs a test in a world on SQLite and on PostgreSQL.
func OnEachEngine(t *testing.T, run func(w *World), more ...fs.FS) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(New(t, d)) }, Migrations(more...)...)
}

// New makes a world in an empty database.
func New(t *testing.T, d *db.DB) *World {
	t.Helper()
	return With(t, d, servicestest.RoadPermit(t))
}

// With makes a world with another service than the road permit.
func With(t *testing.T, d *db.DB, service *services.Definition) *World {
	t.Helper()
	return On(t, vaulttest.Open(t, d, servicestest.Policy(t, service)), service)
}

// On is a world with a service on a store that is open.
func On(t *testing.T, s *vaulttest.Store, service *services.Definition) *World {
	t.Helper()
	w := &World{T: t, Service: service, Store: s, Catalogue: &servicestest.Catalogue{}, Sessions: map[string]*web.Session{}, Away: map[string]bool{}}
	p := servicestest.Policy(t, w.Service)
	w.Catalogue.Set("one", w.Service)
	w.Cases = cases.New(cases.Config{
		DB: s.DB, Vault: s.Vault, Catalogue: w.Catalogue, Officials: officials{w}, Policy: func() *policy.Policy { return p },
		Calendar: func() cases.Calendar { return Calendar{} }, Zone: servicestest.Zone, Currency: func() string { return "MVR" },
		Clock: w.Store.Clock,
	})
	w.Citizen = w.Person("Aishath Mohamed")
	w.Official, w.Colleague = w.Staff("official", "permit-officer"), w.Staff("colleague", "permit-officer")
	w.Leader = w.Staff("leader", "permit-supervisor")
	return w
}

// officials are those whom Staff made.
type officials struct{ *World }

// Official answers for cases.Officials.
func (o officials) Official(_ *db.Tx, subject string) (roles []string, party string, working bool, err error) {
	s := o.Sessions[subject]
	if s == nil || s.Realm != web.RealmStaff {
		return nil, "", false, nil
	}
	return s.Roles, s.Party, !o.Away[subject], nil
}

// Calendar works on every day but Friday and Saturday.
type Calendar struct{}

// Due is the end of the n-th working day after the day of t.
func (Calendar) Due(t time.Time, n int, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	for n > 0 {
		d++
		if day := time.Date(y, m, d, 0, 0, 0, 0, zone).Weekday(); day != time.Friday && day != time.Saturday {
			n--
		}
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// Session finds whoever is signed in: the token is the subject's id.
func (w *World) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if s := w.Sessions[token]; s != nil && s.Realm == realm {
		return s, nil
	}
	return nil, nil
}

// Person makes a citizen with a profile, who is signed in.
func (w *World) Person(name string) policy.Actor {
	w.T.Helper()
	who := policy.Actor{Kind: policy.Person, ID: w.Store.Subject(w.T)}
	w.Store.Collect(w.T, vault.Use{Actor: who, Subject: who.ID, Activity: policy.ActivityAccount, Scope: vault.Profile}, map[string]string{
		policy.FieldName: name, policy.FieldIdentityNumber: "A123456", policy.FieldPhone: "+9607771234", policy.FieldEmail: "aishath@example.mv",
	})
	w.Sessions[who.ID] = &web.Session{ID: who.ID, Subject: who.ID, Realm: web.RealmPerson, Name: name}
	return who
}

// Staff makes an official of the council with these roles, who is signed in.
func (w *World) Staff(name string, roles ...string) policy.Actor {
	w.T.Helper()
	who := policy.Actor{Kind: policy.Staff, ID: w.Store.Subject(w.T), Roles: roles, Party: "fuvahmulah-city-council", Strong: true}
	w.Sessions[who.ID] = &web.Session{ID: who.ID, Subject: who.ID, Realm: web.RealmStaff, Name: name, Roles: who.Roles, Party: who.Party, Strong: true}
	return who
}

// Answers are canonical answers to the road permit's questions.
func Answers() forms.Answers {
	return forms.Answers{
		"applicant": `{"as":"person"}`, "name": "Aishath Mohamed", "identity-number": "A123456", "phone": "+9607771234", "email": "aishath@example.mv",
		"road": "Dhigu Magu", "section": "From the school to the harbour", "kind": "construction",
		"start": "2026-11-30T09:00:00+05:00", "hours": "9", "boards": "3", "end": "2026-11-30T18:00:00+05:00",
	}
}

// Applied submits an application with Answers, past any form.
func (w *World) Applied(who policy.Actor) *cases.Case { return w.AppliedFor(who, w.Service, Answers()) }

// AppliedFor submits an application for a service with these answers.
func (w *World) AppliedFor(who policy.Actor, d *services.Definition, answers forms.Answers) (row *cases.Case) {
	w.T.Helper()
	s := cases.Submission{Subject: who.ID, ID: id.New(w.Store.Clock.Now()), Service: d.ID, Variant: w.Variant, Channel: cases.Portal, By: who.ID, Lang: w.Lang}
	fee, err := d.Form.Price(answers, forms.At{Now: w.Store.Clock.Now(), Variant: w.Variant})
	if err != nil {
		w.T.Fatalf("work out the fee: %v", err)
	}
	s.Fee = fee.Amount()
	err = w.Vault.Update(w.T.Context(), func(tx *db.Tx) error {
		var err error
		if err = w.Vault.NewScope(tx, who.ID, "case:"+s.ID); err != nil {
			return err
		}
		if row, err = w.Submit(tx, s); err != nil {
			return err
		}
		use := vault.Use{
			Actor: who, Subject: who.ID, Activity: d.ApplyActivity(), Scope: row.Scope(), Operation: policy.Collect, Reference: row.Reference,
		}
		var values []vault.Value
		for _, f := range d.Form.Fields() {
			if text := answers[f.Key]; text != "" {
				v := vault.Value{Field: f.ID, Text: text, Source: policy.SourceForm}
				if f.Computed {
					v.Source = policy.SourceSystem
				}
				values, use.Fields = append(values, v), append(use.Fields, f.ID)
			}
		}
		permit, err := w.Vault.Permit(tx, use)
		if err != nil {
			return err
		}
		return w.Vault.Put(tx, permit, values)
	})
	if err != nil {
		w.T.Fatalf("submit: %v", err)
	}
	return row
}

// Taken has an official take a case that was just submitted.
func (w *World) Taken(row *cases.Case, who policy.Actor) {
	w.T.Helper()
	if _, err := w.Act(w.T.Context(), who, row.ID, "submitted", "take", ""); err != nil {
		w.T.Fatalf("take: %v", err)
	}
}

// Denials are the reasons of the denied events about a person.
func (w *World) Denials(subject string) (reasons []string) {
	w.T.Helper()
	for _, e := range w.Store.Events(w.T, subject) {
		if e.Kind == audit.KindDenied {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

// Name is what the portal of a world is called.
func Name() i18n.Text { return i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"} }

// Router has the pages of services and whatever mount adds, such as w.Mount of
// the cases; locales are those of the features it adds.
func (w *World) Router(mount func(*web.Router), locales ...fs.FS) *web.Router {
	w.T.Helper()
	all := append([]fs.FS{web.Locales(), forms.Locales(), services.Locales(), cases.Locales()}, locales...)
	catalogue, err := i18n.Load(all...)
	if err != nil {
		w.T.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		w.T.Fatal(err)
	}
	router, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: w, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler),
		Portal: func() *web.Portal {
			return &web.Portal{Name: Name(), Operator: Name(), Brand: brand, Zone: servicestest.Zone()}
		},
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.LangCookie, Class: web.Necessary}} },
	})
	if err != nil {
		w.T.Fatal(err)
	}
	services.Mount(router, services.Config{
		Catalogue: w.Catalogue, Policy: w.Policy, Name: Name, Description: Name, Reached: w.Cases, Clock: w.Store.Clock,
		Categories: func() []services.Category { return servicestest.Env(w.T).Categories },
		Currency:   func() string { return "MVR" },
		Address:    func() string { return "https://one.gov.mv" },
	})
	mount(router)
	return router
}
