package app

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"portico/internal/deferral/deferraltest"
	"portico/internal/demo"
	"portico/internal/platform/web"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// routes lists every GET route of a portal, "LANG" before those that are served
// under a language, and the version of its policy.
func routes(t *testing.T, instance string) (all map[string]web.Route, version string) {
	t.Helper()
	dir := t.TempDir()
	p, err := build(t.Context(), Options{
		Store:  Store{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Demo: true},
		Dir:    instance,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.db.Close(); err != nil {
			t.Error(err)
		}
	})
	all = map[string]web.Route{}
	for _, r := range p.router.Routes() {
		switch {
		case r.Method != http.MethodGet:
		case r.Unprefixed:
			all[r.Path] = r
		default:
			all["LANG"+r.Path] = r
		}
	}
	return all, p.live.Policies().Current().ID
}

// tour is somebody's look at pages, in every language and several looks.
type tour struct {
	*walk
	seen  map[string]bool // routes
	files map[string]bool // those of them that are downloaded
}

// stop judges the page of a route at an address, which answers with status: in
// each language narrow and wide, by axe-core in English narrow and dark, in
// Dhivehi wide and light.
func (v *tour) stop(route, at string, status int) {
	v.t.Helper()
	v.seen[route] = true
	for i, lang := range []string{"en", "dv"} {
		path, there := strings.CutPrefix(at, "LANG")
		switch {
		case there:
			path = "/" + lang + path
		case strings.Contains(path, "?"):
			path += "&lang=" + lang
		default:
			path += "?lang=" + lang
		}
		v.tab.See([]int64{1280, 360}[i], i == 1)
		v.open(path)
		v.tab.Fits()
		if got := chromium.Value[int](v.tab, "performance.getEntriesByType('navigation')[0].responseStatus"); got != status {
			v.t.Errorf("%s answers %d, not %d: %s", path, got, status, v.tab.Text("main"))
		}
		if route != "/" { // which leads to the language that the browser asks for
			if got := chromium.Value[string](v.tab, "document.documentElement.lang"); got != lang {
				v.t.Errorf("%s is in %q", path, got)
			}
		}
		v.tab.See([]int64{360, 1280}[i], i == 0)
		v.tab.Judge()
	}
	v.tab.See(1280, false)
}

// open goes to an address, which a stop judges.
func (v *tour) open(path string) { v.tab.Open(v.portal.URL + path) }

// file fails unless an address answers with something that is no page.
func (v *tour) file(b *testkit.Browser, route, at string) {
	v.t.Helper()
	v.seen[route], v.files[route] = true, true
	resp := b.Get(strings.Replace(at, "LANG", "/en", 1))
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || strings.HasPrefix(kind, "text/html") {
		v.t.Errorf("%s answers %d and %q: is it a page?", at, resp.StatusCode, kind)
	}
}

// picture fails unless the browser shows an address as a picture.
func (v *tour) picture(route, at string) {
	v.t.Helper()
	v.seen[route] = true
	v.tab.Open(v.portal.URL + strings.Replace(at, "LANG", "/en", 1))
	if got := chromium.Value[string](v.tab, "document.contentType"); got != "image/png" {
		v.t.Errorf("%s is %q", at, got)
	}
}

// TestEveryPageOfTheRouterIsJudged walks through every GET route: in both
// languages, narrow and wide, light and dark, as whoever it is for. A route
// that it does not know fails it. The portal is onegov with a law that lets uses
// be shown later.
func TestEveryPageOfTheRouterIsJudged(t *testing.T) {
	t.Parallel()
	dir := deferraltest.Instance(t)
	portal, browser := serveDemo(t, dir), chromium.Start(t)
	seen, files := map[string]bool{}, map[string]bool{}
	visitor := func() *tour {
		w := &walk{t: t, portal: portal, browser: browser, lang: "en"}
		w.tab = browser.Tab(t, chromium.Look{Width: 1280, Language: "en"})
		return &tour{w, seen, files}
	}
	all, version := routes(t, dir)
	strangers(visitor(), version)
	clerk, citizen := visitor(), visitor()
	newcomer(visitor(), clerk)
	visitor().vouched()
	forgetful(visitor())
	reference := citizens(citizen)
	visitor().companies(citizen, clerk, portal.Person("citizen"))
	officials(visitor(), visitor(), visitor(), reference)
	citizen.payments(visitor())
	visitor().requests(visitor(), visitor(), visitor())
	visitor().rights(visitor())
	visitor().asksWithout()
	citizen.corrects(visitor())
	citizen.keeping(visitor())
	visitor().defers(visitor())

	for _, route := range slices.Sorted(maps.Keys(all)) {
		if !seen[route] {
			t.Errorf("GET %s is on nobody's tour: judge it in this test", route)
		}
	}
	for _, route := range slices.Sorted(maps.Keys(seen)) {
		if _, known := all[route]; !known {
			t.Errorf("the tour stops at GET %s, which the router does not have", route)
		}
	}
	for route := range files {
		if r := all[route]; r.Audience == web.Person && !r.Seasoned {
			t.Errorf("GET %s gives somebody's data to a way in that is new: declare it Seasoned", route)
		}
	}
}

