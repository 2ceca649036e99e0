package changes_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/audit"
	"portico/internal/changes"
	"portico/internal/instance"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// world is a portal with people, and officials who may publish.
type world struct {
	*changes.Service
	*vaulttest.Store
	live  *instance.Live
	files fstest.MapFS

	mu     sync.Mutex
	people []string
	began  map[string]time.Time
	told   []string
	broken bool
	office []string // subjects of officials
	signed *web.Session
}

func (w *world) People(_ *db.Tx, after string, limit int) (list []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.people {
		if p > after && len(list) < limit {
			list = append(list, p)
		}
	}
	return list, nil
}

func (w *world) CountPeople(*db.Tx) (int64, error) { return int64(len(w.people)), nil }

func (w *world) Since(_ *db.Tx, subject string) (time.Time, error) { return w.began[subject], nil }

func (w *world) officials(*db.Tx) ([]string, error) { return w.office, nil }

func (w *world) tell(_ *db.Tx, subject string, _ bool, _ *changes.Announcement) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return errors.New("the queue is away")
	}
	w.told = append(w.told, subject)
	return nil
}

func (w *world) Session(context.Context, string, string) (*web.Session, error) { return w.signed, nil }

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		w := &world{files: fstest.MapFS{}, began: map[string]time.Time{}}
		if err := fs.WalkDir(instance.Template(), ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := fs.ReadFile(instance.Template(), name)
			w.files[name] = &fstest.MapFile{Data: data}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		in, faults := instance.Load(w.files, instance.Options{})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		w.Store = vaulttest.Open(t, d, in.Policy)
		var err error
		w.live, err = instance.NewLive(t.Context(), instance.Config{DB: d, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler)}, in)
		if err != nil {
			t.Fatal(err)
		}
		w.Store.Clock.Advance(time.Hour)
		w.Service = changes.New(changes.Config{
			DB: d, Vault: w.Store.Vault, Live: w.live, People: w, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler), Tell: w.tell, Tells: func(bool) bool { return true },
			Officials: w.officials,
		})
		for range 3 {
			w.person(t)
		}
		w.Store.Clock.Advance(time.Hour)
		run(t, w)
	}, audit.Migrations(), vault.Migrations(), instance.Migrations(), changes.Migrations())
}

