package cabinet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/cabinet"
	"portico/internal/cases"
	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/rights"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// sessions are who is signed in: the token is the person's id. Seasoned is when
// what they signed in with is no longer new.
type sessions struct{ seasoned time.Time }

func (s *sessions) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if realm != web.RealmPerson {
		return nil, nil
	}
	return &web.Session{ID: "s", Subject: token, Realm: realm, Seasoned: s.seasoned}, nil
}

// applications are those of a test.
type applications []cases.Summary

func (a *applications) Summaries(*web.Req) ([]cases.Summary, error) { return *a, nil }

// world is a portal with two people, and a case of the first that an official works on.
type world struct {
	*vaulttest.Store
	router   *web.Router
	policy   *policy.Policy
	in       *sessions
	apps     *applications
	me, them string
	use      vault.Use // the official's, of my case
}

const scope = "case:0190a000-0000-7000-8000-000000000001"

func worlds(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, newWorld(t, d)) }, vault.Migrations(), audit.Migrations())
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	p := policytest.CompileAs(t, policytest.WithInquiry(policytest.Declarations()), policy.Options{Languages: policytest.Languages()})
	w := &world{Store: vaulttest.Open(t, d, p), policy: p, in: &sessions{}, apps: &applications{}}
	cat, err := i18n.Load(web.Locales(), cabinet.Locales(), audit.Locales(), identity.Locales(), rights.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#f2b632")
	if err != nil {
		t.Fatal(err)
	}
	portal := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Operator: i18n.Text{"en": "Agency", "dv": "އެޖެންސީ"}, Brand: brand, Zone: time.UTC}
	w.router, err = web.New(web.Config{
		Langs: []string{"en", "dv"}, Portal: func() *web.Portal { return portal }, Sessions: w.in, Catalogue: cat,
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.SessionCookie, Class: web.Necessary}} },
		Clock:   w.Clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	(&cabinet.Cabinet{Applications: w.apps, Alerts: []func(*web.Req) ([]ui.Item, error){
		func(q *web.Req) ([]ui.Item, error) {
			if q.Session.Subject != w.me || len(*w.apps) == 0 {
				return nil, nil
			}
			return []ui.Item{{Title: "Somebody recovers your account", Href: "/en/cabinet/security"}}, nil
		}}, Log: w.Log, Data: w.Vault, Policy: func() *policy.Policy { return p }, Vkey: w.Ring.Vkey(),
		Standing: func(*web.Req) ([]ui.Row, error) { return []ui.Row{{Key: "Now", Value: "Verified"}}, nil },
	}).Mount(w.router)
	w.me, w.them = w.Subject(t), w.Subject(t)
	if err := w.DB.Update(t.Context(), func(tx *db.Tx) error { return w.NewScope(tx, w.me, scope) }); err != nil {
		t.Fatal(err)
	}
	const officer = "0190a000-0000-7000-8000-00000000000f"
	w.use = vault.Use{
		Actor:   policy.Actor{Kind: policy.Staff, ID: officer, Roles: []string{"permit-officer"}, Strong: true},
		Subject: w.me, Activity: "road-permit.decide", Operation: policy.Use, Scope: scope, Reference: "RP-7F3K-92QD",
		Fields: []string{"person.name", "road-permit.road"}, Task: policy.Task{Scope: scope, Holder: officer, Open: true},
	}
	return w
}

// fill gives me a profile, a case, and an official who looked at it.
func (w *world) fill(t *testing.T) {
	t.Helper()
	me := policy.Actor{Kind: policy.Person, ID: w.me}
	w.Collect(t, vault.Use{Actor: me, Subject: w.me, Activity: "account", Scope: vault.Profile},
		map[string]string{"person.name": "Aminath Ibrahim Didi", "person.identity-number": "A123456", "person.phone": "7771234"})
	w.Collect(t, vault.Use{Actor: me, Subject: w.me, Activity: "road-permit.apply", Scope: scope}, map[string]string{"road-permit.road": "Hiriyaa Magu"})
	w.read(t, w.use)
}

