package casestest

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
)

// Browser is somebody's browser. It follows redirects.
type Browser struct {
	w      *World
	server *httptest.Server
	client *http.Client
}

// Browse opens a browser on a router, in which who is signed in.
func (w *World) Browse(router http.Handler, who policy.Actor) *Browser {
	w.T.Helper()
	server := httptest.NewServer(router)
	w.T.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.T.Fatal(err)
	}
	at, err := url.Parse(server.URL)
	if err != nil {
		w.T.Fatal(err)
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
	return &Browser{w, server, client}
}

// Get opens a page and returns it with its status and final path.
func (b *Browser) Get(path string) (testkit.Nodes, int, string) {
	b.w.T.Helper()
	resp, err := b.client.Get(b.server.URL + path)
	if err != nil {
		b.w.T.Fatal(err)
	}
	return testkit.Page(b.w.T, resp), resp.StatusCode, resp.Request.URL.Path
}

// Raw opens an address and returns the answer, to be closed by the caller.
func (b *Browser) Raw(path string) *http.Response {
	b.w.T.Helper()
	resp, err := b.client.Get(b.server.URL + path)
	if err != nil {
		b.w.T.Fatal(err)
	}
	return resp
}

// Post sends a form and returns the page that follows.
func (b *Browser) Post(path string, form url.Values) (testkit.Nodes, int, string) {
	b.w.T.Helper()
	resp, err := b.client.PostForm(b.server.URL+path, form)
	if err != nil {
		b.w.T.Fatal(err)
	}
	return testkit.Page(b.w.T, resp), resp.StatusCode, resp.Request.URL.Path
}

// Ask sends a form as a script of the page does, and returns what it is told.
func (b *Browser) Ask(path string, form url.Values) (told map[string]any, status int) {
	b.w.T.Helper()
	req, err := http.NewRequest(http.MethodPost, b.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		b.w.T.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		b.w.T.Fatalf("%s answers with no JSON: %v", path, err)
	}
	return told, resp.StatusCode
}
