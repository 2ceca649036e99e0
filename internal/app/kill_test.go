package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/testkit"
)

// The phases in which the program is killed, and how often on each engine. Jobs
// come first: what a killed program had begun is taken up again when its claim
// is over, and the other kills fill that time.
var kills = []struct {
	phase string
	times int
}{{"job", 34}, {"request", 33}, {"commit", 33}}

// TestI3_KillsLoseNothingThatWasAcknowledged kills the real program, kill -9,
// while people read, apply, decide and pay, and looks after each start whether
// every read that was answered has its event (I3) and every application that
// was acknowledged exists once (O18). At the end every message that was
// promised came, and every application was paid once, issued once, and its
// person told of each step once.
func TestI3_KillsLoseNothingThatWasAcknowledged(t *testing.T) {
	sms := texting(t)
	dir := onegov(t)
	post, pay := keeping(t, &tls.Config{Certificates: sms.server.TLS.Certificates}), banking(t)
	write(t, filepath.Join(dir, "environment.yaml"), environment(t, sms, post, pay))
	awake(t, dir)
	seeds := testkit.Chance(t)
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		chance := rand.New(rand.NewPCG(seeds.Uint64(), seeds.Uint64()))
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			store := t.TempDir()
			args := []string{dir, "--data", filepath.Join(store, "data"), "--keys", filepath.Join(store, "keys")}
			if engine == db.Postgres {
				args = append(args, "--database", testkit.Address(t, engine))
			}
			c := &crash{t: t, sms: sms, post: post, chance: chance, program: testkit.Serve(t, args...), area: 70 + len(engine)}
			c.people(pay)
			done := 0
			kill := func(phase string) {
				c.round(phase)
				if done++; t.Failed() {
					t.Fatalf("in the %s phase, kill %d", phase, done)
				}
			}
			for _, k := range kills {
				for range k.times {
					kill(k.phase)
				}
			}
			for c.sent() < 5 && done < 200 { // a slow machine gets less far between two kills
				kill("commit")
			}
			for _, phone := range c.promised {
				sms.wait(t, phone, 2*time.Minute)
			}
			c.walker.ends(post)
			c.program.Stop()
			t.Logf("%d kills; answered: %d reads, %d applications, %d of them issued, %d registrations", done, c.reads(), c.sent(), c.walker.issued, len(c.promised))
			if c.reads() < 100 || c.walker.issued < 5 || len(c.promised) < 20 {
				t.Error("too little was under way for this to show anything")
			}
		})
	}
}

// crash is one engine's run.
type crash struct {
	t        *testing.T
	sms      *provider
	post     *mailbox
	chance   *rand.Rand
	program  *testkit.Program
	area     int // the first figures of its phone numbers
	readers  []*reader
	walker   *walker
	numbers  int
	promised []string // phone numbers whose registration was answered
}

// client is somebody's browser that may be cut off at any time.
type client struct {
	http *http.Client
	url  string
}

// answered sends a request and returns the answer, whole, or false.
func (c *client) answered(method, path string, form url.Values) (*http.Response, []byte, bool) {
	return c.sends(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// sends is answered with any body.
func (c *client) sends(method, path, kind string, sent io.Reader) (*http.Response, []byte, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, sent)
	if err != nil {
		return nil, nil, false
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, nil, false
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err == nil
}

func anew(t testing.TB) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{http: &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as returns a client with the cookies of a browser; they do not depend on the port.
func (c *crash) as(b *testkit.Browser) *client {
	c.t.Helper()
	one := anew(c.t)
	u, err := url.Parse(b.URL())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{web.SessionCookie, web.StaffCookie} {
		one.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: b.Cookie(name), Path: "/"}})
	}
	return one
}

func (c *crash) phone() string {
	c.numbers++
	return fmt.Sprintf("+960%d%05d", c.area, c.numbers)
}