// changed puts beside my name what it was before.
func (w *world) changed(t *testing.T) {
	t.Helper()
	if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error {
		p, err := w.Vault.Permit(tx, vault.Use{Actor: policy.Actor{Kind: policy.Person, ID: w.me}, Subject: w.me, Activity: "account", Scope: vault.Profile, Operation: policy.Collect, Fields: []string{"person.name"}})
		if err != nil {
			return err
		}
		return w.Vault.Put(tx, p, []vault.Value{{Field: "person.name", Item: id.New(w.Clock.Now()), Text: "Aminath Didi", Source: policy.SourceForm}})
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) read(t *testing.T, use vault.Use) {
	t.Helper()
	if _, err := w.Read(t.Context(), use); err != nil {
		t.Fatal(err)
	}
}

// get asks for a page as somebody who is signed in.
func (w *world) get(path, who string) *http.Response {
	req := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Accept", "text/html")
	if who != "" {
		req.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: who})
	}
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, req)
	return rec.Result()
}

func (w *world) page(t *testing.T, path, who string) testkit.Nodes {
	t.Helper()
	resp := w.get(path, who)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d", path, resp.StatusCode)
	}
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("GET %s may be stored by a cache: %q", path, got)
	}
	return testkit.Page(t, resp)
}

func body(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	cat, err := i18n.Load(cabinet.Locales())
	if err != nil {
		t.Fatal(err)
	}
	if missing := i18n.Missing(cat, "en", "dv"); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}

func TestO14_APersonSeesTheirDataWithItsSources(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		w.changed(t)
		before := len(w.Events(t, w.me))
		page := w.page(t, "/en/cabinet/data", w.me)
		text := page.One("main").Text()
		for _, want := range []string{"Aminath Ibrahim Didi", "A123456", "Entered by you, 22 November 2026", "Until 22 November 2026", "Aminath Didi", "Not given"} {
			if !strings.Contains(text, want) {
				t.Errorf("my data lacks %q: %s", want, text)
			}
		}
		if strings.Contains(text, "nothing more is held") || !page.Has(`main a[href="/en/cabinet/kept"]`) || !page.Has(`main a[href="/en/cabinet/security"]`) {
			t.Error("it does not lead to what else is held, or says that there is nothing")
		}
		if strings.Contains(text, "Browser") {
			t.Error("it says of the browser, which stands with each sign-in, that it was not given")
		}
		if !slices.Contains(page.Find("bdi[dir=ltr]").Texts(), "A123456") {
			t.Error("the identity number does not stay left to right")
		}
		events := w.Events(t, w.me)
		if len(events) != before+1 || events[before].Kind != audit.KindAccess {
			t.Errorf("I3: looking at one's data left %d events, want one", len(events)-before)
		}
		if other := w.page(t, "/en/cabinet/data", w.them).One("main").Text(); strings.Contains(other, "Aminath") {
			t.Error("somebody else sees my data")
		}
	})
}

func TestI15_M5_APersonReadsWhoUsedTheirDataInWords(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		page := w.page(t, "/en/cabinet/access", w.me)
		use := page.One("main > ul.items > li").Text()
		for _, want := range []string{
			"Permit officer, Fuvahmulah City Council", "Saw: Name and Road", "For: Deciding on a road permit",
			"Purpose: Public services", "Basis: Road act", "22 November 2026, 09:00", "Download record 3",
		} {
			if !strings.Contains(use, want) {
				t.Errorf("the use says %q, without %q", use, want)
			}
		}
		if got := page.One("h2 .ident").Text(); got != "RP-7F3K-92QD" {
			t.Errorf("the use stands under %q", got)
		}
		if page.Find("details").Len() != 3 { // mine in the case, mine in the account, how to verify
			t.Errorf("%d folded parts, want 3", page.Find("details").Len())
		}
		for _, leak := range []string{"Aminath", "Hiriyaa", "0190a000-0000-7000-8000-00000000000f"} {
			if strings.Contains(page.Text(), leak) {
				t.Errorf("the page shows %q: a value, or who the official is", leak)
			}
		}
		dv := w.page(t, "/dv/cabinet/access", w.me)
		if got := dv.One("main > ul.items > li").Text(); !strings.Contains(got, "ޕާމިޓް އޮފިސަރު") || strings.Contains(got, "Saw") {
			t.Errorf("in Dhivehi the use says %q", got)
		}
	})
}

