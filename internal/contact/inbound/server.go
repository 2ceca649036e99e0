package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"portico/internal/platform/clock"
	"portico/internal/platform/web"
)

// Taker takes mails.
type Taker interface {
	// Knows reports whether an address is one that takes mail.
	Knows(ctx context.Context, address string) (bool, error)
	// Receive makes a mail durable. A *Refusal is told to whoever brings it; any
	// other error has it brought again.
	Receive(ctx context.Context, from string, to []string, m *Mail) error
}

// Config is what a server needs.
type Config struct {
	Listen string
	LMTP   bool
	TLS    *tls.Config // needed where not only this machine can connect
	Domain string
	Taker  Taker
	Clock  clock.Clock
	Log    *slog.Logger
}

const (
	maxRecipients = 5
	maxAtOnce     = 4   // mails that are read at once
	maxMinute     = 300 // mails in a minute
	patience      = time.Minute
)

// Server takes mails from a mail server.
type Server struct {
	c        Config
	smtp     *smtp.Server
	listener net.Listener
	reading  chan struct{}

	mu    sync.Mutex
	since time.Time // when the minute began
	n     int       // mails in it
}

// Listen listens, so that an address that is taken is found out at the start.
func Listen(c Config) (*Server, error) {
	s := &Server{c: c, reading: make(chan struct{}, maxAtOnce)}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); c.TLS == nil && (!ok || !at.IP.IsLoopback()) {
		return nil, errors.Join(errors.New("listen for mail: without TLS only this machine may connect"), l.Close())
	}
	s.listener = l
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s: s}, nil }))
	s.smtp.Domain, s.smtp.LMTP, s.smtp.TLSConfig = c.Domain, c.LMTP, c.TLS
	s.smtp.MaxRecipients, s.smtp.MaxMessageBytes = maxRecipients, MaxBytes
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
	s.smtp.ErrorLog = quiet{c.Log}
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run takes mails until ctx ends, then finishes those that are under way.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if s.smtp.Shutdown(end) != nil {
			_ = s.smtp.Close()
		}
	})
	defer stop()
	if err := s.smtp.Serve(s.listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("take mail: %w", err)
	}
	return nil
}

// Close ends a server that was never run.
func (s *Server) Close() error { return s.listener.Close() }

// within counts a mail, and reports whether there are not too many.
func (s *Server) within() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.c.Clock.Now()
	if now.Sub(s.since) >= time.Minute {
		s.since, s.n = now, 0
	}
	s.n++
	return s.n <= maxMinute
}

// session is one connection, which may bring many mails.
type session struct {
	s      *Server
	sender string
	to     []string
}

func (c *session) Reset()        { c.sender, c.to = "", nil }
func (c *session) Logout() error { return nil }

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.sender, c.to = from, nil
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ok, err := c.s.c.Taker.Knows(context.Background(), strings.ToLower(to))
	if err != nil {
		return c.again("looking an address of mail up failed")
	}
	if !ok {
		return code(&Refusal{550, [3]int{5, 1, 1}, "No such address here"})
	}
	c.to = append(c.to, strings.ToLower(to))
	return nil
}

func (c *session) Data(r io.Reader) error {
	select {
	case c.s.reading <- struct{}{}:
		defer func() { <-c.s.reading }()
	default:
		return code(&Refusal{451, [3]int{4, 3, 2}, "Too many messages at once, try again later"})
	}
	if !c.s.within() {
		return code(&Refusal{451, [3]int{4, 7, 1}, "Too many messages, try again later"})
	}
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return err // of the server: too large, or cut off
	}
	m, err := Parse(raw)
	if err == nil {
		err = c.s.c.Taker.Receive(context.Background(), c.sender, c.to, m)
	}
	var no *Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		return code(no)
	}
	c.s.c.Log.Error("taking a mail failed", "error", web.Reduce(err))
	return c.again("")
}

// again has a mail brought again, and says why in the log.
func (c *session) again(why string) error {
	if why != "" {
		c.s.c.Log.Error(why)
	}
	return code(&Refusal{451, [3]int{4, 3, 0}, "Not now, try again later"})
}

func code(r *Refusal) error {
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode(r.Enhanced), Message: r.Text}
}

// quiet is a log of the server's own troubles, which may name people: it says
// only that there are some.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(string, ...any) { q.log.Warn("a connection that brings mail failed") }
func (q quiet) Println(...any)        { q.log.Warn("a connection that brings mail failed") }