// people registers three who will read, one who will apply and pay, and the
// official who decides.
func (c *crash) people(pay *bank) {
	citizen := c.program.Browse()
	email := fmt.Sprintf("aishath%d@example.mv", c.area)
	citizen.Submit("/en/register", url.Values{"contact": {email}}, http.StatusOK)
	citizen.Submit("/en/register/code", url.Values{"code": {c.post.wait(c.t, email, sixFigures)}}, http.StatusOK)
	citizen.Submit("/en/register/details", aperson(), http.StatusOK)
	citizen.Submit("/en/register/password", url.Values{"password": {password}}, http.StatusOK)
	admin, official, name := c.program.Browse(), c.program.Browse(), fmt.Sprintf("ahmed%d@example.mv", c.area)
	enrol(c.t, admin, c.program.Said("first administrator"), url.Values{"name": {"Hawwa Ibrahim"}, "email": {"hawwa@example.mv"}, "password": {password}})
	admin.Submit("/staff/invite", url.Values{"name": {"Ahmed Shareef"}, "email": {name}, "roles": {"permit-officer"}}, http.StatusOK)
	enrol(c.t, official, c.post.wait(c.t, name, welcome), url.Values{"password": {password}})
	c.walker = &walker{
		sender: &sender{client: c.as(citizen), t: c.t}, official: c.as(official), email: email, pay: pay,
		chance: rand.New(rand.NewPCG(c.chance.Uint64(), c.chance.Uint64())), left: map[string]bool{},
	}
	for range 3 {
		b := c.program.Browse()
		register(c.t, b, c.sms, c.phone(), aperson())
		r := &reader{client: c.as(b), t: c.t}
		r.scopes = map[string]string{"/en/cabinet/data": "profile"}
		for range 2 {
			id := apply(c.t, b, answers())
			r.scopes["/en/cabinet/applications/"+id] = "case:" + id
		}
		for path := range r.scopes {
			r.paths = append(r.paths, path)
		}
		slices.Sort(r.paths)
		c.t.Cleanup(func() { r.http.CloseIdleConnections() })
		r.client.url = c.program.URL
		r.events()
		c.readers = append(c.readers, r)
	}
}

// round lets people work, kills the program, starts it and looks.
func (c *crash) round(phase string) {
	read, sent, registered := make(chan struct{}, 10_000), make(chan struct{}, 10_000), make(chan struct{}, 10_000)
	at := work{release: make(chan struct{})}
	if phase == "job" {
		c.newcomers(&at, registered)
	} else {
		for _, r := range c.readers {
			at.run(func() { r.work(read) })
		}
	}
	at.run(func() { c.walker.work(sent) })
	switch chance := c.chance; phase {
	case "request": // anywhere while requests are under way
		delay := time.Duration(chance.Int64N(int64(250 * time.Millisecond)))
		close(at.release)
		<-time.After(delay)
	case "commit": // as soon as something was acknowledged
		acknowledged, times := read, 1+chance.IntN(9)
		if chance.IntN(2) == 0 {
			acknowledged, times = sent, 1
		}
		close(at.release)
		for range times {
			c.await(acknowledged)
		}
	case "job": // a job is written: before, while or after it is done
		delay := time.Duration(chance.Int64N(int64(20 * time.Millisecond)))
		close(at.release)
		c.await(registered)
		<-time.After(delay)
	}
	c.program.Kill()
	at.clients.Wait()
	c.program.Start()
	c.look()
}

// await waits for the next acknowledgement.
func (c *crash) await(acknowledged <-chan struct{}) {
	select {
	case <-acknowledged:
	case <-time.After(30 * time.Second):
		c.t.Error("nothing is acknowledged any more")
	}
}

// newcomers has two people ask for a code, three times each.
func (c *crash) newcomers(at *work, registered chan<- struct{}) {
	var mu sync.Mutex
	for range 2 {
		phones := []string{c.phone(), c.phone(), c.phone()}
		at.run(func() {
			for _, phone := range phones {
				one := anew(c.t)
				one.url = c.program.URL
				resp, _, ok := one.answered(http.MethodPost, "/en/register", url.Values{"contact": {phone}})
				one.http.CloseIdleConnections()
				if !ok {
					return
				}
				if resp.StatusCode != http.StatusSeeOther {
					c.t.Errorf("a registration is answered with %d", resp.StatusCode)
				}
				mu.Lock()
				c.promised = append(c.promised, phone)
				mu.Unlock()
				registered <- struct{}{}
			}
		})
	}
}

// work is what people do in one round.
type work struct {
	clients sync.WaitGroup
	release chan struct{}
}