// person opens an account.
func (w *world) person(t *testing.T) string {
	t.Helper()
	subject := w.Subject(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people = append(w.people, subject)
	slices.Sort(w.people)
	w.began[subject] = w.Store.Clock.Now()
	return subject
}

// save changes a file of the directory, and has the portal load it.
func (w *world) save(t *testing.T, file, old, with string) {
	t.Helper()
	data := bytes.Replace(w.files[file].Data, []byte(old), []byte(with), 1)
	if bytes.Equal(data, w.files[file].Data) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	w.files[file] = &fstest.MapFile{Data: data}
	w.live.Reload(t.Context(), w.files)
}

func officer() *web.Session {
	return &web.Session{ID: "o", Subject: "officer", Realm: web.RealmStaff, Party: "operator", Roles: []string{"privacy-officer"}, Strong: true}
}

// entry is a sound one for what is proposed, in force after some days.
func (w *world) entry(t *testing.T, days int) changes.Entry {
	t.Helper()
	p, err := w.Proposed(t.Context())
	if err != nil || p == nil {
		t.Fatalf("nothing is proposed: %v", err)
	}
	return changes.Entry{
		Hash: p.In.Hash, Reason: "operations", Summary: i18n.Text{"en": "We keep applications longer."},
		On: policy.Date(w.Store.Clock.Now().AddDate(0, 0, days).Format(time.DateOnly)),
	}
}

func (w *world) announce(t *testing.T, days int) {
	t.Helper()
	if err := w.Announce(t.Context(), officer(), w.entry(t, days)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) step(t *testing.T) {
	t.Helper()
	if err := w.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestI13_AVersionComesIntoForceAtItsDateAndAfterEverybodysNoticeIsQueued(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		before := w.live.Current()
		w.save(t, "policy/retention.yaml", "P5Y", "P6Y")
		p, err := w.Proposed(t.Context())
		if err != nil || p == nil || p.Accounts != 3 || len(p.Fields) == 0 || w.live.Current() != before {
			t.Fatalf("proposed: %t, %v", p != nil, err)
		}
		w.announce(t, 3)
		if p, err := w.Proposed(t.Context()); err != nil || p != nil {
			t.Error("what is announced is still proposed")
		}
		w.broken = true
		if err := w.Step(t.Context()); err == nil {
			t.Fatal("a notice that cannot be queued goes unnoticed")
		}
		w.Store.Clock.Advance(4 * 24 * time.Hour)
		if err := w.Step(t.Context()); err == nil || w.live.Current() != before {
			t.Fatal("it is in force, and nobody was told")
		}
		w.Store.Clock.Advance(-4 * 24 * time.Hour)
		w.broken = false
		w.step(t)
		w.step(t)
		if len(w.told) != 3 || w.live.Current() != before {
			t.Fatalf("told %d, before the date", len(w.told))
		}
		late := w.person(t)
		w.Store.Clock.Advance(4 * 24 * time.Hour)
		w.step(t)
		if w.live.Current() == before || len(w.told) != 4 || w.told[3] != late {
			t.Fatalf("told %q", w.told)
		}
		if since, err := w.live.Updated(t.Context()); err != nil || !since.Equal(w.Store.Clock.Now()) {
			t.Errorf("in force since %v, %v", since, err)
		}
		var reasons []string
		for _, e := range w.Events(t, audit.System) {
			if e.Kind == audit.KindPolicy {
				reasons = append(reasons, e.Reason)
			}
		}
		if strings.Join(reasons, " ") != "policy-announced policy-in-force" {
			t.Errorf("the log says %q", reasons)
		}
	})
}

func TestO15_OfficialsAreToldOfWhatChangesForDataAboutThem(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.office = []string{w.Subject(t)}
		w.save(t, "policy/retention.yaml", "P5Y", "P6Y")
		if p, err := w.Proposed(t.Context()); err != nil || p.Officials != 0 {
			t.Fatalf("the period of applications concerns %d officials: %v", p.Officials, err)
		}
		w.save(t, "policy/purposes.yaml", "fields: [staff.name, staff.email]\n", "fields: [staff.name, staff.email, staff.passkey]\n")
		if p, err := w.Proposed(t.Context()); err != nil || p.Officials != 1 {
			t.Fatalf("what administrators see of officials concerns %d of them: %v", p.Officials, err)
		}
		w.announce(t, 3)
		if !slices.Equal(w.told, w.office) {
			t.Errorf("with the announcement, %q were told; the officials are %q", w.told, w.office)
		}
		w.step(t)
		w.office = append(w.office, w.Subject(t)) // who begins to work before the date
		w.Store.Clock.Advance(4 * 24 * time.Hour)
		w.step(t)
		w.step(t)
		for _, official := range w.office {
			if n := len(slices.DeleteFunc(slices.Clone(w.told), func(s string) bool { return s != official })); n != 1 {
				t.Errorf("an official was told %d times", n)
			}
		}
		if len(w.told) != 5 {
			t.Errorf("told %q", w.told)
		}
	})
}

func TestI13_SeveralNodesTellEverybodyOnceAndEnforceOnce(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.save(t, "policy/text/en.md", "which runs", "who runs")
		w.announce(t, 0)
		other, err := instance.NewLive(t.Context(), instance.Config{DB: w.DB, Clock: w.Store.Clock, Log: slog.New(slog.DiscardHandler)}, w.live.Current())
		if err != nil {
			t.Fatal(err)
		}
		node := changes.New(changes.Config{DB: w.DB, Vault: w.Store.Vault, Live: other, People: w, Clock: w.Store.Clock, Tell: w.tell, Officials: w.officials})
		var both sync.WaitGroup
		for _, s := range []*changes.Service{w.Service, node, w.Service, node} {
			both.Go(func() {
				if err := s.Step(t.Context()); err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Error(err)
				}
			})
		}
		both.Wait()
		w.step(t)
		if err := node.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := w.live.History(t.Context())
		if err != nil || len(all) != 2 || w.live.Current().Hash != all[1].Hash || other.Current().Hash != all[1].Hash {
			t.Errorf("in force were %d versions, %v", len(all), err)
		}
		queued := map[string]bool{}
		for _, subject := range w.told {
			queued[subject] = true
		}
		if len(queued) != 3 {
			t.Errorf("told %q", w.told)
		}
	})
}

