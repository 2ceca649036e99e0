package analytics_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/analytics"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
)

// site is a portal with a service, whose pages are counted.
type site struct {
	*analytics.Analytics
	clock   *clock.Fake
	cookies []policy.Cookie
	granted bool
	router  *web.Router
}

// Session signs in whoever sends their role as the token.
func (s *site) Session(_ context.Context, token, realm string) (*web.Session, error) {
	if realm != web.RealmStaff {
		return nil, nil
	}
	return &web.Session{ID: token, Subject: token, Realm: realm, Roles: []string{token}, Strong: true}, nil
}

func on(t *testing.T, d *db.DB) *site {
	t.Helper()
	p := policytest.Compile(t)
	s := &site{clock: testkit.Clock(), cookies: []policy.Cookie{{Name: analytics.Name, Class: policy.CookiePerformance, Kind: "measurement", Period: "P1M"}}}
	s.Analytics = analytics.New(analytics.Config{
		DB: d, Clock: s.clock, Zone: func() *time.Location { return time.UTC }, Policy: func() *policy.Policy { return p },
		Cookies: func() []policy.Cookie { return s.cookies },
		Known: func(service, page string) bool {
			return service == "road-permit" && (page == "" || page == "work")
		},
	})
	catalogue, err := i18n.Load(web.Locales(), analytics.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	portal := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Brand: brand, Zone: time.UTC}
	s.router, err = web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Portal: func() *web.Portal { return portal }, Sessions: s,
		Cookies: func() []web.Cookie { return nil }, Visited: s.Visited, Clock: s.clock, Log: slog.New(slog.DiscardHandler),
		Granted: func(_ *web.Req, class string) bool { return s.granted && class == "performance" },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Mount(s.router)
	page := func(q *web.Req) error {
		return q.Page(http.StatusOK, web.Page{Title: "A page", Body: ui.Title("", "A page")})
	}
	s.router.Handle(web.Route{Method: http.MethodGet, Path: "/services/{id}", Activity: "public", Handler: page})
	s.router.Handle(web.Route{Method: http.MethodGet, Path: "/services/{id}/apply/{page}", Activity: "public", Handler: page})
	s.router.Handle(web.Route{Method: http.MethodGet, Path: "/cabinet/applications/{id}", Activity: "public", Handler: page})
	return s
}

func each(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, d *db.DB) { run(t, on(t, d)) }, analytics.Migrations())
}

// counted is what is stored, by page.
func (s *site) counted(t *testing.T) map[string]analytics.Numbers {
	t.Helper()
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := s.Report(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]analytics.Numbers{}
	for _, p := range r.Pages {
		got[p.Name] = p.Numbers
	}
	return got
}

func TestO4_NobodyIsCountedWhoDidNotAllowIt(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := testkit.Browse(t, s.router)
		look := func(private bool) testkit.Nodes {
			req := b.Request(http.MethodGet, "/en/services/road-permit", nil)
			req.Header.Set("Sec-Fetch-Site", "none") // typed into the browser
			if private {
				req.Header.Set("Sec-GPC", "1")
			}
			return testkit.Page(t, b.Do(req))
		}
		if look(false).Has("[data-measure]") {
			t.Error("the page would tell how long it was open, and nobody allowed it")
		}
		s.granted = true
		if look(true).Has("[data-measure]") {
			t.Error("the page would tell, although the browser asks not to be followed")
		}
		if got := s.counted(t); len(got) != 0 {
			t.Errorf("counted: %v", got)
		}
		declared := s.cookies
		s.cookies = nil
		look(false)
		if got := s.counted(t); len(got) != 0 {
			t.Errorf("counted without a declaration: %v", got)
		}
		s.cookies = declared
		if got := look(false).One("html").Attr("data-measure"); got != "/services/road-permit" {
			t.Errorf("the page calls itself %q", got)
		}
		if got := s.counted(t)["/services/road-permit"]; got.Views != 1 || got.Entries != 1 {
			t.Errorf("counted: %+v", got)
		}
	})
}

