package demo

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	netmail "net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"portico/internal/platform/clock"
	"portico/internal/platform/mail"
)

const (
	kept       = 100      // messages
	messageMax = 64 << 10 // bytes
	from       = "portal@demo.example"
)

// Message is a mail or a text message that a demo caught.
type Message struct {
	At      time.Time
	To      string
	Subject string // empty for a text message
	Text    string
	ID      string // the Message-ID; empty for a text message
	Ends    string // where one click ends such messages (RFC 8058); empty: nowhere
	Times   int    // how often it came: a mailbox shows it once
}

// Catcher is a mail server and a text message provider that deliver nothing.
type Catcher struct {
	clock clock.Clock
	token string

	smtp *smtp.Server
	sms  *http.Server
	mail net.Listener
	text net.Listener
	done sync.WaitGroup

	mu       sync.Mutex
	messages []Message // oldest first
}

// Catch starts both on free ports of this machine.
func Catch(c clock.Clock) (*Catcher, error) {
	k := &Catcher{clock: c, token: rand.Text()}
	var err error
	if k.mail, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for the demo's mail: %w", err)
	}
	if k.text, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the demo's text messages: %w", err), k.mail.Close())
	}
	k.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{k: k}, nil }))
	k.smtp.Domain = "demo.example"
	k.smtp.MaxRecipients, k.smtp.MaxMessageBytes = 1, messageMax
	k.smtp.ReadTimeout, k.smtp.WriteTimeout = 10*time.Second, 10*time.Second
	k.smtp.ErrorLog = quiet{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", k.takeText)
	k.sms = &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	k.done.Go(func() { _ = k.smtp.Serve(k.mail) })
	k.done.Go(func() { _ = k.sms.Serve(k.text) })
	return k, nil
}

// Close stops both and forgets what was caught.
func (k *Catcher) Close() error {
	err := errors.Join(k.smtp.Close(), k.sms.Close())
	_, _ = k.mail.Close(), k.text.Close() // a server that had not begun does not know its listener
	k.done.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.messages = nil
	return err
}

// SMTP is how the portal reaches the mail server.
func (k *Catcher) SMTP() mail.SMTPConfig {
	at := k.mail.Addr().(*net.TCPAddr)
	return mail.SMTPConfig{Host: "127.0.0.1", Port: at.Port, TLS: mail.Plain, From: from, Clock: k.clock}
}

// SMS is how the portal reaches the text message provider.
func (k *Catcher) SMS() mail.SMSConfig {
	return mail.SMSConfig{URL: "http://" + k.text.Addr().String() + "/messages", Token: k.token, From: "demo", Demo: true}
}

// Messages returns what was caught, the newest first.
func (k *Catcher) Messages() []Message {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Message, 0, len(k.messages))
	for i := range k.messages {
		out = append(out, k.messages[len(k.messages)-1-i])
	}
	return out
}

// keep keeps a message; one that came before is only counted.
func (k *Catcher) keep(m Message) {
	m.At, m.Times = k.clock.Now(), 1
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.messages {
		if m.ID != "" && k.messages[i].ID == m.ID {
			k.messages[i].Times++
			return
		}
	}
	k.messages = append(k.messages, m)
	if extra := len(k.messages) - kept; extra > 0 {
		k.messages = append([]Message(nil), k.messages[extra:]...)
	}
}

// takeText is the provider's interface.
func (k *Catcher) takeText(w http.ResponseWriter, r *http.Request) {
	given := r.Header.Get("Authorization")
	if subtle.ConstantTimeCompare([]byte(given), []byte("Bearer "+k.token)) != 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var m struct{ To, Text string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, messageMax)).Decode(&m); err != nil || !mail.ValidPhone(m.To) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	k.keep(Message{To: m.To, Text: m.Text})
	w.WriteHeader(http.StatusAccepted)
}

// session is one connection to the mail server.
type session struct {
	k  *Catcher
	to string
}

func (s *session) Reset()                               { s.to = "" }
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	body, err := plain(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if err != nil {
		return err
	}
	ends := ""
	if m.Header.Get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click" {
		ends = strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	}
	s.k.keep(Message{To: s.to, Subject: subject, Text: body, ID: m.Header.Get("Message-ID"), Ends: ends})
	return nil
}

// plain returns the text of a mail: its body, or the first part of it.
func plain(kind, encoding string, body io.Reader) (string, error) {
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	media, params, err := mime.ParseMediaType(kind)
	if err == nil && strings.HasPrefix(media, "multipart/") {
		part, err := multipart.NewReader(body, params["boundary"]).NextPart()
		if err != nil {
			return "", err
		}
		body = part // which decodes itself
	}
	b, err := io.ReadAll(body)
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err
}

// quiet is a log that keeps nothing: what it would say may be personal.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
