package identity

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/vault"
)

// The jobs. Their payloads hold ids and a language; the address is opened when
// the message is sent.
const (
	jobCode   = "identity.code"
	jobNotice = "identity.notice"
)

// sendCode sends the code of a challenge, or, to somebody who has an account
// already, that somebody wanted to register with their address.
func (s *Service) sendCode(ctx context.Context, job *jobs.Job) error {
	subject := job.Get("subject")
	var c challenge
	var a account
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if c, err = selectChallenge(tx, subject); err != nil {
			return err
		}
		a, err = selectAccount(tx, subject)
		return err
	})
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	if c.ID != job.Get("challenge") || c.Used || !s.Clock.Now().Before(c.Expires) {
		return nil // nobody waits for it any more
	}
	to, err := s.address(ctx, policy.ActivitySignIn, subject, a.Contact)
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	var holder account
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { holder, err = s.find(tx, to); return err }); err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	p := s.printer(job.Get("language"))
	if holder.State == "" || holder.State.unfinished() {
		return s.send(ctx, p, to, c.ID+":"+fmt.Sprint(c.Sends), "identity.message.code", "code", credential.CodeOf(s.Codes, c.ID, c.Salt))
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindAccount, Subject: holder.Subject, Reason: "registration-with-your-contact",
			Actor: audit.Actor{Kind: policy.System.String()},
		})
	})
	if err != nil {
		return fmt.Errorf("tell of a registration: %w", err)
	}
	return s.send(ctx, p, to, c.ID+":"+fmt.Sprint(c.Sends), "identity.message.known")
}

// sendNotice tells the holder of an account of something on one channel.
func (s *Service) sendNotice(ctx context.Context, job *jobs.Job) error {
	var a account
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		a, err = selectAccount(tx, job.Get("subject"))
		return err
	})
	if err != nil {
		return fmt.Errorf("send a notice: %w", err)
	}
	if a.State == "" {
		return nil
	}
	return s.writeTo(ctx, a, job.Get("channel"), job.Get("language"), job.ID, job.Get("key"))
}

// Write sends a message of another package to the holder of an account: key is
// the beginning of its catalogue keys.
func (s *Service) Write(ctx context.Context, subject, lang, messageID, key string, args ...any) error {
	var a account
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		a, err = selectAccount(tx, subject)
		return err
	})
	if err != nil {
		return fmt.Errorf("write to a person: %w", err)
	}
	return s.writeTo(ctx, a, a.Contact, lang, messageID, key, args...)
}

func (s *Service) writeTo(ctx context.Context, a account, channel, lang, messageID, key string, args ...any) error {
	activity := policy.ActivitySignIn
	if channel == policy.FieldStaffEmail {
		activity = policy.ActivityStaffAccount
	}
	to, err := s.address(ctx, activity, a.Subject, channel)
	if err != nil {
		return fmt.Errorf("write to a person: %w", err)
	}
	return s.send(ctx, s.printer(lang), to, messageID, key, args...)
}

// notify has every channel told of a change of how one signs in.
func (s *Service) notify(tx *db.Tx, subject, what, lang string) error {
	return s.Notify(tx, subject, "identity.message."+what, lang)
}

// address opens the contact of an account for sending.
func (s *Service) address(ctx context.Context, activity, subject, field string) (credential.Contact, error) {
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: system(), Subject: subject, Activity: activity,
		Operation: policy.Use, Scope: vault.Profile, Fields: []string{field},
	})
	if err != nil {
		return credential.Contact{}, err
	}
	if values.Text(field) == "" {
		return credential.Contact{}, fault.New(fault.NotFound, "identity.contact.none")
	}
	return credential.Contact{Field: field, Value: values.Text(field)}, nil
}

// send writes the message whose catalogue keys begin with key: .subject and
// .text for mail, .sms for a phone.
func (s *Service) send(ctx context.Context, p *i18n.Printer, to credential.Contact, messageID, key string, args ...any) error {
	args = append(args, "portal", p.In(s.Portal().Name), "minutes", int(CodeLife.Minutes()))
	plain := strings.NewReplacer("\u2068", "", "\u2069", "") // not every phone knows isolates
	if to.Field == policy.FieldPhone {
		return s.Sender.SendSMS(ctx, to.Value, plain.Replace(p.T(key+".sms", args...)))
	}
	return s.Sender.SendMail(ctx, mail.Message{
		To: to.Value, MessageID: messageID,
		Subject: plain.Replace(p.T(key+".subject", args...)), Text: plain.Replace(p.T(key+".text", args...)) + "\n",
	})
}

func (s *Service) printer(lang string) *i18n.Printer {
	return s.Catalogue.Printer(lang, s.Zone())
}
