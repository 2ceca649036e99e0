package app_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"portico/internal/demo"
	"portico/internal/platform/clock"
	"portico/internal/testkit"
)

// mailbox is a mail server that lives longer than the program that is killed:
// it keeps which messages came, each once, by Message-ID.
type mailbox struct {
	port int
	mu   sync.Mutex
	came map[string]string // Message-ID → recipient, subject and text
}

func keeping(t *testing.T, config *tls.Config) *mailbox {
	t.Helper()
	m := &mailbox{came: map[string]string{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letter{box: m}, nil }))
	server.TLSConfig, server.ErrorLog = config, log.New(io.Discard, "", 0) // of programs that were killed while they sent
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.port = at.Addr().(*net.TCPAddr).Port
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(at) }()
	t.Cleanup(func() {
		_, _ = server.Close(), at.Close()
		<-ended
	})
	return m
}

type letter struct {
	box *mailbox
	to  string
}

func (l *letter) Reset()                                    { l.to = "" }
func (l *letter) Logout() error                             { return nil }
func (l *letter) Mail(string, *smtp.MailOptions) error      { return nil }
func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error { l.to = to; return nil }

func (l *letter) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	l.box.came[m.Header.Get("Message-ID")] = l.to + "\n" + subject + "\n" + string(text)
	return err
}

// about are the subjects of the messages to somebody that name a reference,
// with how many Message-IDs each came under.
func (m *mailbox) about(to, reference string) map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]int{}
	for _, text := range m.came {
		lines := strings.SplitN(text, "\n", 3)
		if lines[0] == to && strings.Contains(lines[1], reference) {
			found[lines[1]]++
		}
	}
	return found
}

// wait waits until something came for somebody that has what is looked for.
func (m *mailbox) wait(t testing.TB, to string, what *regexp.Regexp) string {
	t.Helper()
	for end := time.After(time.Minute); ; {
		m.mu.Lock()
		for _, text := range m.came {
			if found := what.FindString(text); found != "" && strings.HasPrefix(text, to+"\n") {
				m.mu.Unlock()
				return found
			}
		}
		m.mu.Unlock()
		select {
		case <-time.After(20 * time.Millisecond):
		case <-end:
			t.Fatalf("no letter with %s came to %s", what, to)
		}
	}
}

// bank is a payment provider that lives longer than the program, behind TLS.
type bank struct {
	*demo.Provider
	front *httptest.Server
}

func banking(t *testing.T) *bank {
	t.Helper()
	p, err := demo.TakePayments(clock.System{}, "MVR")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	behind, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{Provider: p}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.ModifyResponse = func(r *http.Response) error { // its links lead here
		body, err := io.ReadAll(r.Body)
		body = bytes.ReplaceAll(body, []byte(p.URL()), []byte(b.front.URL))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", fmt.Sprint(len(body)))
		return err
	}
	b.front = httptest.NewUnstartedServer(proxy)
	b.front.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.front.StartTLS()
	t.Cleanup(b.front.Close)
	return b
}

// pays does what a person does on the provider's page.
func (b *bank) pays(t testing.TB, page string) {
	t.Helper()
	resp, err := b.browser().PostForm(page, url.Values{"how": {"pay"}})
	if err != nil {
		t.Errorf("pay at the provider: %v", err)
		return
	}
	_ = resp.Body.Close()
}