func TestO15_AnAnnouncementHasItsReasonInEveryLanguageAndADay(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		if err := w.Announce(t.Context(), officer(), changes.Entry{}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("nothing is announced: %v", err)
		}
		w.save(t, "policy/retention.yaml", "P5Y", "P6Y")
		for name, c := range map[string]struct {
			change func(*changes.Entry)
			field  string
		}{
			"no reason":      {func(e *changes.Entry) { e.Reason = "" }, "reason"},
			"another reason": {func(e *changes.Entry) { e.Reason = "fun" }, "reason"},
			"no words":       {func(e *changes.Entry) { e.Summary = nil }, "summary-en"},
			"a long story":   {func(e *changes.Entry) { e.Summary = i18n.Text{"en": strings.Repeat("x", 501)} }, "summary-en"},
			"no day":         {func(e *changes.Entry) { e.On = "2026-02-30" }, "on"},
			"yesterday":      {func(e *changes.Entry) { e.On = "2026-11-21" }, "on"},
			"in three years": {func(e *changes.Entry) { e.On = "2029-11-22" }, "on"},
		} {
			e := w.entry(t, 3)
			c.change(&e)
			err := w.Announce(t.Context(), officer(), e)
			if f := fault.From(err); fault.KindOf(err) != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		e := w.entry(t, 3)
		if err := w.Announce(t.Context(), &web.Session{Subject: "x", Roles: []string{"administrator"}}, e); fault.KindOf(err) != fault.Denied {
			t.Errorf("somebody else publishes: %v", err)
		}
		w.save(t, "policy/retention.yaml", "P6Y", "P7Y")
		if err := w.Announce(t.Context(), officer(), e); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was not seen is published: %v", err)
		}
		w.announce(t, 3)
		w.save(t, "policy/retention.yaml", "P7Y", "P8Y")
		if err := w.Announce(t.Context(), officer(), w.entry(t, 3)); fault.KindOf(err) != fault.Conflict {
			t.Errorf("two are announced: %v", err)
		}
	})
}

func TestI13_WhatGoesBeyondWhatWasSaidIsAnnouncedOnlyIfAskedOrDemandedByLaw(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		// The mail provider learns people's names.
		w.save(t, "policy/purposes.yaml", "fields: [person.email, person.phone]", "fields: [person.email, person.phone, person.name]")
		e := w.entry(t, 3)
		err := w.Announce(t.Context(), officer(), e)
		if f := fault.From(err); len(f.Fields) != 1 || f.Fields[0].Code != "changes.widens" {
			t.Fatalf("more is used than was said, and nobody is asked: %v", err)
		}
		e.Reason = "law"
		if err := w.Announce(t.Context(), officer(), e); err != nil {
			t.Errorf("the law cannot be a reason: %v", err)
		}
	})
	worlds(t, func(t *testing.T, w *world) {
		w.files["policy/recipients.yaml"].Data = bytes.Replace(w.files["policy/recipients.yaml"].Data, []byte("purposes: [communicate"), []byte("purposes: [newsletter, communicate"), 1)
		w.files["policy/purposes.yaml"].Data = bytes.Replace(w.files["policy/purposes.yaml"].Data, []byte("\nactivities:\n"), []byte(`
  - id: newsletter
    name: {en: Newsletter}
    description: {en: To send you a newsletter.}
    dpv: dpv:DirectMarketing
    basis: {dpv: dpv:Consent}

activities:
  - id: newsletter
    purpose: newsletter
    name: {en: Sending the newsletter}
    who: [system]
    operations: [use]
    fields: [person.email]
    relation: system
    parties: [mail-provider]
`), 1)
		w.live.Reload(t.Context(), w.files)
		if err := w.Announce(t.Context(), officer(), w.entry(t, 3)); err != nil {
			t.Errorf("what is asked for as a consent is stopped: %v", err)
		}
	})
}

