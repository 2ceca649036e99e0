package connect

import (
	"context"
	"errors"
	"fmt"

	"portico/internal/instance"
	"portico/internal/login"
	"portico/internal/payments"
	"portico/internal/platform/clock"
	"portico/internal/platform/mail"
	"portico/internal/uploads"
)

// Sender is how messages leave the portal: by the two connections "mail" and
// "sms" of environment.yaml, or of a demo's catcher.
type Sender struct {
	Mailer mail.Mailer
	Texter mail.Texter
}

// SendMail sends by the connection "mail".
func (s Sender) SendMail(ctx context.Context, m mail.Message) error {
	if s.Mailer == nil {
		return mail.ErrUnreachable.Because(fmt.Errorf("environment.yaml declares no mail"))
	}
	return s.Mailer.SendMail(ctx, m)
}

// SendSMS sends by the connection "sms".
func (s Sender) SendSMS(ctx context.Context, to, text string) error {
	if s.Texter == nil {
		return mail.ErrUnreachable.Because(fmt.Errorf("environment.yaml declares no sms"))
	}
	return s.Texter.SendSMS(ctx, to, text)
}

// Messages connects to what the environment declares. A secret that cannot be
// read stops the start.
func Messages(e *instance.Environment, now clock.Clock) (s Sender, err error) {
	var also error
	if e.Mail != nil {
		if s.Mailer, err = mailerOf(e.Mail, now); err != nil {
			err = fmt.Errorf("environment.yaml: mail: %w", err)
		}
	}
	if e.SMS != nil {
		if s.Texter, also = texterOf(e.SMS); also != nil {
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

// Scanner connects to the scanner that the environment declares, if any. A
// demo has none: it runs where its operator looks at it, without the daemons
// of the real place.
func Scanner(e *instance.Environment) (uploads.Scanner, error) {
	if e.Scanner == nil {
		return nil, nil
	}
	c, err := uploads.NewClamd(string(e.Scanner.Address))
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: scanner: address: %w", err)
	}
	return c, nil
}

// Payments connects to the provider that the environment declares, if any.
func Payments(e *instance.Environment) (payments.Provider, error) {
	p := e.Payment
	if p == nil {
		return nil, nil
	}
	c := payments.GovPayConfig{URL: string(p.URL), Pages: string(p.Pages), Currency: p.Currency}
	var err, also error
	c.Token, err = p.Token.Read()
	c.Signing, also = p.Signing.Read()
	if err = errors.Join(err, also); err != nil {
		return nil, fmt.Errorf("environment.yaml: payment: %w", err)
	}
	takes, err := payments.NewGovPay(c)
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: %w", err)
	}
	return takes, nil
}

// Login connects to the login that the environment declares, if any.
func Login(e *instance.Environment, c clock.Clock) (*login.Provider, error) {
	if e.Login == nil {
		return nil, nil
	}
	secret, err := e.Login.Secret.Read()
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: login: %w", err)
	}
	vouches, err := login.NewProvider(login.ProviderConfig{Issuer: string(e.Login.Issuer), Client: e.Login.Client, Secret: secret, Clock: c})
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: %w", err)
	}
	return vouches, nil
}
