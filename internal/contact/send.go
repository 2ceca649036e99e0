package contact

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/platform/mail"
	"portico/internal/policy"
	"portico/internal/vault"
)

// The jobs. Their payloads hold ids; what is written is opened when it is sent.
const (
	jobReceived = "contact.received"
	jobAnswer   = "contact.answer"
)

// Notices tells those who have an account, and officials, in the transaction of
// what they are told of. Whoever asked without an account is written to at the
// address that they gave for it.
type Notices interface {
	// Received tells that a request has come, Answered of an answer to it.
	Received(tx *db.Tx, r *Request) error
	Answered(tx *db.Tx, r *Request, item string) error
	// Late tells an official of requests that became overdue, up to this one.
	Late(tx *db.Tx, official string, last *Request) error
}

// plain takes away marks that not every program for mail knows.
var plain = strings.NewReplacer("\u2068", "", "\u2069", "")

// sendReceived tells whoever asked the reference, and until when an answer is
// promised.
func (s *Service) sendReceived(ctx context.Context, job *jobs.Job) error {
	r, err := s.byID(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	return s.write(ctx, r, job.ID, "contact.mail.received", "", "date", s.Promised().due(r).Add(-1))
}

// sendAnswer sends an answer to whoever asked without a cabinet.
func (s *Service) sendAnswer(ctx context.Context, job *jobs.Job) error {
	r, err := s.byID(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	return s.write(ctx, r, job.Get("item"), "contact.mail.answer", job.Get("item"))
}

// write writes to whoever asked without an account, at the address that they
// gave, with an answer if there is one.
func (s *Service) write(ctx context.Context, r *Request, messageID, key, answer string, args ...any) error {
	args = append(args, "reference", r.Reference)
	use := vault.Use{
		Actor: system(), Subject: r.Subject, Activity: ActivityWrite, Operation: policy.Use, Scope: r.Scope(),
		Fields: []string{FieldEmail}, Reference: r.Reference,
	}
	if answer != "" {
		use.Fields = append(use.Fields, FieldAnswer)
	}
	values, err := s.Vault.Read(ctx, use)
	if err != nil {
		return fmt.Errorf("write to whoever asked: %w", err)
	}
	to := values.Text(FieldEmail)
	if to == "" {
		return nil // by telephone only: an official calls
	}
	for _, v := range values.Items(FieldAnswer) {
		if v.Item == answer {
			args = append(args, "answer", v.Text)
		}
	}
	p := s.Catalogue.Printer(r.Language, s.Zone())
	args = append(args, "portal", p.In(s.Portal()), "link", s.Address()+"/"+r.Language+FollowPath(s.Key, r))
	m := mail.Message{
		To: to, MessageID: messageID, Subject: plain.Replace(p.T(key+".subject", args...)), Text: plain.Replace(p.T(key+".text", args...)) + "\n",
	}
	if inbox := s.Inbox(); inbox != "" {
		m.ReplyTo = replyTo(s.Key, r, inbox)
	}
	return s.Mailer.SendMail(ctx, m)
}
