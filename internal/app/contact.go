package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico/internal/account"
	"portico/internal/contact"
	"portico/internal/contact/complaint"
	"portico/internal/contact/inbound"
	"portico/internal/instance"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
)

// operator is who answers for the portal, and how to reach them (O16).
func (p *portal) operator() contact.Operator {
	in := &p.live.Current().Portal
	o := contact.Operator{Name: in.Operator.Name, Address: in.Operator.Address}
	for _, c := range in.Contacts {
		o.Channels = append(o.Channels, contact.Channel{ID: string(c.ID), Kind: string(c.Kind), Value: c.Value, URL: string(c.URL), Name: c.Name, Note: c.Note})
	}
	return o
}

// openContact builds what takes requests.
func (p *portal) openContact(in *instance.Instance) {
	zone := func() *time.Location { return p.live.Current().Portal.Timezone.Location() }
	p.contact = contact.New(contact.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Key: p.ring, Identity: p.identity, Staff: p.staff,
		Files: p.files, Mailer: p.sender, Catalogue: in.Catalogue, Zone: zone, Address: p.address, Operator: p.operator,
		Portal:   func() i18n.Text { return p.live.Current().Portal.Name },
		Language: func() string { return p.live.Current().Portal.Langs()[0] },
		Inbox:    p.inbox, From: p.letterhead, Reports: p.notices, Rights: inboxRights{p}, Notices: inquiryNotices{p.notices},
		Promised: func() contact.Promise {
			portal := &p.live.Current().Portal
			promise := contact.Promise{Due: func(since time.Time, days int) time.Time {
				return portal.Calendar.Due(since, days, portal.Timezone.Location())
			}}
			if h := portal.Help; h != nil {
				within := h.AnswerWithin
				promise.Days = map[contact.Kind]int{"question": within.Question, "feedback": within.Feedback, "complaint": within.Complaint}
			}
			return promise
		},
	})
	p.complaints = &complaint.Service{DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Contact: p.contact}
	p.contact.Complaints = p.complaints
	p.notices.About(aboutRequest, inquirySource{p.contact})
	p.notices.About(aboutRequests, overdueSource{p.contact})
}

// The sorts of notices about requests.
const (
	aboutRequest  = "request"
	aboutRequests = "requests" // that are overdue
)

// inquiryNotices tells people and officials of requests (contact.Notices).
type inquiryNotices struct{ *notify.Service }

// Received tells that a request has come.
func (n inquiryNotices) Received(tx *db.Tx, r *contact.Request) error {
	about := aboutRequest + ":" + r.ID
	return n.Queue(tx, notify.Notice{Kind: kinds.Inquired, Subject: r.Subject, About: about, Key: about})
}

// Answered tells of an answer.
func (n inquiryNotices) Answered(tx *db.Tx, r *contact.Request, item string) error {
	return n.Queue(tx, notify.Notice{Kind: kinds.Answered, Subject: r.Subject, About: aboutRequest + ":" + r.ID, Key: aboutRequest + ":" + r.ID + ":" + item})
}

// Late tells an official of requests that became overdue.
func (n inquiryNotices) Late(tx *db.Tx, official string, last *contact.Request) error {
	about := aboutRequests + ":" + last.ID
	return n.Queue(tx, notify.Notice{Kind: kinds.Unanswered, Subject: official, About: about, Key: about})
}

// inquirySource says what notices about requests may say (notify.Source).
type inquirySource struct{ *contact.Service }

// Say answers for a request.
func (s inquirySource) Say(ctx context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	reference, until, err := s.Row(ctx, a.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return notify.Words{Gone: true}, nil
	}
	return notify.Words{Path: "/cabinet/requests/" + a.ID, Says: map[string]string{
		kinds.WordReference: reference, kinds.WordDate: p.Date(until.Add(-time.Second)),
	}}, err
}

// overdueSource says what notices to officials about requests may say: nothing,
// once none waits too long any more.
type overdueSource struct{ *contact.Service }

// Say answers for what is overdue.
func (s overdueSource) Say(ctx context.Context, _ notify.About, _ *i18n.Printer) (notify.Words, error) {
	n, err := s.Standing(ctx)
	return notify.Words{Path: "/staff/requests?show=late", Gone: n.Late == 0}, err
}

// inbox is the address that people write to; empty: there is none.
func (p *portal) inbox() string {
	switch i := p.live.Current().Environment.Inbound; {
	case i == nil:
		return ""
	case p.demo:
		return "help@demo.example"
	default:
		return i.Address
	}
}

// letterhead is the address that mails come from.
func (p *portal) letterhead() string {
	if m := p.live.Current().Environment.Mail; m != nil && !p.demo {
		return strings.ToLower(m.From)
	}
	return ""
}

// listenMail listens for mails, where the environment declares it and the
// portal takes requests. A demo's takes mails from this machine, at any port.
func (p *portal) listenMail() (err error) {
	i := p.live.Current().Environment.Inbound
	if i == nil || !p.contact.Offered() {
		return nil
	}
	_, domain, _ := strings.Cut(p.inbox(), "@")
	c := inbound.Config{Listen: i.Listen, LMTP: i.Protocol != instance.SMTP, Domain: domain, Taker: p.contact, Clock: p.clock, Log: p.logger}
	if p.demo {
		c.Listen, c.LMTP = "127.0.0.1:0", false
	} else if i.TLS != nil {
		if c.TLS, err = certified(i.TLS); err != nil {
			return err
		}
	}
	if p.mails, err = inbound.Listen(c); err != nil {
		return fmt.Errorf("environment.yaml: inbound: %w", err)
	}
	p.logger.Info("mails come in", "address", p.mails.Addr())
	return nil
}

// certified reads a certificate and its key.
func certified(t *instance.TLS) (*tls.Config, error) {
	cert, err := t.Certificate.Read()
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: inbound: %w", err)
	}
	key, err := t.Key.Read()
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: inbound: %w", err)
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, errors.New("environment.yaml: inbound: tls: the certificate and the key do not belong together")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// kept are the activities besides an account's own under which something is
// kept of somebody.
func (p *portal) kept(ctx context.Context, subject string) (all []account.Also, err error) {
	of, err := p.mandates.Activities(ctx, subject)
	if err != nil {
		return nil, err
	}
	asked, err := p.contact.Activities(ctx, subject)
	for _, id := range of {
		all = append(all, account.Also{Kind: "mandate", Activity: id})
	}
	for _, id := range asked {
		all = append(all, account.Also{Kind: "request", Activity: id})
	}
	return all, err
}
