package testkit

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Browser asks a handler as a browser would: over a real connection, with its
// cookies, from the same origin. It follows no redirect unless told to.
type Browser struct {
	t      testing.TB
	client *http.Client
	url    string
	roots  *x509.CertPool // who may vouch for the server; nil is the machine's list
}

// Browse serves the handler on loopback until the test ends and returns a
// browser with no cookies.
func Browse(t testing.TB, handler http.Handler) *Browser {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return BrowseURL(t, server.URL)
}

// BrowseURL returns a browser with no cookies for a server that runs already,
// at an address without a slash at its end.
func BrowseURL(t testing.TB, url string) *Browser { return BrowseTLS(t, url, nil) }

// BrowseTLS is BrowseURL for a server that roots vouch for.
func BrowseTLS(t testing.TB, url string, roots *x509.CertPool) *Browser {
	return (&Browser{t: t, url: url, roots: roots}).Another()
}

// Another returns a second browser, of somebody else, on the same server.
func (b *Browser) Another() *Browser {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &Browser{t: b.t, url: b.url, roots: b.roots, client: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: b.roots, MinVersion: tls.VersionTLS13}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// URL is the address of the server, without a slash at its end.
func (b *Browser) URL() string { return b.url }

// Get asks for a path. The answer's body is closed when the test ends.
func (b *Browser) Get(path string) *http.Response {
	b.t.Helper()
	return b.Do(b.Request(http.MethodGet, path, nil))
}

// Post sends a form to a path, as the same site's page would.
func (b *Browser) Post(path string, form url.Values) *http.Response {
	b.t.Helper()
	r := b.Request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// Page asks for a path, follows redirects, and returns the page at the end,
// which must have this status.
func (b *Browser) Page(path string, status int) Nodes {
	b.t.Helper()
	return b.read(b.Follow(b.Get(path)), status)
}

// Submit posts a form, follows redirects, and returns the page at the end,
// which must have this status.
func (b *Browser) Submit(path string, form url.Values, status int) Nodes {
	b.t.Helper()
	return b.read(b.Follow(b.Post(path, form)), status)
}

func (b *Browser) read(resp *http.Response, status int) Nodes {
	b.t.Helper()
	if resp.StatusCode != status {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 4000))
		b.t.Fatalf("%s answers %d, not %d:\n%s", resp.Request.URL.Path, resp.StatusCode, status, body)
	}
	return Page(b.t, resp)
}

// Follow follows redirects to the answer that is none, ten at the most.
func (b *Browser) Follow(resp *http.Response) *http.Response {
	b.t.Helper()
	for range 10 {
		if resp.StatusCode < 300 || resp.StatusCode > 399 {
			return resp
		}
		to, err := resp.Location()
		if err != nil {
			b.t.Fatalf("%s redirects to nowhere: %v", resp.Request.URL.Path, err)
		}
		if to.Host != resp.Request.URL.Host {
			b.t.Fatalf("%s redirects to another site", resp.Request.URL.Path)
		}
		resp = b.Get(to.RequestURI())
	}
	b.t.Fatalf("more than ten redirects, the last to %s", resp.Request.URL.Path)
	return nil
}

// Request prepares a request to a path, for tests that add headers to it.
func (b *Browser) Request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// Do sends a request.
func (b *Browser) Do(r *http.Request) *http.Response {
	b.t.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	b.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// Cookie is the value of a cookie the browser holds, or nothing.
func (b *Browser) Cookie(name string) string {
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
