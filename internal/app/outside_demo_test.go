package app_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"mime/quotedprintable"
	"net"
	"net/http"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/pquerna/otp/totp"

	"portico/internal/instance"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// letters is a mail server on loopback, encrypted and with a password, that
// keeps what it is given.
type letters struct {
	port  int
	taken chan string // "to\n\ntext"
}

func (l *letters) wait(t testing.TB, to string) string {
	t.Helper()
	select {
	case letter := <-l.taken:
		if !strings.HasPrefix(letter, to+"\n") {
			t.Fatalf("a letter to %s was awaited, and this came:\n%s", to, letter)
		}
		return letter
	case <-time.After(time.Minute):
		t.Fatalf("no letter came to %s", to)
		return ""
	}
}

func mailing(t *testing.T, config *tls.Config) *letters {
	t.Helper()
	l := &letters{taken: make(chan string, 10)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{letters: l}, nil }))
	server.TLSConfig, server.ErrorLog = config, log.New(io.Discard, "", 0)
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.port = at.Addr().(*net.TCPAddr).Port
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(at) }()
	t.Cleanup(func() {
		_, _ = server.Close(), at.Close()
		<-ended
	})
	return l
}

type delivery struct {
	*letters
	known bool
	to    string
}

func (d *delivery) Reset()                               { d.to = "" }
func (d *delivery) Logout() error                        { return nil }
func (d *delivery) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, secret string) error {
		if d.known = name == "portal" && secret == "mail-secret"; !d.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !d.known {
		return smtp.ErrAuthRequired
	}
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	d.taken <- d.to + "\n\n" + string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	return err
}

