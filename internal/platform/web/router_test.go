package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
)

// ok answers with a page of one line.
func ok(q *Req) error {
	return q.Page(http.StatusOK, Page{Title: "Fine", Body: ui.Title("", "Fine")})
}

// mounted returns a router with a route of each audience, and a person and an
// official who are signed in with the tokens "citizen" and "clerk".
func mounted(t *testing.T, change func(*Config)) *Router {
	s := sessions{}
	s.add("citizen", &Session{ID: "s1", Subject: "p1", Realm: RealmPerson, Name: "Aminath"})
	s.add("clerk", &Session{ID: "s2", Subject: "p2", Realm: RealmStaff, Roles: []string{"clerk"}, Strong: true})
	r := newRouter(t, func(c *Config) {
		c.Sessions = s
		if change != nil {
			change(c)
		}
	})
	r.Handle(Route{Method: "GET", Path: "/open", Activity: "public", Handler: ok})
	r.Handle(Route{Method: "POST", Path: "/open", Activity: "public", Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/cabinet/", Audience: Person, Activity: "account", Handler: ok})
	r.Handle(Route{Method: "POST", Path: "/cabinet/", Audience: Person, Activity: "account", Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/staff/cases", Unprefixed: true, Audience: Staff, Activity: "permit.decide", Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/staff/people", Unprefixed: true, Audience: Staff, Roles: []string{"administrator"}, Activity: "staff-account", Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/exchange/v1/thing", Unprefixed: true, Audience: Machine, Activity: "exchange", Handler: func(*Req) error {
		return fault.New(fault.NotFound, "error.not-found")
	}})
	return r
}

func TestAudienceIsEnforcedBeforeTheHandler(t *testing.T) {
	r := mounted(t, nil)
	for _, tc := range []struct {
		name, path, cookie string
		status             int
		location           string
	}{
		{"anybody", "/en/open", "", 200, ""},
		{"nobody in the cabinet", "/dv/cabinet/?tab=1", "", 303, "/dv/sign-in?next=%2Fdv%2Fcabinet%2F%3Ftab%3D1"},
		{"an ended session", "/en/cabinet/", "session=gone", 303, "/en/sign-in?ended=1&next=%2Fen%2Fcabinet%2F"},
		{"a citizen in the cabinet", "/en/cabinet/", "session=citizen", 200, ""},
		{"an official's token in the cabinet", "/en/cabinet/", "session=clerk", 303, "/en/sign-in?ended=1&next=%2Fen%2Fcabinet%2F"},
		{"a citizen among staff", "/staff/cases", "session=citizen", 303, "/staff/sign-in?next=%2Fstaff%2Fcases"},
		{"a citizen's token among staff", "/staff/cases", "staff=citizen", 303, "/staff/sign-in?ended=1&next=%2Fstaff%2Fcases"},
		{"an official", "/staff/cases", "staff=clerk", 200, ""},
		{"an official without the role", "/staff/people", "staff=clerk", 403, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req := get(tc.path)
			if tc.cookie != "" {
				req.Header.Set("Cookie", tc.cookie)
			}
			res := fetch(t, r, req)
			if res.Code != tc.status || res.Header().Get("Location") != tc.location {
				t.Errorf("status %d to %q, want %d to %q", res.Code, res.Header().Get("Location"), tc.status, tc.location)
			}
			store := res.Header().Get("Cache-Control")
			if private := !strings.Contains(tc.path, "open"); private && store != "no-store" {
				t.Errorf("Cache-Control: %q", store)
			}
		})
	}
}

// careless finds the same session in every realm.
type careless struct{ session *Session }

func (c careless) Session(context.Context, string, string) (*Session, error) { return c.session, nil }

func TestASessionOfAnotherRealmIsNoSession(t *testing.T) {
	citizen := &Session{ID: "s1", Subject: "p1", Realm: RealmPerson}
	r := mounted(t, func(c *Config) { c.Sessions = careless{citizen} })
	if res := fetch(t, r, with(get("/staff/cases"), "Cookie", "staff=x")); res.Code != http.StatusSeeOther {
		t.Errorf("a citizen's session opens a staff page: status %d", res.Code)
	}
	if res := fetch(t, r, with(get("/en/cabinet/"), "Cookie", "session=x")); res.Code != http.StatusOK {
		t.Errorf("status %d", res.Code)
	}
}