func TestM5_WhatBecameOfARequestAboutOnesDataIsSaidAsWhatItIs(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		official := audit.Actor{ID: "0190a000-0000-7000-8000-00000000000f", Kind: policy.Staff.String(), Party: "council"}
		for _, e := range []audit.Event{
			{Reason: "right-asked", Actor: audit.Actor{ID: w.me, Kind: policy.Person.String()}},
			{Reason: "right-answered", Actor: official, Purpose: "services", Basis: string(w.basis("services").DPV)},
			{Reason: "password-recovered", Actor: audit.Actor{ID: w.me, Kind: policy.Person.String()}},
			{Reason: "nobody-knows", Actor: official},
		} {
			e.Kind, e.Subject = audit.KindAccount, w.me
			if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error { return w.Vault.Append(tx, e) }); err != nil {
				t.Fatal(err)
			}
		}
		page := w.page(t, "/en/cabinet/access", w.me)
		for at, want := range map[string]string{
			"#n1": "You asked for something about your data.", "#n2": "A request about your data was answered.",
			"#n3": "Password recovered.", "#n4": "Something was noted about your account.",
		} {
			if got := page.One(at).Text(); !strings.Contains(marks.Replace(got), want) {
				t.Errorf("%s says %q, not %q", at, got, want)
			}
		}
		if got := page.One("#n2").Text(); !strings.Contains(got, "Basis: "+w.basis("services").Law["en"]) || strings.Contains(got, "eu-gdpr:") {
			t.Errorf("the basis is not said in words: %q", got)
		}
		if got := w.page(t, "/dv/cabinet/access", w.me).One("#n2").Text(); !strings.Contains(got, "ޖަވާބުދެވުން") {
			t.Errorf("in Dhivehi it says %q", got)
		}
		if data := w.page(t, "/en/cabinet/data", w.me); !data.Has("main a[href='/en/cabinet/rights']") || !data.Has("main a[href='/en/privacy']") {
			t.Error("one's data leads neither to one's rights nor to the policy")
		}
	})
}

// marks stand around what is put into a sentence.
var marks = strings.NewReplacer("\u2068", "", "\u2069", "")

// basis is that of a purpose.
func (w *world) basis(purpose string) policy.Basis {
	u, _ := w.policy.Purpose(purpose)
	return u.Basis
}

func TestI15_ADenialIsSaidWithItsReason(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		w.use.Task = policy.Task{}
		var denied *policy.Denied
		if _, err := w.Read(t.Context(), w.use); !errors.As(err, &denied) {
			t.Fatalf("reading without a task: %v", err)
		}
		item := w.page(t, "/en/cabinet/access", w.me).One("#n4")
		if item.One(".tag.k-bad").Text() != "Refused" || !strings.Contains(item.Text(), "They were not working on your application.") {
			t.Errorf("the denial says %q", item.Text())
		}
	})
}