func (b *bank) browser() *http.Client {
	c := *b.front.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// booked are the states of the payments of an order, one for each attempt to
// pay it, and what was given back of them.
func (b *bank) booked(t testing.TB, order string) (states []string, refunded int64) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.URL()+"/v1/payments?reference="+url.QueryEscape(order), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.Token())
	resp, err := b.browser().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var found struct {
		Results []struct {
			Reference string `json:"reference"`
			State     struct {
				Status string `json:"status"`
			} `json:"state"`
			Refunds struct {
				Submitted int64 `json:"amount_submitted"`
			} `json:"refund_summary"`
		} `json:"results"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	for _, p := range found.Results {
		if strings.HasPrefix(p.Reference, order+"-") {
			states, refunded = append(states, p.State.Status), refunded+p.Refunds.Submitted
		}
	}
	return states, refunded
}

// environment is one whose text messages, letters and payments go to servers
// of this test. Programs started from now on trust them.
func environment(t *testing.T, sms *provider, post *mailbox, pay *bank) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"token": "a-token", "pay": pay.Token(), "signing": pay.Signing()} {
		write(t, filepath.Join(dir, name), text)
	}
	return fmt.Sprintf(`address: https://one.gov.mv
mail: {host: 127.0.0.1, port: %d, from: no-reply@one.gov.mv}
sms: {url: %q, from: ONEGOV, token: "file:%s/token"}
payment: {url: %q, pages: %q, currency: MVR, token: "file:%s/pay", signing-secret: "file:%s/signing"}
login: {issuer: "https://login.one.gov.mv", client: onegov, secret: "file:%s/token"}
`, post.port, sms.server.URL, dir, pay.front.URL, pay.front.URL, dir, dir, dir)
}

// awake lets a portal send at any hour: this test has no other clock than the
// machine's, and waits for what is sent.
func awake(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, "portico.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	without := regexp.MustCompile(`(?m)^notices:\n  quiet:.*\n`).ReplaceAll(text, nil)
	if bytes.Equal(without, text) {
		t.Fatal("the portal has no quiet hours to take away")
	}
	write(t, name, string(without))
}

// walker takes applications the whole way, from the form to the permit, as the
// person, the official and the payer would. It looks where an application
// stands and does what comes next, so it goes on after any kill.
type walker struct {
	*sender
	official *client
	email    string
	pay      *bank
	chance   *rand.Rand
	left     map[string]bool // what is paid at the provider: the rest happens by itself
	issued   int
}

func (w *walker) work(ack chan<- struct{}) {
	for w.step() {
		ack <- struct{}{}
	}
}

// current is the application to go on with.
func (w *walker) current() string {
	for _, id := range w.acknowledged {
		if !w.left[id] {
			return id
		}
	}
	return ""
}

// step does what comes next, and reports whether it was answered.
func (w *walker) step() bool {
	id := w.current()
	if id == "" {
		return w.once()
	}
	own, ok := w.see(w.client, "/en/cabinet/applications/"+id)
	switch {
	case !ok:
		return false
	case permit(own) != "":
		w.left[id] = true
		return true
	case own.Has(`main a.button.primary[href$="/pay"]`):
		return w.pays(id)
	}
	return w.decides(id)
}

// permit is the path of the document that an application ended in.
func permit(own testkit.Nodes) string {
	if link := own.Find(`main a[href^="/en/cabinet/documents/"]`); link.Len() > 0 {
		return link.Attr("href")
	}
	return ""
}

// see opens a page.
func (w *walker) see(c *client, path string) (testkit.Nodes, bool) {
	resp, body, ok := c.answered(http.MethodGet, path, nil)
	if !ok {
		return testkit.Nodes{}, false
	}
	if resp.StatusCode != http.StatusOK {
		w.t.Errorf("%s answers %d %s", path, resp.StatusCode, resp.Header.Get("Location"))
		return testkit.Nodes{}, false
	}
	return testkit.HTML(w.t, bytes.NewReader(body)), true
}

// decides takes the case as the official, or approves it.
func (w *walker) decides(id string) bool {
	path := "/staff/cases/" + id
	page, ok := w.see(w.official, path)
	if !ok {
		return false
	}
	for _, action := range []string{"take", "approve"} {
		button := page.Find(`main form:has(button[value="` + action + `"])`)
		if button.Len() == 0 {
			continue
		}
		sent := button.Values()
		sent.Set("action", action)
		resp, _, ok := w.official.answered(http.MethodPost, button.Attr("action"), sent)
		if ok && resp.StatusCode != http.StatusSeeOther {
			w.t.Errorf("%s is answered with %d", action, resp.StatusCode)
		}
		return ok && !w.t.Failed()
	}
	w.t.Errorf("nothing can be done with %s: %s", path, page.One("main").Text())
	return false
}

// pays goes to the provider's page and pays. Then the person comes back, or
// closes the browser.
func (w *walker) pays(id string) bool {
	resp, _, ok := w.answered(http.MethodGet, "/en/cabinet/applications/"+id+"/pay", nil)
	if !ok {
		return false
	}
	order := resp.Header.Get("Location")
	page, ok := w.see(w.client, order)
	if !ok {
		return false
	}
	button := page.Find(`main form:has(button[value=pay])`)
	if button.Len() == 0 {
		return true // it became known meanwhile
	}
	sent := button.Values()
	sent.Set("action", "pay")
	if resp, _, ok = w.answered(http.MethodPost, button.Attr("action"), sent); !ok {
		return false
	}
	_, at, leaves := strings.Cut(resp.Header.Get("Refresh"), "url=")
	if !leaves {
		return true // it is paid already: the next look shows it
	}
	w.pay.pays(w.t, at)
	if w.chance.IntN(2) == 0 {
		_, _, ok = w.answered(http.MethodGet, order+"/back", nil)
	}
	w.left[id] = ok
	return ok
}

// ends lets everything come to its end and holds it to what was done: each
// application that was acknowledged is there once, paid once, issued once, and
// its person was told of each step once.
func (w *walker) ends(post *mailbox) {
	w.t.Helper()
	for w.current() != "" {
		if !w.step() {
			w.t.Error("what was cut off cannot be gone on with")
			return
		}
	}
	for _, id := range w.acknowledged {
		var reference, document string
		for end := time.After(2 * time.Minute); document == ""; {
			own, ok := w.see(w.client, "/en/cabinet/applications/"+id)
			if !ok {
				return
			}
			document, reference = permit(own), number.FindString(own.One("main").Text())
			select {
			case <-end:
				w.t.Errorf("%s was paid and is not issued: %s", reference, own.One("main").Text())
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		w.issued++
		w.told(reference, post)
		resp, _, ok := w.answered(http.MethodGet, "/en/cabinet/applications/"+id+"/pay", nil)
		if !ok {
			w.t.Error("the order cannot be had")
			return
		}
		order, ok := w.see(w.client, resp.Header.Get("Location"))
		if !ok {
			return
		}
		states, refunded := w.pay.booked(w.t, orderNumber.FindString(order.One("main").Text()))
		if paid := slices.DeleteFunc(states, func(s string) bool { return s != "success" }); len(paid) != 1 || refunded != 0 {
			w.t.Errorf("%s was paid %d times, and %d given back", reference, len(paid), refunded)
		}
	}
	papers := 0
	for next := "/en/cabinet/documents"; next != ""; {
		list, ok := w.see(w.client, next)
		if !ok {
			return
		}
		papers += list.Find(`main table a[href^="/en/cabinet/documents/"]`).Len()
		next = ""
		if link := list.Find(`main a[rel="next"]`); link.Len() > 0 {
			next = link.Attr("href")
		}
	}
	if papers != len(w.acknowledged) {
		w.t.Errorf("%d applications ended in %d documents", len(w.acknowledged), papers)
	}
}

var (
	number      = regexp.MustCompile(`RP-[0-9A-Z]{4}-[0-9A-Z]{4}`)
	orderNumber = regexp.MustCompile(`PAY-[0-9A-Z]{4}-[0-9A-Z]{4}`)
)

// told demands that the person was told of each step of an application, each
// time under one Message-ID.
func (w *walker) told(reference string, post *mailbox) {
	w.t.Helper()
	var subjects map[string]int
	for end := time.After(2 * time.Minute); len(subjects) < 3; {
		subjects = post.about(w.email, reference)
		select {
		case <-end:
			w.t.Errorf("of %s the person was told only: %v", reference, slices.Collect(maps.Keys(subjects)))
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	for subject, times := range subjects {
		if times != 1 {
			w.t.Errorf("%q was said %d times", subject, times)
		}
	}
}