func TestO15_GoingOnUsingThePortalIsRecordedOnceAsAcceptance(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		me := w.people[0]
		accept := func(subject string) bool {
			t.Helper()
			v := w.Source().Current()
			show, err := w.Accept(t.Context(), subject, v.From, v.ID)
			if err != nil {
				t.Fatal(err)
			}
			return show
		}
		reasons := func(subject string) (list []string) {
			for _, e := range w.Events(t, subject) {
				if strings.HasPrefix(e.Reason, "policy-accepted") {
					list = append(list, e.Reason+" "+e.Facts["version"])
				}
			}
			return list
		}
		first := w.Source().Current().ID
		for range 2 {
			if accept(me) { // M28: registered under it, so they were shown it
				t.Error("a message about what they were shown")
			}
		}
		w.save(t, "policy/terms/en.md", "true details", "real details")
		w.announce(t, 0)
		w.step(t)
		second := w.Source().Current().ID
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				v := w.Source().Current()
				if show, err := w.Accept(t.Context(), me, v.From, v.ID); err != nil || !show {
					t.Errorf("no message: %v", err)
				}
			})
		}
		all.Wait()
		if n, err := w.Accepted(t.Context()); err != nil || n != 1 {
			t.Errorf("%d have accepted it, %v", n, err)
		}
		if got := strings.Join(reasons(me), ", "); got != "policy-accepted "+first+", policy-accepted-by-use "+second {
			t.Errorf("the log says %s", got)
		}
		if err := w.Hide(t.Context(), me, w.Source().Current().From); err != nil || accept(me) {
			t.Errorf("the message stays: %v", err)
		}
		w.Store.Clock.Advance(time.Hour)
		if newcomer := w.person(t); accept(newcomer) || len(reasons(newcomer)) != 1 || reasons(newcomer)[0] != "policy-accepted "+second {
			t.Errorf("who registers under it: %q", reasons(newcomer))
		}
	})
}