// code is what an authenticator app shows for a key, some steps from now.
func code(t testing.TB, key string, steps int) string {
	t.Helper()
	c, err := totp.GenerateCode(strings.ReplaceAll(key, " ", ""), time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var welcome = regexp.MustCompile(`/staff/welcome/\S+`)

// enrol follows a link to a password and a second factor, and returns the key.
func enrol(t testing.TB, b *testkit.Browser, link string, who url.Values) (key string) {
	t.Helper()
	path := welcome.FindString(link)
	if path == "" {
		t.Fatalf("no link in %q", link)
	}
	key = b.Submit(path, who, http.StatusOK).One(".ident").Text()
	if to := b.Get("/staff/").Header.Get("Location"); !strings.HasPrefix(to, "/staff/sign-in") {
		t.Errorf("a password alone opens the officials' pages: %q", to)
	}
	b.Submit("/staff/sign-in/enrol", url.Values{"code": {code(t, key, 0)}}, http.StatusOK)
	if resp := b.Get(path); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the link opens twice: %d", resp.StatusCode)
	}
	return key
}

// press sends the form of a page with one of its buttons and some answers.
func press(t testing.TB, b *testkit.Browser, page testkit.Nodes, with url.Values) testkit.Nodes {
	t.Helper()
	form := page.One("main form[method=post]")
	sent := form.Values()
	for name, v := range with {
		sent[name] = v
	}
	return b.Submit(form.Attr("action"), sent, http.StatusOK)
}

func TestOutsideADemoAllOfItWorksOverTLSAndByMail(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			cert, key, roots := certificate(t)
			t.Setenv("SSL_CERT_FILE", cert)
			pair, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			post := mailing(t, &tls.Config{Certificates: []tls.Certificate{pair}})
			dir := filepath.Join(t.TempDir(), "town")
			if err := instance.Init(dir); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "environment.yaml"), fmt.Sprintf(`tls: {certificate: "file:%s", key: "file:%s"}
mail: {host: localhost, port: %d, from: no-reply@example.org, username: "env:TOWN_USER", password: "env:TOWN_PASSWORD"}
sms: {url: "https://sms.example.org/v1/messages", from: TOWN, token: "env:TOWN_PASSWORD"}
payment: {url: "https://pay.example.org", pages: "https://pay.example.org", currency: EUR, token: "env:TOWN_PASSWORD", signing-secret: "env:TOWN_SIGNING"}
`, cert, key, post.port))
			t.Setenv("TOWN_USER", "portal")
			t.Setenv("TOWN_PASSWORD", "mail-secret")
			t.Setenv("TOWN_SIGNING", "what payments are signed with")
			store := t.TempDir()
			t.Setenv("PORTICO_DATA", filepath.Join(store, "data"))
			t.Setenv("PORTICO_KEYS", filepath.Join(store, "keys"))
			if engine == db.Postgres {
				t.Setenv("PORTICO_DATABASE", testkit.Address(t, engine))
			}
			p := testkit.Serve(t, dir)
			if !strings.HasPrefix(p.URL, "https://localhost:") {
				t.Fatalf("it is served at %s", p.URL)
			}
			first := p.Said("first administrator")
			admin := testkit.BrowseTLS(t, p.URL, roots)

			enrol(t, admin, first, url.Values{"name": {"Hawwa Ibrahim"}, "email": {"hawwa@example.org"}, "password": {password}})
			admin.Submit("/staff/invite", url.Values{"name": {"Ahmed Shareef"}, "email": {"ahmed@example.org"}, "roles": {"permit-officer"}}, http.StatusOK)
			official := admin.Another()
			second := enrol(t, official, post.wait(t, "ahmed@example.org"), url.Values{"password": {password}})

			citizen := admin.Another()
			home := citizen.Get("/en/")
			if home.Header.Get("Strict-Transport-Security") == "" || home.StatusCode != http.StatusOK {
				t.Errorf("the first page: %d %v", home.StatusCode, home.Header)
			}
			citizen.Submit("/en/register", url.Values{"contact": {"aishath@example.org"}}, http.StatusOK)
			if citizen.Cookie("__Host-session") == "" || citizen.Cookie("session") != "" {
				t.Error("the cookie is not bound to the host")
			}
			letter := post.wait(t, "aishath@example.org")
			citizen.Submit("/en/register/code", url.Values{"code": {sixFigures.FindString(letter)}}, http.StatusOK)
			citizen.Submit("/en/register/details", aperson(), http.StatusOK)
			citizen.Submit("/en/register/password", url.Values{"password": {password}}, http.StatusOK).One(".panel h1")

			again := admin.Another()
			again.Submit("/en/register", url.Values{"contact": {"aishath@example.org"}}, http.StatusOK).One("input[name=code]")
			if told := post.wait(t, "aishath@example.org"); sixFigures.MatchString(told) {
				t.Errorf("somebody who has an account is sent a code:\n%s", told)
			}

			page := citizen.Page("/en/services/parking-permit/apply", http.StatusOK)
			page = press(t, citizen, page, url.Values{"name": {"Aishath Mohamed"}, "address": {"Finifenmaage"}, "plate": {"A1B 2345"}, "months": {"3"}})
			reference := press(t, citizen, page, url.Values{"_declared": {"yes"}}).One(".panel .reference").Text()

			official.Submit("/staff/sign-out", nil, http.StatusOK)
			official.Submit("/staff/sign-in", url.Values{"email": {"ahmed@example.org"}, "password": {password}}, http.StatusOK).One("input[name=code]")
			queue := official.Submit("/staff/sign-in/code", url.Values{"code": {code(t, second, 1)}}, http.StatusOK)
			if strings.Contains(queue.Text(), "Finifenmaage") {
				t.Error("the queue shows personal data")
			}
			seen := official.Page(queue.One(`main a[href^="/staff/cases/"]`).Attr("href"), http.StatusOK)
			if text := seen.One("main").Text(); !strings.Contains(text, reference) || strings.Contains(text, "A1B 2345") {
				t.Errorf("before it is taken the case says: %s", text)
			}
			seen = press(t, official, seen, url.Values{"action": {"take"}})
			if !strings.Contains(seen.One("main").Text(), "A1B 2345") {
				t.Error("whoever took the case does not see what was stated")
			}
			press(t, official, seen, url.Values{"action": {"approve"}, "remarks": {"Put it behind the windscreen."}})

			list := citizen.Page("/en/cabinet/applications", http.StatusOK)
			own := citizen.Page(list.One(`main a[href*="/cabinet/applications/"]`).Attr("href"), http.StatusOK).One("main").Text()
			for _, want := range []string{"Approved", "Put it behind the windscreen.", reference} {
				if !strings.Contains(own, want) {
					t.Errorf("the applicant does not see %q", want)
				}
			}
			if uses := citizen.Page("/en/cabinet/access", http.StatusOK).One("main").Text(); !strings.Contains(uses, "Permit officer") {
				t.Errorf("the applicant does not see who looked: %s", uses)
			}

			p.Stop()
			for _, planted := range []string{"aishath", "Aishath", "ahmed", "Finifenmaage", "A1B 2345", "windscreen", "mail-secret", password} {
				if strings.Contains(p.Log(), planted) {
					t.Errorf("the log of the program holds %q", planted)
				}
			}
		})
	}
}