func TestAPublicPageOfSomebodySignedInIsNotStored(t *testing.T) {
	res := fetch(t, mounted(t, nil), with(get("/en/open"), "Cookie", "session=citizen"))
	if got := res.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
	if !strings.Contains(res.Body.String(), "Aminath") || !strings.Contains(res.Body.String(), `action="/en/sign-out"`) {
		t.Error("the header does not say who is signed in")
	}
}

func TestAFormOfAnEndedSessionSaysSo(t *testing.T) {
	res := fetch(t, mounted(t, nil), with(post("/en/cabinet/", "a=b"), "Cookie", "session=gone"))
	if res.Code != http.StatusUnauthorized || !strings.Contains(res.Body.String(), "your session has ended") {
		t.Errorf("status %d", res.Code)
	}
}

func TestACookieThatSignsNobodyInIsLeftAlone(t *testing.T) {
	// It may stand for a registration under way, or for a password that waits
	// for its second factor, in another tab.
	r := mounted(t, nil)
	for _, req := range []*http.Request{get("/en/cabinet/"), post("/en/cabinet/", "a=b")} {
		if c := fetch(t, r, with(req, "Cookie", "session=underway")).Header().Get("Set-Cookie"); c != "" {
			t.Errorf("%s takes it away: %q", req.Method, c)
		}
	}
}

func TestWhoMustSignInIsLedToTheSignInOfTheirRealm(t *testing.T) {
	r := mounted(t, nil)
	late := func(*Req) error { return fault.New(fault.SignIn, "error.sign-in") }
	r.Handle(Route{Method: "GET", Path: "/staff/late", Unprefixed: true, Activity: "public", Handler: late})
	r.Handle(Route{Method: "GET", Path: "/late", Activity: "public", Handler: late})
	for path, want := range map[string]string{"/staff/late": "/staff/sign-in", "/dv/late": "/dv/sign-in"} {
		if body := fetch(t, r, get(path)).Body.String(); !strings.Contains(body, `<main`) || !strings.Contains(body, `href="`+want+`"`) {
			t.Errorf("%s does not lead to %s", path, want)
		}
	}
}

func TestChangesFromAnotherOriginAreRefused(t *testing.T) {
	r := mounted(t, nil)
	for _, tc := range []struct {
		name string
		set  func(http.Header)
		want int
	}{
		{"our page", func(h http.Header) {}, 200},
		{"another site", func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"a sibling site", func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"an old browser elsewhere", func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") }, 403},
		{"an opaque origin", func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") }, 403},
		{"an old browser here", func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "http://localhost") }, 200},
	} {
		req := post("/en/open", "a=b")
		tc.set(req.Header)
		if res := fetch(t, r, req); res.Code != tc.want {
			t.Errorf("%s: status %d, want %d", tc.name, res.Code, tc.want)
		}
	}
	if res := fetch(t, r, with(get("/en/open"), "Sec-Fetch-Site", "cross-site")); res.Code != 200 {
		t.Errorf("a link from another site: status %d", res.Code)
	}
}

func TestI14_OnlyDeclaredAndGrantedCookiesAreSet(t *testing.T) {
	granted := false
	r := newRouter(t, func(c *Config) {
		c.Granted = func(_ *Req, class string) bool { return granted && class == "functionality" }
	})
	r.Handle(Route{Method: "GET", Path: "/set/{name}", Activity: "public", Handler: func(q *Req) error {
		if err := q.SetCookie(q.R.PathValue("name"), "v", 60); err != nil {
			return err
		}
		return ok(q)
	}})
	for _, tc := range []struct {
		name         string
		granted, gpc bool
		want         int
	}{
		{"session", false, false, 200},
		{"session", false, true, 200},
		{"tracker", true, false, 500},
		{"preference", false, false, 500},
		{"preference", true, false, 200},
		{"preference", true, true, 500},
	} {
		granted = tc.granted
		req := get("/en/set/" + tc.name)
		if tc.gpc {
			req.Header.Set("Sec-GPC", "1")
		}
		res := fetch(t, r, req)
		set := res.Header().Get("Set-Cookie")
		if res.Code != tc.want || (set != "") != (tc.want == 200) {
			t.Errorf("%+v: status %d, cookie %q", tc, res.Code, set)
		}
	}
}