// strangers sees what is for everybody.
func strangers(v *tour, version string) {
	v.stop("/", "/", http.StatusOK)
	for _, path := range []string{
		"/", "/services", "/help", "/news", "/accessibility", "/privacy", "/privacy/versions", "/privacy/processing", "/privacy/proof",
		"/terms", "/cookies", "/register", "/sign-in", "/sign-in/code", "/sign-in/recovery-code", "/recover",
	} {
		v.stop("LANG"+path, "LANG"+path, http.StatusOK)
	}
	v.stop("LANG/services/{id}", "LANG/services/road-permit", http.StatusOK)
	v.stop("LANG/news/{id}", "LANG/news/road-permits-online", http.StatusOK)
	v.stop("LANG/news/{id}", "LANG/news/nothing", http.StatusNotFound)
	v.stop("LANG/unsubscribe/{token}", "LANG/unsubscribe/nothing", http.StatusNotFound)
	v.stop("LANG/services", "LANG/services?q=zebra", http.StatusOK)        // nothing is found
	v.stop("LANG/services", "LANG/services?q=zebra+permit", http.StatusOK) // but something near
	v.stop("LANG/services/{id}", "LANG/services/zebra", http.StatusNotFound)
	v.stop("LANG/services/{id}", "LANG/services/dewatering-permit", http.StatusOK) // to choose from
	v.stop("LANG/services/{id}", "LANG/services/dewatering-permit?variant=renew", http.StatusOK)
	const fee = "LANG/services/{id}/fee"
	v.stop(fee, "LANG/services/dewatering-permit/fee?_variant=new", http.StatusOK)
	v.stop(fee, "LANG/services/road-permit/fee?_look=1&kind=community&hours=30&boards=2", http.StatusOK)
	v.stop(fee, "LANG/services/road-permit/fee?_look=1&hours=many", http.StatusOK)
	v.stop("LANG/cabinet/data", "LANG/cabinet/data", http.StatusOK) // leads to signing in
	v.stop("LANG/verify/{number}/{token}", "LANG/verify/RP-7F3K-92QD/abcdefghijklmnopqrstuvwxyz", http.StatusNotFound)
	v.stop("LANG/privacy/versions/{id}", "LANG/privacy/versions/"+version, http.StatusOK)
	for _, path := range []string{"/demo/mail", "/demo/tour", "/staff/sign-in", "/staff/sign-in/code", "/staff/sign-in/recovery-code"} {
		v.stop(path, path, http.StatusOK)
	}

	b := v.portal.Browse()
	for _, path := range []string{"/healthz", "/readyz", "/audit/checkpoint", "/privacy.jsonld", "/.well-known/gpc.json", "/.well-known/security.txt"} {
		v.file(b, path, path)
	}
	v.file(b, "LANG/news.atom", "LANG/news.atom")
	v.file(b, "/services.jsonld", "/services.jsonld")
	v.file(b, "/services/{file}", "/services/road-permit.jsonld")
	v.file(b, "LANG/privacy/processing.csv", "LANG/privacy/processing.csv")
	checkpoint, err := io.ReadAll(b.Get("/audit/checkpoint").Body)
	if err != nil {
		v.t.Fatal(err)
	}
	size := strings.Split(string(checkpoint), "\n")[1]
	v.file(b, "/audit/tile/{path...}", "/audit/tile/0/000.p/"+size)
	v.file(b, "/_/{file}", b.Page("/en/", http.StatusOK).One("link[rel=stylesheet]").Attr("href"))
}

const newcomerPassword = "a lagoon at four in the morning"

