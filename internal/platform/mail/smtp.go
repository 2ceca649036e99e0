package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"portico/internal/platform/clock"
)

// TLS is how the connection to a mail server is encrypted.
type TLS string

// The ways. Anything else, such as an upgrade only where it is offered, can be
// taken away by whoever is on the line, so it does not exist.
const (
	StartTLS TLS = "starttls" // upgraded before anything is said (the default)
	Implicit TLS = "tls"      // from the first byte
	Plain    TLS = "none"     // not at all: to loopback only
)

// SMTPConfig is what the instance says about its mail server.
type SMTPConfig struct {
	Host     string
	Port     int
	TLS      TLS
	Username string // for AUTH PLAIN, which is said under TLS only; empty: none
	Password string
	From     string         // Portal <portal@example.org>
	Roots    *x509.CertPool // who may vouch for the server; nil is the machine's list
	Timeout  time.Duration  // of one message: 20 seconds
	Clock    clock.Clock
}

// SMTP is a Mailer by way of a mail server.
type SMTP struct {
	c    SMTPConfig
	from *mail.Address
	opts []gomail.Option
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	idle []*connection // the one used last at the end
}

// NewSMTP checks the declaration. It connects to nothing.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	from, err := sender(c.From)
	if err != nil {
		return nil, err
	}
	if c.Port < 1 || c.Port > 65535 {
		return nil, fmt.Errorf("mail server: port %d is none", c.Port)
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	encryption := &tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	s := &SMTP{c: c, from: from, dial: (&net.Dialer{}).DialContext}
	opts := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(domain(from.Address)),
		gomail.WithTLSConfig(encryption),
	}
	switch c.TLS {
	case "", StartTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		opts = append(opts, gomail.WithSSL())
		s.dial = (&tls.Dialer{Config: encryption}).DialContext
	case Plain:
		if !loopback(c.Host) {
			return nil, errors.New("mail server: a connection without TLS may go to loopback only")
		}
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: %q is no way to encrypt: starttls, tls", c.TLS)
	}
	if c.Username != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthPlain),
			gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	s.opts = opts
	if _, err := gomail.NewClient(c.Host, opts...); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return s, nil
}

// Destination is the one HOST:PORT that this sender connects to.
func (s *SMTP) Destination() string { return net.JoinHostPort(s.c.Host, strconv.Itoa(s.c.Port)) }

// SendMail hands a message to the server and returns once it was taken. The
// connection is kept for the next message for a while.
func (s *SMTP) SendMail(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	for {
		c, err := s.connect(ctx)
		if err != nil {
			return verdict(err)
		}
		err = c.send(ctx, msg)
		if msg.IsDelivered() { // whatever happened to the connection afterwards
			s.keep(c, err)
			return nil
		}
		c.close()
		var sent *gomail.SendError
		if c.sent > 0 && errors.As(err, &sent) && sent.Reason == gomail.ErrConnCheck {
			continue // it had been closed meanwhile, and nothing was said on it
		}
		return verdict(err)
	}
}

// verdict is what the server's answer means. What it said may name the person.
func verdict(err error) error {
	var sent *gomail.SendError
	if !errors.As(err, &sent) || sent.ErrorCode() == 0 {
		return ErrUnreachable
	}
	status := fmt.Errorf("status %d", sent.ErrorCode())
	if sent.ErrorCode() < 500 {
		return ErrRefused.Because(status)
	}
	switch sent.Reason {
	case gomail.ErrSMTPRcptTo:
		if noMailbox(sent.ErrorCode(), sent.EnhancedStatusCode()) {
			return ErrNobody.Because(status)
		}
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return ErrRejected.Because(status)
	}
	return ErrRefused.Because(status) // the server does not want us, which somebody can mend
}

// noMailbox reports whether an answer to RCPT says that there is no such
// address, and not that the server does not like who asks or that it is full.
func noMailbox(code int, enhanced string) bool {
	if enhanced != "" {
		return strings.HasPrefix(enhanced, "5.1.") || enhanced == "5.2.1"
	}
	return code == 550 || code == 551 || code == 553
}

func (s *SMTP) compose(m Message) (*gomail.Msg, error) {
	from := s.from
	if m.From != "" {
		var err error
		if from, err = sender(m.From); err != nil {
			return nil, ErrInvalid
		}
	}
	if m.MessageID == "" {
		m.MessageID = rand.Text()
	}
	if !ValidAddress(m.To) || !line(m.Subject, subjectMax) || !text(m.Text, textMax) ||
		!line(m.MessageID, 128) || strings.ContainsAny(m.MessageID, " <>@\"") {
		return nil, ErrInvalid
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, ErrInvalid // what err says repeats the address
	}
	if m.ReplyTo != "" {
		if !ValidAddress(m.ReplyTo) || msg.ReplyTo(m.ReplyTo) != nil {
			return nil, ErrInvalid
		}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID + "@" + domain(from.Address))
	msg.SetDateWithValue(s.c.Clock.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		if u, err := url.Parse(m.Unsubscribe); err != nil || u.Host == "" || !line(m.Unsubscribe, unsubscribeMax) || strings.ContainsAny(m.Unsubscribe, " <>,") {
			return nil, ErrInvalid
		}
		msg.SetGenHeaderPreformatted("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

// sender reads an address that may have a name.
func sender(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || !ValidAddress(a.Address) || !line(s, 320) {
		return nil, errors.New("mail: the sender is no address")
	}
	return a, nil
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