func TestCookiesAreBoundToTheHostWhereTLSIs(t *testing.T) {
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/set", Activity: "public", Handler: func(q *Req) error {
		if err := q.SetCookie(SessionCookie, "v", 60); err != nil {
			return err
		}
		return q.Bytes(200, "text/plain", []byte(q.Cookie(SessionCookie)))
	}})
	res := fetch(t, r, get("/en/set"))
	if got, want := res.Header().Get("Set-Cookie"), "session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"; got != want {
		t.Errorf("on loopback: %q, want %q", got, want)
	}
	if res.Header().Get("Strict-Transport-Security") != "" {
		t.Error("HSTS without TLS")
	}
	req := with(with(get("/en/set"), "X-Forwarded-Proto", "https"), "Cookie", "__Host-session=mine; session=planted")
	req = req.WithContext(byProxy(req.Context()))
	res = fetch(t, r, req)
	if got, want := res.Header().Get("Set-Cookie"), "__Host-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("behind the proxy: %q, want %q", got, want)
	}
	if res.Body.String() != "mine" {
		t.Errorf("the cookie read is %q", res.Body.String())
	}
	if res.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind TLS")
	}
}

func TestForwardedHeadersAreBelievedFromTheProxyOnly(t *testing.T) {
	var seen http.Header
	var net string
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/seen", Activity: "public", Handler: func(q *Req) error {
		seen, net = q.R.Header, q.Network()
		return ok(q)
	}})
	forward := func(proxied bool) {
		req := get("/en/seen")
		req.RemoteAddr = "127.0.0.1:1"
		if proxied {
			req = req.WithContext(byProxy(req.Context()))
		}
		req.Header.Set("X-Forwarded-Proto", "https")
		for _, h := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Cert", "X-Road-UserId", "Via"} {
			req.Header.Add(h, "203.0.113.9")
		}
		if res := fetch(t, r, req); res.Code != 200 {
			t.Fatalf("status %d", res.Code)
		}
		for name := range seen {
			if isForwarding(name) {
				t.Errorf("%s reached the handler", name)
			}
		}
	}
	direct := r.network(netip.MustParseAddr("127.0.0.1"))
	forward(false)
	if net != direct {
		t.Error("somebody else's X-Forwarded-For was believed")
	}
	forward(true)
	if net != r.network(netip.MustParseAddr("203.0.113.9")) {
		t.Error("the proxy's X-Forwarded-For was not believed")
	}
	if a, b := r.network(netip.MustParseAddr("2001:db8::1")), r.network(netip.MustParseAddr("2001:db8::2")); a != b {
		t.Error("a host of IPv6 can change its network at will")
	}
}

func TestO9_PlainHTTPFromTheNetworkIsRefused(t *testing.T) {
	r := mounted(t, nil)
	for _, tc := range []struct {
		name, from          string
		proxied             bool
		proto, client, path string
		want                int
	}{
		{"somebody on the network", "203.0.113.9:1", false, "", "", "/en/open", 421},
		{"who says it was TLS", "203.0.113.9:1", false, "https", "127.0.0.1", "/en/open", 421},
		{"this machine", "127.0.0.1:1", false, "", "", "/en/open", 200},
		{"the proxy, over TLS", "192.0.2.7:1", true, "https", "203.0.113.9", "/en/open", 200},
		{"the proxy, in clear", "192.0.2.7:1", true, "http", "203.0.113.9", "/en/open", 421},
		{"the proxy, for itself on this machine, in clear", "192.0.2.7:1", true, "http", "127.0.0.1", "/en/open", 421},
		{"the proxy, which does not say", "192.0.2.7:1", true, "", "203.0.113.9", "/en/open", 421},
		{"the proxy, by two words", "192.0.2.7:1", true, "https, http", "203.0.113.9", "/en/open", 421},
		{"a proxy on this machine, in clear", "127.0.0.9:1", true, "http", "203.0.113.9", "/en/open", 421},
		{"the proxy asks for itself whether we are well", "192.0.2.7:1", true, "", "", "/healthz", 200},
	} {
		req := with(with(get(tc.path), "X-Forwarded-Proto", tc.proto), "X-Forwarded-For", tc.client)
		req.RemoteAddr = tc.from
		if tc.proxied {
			req = req.WithContext(byProxy(req.Context()))
		}
		if res := fetch(t, r, req); res.Code != tc.want {
			t.Errorf("%s: status %d, want %d", tc.name, res.Code, tc.want)
		}
	}
}

