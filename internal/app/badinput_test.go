package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/internal/app"
	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

// What is tried. In a value, "qzx" marks what must never come back as it was sent.
var (
	badValues = map[string]string{
		"broken UTF-8":       "qzx\xff\xfe",
		"direction override": "qzx\u202egnp.exe",
		"header injection":   "qzx@demo.example\r\nBcc: evil@example.org\r\nSet-Cookie: qzx=1",
		"markup":             `"><script>qzx</script>`,
		"nothing":            "",
		"zero byte":          "qzx\x00",
		"long":               strings.Repeat("qzx", 10_000),
		"another site":       "//evil.example/qzx",
		"path":               "../../../../etc/passwd",
		"number":             "-99999999999999999999",
		"statement":          "qzx' OR '1'='1'; DROP TABLE vault_value; --",
	}
	badPaths = []string{
		"..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "%ff%fe", "%e2%80%aeqzx", "qzx%0d%0aSet-Cookie:%20qzx=1", "qzx%00", "-1", "99999999999999999999",
		strings.Repeat("q", 3000), "%22%3e%3cscript%3eqzx%3c%2fscript%3e", "01a20171-3561-70a1-8e19-76d188764ec6", "%7bid%7d", "road-permit", "%5c%5cevil",
	}
	fieldNames = []string{
		"contact", "password", "new", "current", "code", "applicant", "name", "birth-date-day", "birth-date-month", "birth-date-year", "identity-number", "address",
		"email", "phone", "road", "section", "kind", "start-day", "start-month", "start-year", "start-time", "hours", "boards", "end",
		"_draft", "_before", "_seen", "_do", "_revision", "_declared", "_state", "action", "remarks", "session", "roles", "role", "job", "reference", "next", "lang",
	}
	queryNames = []string{"before", "case", "next", "lang", "show", "from", "a", "b", "done", "expired", "ended", "version", "reference"}
)

// attempt is one request that nobody sends by accident.
type attempt struct {
	what, path, kind string
	body             string
}

// attempts on a route.
func attempts(route web.Route, fill string) (all []attempt) {
	base := route.Path
	if !route.Unprefixed {
		base = "/en" + base
	}
	wild := regexp.MustCompile(`\{[^}$]+\}`)
	usual := wild.ReplaceAllString(base, fill)
	if wild.MatchString(base) {
		for _, bad := range badPaths {
			all = append(all, attempt{"path " + bad[:min(len(bad), 30)], wild.ReplaceAllString(base, strings.ReplaceAll(bad, "$", "$$")), "", ""})
		}
	}
	for what, value := range badValues {
		query, form := url.Values{}, url.Values{}
		for _, name := range queryNames {
			query.Set(name, value)
		}
		for _, name := range fieldNames {
			form.Set(name, value)
		}
		if len(value) < 1000 {
			all = append(all, attempt{what + " in the query", usual + "?" + query.Encode(), "", ""})
		}
		if route.Method != http.MethodGet {
			all = append(all, attempt{what, usual, formType, form.Encode()})
		}
	}
	if route.Method == http.MethodGet {
		return append(all, attempt{"broken query", usual + "?%zz&=%&&;", "", ""})
	}
	twice := url.Values{}
	for _, name := range fieldNames {
		twice[name] = []string{"qzx", "qzx"}
	}
	return append(all,
		attempt{"fields twice", usual, formType, twice.Encode()},
		attempt{"broken form", usual, formType, "%zz=%&a=%ff;b"},
		attempt{"a field name of noise", usual, formType, "%ff%fe=1&%e2%80%ae=2&%00=3"},
		attempt{"two thousand fields", usual, formType, strings.Repeat("a=b&", 2000)},
		attempt{"two megabytes", usual, formType, "remarks=" + strings.Repeat("a", 2<<20)},
		attempt{"JSON", usual, "application/json", `{"contact":"qzx"}`},
		attempt{"files", usual, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"contact\"\r\n\r\nqzx\r\n--x--\r\n"},
		attempt{"no type", usual, "", "contact=qzx"},
		attempt{"broken type", usual, "application/x-www-form-urlencoded; charset=\"", "contact=qzx"},
		attempt{"nothing at all", usual, formType, ""},
	)
}

const formType = "application/x-www-form-urlencoded"

