package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/clock"
)

// TestWhatNeedsANewerProofLeadsThereAndBack covers the option of a route and
// the demand of a handler, for people and officials.
func TestWhatNeedsANewerProofLeadsThereAndBack(t *testing.T) {
	now := clock.NewFake(day)
	in := sessions{}
	in.add("p", &Session{ID: "1", Subject: "s", Realm: RealmPerson, Stepped: day.Add(-time.Hour)})
	in.add("o", &Session{ID: "2", Subject: "o", Realm: RealmStaff, Stepped: day.Add(-time.Hour)})
	r := newRouter(t, func(c *Config) { c.Sessions, c.Clock = in, now })
	ok := func(q *Req) error { return q.Bytes(http.StatusOK, "text/plain", []byte("done")) }
	r.Handle(Route{Method: "GET", Path: "/change", Audience: Person, Activity: "account", StepUp: StepUpAge, Handler: ok})
	r.Handle(Route{Method: "POST", Path: "/change", Audience: Person, Activity: "account", StepUp: StepUpAge, Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/staff/change", Audience: Staff, Unprefixed: true, Activity: "account", Handler: func(q *Req) error {
		if err := q.NeedStepUp(StepUpAge); err != nil {
			return err
		}
		return ok(q)
	}})
	person := func(r *http.Request) *http.Request { return with(r, "Cookie", SessionCookie+"=p") }
	official := func(r *http.Request) *http.Request { return with(r, "Cookie", StaffCookie+"=o") }

	w := fetch(t, r, person(get("/dv/change?a=1&b=2")))
	if got, want := w.Header().Get("Location"), "/dv/step-up?next=%2Fdv%2Fchange%3Fa%3D1%26b%3D2"; w.Code != http.StatusSeeOther || got != want {
		t.Errorf("a page answers %d and leads to %q, not %q", w.Code, got, want)
	}
	if got := fetch(t, r, official(get("/staff/change"))).Header().Get("Location"); got != "/staff/step-up?next=%2Fstaff%2Fchange" {
		t.Errorf("an official is led to %q", got)
	}
	w = fetch(t, r, person(with(post("/en/change", ""), "Referer", "http://localhost/en/change?a=1")))
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `href="/en/step-up?next=%2Fen%2Fchange%3Fa%3D1"`) {
		t.Errorf("a form of an old proof: %d %s", w.Code, w.Body)
	}
	w = fetch(t, r, person(with(post("/en/change", ""), "Referer", "https://elsewhere.example/en/change")))
	if !strings.Contains(w.Body.String(), `href="/en/step-up"`) {
		t.Errorf("a page of elsewhere is come back to: %s", w.Body)
	}

	in.add("p", &Session{ID: "1", Subject: "s", Realm: RealmPerson, Stepped: day})
	for _, c := range []struct {
		after  time.Duration
		method string
		status int
	}{
		{0, "GET", 200}, {StepUpAge, "GET", 200}, {StepUpAge + time.Second, "GET", 303},
		{StepUpAge + time.Second, "POST", 200}, {StepUpAge + formTime, "POST", 200}, {StepUpAge + formTime + time.Second, "POST", 401},
	} {
		now.Advance(day.Add(c.after).Sub(now.Now()))
		req := get("/en/change")
		if c.method == "POST" {
			req = post("/en/change", "")
		}
		if w := fetch(t, r, person(req)); w.Code != c.status {
			t.Errorf("%s after %s: %d, not %d", c.method, c.after, w.Code, c.status)
		}
	}
}

// TestAWayInThatIsNewAuthorisesNothingThatAThiefWants is what downloads and
// consents ask.
func TestAWayInThatIsNewAuthorisesNothingThatAThiefWants(t *testing.T) {
	now := clock.NewFake(day)
	in := sessions{}
	in.add("p", &Session{ID: "1", Subject: "s", Realm: RealmPerson, Stepped: day, Seasoned: day.Add(time.Hour)})
	r := newRouter(t, func(c *Config) { c.Sessions, c.Clock = in, now })
	r.Handle(Route{Method: "GET", Path: "/declared", Audience: Person, Activity: "account", Seasoned: true, Handler: func(q *Req) error {
		return q.Bytes(http.StatusOK, "text/plain", []byte("data"))
	}})
	r.Handle(Route{Method: "GET", Path: "/download", Audience: Person, Activity: "account", Handler: func(q *Req) error {
		if err := q.NeedSeasoned(); err != nil {
			return err
		}
		return q.Bytes(http.StatusOK, "text/plain", []byte("data"))
	}})
	for after, status := range map[time.Duration]int{0: 403, time.Hour - time.Second: 403, time.Hour: 200} {
		now.Advance(day.Add(after).Sub(now.Now()))
		for _, path := range []string{"/en/download", "/en/declared"} {
			w := fetch(t, r, with(get(path), "Cookie", SessionCookie+"=p"))
			if w.Code != status || status == 403 && !strings.Contains(w.Body.String(), "72 hours") {
				t.Errorf("%s after %s: %d %s", path, after, w.Code, w.Body)
			}
		}
	}
}