func TestADemoAnswersOnlyToThisMachine(t *testing.T) {
	r := mounted(t, func(c *Config) { c.Demo = true })
	for _, tc := range []struct {
		host, header string
		want         int
	}{
		{"localhost:8080", "", 200},
		{"127.0.0.1", "", 200},
		{"[::1]:8080", "", 200},
		{"portal.example", "", 421},
		{"localhost.evil.example", "", 421},
		{"localhost", "X-Forwarded-For", 421},
		{"localhost", "Via", 421},
	} {
		req := get("/en/open")
		req.Host = tc.host
		if tc.header != "" {
			req.Header.Set(tc.header, "1.2.3.4")
		}
		if res := fetch(t, r, req); res.Code != tc.want {
			t.Errorf("%+v: status %d", tc, res.Code)
		}
	}
}

func TestEveryAnswerCarriesTheProtectiveHeaders(t *testing.T) {
	r := mounted(t, nil)
	for _, path := range []string{"/en/open", "/nowhere", "/healthz", "/exchange/v1/thing"} {
		h := fetch(t, r, get(path)).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: %q", path, csp)
		}
		if h.Get("Permissions-Policy") == "" || !strings.HasPrefix(h.Get("X-Reference"), "E-") {
			t.Errorf("%s: headers are missing: %v", path, h)
		}
	}
}

func TestTheRootLeadsToTheReadersLanguage(t *testing.T) {
	r := mounted(t, nil)
	for accept, want := range map[string]string{"": "/en/", "dv-MV,en;q=0.4": "/dv/", "fr": "/en/"} {
		res := fetch(t, r, with(get("/"), "Accept-Language", accept))
		if res.Code != 303 || res.Header().Get("Location") != want {
			t.Errorf("%q: %d to %q", accept, res.Code, res.Header().Get("Location"))
		}
	}
	if res := fetch(t, r, get("/en/cabinet")); res.Header().Get("Location") != "/en/cabinet/" {
		t.Errorf("without the slash: %d to %q", res.Code, res.Header().Get("Location"))
	}
}

func TestStaffPagesRememberTheLanguageChosen(t *testing.T) {
	r := mounted(t, nil)
	res := fetch(t, r, with(get("/staff/cases?lang=dv"), "Cookie", "staff=clerk"))
	if !strings.Contains(res.Body.String(), `<html lang="dv" dir="rtl">`) {
		t.Error("the page is not in Dhivehi")
	}
	if c := res.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "language=dv;") {
		t.Errorf("cookie %q", c)
	}
	if !strings.Contains(fetch(t, r, with(get("/staff/cases?page=2"), "Cookie", "staff=clerk")).Body.String(), `href="/staff/cases?lang=dv&amp;page=2"`) {
		t.Error("the other language leads to another page")
	}
	res = fetch(t, r, with(get("/staff/cases"), "Cookie", "staff=clerk; language=dv"))
	if !strings.Contains(res.Body.String(), `lang="dv"`) {
		t.Error("the choice is forgotten")
	}
}

func TestErrorsForPeopleAreAPageInTheirLanguage(t *testing.T) {
	r := mounted(t, nil)
	mountGallery(r)
	for _, tc := range []struct {
		path  string
		want  int
		words string
	}{
		{"/dv/nowhere", 404, "ސަފްޙާ ނުފެނުނު"},
		{"/en/nowhere", 404, "Page not found"},
		{"/en/../etc/passwd", 308, ""},
		{"/en/%2e%2e/x", 404, "Page not found"},
		{"/en/gallery/fault/denied", 403, "You cannot open this page"},
		{"/en/gallery/fault/sign-in", 401, "You need to sign in"},
		{"/en/gallery/fault/conflict", 409, "Somebody was faster"},
		{"/en/gallery/fault/too-many", 429, "Too many attempts"},
		{"/en/gallery/fault/invalid", 422, "This could not be accepted"},
		{"/dv/gallery/fault/internal", 500, "މަޢާފުކުރައްވާ"},
		{"/en/gallery/fault/unavailable", 503, "not available for the moment"},
	} {
		res := fetch(t, r, get(tc.path))
		body := res.Body.String()
		if res.Code != tc.want || !strings.Contains(body, tc.words) {
			t.Errorf("%s: status %d without %q", tc.path, res.Code, tc.words)
		}
		if tc.want < 400 {
			continue
		}
		if ref := res.Header().Get("X-Reference"); !strings.Contains(body, ref) {
			t.Errorf("%s: the page does not show its reference %s", tc.path, ref)
		}
		if after, want := res.Header().Get("Retry-After"), map[int]string{429: "900", 503: "30"}[tc.want]; after != want {
			t.Errorf("%s: a program is told to try again after %q seconds, want %q", tc.path, after, want)
		}
		if strings.Count(body, "<h1") != 1 {
			t.Errorf("%s: not exactly one h1", tc.path)
		}
		if res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: stored", tc.path)
		}
	}
	if n := r.cfg.Catalogue.Misses(); n != 0 {
		t.Errorf("%d sentences are missing", n)
	}
}

