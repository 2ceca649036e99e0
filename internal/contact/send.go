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
	jobLate     = "contact.late"
)

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

// sendAnswer sends an answer to whoever asked without a cabinet, and tells
// everybody else that it is in theirs.
func (s *Service) sendAnswer(ctx context.Context, job *jobs.Job) error {
	r, err := s.byID(ctx, job.Get("request"))
	if err != nil {
		return err
	}
	return s.write(ctx, r, job.Get("item"), "contact.mail.answer", job.Get("item"))
}

// write writes to whoever asked: in words that say nothing of what it is about
// to the holder of an account, else to the address that they gave, with an
// answer if there is one.
func (s *Service) write(ctx context.Context, r *Request, messageID, key, answer string, args ...any) error {
	args = append(args, "reference", r.Reference)
	if r.Cabinet {
		args = append(args, "link", s.Address()+"/"+r.Language+"/cabinet/requests/"+r.ID)
		return s.Identity.Write(ctx, r.Subject, r.Language, messageID, key+".cabinet", args...)
	}
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

// sendLate tells an official that requests are overdue.
func (s *Service) sendLate(ctx context.Context, job *jobs.Job) error {
	var working bool
	var roles []string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		roles, _, working, err = s.Staff.Official(tx, job.Get("official"))
		return err
	})
	if err != nil || !working || !s.Policy().May(roles, policy.AnswerInquiries) {
		return err
	}
	return s.Identity.WriteTo(ctx, job.Get("official"), policy.FieldStaffEmail, s.Language(), job.ID, "contact.mail.late", "link", s.Address()+"/staff/requests?show=late")
}