func TestO19_APageIsARouteAndNothingElseOfAnAddress(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.granted = true
		b := testkit.Browse(t, s.router)
		for _, path := range []string{
			"/en/services/road-permit/apply/work?q=aishath", "/en/services/aishath-mohamed", "/en/services/road-permit/apply/aishath",
			"/dv/cabinet/applications/0198c0de-0000-7000-8000-000000000000",
		} {
			b.Page(path, 200)
		}
		got := s.counted(t)
		for _, want := range []string{"/services/road-permit/apply/work", "/services/{id}", "/services/road-permit/apply/{page}", "/cabinet/applications/{id}"} {
			if got[want].Views != 1 {
				t.Errorf("%s is not counted: %v", want, got)
			}
		}
		if len(got) != 4 {
			t.Errorf("counted: %v", got)
		}
	})
}

func TestHowLongAPageWasOpenIsToldOfCountedPagesOnly(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.granted = true
		b := testkit.Browse(t, s.router)
		b.Page("/en/services/road-permit", 200)
		tell := func(body string) {
			t.Helper()
			resp := b.Do(b.Request(http.MethodPost, "/measure", bytes.NewReader([]byte(body))))
			_ = resp.Body.Close()
			if resp.StatusCode >= 500 {
				t.Errorf("%q: %d", body, resp.StatusCode)
			}
		}
		for _, body := range []string{
			"en 12 /services/road-permit", "en 999999 /services/road-permit", "", "en", "en x /services/road-permit",
			"en -5 /services/road-permit", "en 12 /nowhere", "../ 12 /services/road-permit", "en 12 " + strings.Repeat("x", 2000),
		} {
			tell(body)
		}
		s.granted = false
		tell("en 12 /services/road-permit")
		got := s.counted(t)
		if n := got["/services/road-permit"]; n.Timed != 2 || n.Seconds != 12+analytics.Longest || len(got) != 1 {
			t.Errorf("counted: %v", got)
		}
	})
}

func TestM8_FewAreNotShown(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := testkit.Browse(t, s.router)
		show := func() testkit.Nodes {
			req := b.Request(http.MethodGet, "/staff/statistics", nil)
			req.AddCookie(&http.Cookie{Name: web.StaffCookie, Value: "administrator"})
			return testkit.Page(t, b.Do(req))
		}
		s.Count("/services/road-permit", "en", analytics.Numbers{Views: 9, Entries: 9, Timed: 9, Seconds: 90})
		s.Count("/services/road-permit/apply/work", "en", analytics.Numbers{Views: 1234, Entries: 20, Timed: 10, Seconds: 250})
		s.counted(t)
		page := show().One("main")
		text := page.Text()
		if !strings.Contains(text, "fewer than 10") || !strings.Contains(text, "1,234") || !strings.Contains(text, "25 seconds") || !strings.Contains(text, "too few to say") {
			t.Errorf("the page says: %s", text)
		}
		for row := range page.Find("tbody tr").All() {
			if strings.Contains(row.Text(), "fewer than") && row.Has("rect") {
				t.Errorf("a number that is not shown is drawn: %s", row.Text())
			}
		}
		req := b.Request(http.MethodGet, "/staff/statistics", nil)
		req.AddCookie(&http.Cookie{Name: web.StaffCookie, Value: "permit-officer"})
		if resp := b.Do(req); resp.StatusCode != http.StatusForbidden {
			t.Errorf("an official who may not see operations gets %d", resp.StatusCode)
		}
		s.cookies = nil
		if got := show().One("main"); got.Has("table") || !strings.Contains(got.Text(), "nothing is counted") {
			t.Errorf("without a declaration the page says: %s", got.Text())
		}
	})
}

func TestO7_NumbersAreDeletedWhenTheirPeriodHasPassed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Count("/help", "en", analytics.Numbers{Views: 1})
		if got := s.counted(t); len(got) != 1 {
			t.Fatalf("counted: %v", got)
		}
		s.clock.Advance(40 * 24 * time.Hour)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := s.Report(t.Context(), 365)
		if err != nil || len(r.Pages) != 0 {
			t.Errorf("after its period there is %v (%v)", r.Pages, err)
		}
	})
}

func TestNumbersThatCouldNotBeStoredWait(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Count("/help", "en", analytics.Numbers{Views: 1})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Flush(gone); err == nil {
			t.Fatal("stored by a request that has gone")
		}
		s.Count("/help", "en", analytics.Numbers{Views: 2})
		if got := s.counted(t)["/help"]; got.Views != 3 {
			t.Errorf("counted: %+v", got)
		}
	})
}