func TestAWrongMethodSaysWhichAreRight(t *testing.T) {
	res := fetch(t, mounted(t, nil), post("/staff/cases", ""))
	if res.Code != http.StatusMethodNotAllowed || res.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("status %d, Allow %q", res.Code, res.Header().Get("Allow"))
	}
}

func TestErrorsForProgramsAreProblemDetails(t *testing.T) {
	r := mounted(t, nil)
	r.Handle(Route{Method: "POST", Path: "/try", Activity: "public", Handler: func(q *Req) error {
		_, err := q.Form()
		return err
	}})
	json1 := get("/en/nowhere")
	json1.Header.Set("Accept", "application/json")
	bad := post("/en/try", "a=fine&b=%E2%80%AEevil")
	bad.Header.Set("Accept", "application/problem+json")
	for _, tc := range []struct {
		req    *http.Request
		status int
		kind   string
	}{
		{json1, 404, "urn:portico:problem:error.not-found"},
		{get("/exchange/v1/thing"), 404, "urn:portico:problem:error.not-found"},
		{bad, 422, "urn:portico:problem:error.input"},
	} {
		res := fetch(t, r, tc.req)
		var p Problem
		if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if res.Code != tc.status || p.Status != tc.status || p.Type != tc.kind || p.Title == "" || res.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("status %d: %+v", res.Code, p)
		}
		if p.Instance != "urn:portico:reference:"+res.Header().Get("X-Reference") {
			t.Errorf("instance %q", p.Instance)
		}
		if tc.status == 422 && (len(p.Errors) != 1 || p.Errors[0].Name != "b" || strings.HasPrefix(p.Errors[0].Detail, "web.")) {
			t.Errorf("errors %+v", p.Errors)
		}
	}
}

// secretError quotes what a person wrote, as databases do.
type secretError struct{ text string }

func (e secretError) Error() string    { return e.text }
func (e secretError) SQLState() string { return "22P02" }

func TestFailuresGiveAReferenceAndNoInternals(t *testing.T) {
	var logged bytes.Buffer
	r := mounted(t, func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(&logged, nil)) })
	r.Handle(Route{Method: "GET", Path: "/panic/{id}", Activity: "public", Handler: func(q *Req) error { panic("secret of " + q.R.PathValue("id")) }})
	r.Handle(Route{Method: "GET", Path: "/db/{id}", Activity: "public", Handler: func(q *Req) error {
		return errors.Join(fault.New(fault.Internal, "error.internal").Because(secretError{"invalid input: secret of " + q.R.PathValue("id")}))
	}})
	for _, path := range []string{"/en/panic/A123456", "/en/db/A123456"} {
		logged.Reset()
		res := fetch(t, r, get(path+"?who=Aminath"))
		if res.Code != 500 {
			t.Errorf("%s: status %d", path, res.Code)
		}
		ref := res.Header().Get("X-Reference")
		for _, where := range []string{res.Body.String(), logged.String()} {
			if !strings.Contains(where, ref) {
				t.Errorf("%s: the reference %s is missing", path, ref)
			}
			if strings.Contains(where, "secret of") {
				t.Errorf("%s: the cause leaks into %s", path, where)
			}
		}
		if strings.Contains(logged.String(), "A123456") || strings.Contains(logged.String(), "Aminath") {
			t.Errorf("%s: the address is logged: %s", path, logged.String())
		}
		if strings.Contains(res.Body.String(), "goroutine") || strings.Contains(res.Body.String(), "SQLSTATE") {
			t.Errorf("%s: the page shows internals", path)
		}
	}
}

