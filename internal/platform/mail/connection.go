package mail

import (
	"context"
	"net"
	"slices"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	idleMax  = 16               // connections that wait for a message
	idleLife = 10 * time.Second // of one that waits
	sentMax  = 100              // messages on one, which not every server exceeds
)

// connection is one to the mail server. It takes one message at a time.
type connection struct {
	mailer *gomail.Client
	client *smtp.Client
	raw    net.Conn
	sent   int
	since  time.Time // when it was kept
}

// connect returns a connection that waits, or a new one.
func (s *SMTP) connect(ctx context.Context) (*connection, error) {
	now := s.c.Clock.Now()
	s.mu.Lock()
	for len(s.idle) > 0 {
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if now.Sub(c.since) < idleLife {
			s.mu.Unlock()
			return c, nil
		}
		go c.close()
	}
	s.mu.Unlock()
	c, stop := &connection{}, func() bool { return true }
	defer func() { stop() }()
	// The client sets a time limit for each step only, and leaves a connection
	// open when a server says nothing after its greeting. Here it ends with ctx.
	dial := gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, address)
		if err == nil {
			c.raw, stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	})
	var err error
	if c.mailer, err = gomail.NewClient(s.c.Host, append(slices.Clone(s.opts), dial)...); err != nil {
		return nil, ErrUnreachable
	}
	if c.client, err = c.mailer.DialToSMTPClientWithContext(ctx); err != nil {
		c.hangUp()
		return nil, err
	}
	return c, nil
}

// send sends one message.
func (c *connection) send(ctx context.Context, msg *gomail.Msg) error {
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	return c.mailer.SendWithSMTPClient(c.client, msg)
}

// keep keeps a connection on which a message was taken for the next one.
func (s *SMTP) keep(c *connection, err error) {
	c.sent, c.since = c.sent+1, s.c.Clock.Now()
	s.mu.Lock()
	full := len(s.idle) >= idleMax
	if err == nil && !full && c.sent < sentMax {
		s.idle = append(s.idle, c)
		c = nil
	}
	s.mu.Unlock()
	if c != nil {
		c.close()
	}
}

// close says good-bye, for as long as a server may take to hear it.
func (c *connection) close() {
	timer := time.AfterFunc(time.Second, c.hangUp)
	defer timer.Stop()
	_ = c.mailer.CloseWithSMTPClient(c.client)
	c.hangUp()
}

func (c *connection) hangUp() {
	if c.raw != nil {
		_ = c.raw.Close()
	}
}