// kept is what of the store no attempt may change: how many rows there are of
// what people said and did, and how each case stands.
func kept(t *testing.T, d *db.DB) string {
	t.Helper()
	var out strings.Builder
	err := d.View(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"vault_value", "vault_index", "vault_scope", "cases_case", "cases_step", "documents_document", "drafts_draft", "identity_account", "factor_passkey", "factor_code",
			"factor_secret WHERE kind <> 'totp-new'", // the key of a factor that is being set up, of which nothing depends yet
			"uploads_file", "contact_request", "rights_request", "rights_suspension", "recipients_notice WHERE acked_at IS NOT NULL", "mandates_mandate", "staff_member", "staff_invitation", "instance_version"} {
			var n int64
			if err := tx.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
				return err
			}
			fmt.Fprintln(&out, table, n)
		}
		return tx.Select(func(r *db.Rows) error {
			var id, state string
			var revision int64
			err := r.Scan(&id, &state, &revision)
			fmt.Fprintln(&out, id, state, revision)
			return err
		}, "SELECT id, state, revision FROM cases_case ORDER BY id")
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestBadInputOnEveryRoute sends what is wrong, missing, oversized, duplicated,
// unknown or malicious to every route, as nobody, as a citizen and as an
// official: never a 5xx, nothing stored, nothing sent back as it came, and
// always a page or a problem document.
func TestBadInputOnEveryRoute(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(), "instances", "onegov")
	data := filepath.Join(t.TempDir(), "data")
	p := testkit.Serve(t, dir, "--demo", "--data", data, "--keys", filepath.Join(t.TempDir(), "keys"))
	citizen, other, official := p.Browse(), p.Browse(), p.Browse()
	p.Person("permit-officer")
	enter := func(b *testkit.Browser, path, field, role string) {
		b.Submit(path, url.Values{field: {p.Person(role)}, "password": {demo.Password}}, http.StatusOK)
	}
	enter(citizen, "/en/sign-in", "contact", "citizen")
	enter(other, "/en/sign-in", "contact", "citizen-dhivehi")
	enter(official, "/staff/sign-in", "email", "permit-officer")
	given := answers()
	given.Set("road", "Qzxotherqv Magu")
	theirs := apply(t, other, given)

	routes := app.Routes(t, dir, true)
	if len(routes) < 60 {
		t.Fatalf("only %d routes", len(routes))
	}
	leaves := func(r web.Route) bool { return strings.HasSuffix(r.Path, "/sign-out") }
	slices.SortStableFunc(routes, func(a, b web.Route) int { // what signs out comes last
		if leaves(a) == leaves(b) {
			return 0
		}
		if leaves(a) {
			return 1
		}
		return -1
	})
	store := testkit.Open(t, "file:"+filepath.Join(data, "portico.db"))
	before := kept(t, store)
	tried := 0
	for name, b := range map[string]*testkit.Browser{"nobody": p.Browse(), "a citizen": citizen, "an official": official} {
		left := false
		for _, route := range routes {
			if leaves(route) && !left {
				left = true
				if name == "a citizen" {
					b.Page("/en/cabinet/", http.StatusOK)
				}
				if name == "an official" {
					b.Page("/staff/cases", http.StatusOK)
				}
			}
			for _, a := range attempts(route, theirs) {
				tried++
				r := b.Request(route.Method, a.path, strings.NewReader(a.body))
				if a.kind != "" {
					r.Header.Set("Content-Type", a.kind)
				}
				judge(t, fmt.Sprintf("%s %s as %s: %s", route.Method, route.Path, name, a.what), b.Do(r))
			}
		}
	}
	t.Logf("%d attempts on %d routes", tried, len(routes))
	if after := kept(t, store); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
}