func TestRequestsAreLoggedAndMeasuredByPattern(t *testing.T) {
	var logged bytes.Buffer
	r := mounted(t, func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(&logged, nil)) })
	r.Handle(Route{Method: "GET", Path: "/thing/{id}", Activity: "public", Handler: ok})
	fetch(t, r, get("/en/thing/A123456?name=Aminath"))
	req := get("/en/nowhere/A123456")
	req.Method = "AMINATH"
	fetch(t, r, req)
	m := fetch(t, r.MetricsHandler(), get("/metrics")).Body.String()
	for _, where := range []string{logged.String(), m} {
		if strings.Contains(where, "A123456") || strings.Contains(where, "Aminath") || strings.Contains(where, "AMINATH") || strings.Contains(where, "127.0.0.1") {
			t.Errorf("personal data in %s", where)
		}
		if !strings.Contains(where, "/thing/{id}") {
			t.Errorf("the pattern is missing in %s", where)
		}
	}
	if !strings.Contains(m, `portico_http_requests_total{class="2xx",method="GET",route="/thing/{id}"} 1`) || !strings.Contains(m, `method="OTHER",route="-"`) {
		t.Errorf("metrics:\n%s", m)
	}
}

func TestFormsAreBoundedAndPlainText(t *testing.T) {
	var form map[string][]string
	var formErr error
	r := newRouter(t, nil)
	r.Handle(Route{Method: "POST", Path: "/form", Activity: "public", Limit: 100, Handler: func(q *Req) error {
		form, formErr = q.Form()
		if formErr != nil {
			return formErr
		}
		return ok(q)
	}})
	for _, tc := range []struct {
		name, body string
		status     int
		bad        string
	}{
		{"fine", "name=Aminath%0D%0ADidi&x=%DE%8B", 200, ""},
		{"too large", "a=" + strings.Repeat("x", 100), 413, ""},
		{"broken UTF-8", "name=Aminath&x=%ff", 422, "x"},
		{"a null", "name=Aminath&x=a%00b", 422, "x"},
		{"a direction override", "name=Aminath&x=%E2%80%AEfdp.exe", 422, "x"},
		{"an isolate", "name=Aminath&x=%E2%81%A6", 422, "x"},
		{"a bad name", "%00=1", 400, ""},
		{"a bad escape", "a=%zz", 400, ""},
	} {
		res := fetch(t, r, post("/en/form", tc.body))
		if res.Code != tc.status {
			t.Errorf("%s: status %d, want %d", tc.name, res.Code, tc.status)
		}
		if tc.bad == "" {
			continue
		}
		f := fault.From(formErr)
		if len(f.Fields) != 1 || f.Fields[0].Name != tc.bad || form["name"][0] != "Aminath" || len(form[tc.bad]) != 0 {
			t.Errorf("%s: %+v with %v", tc.name, f, form)
		}
	}
	req := post("/en/form", "{}")
	req.Header.Set("Content-Type", "application/json")
	if res := fetch(t, r, req); res.Code != http.StatusUnsupportedMediaType {
		t.Errorf("JSON as a form: status %d", res.Code)
	}
	fetch(t, r, post("/en/form", "a=x%0D%0Ay"))
	if form["a"][0] != "x\ny" {
		t.Errorf("line ends: %q", form["a"])
	}
}

func TestOnlyLocalPathsAreRedirectedTo(t *testing.T) {
	for path, want := range map[string]bool{
		"/en/cabinet/": true, "/en/services?q=a%20b": true, "/": true,
		"": false, "//evil.example": false, "https://evil.example": false, "/\\evil.example": false, "\\\\evil": false,
		"/a\r\nSet-Cookie: x": false, "/%2f/evil.example": false, "/%2fevil.example": false, "/a/../../b": false, "javascript:alert(1)": false, "/a b": false,
		"/\x00": false, "/" + strings.Repeat("a", 3000): false,
	} {
		if LocalPath(path) != want {
			t.Errorf("LocalPath(%.40q) is not %v", path, want)
		}
	}
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/go", Activity: "public", Handler: func(q *Req) error { return q.Redirect(q.Next(q.Path("/home"))) }})
	for next, want := range map[string]string{"/en/x": "/en/x", "//evil.example": "/en/home", "https://evil.example/": "/en/home"} {
		if got := fetch(t, r, get("/en/go?next="+next)).Header().Get("Location"); got != want {
			t.Errorf("next=%s leads to %q", next, got)
		}
	}
}

