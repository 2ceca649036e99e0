package contact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"portico/internal/contact/inbound"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/uploads"
)

// Reports takes what became of mails that were sent: package notify does.
type Reports interface {
	// Bounced says of a mail, by its Message-ID, that it was not delivered and
	// will not be, and reports whether it was one of theirs.
	Bounced(ctx context.Context, messageID string) (known bool, err error)
}

// How many mails of one sender are taken in a day, and how many of them are
// told that they came: a mail can say that it is from anybody.
const (
	mailsPerDay = 20
	toldPerDay  = 3
)

// What is told to whoever brings a mail that is not wanted.
var (
	refuseAutomatic = &inbound.Refusal{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Automatic messages are not taken here"}
	refuseLoop      = &inbound.Refusal{Code: 554, Enhanced: [3]int{5, 4, 6}, Text: "The message has come back to where it began"}
	refuseSender    = &inbound.Refusal{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "The message names nobody that it is from"}
	refuseEmpty     = &inbound.Refusal{Code: 550, Enhanced: [3]int{5, 6, 0}, Text: "The message is empty"}
	refuseLong      = &inbound.Refusal{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "The text is too long: send the rest as a file"}
	refuseFiles     = &inbound.Refusal{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "Too many files"}
	refuseOver      = &inbound.Refusal{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "The request is closed: send a new message without its address"}
	refuseOften     = &inbound.Refusal{Code: 450, Enhanced: [3]int{4, 7, 1}, Text: "Too many messages from this address, try again tomorrow"}
)

// Knows reports whether an address takes mail: the inbox, one that belongs to a
// request, and the one that mails come from, for reports.
func (s *Service) Knows(ctx context.Context, address string) (bool, error) {
	if address == s.Inbox() || address == s.From() {
		return true, nil
	}
	r, err := s.addressed(ctx, address)
	return r != nil, err
}

// addressed is the request that an address belongs to, nil if to none.
func (s *Service) addressed(ctx context.Context, address string) (*Request, error) {
	local, domain, _ := strings.Cut(s.Inbox(), "@")
	tag, ok := strings.CutPrefix(address, local+"+")
	tag, at := strings.CutSuffix(tag, "@"+domain)
	reference, given, dot := strings.Cut(tag, ".")
	if !ok || !at || !dot || domain == "" {
		return nil, nil
	}
	r, err := s.find(ctx, func(tx *db.Tx) (*Request, error) { return selectReference(tx, tidy(reference)) })
	if errors.Is(err, errUnknown) || err == nil && !proves(s.Key, tokenReply, r, given) {
		return nil, nil
	}
	return r, err
}

// Receive makes a mail part of the request whose address it was sent to, or a new
// request. The same mail again is taken again and changes nothing.
func (s *Service) Receive(ctx context.Context, from string, to []string, m *inbound.Mail) error {
	if m.Report != nil {
		return s.reported(ctx, m.Report)
	}
	r, err := s.recipient(ctx, to)
	if err != nil {
		return err
	}
	if err := s.unwanted(from, m); err != nil {
		return err
	}
	text := m.Text
	if r == nil && m.Subject != "" {
		text = strings.TrimSpace(m.Subject + "\n\n" + m.Text)
	}
	if text == "" && m.Files > 0 {
		text = "–" // files alone
	}
	switch {
	case text == "":
		return refuseEmpty
	case len(checkText("text", text)) > 0:
		return refuseLong
	case m.Files > maxFiles:
		return refuseFiles
	}
	row, err := s.keep(ctx, r, m, text)
	if err != nil || row.Whole {
		return err
	}
	return s.attach(ctx, row, m)
}

// recipient is the request that a mail is for, nil if it is for none yet.
func (s *Service) recipient(ctx context.Context, to []string) (*Request, error) {
	inbox := false
	for _, address := range to {
		r, err := s.addressed(ctx, address)
		if err != nil || r != nil {
			return r, err
		}
		inbox = inbox || address == s.Inbox()
	}
	if !inbox { // the address that mails come from takes reports alone
		return nil, refuseAutomatic
	}
	return nil, nil
}

// unwanted says why a mail is not taken, nil if it is: an answer to what a
// program wrote could be answered by it, for ever.
func (s *Service) unwanted(from string, m *inbound.Mail) error {
	inbox := s.Inbox()
	local, domain, _ := strings.Cut(inbox, "@")
	own := m.From == inbox || m.From == s.From() || strings.HasPrefix(m.From, local+"+") && strings.HasSuffix(m.From, "@"+domain)
	switch {
	case m.Loop || own:
		return refuseLoop
	case m.Auto || from == "":
		return refuseAutomatic
	case m.From == "":
		return refuseSender
	}
	return nil
}

// reported hands on what became of a mail.
func (s *Service) reported(ctx context.Context, r *inbound.Report) error {
	if s.Reports == nil || r.MessageID == "" || r.Action != "failed" {
		return nil // what is delayed is still on its way
	}
	if _, err := s.Reports.Bounced(ctx, r.MessageID); err != nil {
		return fmt.Errorf("hand a report of a delivery on: %w", err)
	}
	return nil
}

// keep writes a mail into its request, or into a new one, once.
func (s *Service) keep(ctx context.Context, r *Request, m *inbound.Mail, text string) (row *mailRow, err error) {
	about := "new\n" + m.From
	if r != nil {
		about = r.ID
	}
	message, sender := s.Key.Index("contact-message", about+"\n"+m.ID), s.Key.Index("contact-sender", m.From)
	var sent int64
	find := func(tx *db.Tx) error {
		row, err = selectMail(tx, message)
		if err == nil {
			sent, err = countMails(tx, sender, s.Clock.Now().Add(-24*time.Hour))
		}
		return err
	}
	if err := s.DB.View(ctx, find); err != nil || row != nil {
		return row, err
	}
	if sent >= mailsPerDay {
		return nil, refuseOften
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		row = &mailRow{ID: id.New(now), Whole: m.Files == 0}
		if r != nil {
			row.Subject, row.Request = r.Subject, r.ID
			if ok, err := insertMail(tx, row, message, sender, now); err != nil || !ok {
				return cmp.Or(err, errAgain)
			}
			return s.add(tx, r.ID, system(), text, policy.SourceMail, now)
		}
		fresh := s.fresh(now, "question", Mail, s.Language())
		if fresh.Subject, err = s.Vault.NewSubject(tx); err != nil {
			return err
		}
		row.Subject, row.Request = fresh.Subject, fresh.ID
		if ok, err := insertMail(tx, row, message, sender, now); err != nil || !ok {
			return cmp.Or(err, errAgain)
		}
		contact := credential.Contact{Field: policy.FieldEmail, Value: m.From}
		return s.begin(tx, fresh, fresh.own(system(), policy.Collect), text, contact, policy.SourceMail, sent < toldPerDay)
	})
	switch {
	case again(err): // another connection brought it at the same time
		err = s.DB.View(ctx, find)
		return row, err
	case errors.Is(err, errOver):
		return nil, refuseOver
	case err != nil:
		return nil, fmt.Errorf("take a mail: %w", err)
	}
	return row, nil
}