// newcomer sees each step of registering, and what one does about an account.
func newcomer(v, official *tour) {
	const email = "tour@demo.example"
	v.open("/en/register")
	v.fill("contact", email)
	v.send()
	v.stop("LANG/register/code", "LANG/register/code", http.StatusOK)
	v.open("/en/register/code")
	v.fill("code", v.code(email))
	v.send()
	v.stop("LANG/register/details", "LANG/register/details", http.StatusOK)
	v.open("/en/register/details")
	v.fill("name", "Fathimath Zuhura")
	v.fill("birth-date-day", "1")
	v.fill("birth-date-month", "7")
	v.fill("birth-date-year", "1999")
	v.fill("identity-number", "A112233")
	v.fill("address", "Finihiyaa\nMalé")
	v.send()
	v.stop("LANG/register/password", "LANG/register/password", http.StatusOK)
	v.open("/en/register/password")
	v.fill("password", newcomerPassword)
	v.send()
	v.stop("LANG/register/done", "LANG/register/done", http.StatusOK)
	for _, path := range []string{"/cabinet/", "/cabinet/applications", "/cabinet/documents", "/cabinet/access"} { // nothing in them yet
		v.stop("LANG"+path, "LANG"+path, http.StatusOK)
	}
	v.settings(email, official)
}

// forgetful sees each step of recovering an account that has a password alone.
func forgetful(v *tour) {
	email := v.portal.Person("citizen")
	v.open("/en/recover")
	v.fill("contact", email)
	v.send()
	v.stop("LANG/recover/code", "LANG/recover/code", http.StatusOK)
	v.open("/en/recover/code")
	v.fill("code", sixFigures.FindString(v.letter(email, "recover your account", "").Text()))
	v.send()
	v.stop("LANG/recover/wait", "LANG/recover/wait", http.StatusOK)
	for _, path := range []string{"/recover/factor", "/recover/password"} { // lead to where this one is
		v.stop("LANG"+path, "LANG"+path, http.StatusOK)
	}
	v.open("/en/recover/wait")
	v.send()
	v.stop("LANG/recover/wait", "LANG/recover/wait", http.StatusOK) // it waits
	v.stop("LANG/recover/finish/{id}/{token}", "LANG/recover/finish/nobodys/token", http.StatusNotFound)
	stop := v.letter(email, "", "/en/recover/stop/").One(`a[href^="/en/recover/stop/"]`).Attr("href")
	v.stop("LANG/recover/stop/{id}/{token}", "LANG"+strings.TrimPrefix(stop, "/en"), http.StatusOK)
}

// citizens sees the pages of somebody who has applied, and returns the
// reference of the application.
func citizens(v *tour) string {
	email := v.portal.Person("citizen")
	v.open("/en/sign-in")
	v.fill("contact", email)
	v.fill("password", demo.Password)
	v.send()
	v.stop("LANG/services/{id}/apply", "LANG/services/road-permit/apply", http.StatusOK)
	v.open("/en/services/road-permit/apply")
	reference := v.apply("Aminath Shifza Ibrahim", email, func() {
		for _, page := range []string{"check", "changes", "delete"} {
			v.stop("LANG/services/{id}/apply/"+page, "LANG/services/road-permit/apply/"+page, http.StatusOK)
		}
		v.stop("LANG/services/{id}/apply/{page}", "LANG/services/road-permit/apply/work", http.StatusOK)
		v.open("/en/services/road-permit/apply/check")
	})
	sent := "LANG" + strings.TrimPrefix(v.tab.Path(), "/en")
	v.stop("LANG/cabinet/applications/{id}/sent", sent, http.StatusOK)
	v.stop("LANG/cabinet/applications/{id}", strings.TrimSuffix(sent, "/sent"), http.StatusOK)
	v.stop("LANG/cabinet/applications/{id}", "LANG/cabinet/applications/nobodys", http.StatusNotFound)
	for _, part := range []string{"/change", "/receipt"} {
		v.stop("LANG/cabinet/applications/{id}"+part, strings.TrimSuffix(sent, "/sent")+part, http.StatusOK)
	}
	v.stop("LANG/cabinet/applications/{id}/change/{key}", strings.TrimSuffix(sent, "/sent")+"/change/consent", http.StatusOK)
	for _, path := range []string{"/cabinet/", "/cabinet/applications", "/cabinet/data", "/cabinet/access", "/cabinet/notices", "/cabinet/settings/notices"} {
		v.stop("LANG"+path, "LANG"+path, http.StatusOK)
	}
	v.open("/en/cabinet/notices")
	notice := chromium.Value[string](v.tab, `document.querySelector('main a[href*="/cabinet/notices/"]').pathname`)
	v.stop("LANG/cabinet/notices/{id}", "LANG"+strings.TrimPrefix(notice, "/en"), http.StatusOK)

	v.stop("LANG/cabinet/documents/{id}", "LANG/cabinet/documents/nobodys", http.StatusNotFound)
	v.stop("LANG/cabinet/documents/{id}/pdf", "LANG/cabinet/documents/nobodys/pdf", http.StatusNotFound)
	v.stop("LANG/files/{id}", "LANG/files/nobodys", http.StatusNotFound)
	v.stop("LANG/files/{id}/state", "LANG/files/nobodys/state", http.StatusNotFound)

	b := v.portal.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {email}, "password": {demo.Password}}, http.StatusOK)
	v.file(b, "LANG/cabinet/access.json", "LANG/cabinet/access.json")
	v.file(b, "LANG/cabinet/access/{file}", "LANG/cabinet/access/1.json")
	consents(v, b)

	v.stop("LANG/files/{id}", "LANG/files/nobodys", http.StatusNotFound)
	v.stop("LANG/files/{id}/state", "LANG/files/nobodys/state", http.StatusNotFound)
	v.stop("LANG/step-up", "LANG/step-up", http.StatusOK)
	v.account("LANG/cabinet/security", "/en/cabinet/security")
	v.stop("LANG/step-up", "LANG/step-up", http.StatusOK) // asks for a code now
	return reference
}