func (w *world) browse(t *testing.T) *testkit.Browser {
	t.Helper()
	catalogue, err := i18n.Load(web.Locales(), changes.Locales(), privacy.Locales(), vault.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	about := &web.Portal{Name: i18n.Text{"en": "Example"}, Brand: brand, Zone: time.UTC}
	r, err := web.New(web.Config{
		Langs: []string{"en"}, Catalogue: catalogue, Portal: func() *web.Portal { return about }, Sessions: w, Clock: w.Store.Clock,
		Cookies: func() []web.Cookie {
			return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}, {Name: web.StaffCookie, Class: web.Necessary}}
		},
		Banner: w.Banner, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Service.Mount(r)
	privacy.New(privacy.Config{Source: w.Source(), Clock: w.Store.Clock}).Mount(r)
	r.Handle(web.Route{Method: "GET", Path: "/in/{cookie}", Activity: "public", Handler: func(q *web.Req) error {
		if err := q.SetCookie(q.R.PathValue("cookie"), "token", 60); err != nil {
			return err
		}
		return q.Redirect("/")
	}})
	return testkit.Browse(t, r)
}

func TestO15_AChangeIsPublishedWithItsDifferenceReasonAndDate(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		b := w.browse(t)
		w.signed = officer()
		w.signed.Stepped = w.Store.Clock.Now()
		b.Get("/en/in/staff")
		b.Page("/staff/policy/text", http.StatusNotFound)
		if text := b.Page("/staff/policy", http.StatusOK).One("main").Text(); !strings.Contains(text, "Nothing is proposed.") {
			t.Errorf("at first: %s", text)
		}
		w.save(t, "policy/retention.yaml", "P5Y", "P6Y")
		page := b.Page("/staff/policy", http.StatusOK)
		for _, want := range []string{"length was “5 years” and is now “6 years”", "People with an account, who will be told3"} {
			if !strings.Contains(strings.NewReplacer("\u2068", "", "\u2069", "", "\n", "").Replace(page.One("main").Text()), want) {
				t.Errorf("the page does not say %q: %s", want, page.One("main").Text())
			}
		}
		if n := b.Page("/staff/policy/text", http.StatusOK).Find("article").Len(); n != 2 {
			t.Errorf("the preview shows %d texts", n)
		}
		form := page.One("main form").Values()
		if said := form.Get("summary-en") + form.Get("reason"); said != "" {
			t.Errorf("the form is filled in with what was said of an earlier change: %q", said)
		}
		b.Submit("/staff/policy", form, http.StatusUnprocessableEntity) // no button
		form.Set("do", "announce")
		again := b.Submit("/staff/policy", form, http.StatusUnprocessableEntity)
		again.One(`.error-summary a[href="#reason"], [role="alert"] a[href="#reason"]`)
		form.Set("reason", "standards")
		form.Set("summary-en", "Auditors <b>ask</b> for it.")
		for _, part := range []struct{ name, layout string }{{"on-day", "2"}, {"on-month", "1"}, {"on-year", "2006"}} {
			form.Set(part.name, w.Store.Clock.Now().Format(part.layout))
		}
		b.Submit("/staff/policy", form, http.StatusOK).One(".notice")
		w.signed = nil
		v, err := w.Source().Coming(t.Context())
		if err != nil || v == nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/en/privacy", "/en/terms", "/en/privacy/versions", "/en/privacy/versions/" + v.ID} {
			if text := b.Page(path, http.StatusOK).One("main").Text(); !strings.Contains(text, "Auditors <b>ask</b> for it.") || !strings.Contains(text, "standards changed") {
				t.Errorf("%s does not announce it: %s", path, text)
			}
		}
		w.step(t)
		if text := b.Page("/en/privacy", http.StatusOK).One("main").Text(); !strings.Contains(text, "Auditors <b>ask</b> for it.") || strings.Contains(text, "is in force from") {
			t.Errorf("in force: %s", text)
		}

		w.signed = &web.Session{ID: "p", Subject: w.people[0], Realm: web.RealmPerson}
		b.Get("/en/in/session")
		banner := b.Page("/en/terms", http.StatusOK).One(".banner")
		for _, want := range []string{"Auditors", "Close my account", "you accept it"} {
			if !strings.Contains(banner.Text(), want) {
				t.Errorf("the message does not say %q: %s", want, banner.Text())
			}
		}
		hide := banner.One("form").Values()
		b.Submit("/en/cabinet/changes", hide, http.StatusUnprocessableEntity)
		hide.Set("do", "hide")
		if resp := b.Post("/en/cabinet/changes", hide); resp.Header.Get("Location") != "/en/terms" {
			t.Errorf("leads to %q", resp.Header.Get("Location"))
		}
		if b.Page("/en/terms", http.StatusOK).Has(".banner") {
			t.Error("the message stays")
		}
		w.signed = &web.Session{Subject: "x", Realm: web.RealmStaff, Roles: []string{"administrator"}}
		b.Page("/staff/policy", http.StatusForbidden)
	})
}

func TestAnAnnouncementCanBeTakenBack(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		before := w.live.Current()
		w.save(t, "policy/retention.yaml", "P5Y", "P6Y")
		w.announce(t, 3)
		b := w.browse(t)
		w.signed = officer()
		w.signed.Stepped = w.Store.Clock.Now()
		b.Get("/en/in/staff")
		form := b.Page("/staff/policy", http.StatusOK).One("main form").Values()
		form.Set("do", "cancel")
		b.Submit("/staff/policy", form, http.StatusOK).One(".notice")
		b.Submit("/staff/policy", url.Values{"do": {"cancel"}, "announcement": {"none"}}, http.StatusConflict)
		w.Store.Clock.Advance(4 * 24 * time.Hour)
		w.step(t)
		if p, err := w.Proposed(t.Context()); err != nil || p == nil || w.live.Current() != before || len(w.told) > 0 {
			t.Errorf("after taking back: %t, %v, told %d", p != nil, err, len(w.told))
		}
	})
}

func TestEveryColumnIsDeclared(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		schema, err := w.DB.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		declared := slices.Concat(audit.Holding(), vault.Holding(), instance.Holding(), changes.Holding())
		if wrong := db.Undeclared(schema, declared); len(wrong) > 0 {
			t.Errorf("I1: %q", wrong)
		}
	})
}
