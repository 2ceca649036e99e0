package app_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/testkit"
)

// onegov is a copy of the instance of that name which a test may change.
func onegov(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "onegov")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testkit.Root(), "instances", "onegov"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes a file of a test.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// provider is a text message provider that lives longer than the program that
// is killed: it keeps what it was given, by number.
type provider struct {
	server *httptest.Server
	mu     sync.Mutex
	texts  map[string][]string
	came   chan struct{} // has something in it when a message came
}

// texting starts a provider, and makes programs started from now on trust it.
func texting(t *testing.T) *provider {
	t.Helper()
	p := &provider{texts: map[string][]string{}, came: make(chan struct{}, 1)}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct{ To, Text string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		p.texts[m.To] = append(p.texts[m.To], m.Text)
		p.mu.Unlock()
		select {
		case p.came <- struct{}{}:
		default:
		}
	}))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of programs that were killed in a handshake
	p.server.StartTLS()
	t.Cleanup(p.server.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	write(t, roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})))
	t.Setenv("SSL_CERT_FILE", roots)
	return p
}

// got is what was sent to a number.
func (p *provider) got(phone string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.texts[phone]
}

// wait waits until the number was sent something.
func (p *provider) wait(t testing.TB, phone string, within time.Duration) string {
	t.Helper()
	for end := time.After(within); ; {
		if all := p.got(phone); len(all) > 0 {
			return all[len(all)-1]
		}
		select {
		case <-p.came:
		case <-time.After(50 * time.Millisecond): // another test may have taken the news
		case <-end:
			t.Fatalf("nothing was sent to %s", phone)
		}
	}
}

// environment is an environment.yaml of a portal whose messages go to p.
func (p *provider) environment(t testing.TB) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, "a-token-that-signs-too")
	return "address: https://one.gov.mv\n" +
		"mail: {host: smtp.one.gov.mv, port: 587, from: no-reply@one.gov.mv}\n" +
		"sms: {url: \"" + p.server.URL + "\", from: ONEGOV, token: \"file:" + secret + "\"}\n" + taking("file:"+secret)
}

// taking is what an environment.yaml says of the payment provider and of the
// login, whose secrets are somewhere.
func taking(secret string) string {
	return "payment: {url: \"https://pay.one.gov.mv\", pages: \"https://pay.one.gov.mv\", currency: MVR, token: \"" + secret + "\", signing-secret: \"" + secret + "\"}\n" +
		"login: {issuer: \"https://login.one.gov.mv\", client: onegov, secret: \"" + secret + "\"}\n"
}

var sixFigures = regexp.MustCompile(`\b\d{6}\b`)

const password = "a long enough sentence"

// register makes an account with a phone number, as a person would, and
// returns the browser that is signed in.
func register(t testing.TB, b *testkit.Browser, p *provider, phone string, details url.Values) {
	t.Helper()
	b.Submit("/en/register", url.Values{"contact": {phone}}, http.StatusOK)
	code := sixFigures.FindString(p.wait(t, phone, time.Minute))
	b.Submit("/en/register/code", url.Values{"code": {code}}, http.StatusOK)
	b.Submit("/en/register/details", details, http.StatusOK)
	page := b.Submit("/en/register/password", url.Values{"password": {password}}, http.StatusOK)
	if page.Has("form[action$=password]") {
		t.Fatalf("the registration does not end: %s", page.One("main").Text())
	}
}

// aperson is who somebody says they are.
func aperson() url.Values {
	return url.Values{
		"name": {"Aishath Mohamed"}, "birth-date-day": {"12"}, "birth-date-month": {"4"}, "birth-date-year": {"1987"},
		"identity-number": {"A123456"}, "address": {"Finifenmaage\nFuvahmulah City"},
	}
}

// answers to the questions of the road permit.
func answers() url.Values {
	start := time.Now().AddDate(0, 0, 20)
	return url.Values{
		"applicant": {"person"}, "name": {"Aishath Mohamed"}, "identity-number": {"A123456"}, "phone": {"+9607771234"}, "email": {"aishath@example.mv"},
		"road": {"Dhigu Magu"}, "section": {"From the school to the harbour"}, "kind": {"construction"},
		"start-day": {start.Format("2")}, "start-month": {start.Format("1")}, "start-year": {start.Format("2006")},
		"start-time": {"09:00"}, "hours": {"9"}, "boards": {"3"},
	}
}

// apply sends an application for a road permit and returns its id.
func apply(t testing.TB, b *testkit.Browser, given url.Values) string {
	t.Helper()
	id, _ := applyAt(t, b, "/en/services/road-permit/apply/applicant", given)
	return id
}

// applyAt goes page by page through the form that begins at path, as a
// browser without JavaScript: where a page asks for a file it sends a PDF that
// names the page. It sends the application and returns its id and the pages
// that asked for a file.
func applyAt(t testing.TB, b *testkit.Browser, path string, given url.Values) (id string, asked []string) {
	t.Helper()
	page := b.Page(path, http.StatusOK)
	for range 60 {
		if page.Has("main .tasks") {
			page = b.Page(nextTask(page), http.StatusOK)
			continue
		}
		form := page.One(`main form[action*="/apply/"]`)
		action, sent := form.Attr("action"), form.Values()
		at, err := url.Parse(action)
		if err != nil {
			t.Fatal(err)
		}
		name := at.Path[strings.LastIndex(at.Path, "/")+1:]
		if name == "check" {
			sent.Set("_declared", "yes")
			resp := b.Post(action, sent)
			found := application.FindStringSubmatch(resp.Header.Get("Location"))
			if found == nil {
				t.Fatalf("the application was not taken: %d, %q", resp.StatusCode, resp.Header.Get("Location"))
			}
			return found[1], asked
		}
		if page.Has("main form[data-upload]") {
			b.Submit(action, sent, http.StatusUnprocessableEntity) // on without the document
			resp := upload(t, b, page.One("main form[data-upload]"), name+".pdf", testkit.PDF(name))
			page = testkit.Page(t, b.Follow(resp))
			if !strings.Contains(page.One("main .files").Text(), name+".pdf") {
				t.Fatalf("the file of %s is not there: %s", name, page.One("main").Text())
			}
			form = page.One(`main form[action*="/apply/"]`)
			sent, asked = form.Values(), append(asked, name)
		}
		for input, v := range given {
			if form.Has(`[name="` + input + `"]`) {
				sent[input] = v
			}
		}
		page = b.Submit(action, sent, http.StatusOK)
	}
	t.Fatal("the form has no end")
	return "", nil
}

// nextTask is where the list of the pages of a form leads on: the first that is
// not done, or checking them all.
func nextTask(list testkit.Nodes) string {
	for task := range list.Find("main .task").All() {
		if !task.Has(".tag.k-good") {
			return task.One("a").Attr("href")
		}
	}
	return list.One("main a.button.primary").Attr("href")
}

// answered is what a browser sends of the page's form with those answers that
// the page asks for.
func answered(page testkit.Nodes, given url.Values) (string, url.Values) {
	form := page.One("main form[method=post]")
	sent := form.Values()
	for name, v := range given {
		if page.Has(`main [name="` + name + `"]`) {
			sent[name] = v
		}
	}
	return form.Attr("action"), sent
}

var application = regexp.MustCompile(`/(?:cabinet/applications|staff/entered)/([0-9a-f-]{36})`)

// files is the content of every file below a folder, by name.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		out[strings.TrimPrefix(name, dir+"/")] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