// consents sees what a person is asked for, before and after an answer.
func consents(v *tour, b *testkit.Browser) {
	v.stop("LANG/cabinet/consents", "LANG/cabinet/consents", http.StatusOK)
	say := b.Page("/en/cabinet/consents", http.StatusOK).One("form.buttons").Values()
	say.Set("say", "given")
	said := b.Submit("/en/cabinet/consents", say, http.StatusOK)
	v.file(b, "LANG/cabinet/consents/{event}/receipt", "LANG"+strings.TrimPrefix(said.One("main a[download]").Attr("href"), "/en"))
	v.stop("LANG/cabinet/consents", "LANG/cabinet/consents", http.StatusOK)
}

// account sees the pages of somebody's own account, whose routes begin with
// base and are at here, and sets up a second factor.
func (v *tour) account(base, here string) {
	v.t.Helper()
	for _, path := range []string{"", "/history", "/password", "/second-factor", "/passkeys", "/passkeys/add", "/codes"} {
		v.stop(base+path, base+path, http.StatusOK)
	}
	v.stop(base+"/passkeys/{id}", base+"/passkeys/nobodys", http.StatusNotFound)
	v.open(here + "/second-factor")
	v.send()
	v.stop(base+"/second-factor/key", base+"/second-factor/key", http.StatusOK)
	v.picture(base+"/second-factor/picture", base+"/second-factor/picture")
	v.open(here + "/second-factor/key")
	key := chromium.Value[string](v.tab, "document.querySelector('main .ident').textContent")
	code, err := totp.GenerateCode(strings.ReplaceAll(key, " ", ""), time.Now())
	if err != nil {
		v.t.Fatal(err)
	}
	v.fill("code", code)
	v.send()
	v.stop(base+"/second-factor", base+"/second-factor", http.StatusOK) // replaces it
	v.stop(base+"/second-factor/remove", base+"/second-factor/remove", http.StatusOK)
}