// judge holds an answer to what every answer to bad input must be.
func judge(t *testing.T, what string, resp *http.Response) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Errorf("%s: the answer ends early: %v", what, err)
		return
	}
	kind := resp.Header.Get("Content-Type")
	switch {
	case resp.StatusCode >= 500:
		t.Errorf("%s: %d", what, resp.StatusCode)
	case resp.StatusCode >= 400 && !strings.HasPrefix(kind, "application/problem+json") && !(strings.HasPrefix(kind, "text/html") && bytes.Contains(body, []byte("<h1"))):
		t.Errorf("%s: %d as %q: %.200s", what, resp.StatusCode, kind, body)
	case resp.StatusCode >= 300 && resp.StatusCode < 400 && !web.LocalPath(resp.Header.Get("Location")):
		t.Errorf("%s: leads to %q", what, resp.Header.Get("Location"))
	}
	if strings.HasPrefix(kind, "text/") && !utf8.Valid(body) {
		t.Errorf("%s: the answer is no UTF-8", what)
	}
	for _, never := range []string{"<script>qzx", "\u202e", "Qzxotherqv", "root:x:0", "goroutine ", "SQLSTATE"} {
		if bytes.Contains(body, []byte(never)) {
			t.Errorf("%s: the answer (%d) holds %q", what, resp.StatusCode, never)
		}
	}
	for name, values := range resp.Header {
		if text := strings.Join(values, "\n"); strings.Contains(text, "qzx=1") && name != "Location" || strings.Contains(text, "Bcc") && name != "Location" {
			t.Errorf("%s: header %s: %s", what, name, text)
		}
	}
}

// TestSomebodyElsesIDsAndCookiesOpenNothing tries another person's ids, and
// cookies that are forged, of another realm, or of a session that has ended.
func TestSomebodyElsesIDsAndCookiesOpenNothing(t *testing.T) {
	p := testkit.Serve(t, append([]string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo"}, folders(t)...)...)
	citizen, other, official := p.Browse(), p.Browse(), p.Browse()
	citizen.Submit("/en/sign-in", url.Values{"contact": {p.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	other.Submit("/en/sign-in", url.Values{"contact": {p.Person("citizen-dhivehi")}, "password": {demo.Password}}, http.StatusOK)
	official.Submit("/staff/sign-in", url.Values{"email": {p.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	given := answers()
	given.Set("road", "Qzxotherqv Magu")
	theirs := apply(t, other, given)
	for _, path := range []string{"/en/cabinet/applications/" + theirs, "/en/cabinet/applications/" + theirs + "/sent", "/en/cabinet/access/9999.json"} {
		if resp := citizen.Get(path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, resp.StatusCode)
		}
	}
	if page := official.Page("/staff/cases/"+theirs, http.StatusOK); strings.Contains(page.Text(), "Qzxotherqv") {
		t.Error("an official who has not taken the case sees it")
	}
	resp := official.Post("/staff/cases/"+theirs, url.Values{"action": {"approve"}, "_state": {"submitted"}})
	if resp.StatusCode < 400 {
		t.Errorf("deciding on a case that nobody took answers %d", resp.StatusCode)
	}

	person, staff := citizen.Cookie("session"), official.Cookie("staff")
	if person == "" || staff == "" {
		t.Fatal("nobody is signed in")
	}
	with := func(cookie, path string) *http.Response {
		r := p.Browse().Request(http.MethodGet, path, nil)
		r.Header.Set("Cookie", cookie)
		return citizen.Another().Do(r)
	}
	if resp := with("session="+person, "/en/cabinet/"); resp.StatusCode != http.StatusOK {
		t.Fatalf("the session itself answers %d", resp.StatusCode)
	}
	citizen.Post("/en/sign-out", url.Values{})
	changed := func(cookie string) string { // its first letter is another
		if strings.HasPrefix(cookie, "B") {
			return "C" + cookie[1:]
		}
		return "B" + cookie[1:]
	}
	for what, try := range map[string][2]string{
		"a session that has ended":  {"session=" + person, "/en/cabinet/"},
		"a forged one":              {"session=" + strings.Repeat("A", 43), "/en/cabinet/"},
		"a changed one":             {"session=" + changed(other.Cookie("session")), "/en/cabinet/"},
		"noise":                     {"session=%ff%00;;==", "/en/cabinet/"},
		"an endless one":            {"session=" + strings.Repeat("A", 5000), "/en/cabinet/"},
		"a person's as an official": {"staff=" + other.Cookie("session"), "/staff/cases"},
		"an official's as a person": {"session=" + staff, "/en/cabinet/"},
		"an official's, changed":    {"staff=" + changed(staff), "/staff/cases"},
	} {
		resp := with(try[0], try[1])
		if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.Contains(to, "/sign-in") {
			t.Errorf("%s answers %d, %q", what, resp.StatusCode, to)
		}
	}
}