func (w *work) run(do func()) {
	w.clients.Go(func() { <-w.release; do() })
}

// look holds the store to what was acknowledged.
func (c *crash) look() {
	var at sync.WaitGroup
	for _, r := range c.readers {
		r.client.url = c.program.URL
		at.Go(r.look)
	}
	c.walker.client.url, c.walker.official.url = c.program.URL, c.program.URL
	at.Go(c.walker.look)
	at.Wait()
}

func (c *crash) reads() (n int) {
	for _, r := range c.readers {
		n += r.answers
	}
	return n
}

func (c *crash) sent() int { return len(c.walker.acknowledged) }

// reader reads its own data, one page after the other in turn, so that the
// read that was under way at a kill cannot stand in for the one before it.
type reader struct {
	*client
	t       *testing.T
	scopes  map[string]string // path → the scope that it opens
	paths   []string
	turn    int
	seen    int64   // the number of the newest event that was looked at
	since   []asked // what was asked after it
	answers int
}

type asked struct {
	scope    string
	answered bool
}

func (r *reader) work(ack chan<- struct{}) {
	for {
		path := r.paths[r.turn%len(r.paths)]
		r.turn++
		resp, _, ok := r.answered(http.MethodGet, path, nil)
		r.since = append(r.since, asked{r.scopes[path], ok})
		if !ok {
			return
		}
		if resp.StatusCode != http.StatusOK {
			r.t.Errorf("%s answers %d", path, resp.StatusCode)
			return
		}
		r.answers++
		ack <- struct{}{}
	}
}

// events are the scopes of the reader's accesses after those that were looked
// at, the oldest first.
func (r *reader) events() (scopes []string) {
	var newest, last int64
	for next := "/en/cabinet/access.json"; next != "" && (last == 0 || last > r.seen+1); {
		resp, body, ok := r.answered(http.MethodGet, next, nil)
		var file struct {
			Records []audit.Record `json:"records"`
			Next    string         `json:"next"`
		}
		if !ok || resp.StatusCode != http.StatusOK || json.Unmarshal(body, &file) != nil {
			r.t.Errorf("%s cannot be had: %s", next, body)
			return nil
		}
		for _, rec := range file.Records {
			var e audit.Event
			if err := json.Unmarshal(rec.Event, &e); err != nil {
				r.t.Error(err)
				return nil
			}
			if e.N <= r.seen {
				break
			}
			if last != 0 && e.N != last-1 {
				r.t.Errorf("after event %d comes %d", last, e.N)
			}
			newest, last = max(newest, e.N), e.N
			if e.Kind == audit.KindAccess && slices.Contains(e.Fields, read[strings.HasPrefix(e.Scope, "case:")]) {
				scopes = append(scopes, e.Scope)
			}
		}
		next = file.Next
	}
	if last != 0 && last != r.seen+1 {
		r.t.Errorf("the first event after %d has the number %d", r.seen, last)
	}
	r.seen = max(r.seen, newest)
	slices.Reverse(scopes)
	return scopes
}

// read names a field that only the reading of a whole case, or profile, opens.
var read = map[bool]string{true: "road-permit.road", false: "person.birth-date"}

// look demands an event for each read that was answered, in their order; one
// that was cut off may have its event or not.
func (r *reader) look() {
	events := r.events()
	if r.t.Failed() {
		return
	}
	if !explains(r.since, events) {
		r.t.Errorf("asked since the last start: %v; but the log has %v", r.since, events)
	}
	r.since = nil
}

// explains reports whether the events are those of all that was answered and
// of some that was not.
func explains(since []asked, events []string) bool {
	if len(since) == 0 {
		return len(events) == 0
	}
	if len(events) > 0 && events[0] == since[0].scope && explains(since[1:], events[1:]) {
		return true
	}
	return !since[0].answered && explains(since[1:], events)
}