func TestI15_WhatALawKeptBackIsSaidWithWhenItHappenedAndWhy(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		official := audit.Actor{ID: "0190a000-0000-7000-8000-00000000000e", Kind: policy.Staff.String(), Role: "inquirer", Party: "operator"}
		inquiry := func(kind, reason string, fields ...string) audit.Event {
			return audit.Event{Kind: kind, Subject: w.me, Actor: official, Activity: "inquire", Purpose: "inquiry", Basis: "dpv:LegalObligation", Fields: fields, Reason: reason}
		}
		var series string
		update := func(run func(tx *db.Tx) error) {
			t.Helper()
			if err := w.Vault.Update(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
		before := w.page(t, "/en/cabinet/access", w.me)
		if got := before.One("main").Text(); !strings.Contains(got, "The law lets us show some uses only later.") || !before.Has("main a[href='/en/privacy#rights']") {
			t.Error("nothing says that some uses are shown later only")
		}
		update(func(tx *db.Tx) (err error) {
			if series, err = w.Vault.NewSeries(tx); err == nil {
				err = w.Vault.Defer(tx, series, inquiry(audit.KindSearch, "", "person.phone"), inquiry(audit.KindAccess, "", "person.name", "person.email"), inquiry(audit.KindDenied, "no-task", "person.email"))
			}
			return err
		})
		if during := w.page(t, "/en/cabinet/access", w.me); during.One("main").Text() != before.One("main").Text() {
			t.Errorf("before its day the page is another: %s", during.One("main").Text())
		}
		w.Clock.Advance(40 * 24 * time.Hour)
		update(func(tx *db.Tx) error {
			if err := w.Vault.Shown(tx, series); err != nil {
				return err
			}
			_, err := w.Vault.Reveal(tx, w.me, series, audit.Facts{"deferral": "criminal-inquiry"}, 0, 10)
			return err
		})
		after := w.page(t, "/en/cabinet/access", w.me)
		for at, wants := range map[string][]string{
			"#n4": {"Inquirer, The operator", "Looked for you by: Phone", "This happened on 22 November 2026, 09:00", "A criminal inquiry: Police act", "1 January 2027", "Download record 4"},
			"#n5": {"Saw: Name and E-mail", "For: Inquiring", "The law let us show it to you only later."},
			"#n6": {"Refused", "Tried to use: E-mail", "They were not working on your application.", "This happened on"},
		} {
			said := marks.Replace(after.One(at).Text())
			for _, want := range wants {
				if !strings.Contains(said, want) {
					t.Errorf("%s says %q, without %q", at, said, want)
				}
			}
		}
		if got := w.page(t, "/dv/cabinet/access", w.me).One("#n5").Text(); !strings.Contains(got, "ޖިނާޢީ ތަޙުޤީޤެއް") || strings.Contains(got, "happened") {
			t.Errorf("in Dhivehi it says %q", got)
		}
	})
}

func TestI15_EveryEventIsShownOnceAndWithoutAGap(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		mine := vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: w.me}, Subject: w.me, Activity: "account", Scope: vault.Profile,
			Operation: policy.Use, Fields: []string{"person.name"},
		}
		for i := range 120 {
			if i%4 == 0 {
				w.read(t, w.use)
			} else {
				w.read(t, mine)
			}
		}
		total := len(w.Events(t, w.me))
		seen := map[string]int{}
		pages := 0
		for path := "/en/cabinet/access"; path != ""; pages++ {
			page := w.page(t, path, w.me)
			for item := range page.Find("li.item[id]").All() {
				seen[item.Attr("id")]++
			}
			path = ""
			if next := page.Find("a[rel=next]"); next.Len() == 1 {
				path = next.Attr("href")
			}
			if pages > total {
				t.Fatal("the pages do not end")
			}
		}
		for n := 1; n <= total; n++ {
			if seen[fmt.Sprintf("n%d", n)] != 1 {
				t.Errorf("event %d is shown %d times", n, seen[fmt.Sprintf("n%d", n)])
			}
		}
		if len(seen) != total || pages < 3 {
			t.Errorf("%d events on %d pages, want %d on several", len(seen), pages, total)
		}
		one := w.page(t, "/en/cabinet/access?case="+strings.TrimPrefix(scope, "case:"), w.me)
		if one.Find("main > h2").Len() != 2 {
			t.Error("asked for one case, the page shows others")
		}
	})
}

