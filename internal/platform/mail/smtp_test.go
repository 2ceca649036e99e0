package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"portico/internal/platform/mail"
	"portico/internal/testkit"
)

// server is a real SMTP server on loopback that keeps what it takes.
type server struct {
	port   int
	taken  chan letter
	refuse error // what RCPT answers
}

type letter struct {
	user      string
	from, to  string
	encrypted bool
	data      []byte
}

func serve(t *testing.T, config *tls.Config, implicit bool) *server {
	t.Helper()
	s := &server{taken: make(chan letter, 10)}
	backend := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	backend.TLSConfig = config
	backend.ErrorLog = discard{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, config)
	}
	ended := make(chan error, 1)
	go func() { ended <- backend.Serve(l) }()
	t.Cleanup(func() {
		_, _ = backend.Close(), l.Close() // the server may not know of its listener yet
		<-ended
	})
	return s
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

type session struct {
	*server
	conn *smtp.Conn
	letter
}

func (s *session) Reset()        { s.letter = letter{user: s.user} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if name != "portal" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.user = name
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.refuse != nil {
		return s.refuse
	}
	s.to += to
	return nil
}

func (s *session) Data(r io.Reader) (err error) {
	s.data, err = io.ReadAll(r)
	_, s.encrypted = s.conn.TLSConnectionState()
	s.taken <- s.letter
	return err
}

// certificate is one for 127.0.0.1, and who vouches for it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}