// attach keeps the files of a mail. Each becomes one file, however often the
// mail is brought until it is whole. One that is refused stays as refused, for
// the official to see.
func (s *Service) attach(ctx context.Context, row *mailRow, m *inbound.Mail) error {
	r, err := s.byID(ctx, row.Request)
	if err != nil {
		return err
	}
	spot := r.spot(system())
	err = m.EachFile(func(n int, name string, body io.Reader) error { return s.attachment(ctx, row, spot, n, name, body) })
	if err == nil {
		err = s.DB.Update(ctx, func(tx *db.Tx) error { return setWhole(tx, row) })
	}
	if err != nil {
		return fmt.Errorf("keep the files of a mail: %w", err)
	}
	return nil
}

func (s *Service) attachment(ctx context.Context, row *mailRow, spot *uploads.Spot, n int, name string, body io.Reader) error {
	var known string
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		known, err = selectAttachment(tx, row, n)
		return err
	}); err != nil {
		return err
	}
	var f *uploads.File
	var err error
	if known == "" {
		if f, err = s.Files.Uploads.Begin(ctx, spot, name, -1); err != nil {
			if fault.KindOf(err) == fault.Conflict { // the request has as many as it can
				return refuseFiles
			}
			return err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return insertAttachment(tx, row, n, f.ID) }); err != nil {
			return err
		}
	} else {
		states, err := s.Files.Uploads.States(ctx, row.Subject, spot.Use.Scope)
		if err != nil {
			return err
		}
		if f = states[known]; f == nil || f.State != uploads.Received {
			return nil // it is there, or it was destroyed since
		}
		if _, err := io.CopyN(io.Discard, body, f.Got); err != nil {
			return err
		}
	}
	if _, err = s.Files.Uploads.Write(ctx, spot, f.ID, f.Got, body); err != nil && !uploads.IsRefused(err) {
		return err
	}
	return nil
}