func TestI15_RecordsVerifyOfflineAndAreTheirOwnersOnly(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		if err := w.Log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		resp := w.get("/en/cabinet/access/3.json", w.me)
		if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Disposition"), "access-3.json") {
			t.Fatalf("the record: %d, %q", resp.StatusCode, resp.Header.Get("Content-Disposition"))
		}
		record := body(t, resp)
		v, err := audit.VerifyRecord(record, w.Ring.Vkey())
		if err != nil {
			t.Fatalf("the downloaded record does not verify: %v", err)
		}
		if v.Event.Actor.Role != "permit-officer" || v.Event.Subject != w.me {
			t.Errorf("the record is of %+v", v.Event)
		}
		if _, err := audit.VerifyRecord([]byte(strings.Replace(string(record), "permit-officer", "permit-officex", 1)), w.Ring.Vkey()); err == nil {
			t.Error("a changed record verifies")
		}
		for _, path := range []string{"/en/cabinet/access/3.json", "/en/cabinet/access/99.json", "/en/cabinet/access/03.json", "/en/cabinet/access/-1.json", "/en/cabinet/access/x.json", "/en/cabinet/access/3", "/en/cabinet/access?before=x"} {
			if got := w.get(path, w.them).StatusCode; got != http.StatusNotFound {
				t.Errorf("GET %s as somebody without events: %d", path, got)
			}
		}
		if got := w.get("/en/cabinet/access/3.json", "").StatusCode; got != http.StatusSeeOther {
			t.Errorf("without signing in: %d", got)
		}
		var file struct{ Records []json.RawMessage }
		if err := json.Unmarshal(body(t, w.get("/en/cabinet/access.json", w.me)), &file); err != nil {
			t.Fatal(err)
		}
		if len(file.Records) != 3 {
			t.Fatalf("the file holds %d records, want 3", len(file.Records))
		}
		for _, one := range file.Records {
			if _, err := audit.VerifyRecord(one, w.Ring.Vkey()); err != nil {
				t.Errorf("a record of the file does not verify: %v", err)
			}
		}
	})
}

func TestTheHomePageSaysWhatWaits(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		page := w.page(t, "/en/cabinet/", w.me)
		if got := page.One(".nothing").Text(); got != "Nothing is waiting for you." {
			t.Errorf("an empty cabinet says %q", got)
		}
		*w.apps = applications{
			{Service: "Road permit", Href: "/en/services/road-permit/apply", Draft: true, State: ui.Label{Text: "Not sent"}, Changed: w.Clock.Now(), Expires: time.Date(2026, 12, 31, 9, 0, 0, 0, time.UTC)},
			{ID: "y", Service: "Road permit", Reference: "RP-ASKED", Href: "/en/cabinet/applications/y", Waiting: true, State: ui.Label{Text: "In review"}, Changed: w.Clock.Now()},
			{ID: "x", Service: "Road permit", Reference: "RP-7F3K-92QD", Href: "/en/cabinet/applications/x", State: ui.Label{Text: "Approved", Kind: ui.Good}, Changed: w.Clock.Now()},
		}
		page = w.page(t, "/en/cabinet/", w.me)
		if got := page.One(`a[href="/en/services/road-permit/apply"]`).Text(); got != "Finish and send your application: Road permit" {
			t.Errorf("the draft is called %q", got)
		}
		if got := page.One("main").Text(); !strings.Contains(got, "Kept for you until 31 December 2026") {
			t.Errorf("it is not said until when the draft is kept: %s", got)
		}
		if got := page.One(`a[href="/en/cabinet/applications/y"]`).Text(); !strings.HasPrefix(got, "Read what was written or asked: Road permit") {
			t.Errorf("what waits for the person is called %q", got)
		}
		if got := page.One("main h2:first-of-type + ul > li:first-child a").Text(); !strings.HasPrefix(got, "Somebody recovers") {
			t.Errorf("what is pressing comes after %q", got)
		}
		if page.Find(".nothing").Len() != 0 || page.Find(`a[href="/en/cabinet/applications/x"]`).Len() != 1 {
			t.Error("the home page does not show the applications")
		}
		if got := w.page(t, "/en/cabinet/access", w.them).One(".nothing").Text(); got != "Nobody else has used your data here." {
			t.Errorf("an empty log says %q", got)
		}
	})
}

func TestM25_AWayInThatIsNewDownloadsNoRecord(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		w.fill(t)
		if err := w.Log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.in.seasoned = w.Clock.Now().Add(identity.Season)
		for path, status := range map[string]int{
			"/en/cabinet/access": http.StatusOK, "/en/cabinet/access.json": http.StatusForbidden, "/en/cabinet/access/3.json": http.StatusForbidden,
		} {
			if got := w.get(path, w.me).StatusCode; got != status {
				t.Errorf("GET %s at once: %d, not %d", path, got, status)
			}
		}
		w.Clock.Advance(identity.Season)
		for _, path := range []string{"/en/cabinet/access.json", "/en/cabinet/access/3.json"} {
			if got := w.get(path, w.me).StatusCode; got != http.StatusOK {
				t.Errorf("GET %s after 72 hours: %d", path, got)
			}
		}
	})
}