// TestTheKillsWouldShowALostEvent holds the comparison of answers and events
// to what it must and must not accept.
func TestTheKillsWouldShowALostEvent(t *testing.T) {
	since := []asked{{"profile", true}, {"case:1", true}, {"profile", false}}
	for _, good := range [][]string{{"profile", "case:1"}, {"profile", "case:1", "profile"}} {
		if !explains(since, good) {
			t.Errorf("%v is not accepted", good)
		}
	}
	for _, bad := range [][]string{nil, {"profile"}, {"profile", "profile"}, {"case:1", "profile"}, {"profile", "case:1", "case:1"}, {"profile", "case:1", "profile", "profile"}} {
		if explains(since, bad) {
			t.Errorf("%v is accepted", bad)
		}
	}
}

// sender applies again and again.
type sender struct {
	*client
	t            *testing.T
	acknowledged []string   // ids
	path         string     // what was under way
	under        url.Values // with these fields
}

// once goes the whole way of one application and reports whether it was
// acknowledged.
func (s *sender) once() bool {
	const start = "/en/services/road-permit/apply"
	for _, page := range []string{"/applicant", "/work"} {
		_, body, ok := s.answered(http.MethodGet, start+page, nil)
		if !ok {
			return false
		}
		_, sent := answered(testkit.HTML(s.t, bytes.NewReader(body)), answers())
		resp, _, ok := s.answered(http.MethodPost, start+page, sent)
		if !ok {
			return false
		}
		if resp.StatusCode != http.StatusSeeOther {
			s.t.Errorf("a page of a draft is answered with %d", resp.StatusCode)
			return false
		}
	}
	if !s.document(start + "/consent") {
		return false
	}
	_, body, ok := s.answered(http.MethodGet, start+"/check", nil)
	if !ok {
		return false
	}
	s.path, s.under = start+"/check", form(s.t, body)
	s.under.Set("_declared", "yes")
	return s.submit()
}

// document sends the file that a page asks for, in place of what was sent of it
// before the program was killed.
func (s *sender) document(at string) bool {
	_, body, ok := s.answered(http.MethodGet, at, nil)
	if !ok {
		return false
	}
	page := testkit.HTML(s.t, bytes.NewReader(body))
	for old := range page.Find(`form[action$="/remove"]`).All() {
		if _, _, ok := s.answered(http.MethodPost, old.Attr("action"), old.Values()); !ok {
			return false
		}
	}
	kind, file := multi(s.t, "consent.pdf", testkit.PDF("consent"))
	resp, body, ok := s.sends(http.MethodPost, page.One("form[data-upload]").Attr("action"), kind, file)
	if ok && resp.StatusCode != http.StatusSeeOther {
		s.t.Errorf("a file is answered with %d: %s", resp.StatusCode, body)
		return false
	}
	return ok
}

// submit sends what is under way.
func (s *sender) submit() bool {
	resp, body, ok := s.answered(http.MethodPost, s.path, s.under)
	if !ok {
		return false
	}
	id := application.FindStringSubmatch(resp.Header.Get("Location"))
	if id == nil {
		s.t.Errorf("an application is answered with %d: %s", resp.StatusCode, body)
		return false
	}
	s.acknowledged, s.under = append(s.acknowledged, id[1]), nil
	return true
}

// look sends again what was cut off, as a person would, and demands that each
// application that was acknowledged is there once, and no other.
func (s *sender) look() {
	if s.under != nil && !s.submit() {
		s.t.Error("an application that was cut off cannot be sent again")
		return
	}
	var listed []string
	for next := "/en/cabinet/applications"; next != ""; {
		_, body, ok := s.answered(http.MethodGet, next, nil)
		if !ok {
			s.t.Error("the list of applications cannot be had")
			return
		}
		page := testkit.HTML(s.t, bytes.NewReader(body))
		for _, m := range application.FindAllSubmatch(body, -1) {
			listed = append(listed, string(m[1]))
		}
		next = ""
		if link := page.Find(`main a[rel="next"]`); link.Len() > 0 {
			next = link.Attr("href")
		}
	}
	slices.Sort(listed)
	want := slices.Sorted(slices.Values(s.acknowledged))
	if !slices.Equal(listed, want) {
		s.t.Errorf("%d applications were acknowledged, and %d are listed", len(want), len(listed))
	}
}

// form is what a browser would send of the page's form.
func form(t testing.TB, page []byte) url.Values {
	t.Helper()
	return testkit.HTML(t, strings.NewReader(string(page))).Find("main form[method=post]").Values()
}
