package app

import (
	"context"
	"errors"
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
	var also error
	if e.Mail != nil {
		if s.mailer, err = mailerOf(e.Mail, now); err != nil {
			err = fmt.Errorf("environment.yaml: mail: %w", err)
		}
	}
	if e.SMS != nil {
		if s.texter, also = texterOf(e.SMS); also != nil {
			also = fmt.Errorf("environment.yaml: sms: %w", also)
		}
	}
	return s, errors.Join(err, also)
}

func mailerOf(m *instance.Mail, now clock.Clock) (mail.Mailer, error) {
	name, err := m.Username.Read()
	password, also := m.Password.Read()
	if err = errors.Join(err, also); err != nil {
		return nil, err
	}
	c := mail.SMTPConfig{Host: m.Host, Port: m.Port, From: m.From, Username: name, Password: password, TLS: mail.StartTLS, Clock: now}
	if m.Port == 465 {
		c.TLS = mail.Implicit
	}
	return mail.NewSMTP(c)
}

func texterOf(m *instance.SMS) (mail.Texter, error) {
	token, err := m.Token.Read()
	if err != nil {
		return nil, err
	}
	return mail.NewSMS(mail.SMSConfig{URL: string(m.URL), From: m.From, Token: token})
}
