package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

var (
	day        = time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)
	portalName = i18n.Text{"en": "oneGov Maldives", "dv": "ވަންގަވް މޯލްޑިވްސް"}
)

// sessions are the sessions of a test, by realm and token.
type sessions map[string]*Session

func (s sessions) Session(_ context.Context, token, realm string) (*Session, error) {
	return s[realm+":"+token], nil
}

func (s sessions) add(token string, session *Session) { s[session.Realm+":"+token] = session }

// newRouter returns a router in English and Dhivehi with nobody signed in;
// change adjusts its configuration.
func newRouter(t *testing.T, change func(*Config)) *Router {
	t.Helper()
	cat, err := i18n.Load(Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	portal := &Portal{Name: portalName, Operator: i18n.Text{"en": "National Centre for Information Technology", "dv": "ނެޝަނަލް ސެންޓަރ ފޮރ އިންފޮމޭޝަން ޓެކްނޮލޮޖީ"}, Brand: brand, Zone: time.FixedZone("MVT", 5*3600)}
	cfg := Config{
		Langs:     []string{"en", "dv"},
		Catalogue: cat,
		Portal:    func() *Portal { return portal },
		Sessions:  sessions{},
		Cookies: func() []Cookie {
			return []Cookie{{SessionCookie, Necessary}, {StaffCookie, Necessary}, {LangCookie, Necessary}, {"preference", "functionality"}}
		},
		Clock: clock.NewFake(day),
		Log:   slog.New(slog.NewJSONHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// get returns a request as a browser on this machine sends it.
func get(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("Accept", "text/html")
	return r
}

// post returns a form as a browser sends it from a page of the portal.
func post(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// with adds a header.
func with(r *http.Request, name, value string) *http.Request {
	r.Header.Add(name, value)
	return r
}

// fetch sends a request.
func fetch(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
