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
	"slices"
	"strconv"
	"strings"
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

// SendMail hands a message to the server and returns once it was taken.
func (s *SMTP) SendMail(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	// The client sets a time limit for each step only, and leaves a connection
	// open when a server says nothing after its greeting. Here it ends with ctx.
	hangUp := gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	})
	client, err := gomail.NewClient(s.c.Host, append(slices.Clone(s.opts), hangUp)...)
	if err != nil {
		return ErrUnreachable
	}
	err = client.DialAndSendWithContext(ctx, msg)
	var sent *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &sent) && sent.ErrorCode() != 0:
		return ErrRefused.Because(fmt.Errorf("status %d", sent.ErrorCode()))
	}
	return ErrUnreachable // what err says may name the person
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
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID + "@" + domain(from.Address))
	msg.SetDateWithValue(s.c.Clock.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
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
