package app

import (
	"context"
	"slices"
	"time"

	"portico/internal/contact"
	"portico/internal/instance"
	"portico/internal/platform/i18n"
)

// operator is who answers for the portal, and how to reach them (O16).
func (p *portal) operator() contact.Operator {
	in := &p.live.Current().Portal
	o := contact.Operator{Name: in.Operator.Name, Address: in.Operator.Address}
	for _, c := range in.Contacts {
		o.Channels = append(o.Channels, contact.Channel{Kind: string(c.Kind), Value: c.Value, URL: string(c.URL), Name: c.Name, Note: c.Note})
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
		Inbox:    func() string { return "" },
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
}

// kept are the activities besides an account's own under which something is
// kept of somebody.
func (p *portal) kept(ctx context.Context, subject string) ([]string, error) {
	of, err := p.mandates.Activities(ctx, subject)
	if err != nil {
		return nil, err
	}
	asked, err := p.contact.Activities(ctx, subject)
	return slices.Concat(of, asked), err
}
