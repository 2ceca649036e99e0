package app

import (
	"context"
	"fmt"

	"portico/internal/instance"
	"portico/internal/platform/clock"
	"portico/internal/platform/mail"
)

// sender is how messages leave the portal: by the two connections "mail" and
// "sms" of environment.yaml, or of a demo's catcher.
type sender struct {
	mailer mail.Mailer
	texter mail.Texter
}

// SendMail sends by the connection "mail".
func (s sender) SendMail(ctx context.Context, m mail.Message) error {
	if s.mailer == nil {
		return mail.ErrUnreachable.Because(fmt.Errorf("environment.yaml declares no mail"))
	}
	return s.mailer.SendMail(ctx, m)
}

// SendSMS sends by the connection "sms".
func (s sender) SendSMS(ctx context.Context, to, text string) error {
	if s.texter == nil {
		return mail.ErrUnreachable.Because(fmt.Errorf("environment.yaml declares no sms"))
	}
	return s.texter.SendSMS(ctx, to, text)
}

// senderOf connects to what the environment declares. A secret that cannot be
// read stops the start.
func senderOf(e *instance.Environment, now clock.Clock) (s sender, err error) {
	if m := e.Mail; m != nil {
		c := mail.SMTPConfig{Host: m.Host, Port: m.Port, From: m.From, TLS: mail.StartTLS, Clock: now}
		if m.Port == 465 {
			c.TLS = mail.Implicit
		}
		if c.Username, err = m.Username.Read(); err != nil {
			return s, fmt.Errorf("environment.yaml: mail: %w", err)
		}
		if c.Password, err = m.Password.Read(); err != nil {
			return s, fmt.Errorf("environment.yaml: mail: %w", err)
		}
		if s.mailer, err = mail.NewSMTP(c); err != nil {
			return s, fmt.Errorf("environment.yaml: mail: %w", err)
		}
	}
	if m := e.SMS; m != nil {
		c := mail.SMSConfig{URL: string(m.URL), From: m.From}
		if c.Token, err = m.Token.Read(); err != nil {
			return s, fmt.Errorf("environment.yaml: sms: %w", err)
		}
		if s.texter, err = mail.NewSMS(c); err != nil {
			return s, fmt.Errorf("environment.yaml: sms: %w", err)
		}
	}
	return s, nil
}