func TestAMalformedRouteIsRefused(t *testing.T) {
	for name, rt := range map[string]Route{
		"no activity":     {Method: "GET", Path: "/x", Handler: ok},
		"no reason":       {Method: "GET", Path: "/x", Activity: "none: ", Handler: ok},
		"no method":       {Path: "/x", Activity: "public", Handler: ok},
		"no handler":      {Method: "GET", Path: "/x", Activity: "public"},
		"no slash":        {Method: "GET", Path: "x", Activity: "public", Handler: ok},
		"roles of anyone": {Method: "GET", Path: "/x", Activity: "public", Roles: []string{"a"}, Handler: ok},
		"twice":           {Method: "GET", Path: "/healthz", Unprefixed: true, Activity: "public", Handler: ok},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			newRouter(t, nil).Handle(rt)
		}()
	}
}

func TestHealthAndReadiness(t *testing.T) {
	r := newRouter(t, nil)
	var broken error
	r.Ready("store", func(context.Context) error { return broken })
	if res := fetch(t, r, get("/readyz")); res.Code != 200 || !strings.Contains(res.Body.String(), `"store":"ok"`) {
		t.Errorf("ready: %d %s", res.Code, res.Body)
	}
	broken = errors.New("dial 10.0.0.1: refused")
	if res := fetch(t, r, get("/readyz")); res.Code != 503 || strings.Contains(res.Body.String(), "10.0.0.1") {
		t.Errorf("not ready: %d %s", res.Code, res.Body)
	}
	if res := fetch(t, r, get("/healthz")); res.Code != 200 {
		t.Errorf("healthz: %d", res.Code)
	}
}

func TestAttachmentsAreNeverShown(t *testing.T) {
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/file", Activity: "public", Handler: func(q *Req) error {
		return q.Attachment("record\r\nX: y.json", "application/json", []byte("{}"))
	}})
	h := fetch(t, r, get("/en/file")).Header()
	if d := h.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || strings.ContainsAny(d, "\r\n") {
		t.Errorf("Content-Disposition: %q", d)
	}
	if !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
		t.Error("an attachment is not sandboxed")
	}
}

func TestSentencesExistInAllLanguages(t *testing.T) {
	cat, err := i18n.Load(Locales())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range i18n.Missing(cat, "en", "dv") {
		t.Error(m)
	}
}

func TestAFailingTemplateIsAnErrorAndNotHalfAPage(t *testing.T) {
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/half", Activity: "public", Handler: func(q *Req) error {
		return q.Page(200, Page{Title: "x", Body: failing{}})
	}})
	res := fetch(t, r, get("/en/half"))
	if res.Code != 500 || strings.Contains(res.Body.String(), "half of it") {
		t.Errorf("status %d: %s", res.Code, res.Body)
	}
}

func TestAnAnswerThatHasBegunIsNotMixedWithAnError(t *testing.T) {
	r := newRouter(t, nil)
	r.Handle(Route{Method: "GET", Path: "/stream", Activity: "public", Handler: func(q *Req) error {
		_, _ = q.W.Write([]byte("half of it"))
		return errors.New("no more")
	}})
	if res := fetch(t, r, get("/en/stream")); res.Body.String() != "half of it" {
		t.Errorf("%s", res.Body)
	}
}

func TestAPageThatIsNotThereDoesNotGuessWhoIsSignedIn(t *testing.T) {
	r := mounted(t, nil)
	if strings.Contains(fetch(t, r, get("/en/nowhere")).Body.String(), "/en/sign-in") {
		t.Error("it offers to sign in to somebody who may be signed in")
	}
	if !strings.Contains(fetch(t, r, get("/en/open")).Body.String(), "/en/sign-in") {
		t.Error("no page offers to sign in")
	}
}

type failing struct{}

func (failing) Render(_ context.Context, w io.Writer) error {
	_, _ = io.WriteString(w, "half of it")
	return errors.New("no more")
}