// officials sees the pages of those who decide and of those who run the portal.
func officials(officer, administrator, invited *tour, reference string) {
	signIn := func(v *tour, role string) {
		v.t.Helper()
		v.open("/staff/sign-in")
		v.fill("email", v.portal.Person(role))
		v.fill("password", demo.Password)
		v.send()
	}
	signIn(officer, "permit-officer")
	officer.enterForOther()
	officer.stop("/staff/cases", "/staff/cases", http.StatusOK)
	officer.stop("/staff/cases", "/staff/cases?closed=yes", http.StatusOK) // nothing in it
	officer.stop("/staff/remarks", "/staff/remarks", http.StatusOK)
	officer.stop("/staff/keys", "/staff/keys", http.StatusOK)
	officer.open("/staff/cases")
	at := chromium.Value[string](officer.tab, fmt.Sprintf(`[...document.querySelectorAll('main tbody tr')].find(r => r.innerText.includes(%q)).querySelector('a').pathname`, reference))
	officer.stop("/staff/cases/{id}", at, http.StatusOK) // not taken
	officer.open(at)
	officer.press("main button[value=take]")
	officer.stop("/staff/cases/{id}", at, http.StatusOK)
	officer.stop("/staff/cases/hand-over", "/staff/cases/hand-over?case="+strings.TrimPrefix(at, "/staff/cases/"), http.StatusOK)
	officer.stop("/staff/files/{id}", "/staff/files/nobodys", http.StatusNotFound)
	officer.stop("/staff/files/{id}/picture", "/staff/files/nobodys/picture", http.StatusNotFound)
	officer.stop("/staff/files/viewer", "/staff/files/viewer", http.StatusNotFound) // it is a frame, and no page
	b := officer.portal.Browse()
	b.Submit("/staff/sign-in", url.Values{"email": {officer.portal.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	officer.file(b, "/_/viewer/{set}/{file}", b.Page("/staff/files/viewer", http.StatusOK).One("script").Attr("src"))
	officer.stop("/staff/people", "/staff/people", http.StatusForbidden)
	officer.stop("/staff/services", "/staff/services", http.StatusOK)
	for _, part := range []string{"start", "form", "workflow", "tests"} {
		officer.stop("/staff/services/{id}/preview", "/staff/services/road-permit/preview?on=2027-03-01&part="+part, http.StatusOK)
	}
	officer.stop("/staff/services/{id}/preview", "/staff/services/dewatering-permit/preview", http.StatusForbidden)
	officer.open(at)
	officer.press("main button[value=approve]")

	supervisor := officer
	supervisor.press("header form button, .account form button")
	signIn(supervisor, "permit-supervisor")
	supervisor.stop("/staff/load", "/staff/load", http.StatusOK)
	supervisor.stop("/staff/documents", "/staff/documents", http.StatusOK)
	supervisor.stop("/staff/documents/{number}", "/staff/documents/RP-0000-0000", http.StatusNotFound)
	supervisor.open("/staff/load")
	supervisor.stop("/staff/load/{reference}", chromium.Value[string](supervisor.tab, `document.querySelector('main a[href^="/staff/load/"]').pathname`), http.StatusOK)

	supervisor.press("header form button, .account form button")
	signIn(supervisor, "privacy-officer")
	supervisor.stop("/staff/policy", "/staff/policy", http.StatusOK)
	supervisor.stop("/staff/policy/text", "/staff/policy/text", http.StatusNotFound)

	signIn(administrator, "administrator")
	administrator.stop("/staff/", "/staff/", http.StatusOK)
	for _, path := range []string{"/staff/people", "/staff/invite", "/staff/jobs", "/staff/statistics", "/staff/proof"} {
		administrator.stop(path, path, http.StatusOK)
	}
	administrator.stop("/staff/step-up", "/staff/step-up", http.StatusOK)
	administrator.account("/staff/account", "/staff/account")
	administrator.open("/staff/people")
	person := chromium.Value[string](administrator.tab, `document.querySelector('main a[href^="/staff/people/"]').pathname`)
	administrator.stop("/staff/people/{reference}", person, http.StatusOK)
	administrator.stop("/staff/offers", "/staff/offers", http.StatusForbidden) // this portal makes none
	administrator.stop("/staff/offers/{id}", "/staff/offers/nothing", http.StatusForbidden)
	administrator.open("/staff/invite")
	administrator.fill("name", "Mariyam Sheeza")
	administrator.fill("email", "mariyam@demo.example")
	administrator.choose("roles", "permit-officer")
	administrator.send()
	invited.stop("/staff/welcome/{token}", invited.invitation("mariyam@demo.example"), http.StatusOK)
	// A demo asks officials for no second factor, so that nobody can set one
	// up: these lead to signing in.
	invited.stop("/staff/sign-in/enrol", "/staff/sign-in/enrol", http.StatusUnauthorized)
	invited.stop("/staff/sign-in/picture", "/staff/sign-in/picture", http.StatusUnauthorized)
}

// invitation is the address that was sent to somebody last.
func (v *tour) invitation(email string) string {
	v.t.Helper()
	return v.letter(email, "", "/staff/welcome/").One(`a[href^="/staff/welcome/"]`).Attr("href")
}

// letter is the newest message to somebody that says something, and has a link
// that begins so.
func (v *tour) letter(email, says, link string) testkit.Nodes {
	v.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for message := range v.portal.Browse().Page("/demo/mail?lang=en", http.StatusOK).Find("main section").All() {
			text := message.Text()
			if strings.Contains(text, email) && strings.Contains(text, says) && (link == "" || message.Has(`a[href^="`+link+`"]`)) {
				return message
			}
		}
	}
	v.t.Fatalf("no message %q with a link %q arrives at %s", says, link, email)
	return testkit.Nodes{}
}