func sender(t *testing.T, c mail.SMTPConfig) *mail.SMTP {
	t.Helper()
	c.Host, c.From, c.Clock = "127.0.0.1", "Portal <portal@onegov.example>", testkit.Clock()
	s, err := mail.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var hello = mail.Message{
	To: "aminath@example.mv", Subject: "ތިޔަ އެދުން", MessageID: "job-1",
	Text: "Dear Aminath,\n\nsomething waits for you. ކިޔާ\n.\n",
}

func TestO1MailTravelsEncrypted(t *testing.T) {
	config, roots := certificate(t)
	for _, way := range []mail.TLS{mail.StartTLS, mail.Implicit} {
		t.Run(string(way), func(t *testing.T) {
			s := serve(t, config, way == mail.Implicit)
			out := sender(t, mail.SMTPConfig{Port: s.port, TLS: way, Roots: roots, Username: "portal", Password: "secret"})
			if want := "127.0.0.1:" + strconv.Itoa(s.port); out.Destination() != want {
				t.Errorf("the destination is %s, not %s", out.Destination(), want)
			}
			if err := out.SendMail(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			got := <-s.taken
			if got.from != "portal@onegov.example" || got.to != hello.To || got.user != "portal" || !got.encrypted {
				t.Errorf("the envelope is %+v", got)
			}
			m, err := netmail.ReadMessage(bytes.NewReader(got.data))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil || subject != hello.Subject {
				t.Errorf("the subject is %q, %v", subject, err)
			}
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != hello.Text {
				t.Errorf("the text is %q, %v", body, err)
			}
			for name, want := range map[string]string{
				"Message-Id": "<job-1@onegov.example>", "Auto-Submitted": "auto-generated",
				"Date": "Mon, 23 Nov 2026 09:00:00 +0000", "User-Agent": "", "X-Mailer": "", "List-Unsubscribe": "", "List-Unsubscribe-Post": "",
			} {
				if got := m.Header.Get(name); got != want {
					t.Errorf("%s is %q, not %q", name, got, want)
				}
			}
		})
	}
}

func TestN9_AMailThatOneClickEndsSaysSoInItsHeadersOnOneLine(t *testing.T) {
	config, roots := certificate(t)
	s := serve(t, config, false)
	out := sender(t, mail.SMTPConfig{Port: s.port, Roots: roots})
	m := hello
	m.Unsubscribe = "https://onegov.example/en/unsubscribe/" + strings.Repeat("x", 400)
	if err := out.SendMail(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := netmail.ReadMessage(bytes.NewReader((<-s.taken).data))
	if err != nil {
		t.Fatal(err)
	}
	if h := got.Header; h.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the headers are %q and %q", h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post"))
	}
	for _, bad := range []string{"x", "https://", "https://a.example/>, <mailto:b@c.example", "https://a.example/\r\nBcc: b@c.example", "https://a.example/" + strings.Repeat("x", 1000)} {
		m.Unsubscribe = bad
		if err := out.SendMail(t.Context(), m); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestO1MailIsNotSentWhereNobodyVouchesForTheServer(t *testing.T) {
	config, roots := certificate(t)
	unencrypted := serve(t, nil, false)
	encrypted := serve(t, config, false)
	for what, c := range map[string]mail.SMTPConfig{
		"a server without TLS":               {Port: unencrypted.port, Roots: roots},
		"a certificate nobody vouches for":   {Port: encrypted.port},
		"a server that is not there":         {Port: 1, Roots: roots},
		"STARTTLS where TLS is spoken first": {Port: serve(t, config, true).port, Roots: roots, Timeout: 300 * time.Millisecond},
	} {
		if err := sender(t, c).SendMail(t.Context(), hello); !errors.Is(err, mail.ErrUnreachable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(unencrypted.taken) + len(encrypted.taken); n != 0 {
		t.Errorf("%d mails were handed over", n)
	}
}

func TestPlainMailGoesToLoopbackOnly(t *testing.T) {
	s := serve(t, nil, false)
	if err := sender(t, mail.SMTPConfig{Port: s.port, TLS: mail.Plain}).SendMail(t.Context(), hello); err != nil {
		t.Error(err)
	}
	for _, host := range []string{"mail.example.org", "10.0.0.1", "0.0.0.0", "localhost.example.org", ""} {
		_, err := mail.NewSMTP(mail.SMTPConfig{Host: host, Port: 25, TLS: mail.Plain, From: "a@example.org", Clock: testkit.Clock()})
		if err == nil {
			t.Errorf("a connection to %q without TLS was accepted", host)
		}
	}
}

func TestAMailIsToOnePersonAndSaysWhatItSays(t *testing.T) {
	s := serve(t, nil, false)
	out := sender(t, mail.SMTPConfig{Port: s.port, TLS: mail.Plain})
	for what, change := range map[string]func(*mail.Message){
		"no recipient":                    func(m *mail.Message) { m.To = "" },
		"two recipients":                  func(m *mail.Message) { m.To = "a@example.mv, b@example.mv" },
		"a recipient with a name":         func(m *mail.Message) { m.To = "A <a@example.mv>" },
		"a recipient with a header":       func(m *mail.Message) { m.To = "a@example.mv\r\nBcc: b@example.mv" },
		"a recipient with a command":      func(m *mail.Message) { m.To = "a@example.mv>\r\nRCPT TO:<b@example.mv" },
		"a quoted recipient":              func(m *mail.Message) { m.To = "\"a b\"@example.mv" },
		"a recipient of 300 characters":   func(m *mail.Message) { m.To = strings.Repeat("a", 300) + "@example.mv" },
		"no subject":                      func(m *mail.Message) { m.Subject = "" },
		"a subject with a header":         func(m *mail.Message) { m.Subject = "x\r\nBcc: b@example.mv" },
		"a subject with a line separator": func(m *mail.Message) { m.Subject = "x\u2028y" },
		"a subject that is turned around": func(m *mail.Message) { m.Subject = "x\u202ey" },
		"a subject that is no UTF-8":      func(m *mail.Message) { m.Subject = "x\xff" },
		"a long subject":                  func(m *mail.Message) { m.Subject = strings.Repeat("x", 201) },
		"a text with a carriage return":   func(m *mail.Message) { m.Text = "a\r\n.\r\nMAIL FROM:<x@example.mv>" },
		"a long text":                     func(m *mail.Message) { m.Text = strings.Repeat("x", 64<<10+1) },
		"an id with a header":             func(m *mail.Message) { m.MessageID = "x>\r\nBcc: b@example.mv" },
		"a sender with a header":          func(m *mail.Message) { m.From = "a@example.mv\r\nBcc: b@example.mv" },
		"two senders":                     func(m *mail.Message) { m.From = "a@example.mv, b@example.mv" },
	} {
		m := hello
		change(&m)
		err := out.SendMail(t.Context(), m)
		if !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(s.taken) != 0 {
		t.Errorf("a mail was handed over: %+v", <-s.taken)
	}
}

// TestErrorsNameNobody: what a server says often repeats the address.
func TestErrorsNameNobody(t *testing.T) {
	s := serve(t, nil, false)
	s.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such person: " + hello.To}
	err := sender(t, mail.SMTPConfig{Port: s.port, TLS: mail.Plain}).SendMail(t.Context(), hello)
	if !errors.Is(err, mail.ErrNobody) {
		t.Fatalf("the error is %v", err)
	}
	if said := fmt.Sprintf("%v %+v", err, errors.Unwrap(err)); strings.Contains(said, "aminath") || !strings.Contains(said, "550") {
		t.Errorf("the error says %s", said)
	}
}

func TestAWrongPasswordIsNoSecret(t *testing.T) {
	config, roots := certificate(t)
	s := serve(t, config, false)
	err := sender(t, mail.SMTPConfig{Port: s.port, Roots: roots, Username: "portal", Password: "wrong-one"}).SendMail(t.Context(), hello)
	if err == nil || strings.Contains(err.Error(), "wrong-one") || len(s.taken) != 0 {
		t.Errorf("the error is %v, and %d mails were taken", err, len(s.taken))
	}
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	for _, greeting := range []string{"", "220 hello\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, greeting)
			_, _ = io.Copy(io.Discard, c) // until the sender hangs up
			_ = c.Close()
		}()
		out := sender(t, mail.SMTPConfig{Port: l.Addr().(*net.TCPAddr).Port, TLS: mail.Plain, Timeout: 50 * time.Millisecond})
		if err := out.SendMail(t.Context(), hello); !errors.Is(err, mail.ErrUnreachable) {
			t.Errorf("after %q: %v", greeting, err)
		}
		_ = l.Close()
		<-ended
	}
}

func TestMailIsNotSentForACallerWhoLeft(t *testing.T) {
	s := serve(t, nil, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sender(t, mail.SMTPConfig{Port: s.port, TLS: mail.Plain}).SendMail(ctx, hello)
	if !errors.Is(err, mail.ErrUnreachable) || len(s.taken) != 0 {
		t.Errorf("the error is %v, and %d mails were taken", err, len(s.taken))
	}
}

func TestADeclarationOfAMailServerIsChecked(t *testing.T) {
	good := mail.SMTPConfig{Host: "mail.example.org", Port: 587, From: "a@example.org", Clock: testkit.Clock()}
	if _, err := mail.NewSMTP(good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*mail.SMTPConfig){
		"no host":              func(c *mail.SMTPConfig) { c.Host = "" },
		"no port":              func(c *mail.SMTPConfig) { c.Port = 0 },
		"a sender without @":   func(c *mail.SMTPConfig) { c.From = "portal" },
		"encryption if it can": func(c *mail.SMTPConfig) { c.TLS = "opportunistic" },
	} {
		c := good
		change(&c)
		if _, err := mail.NewSMTP(c); err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
}
