package app

import (
	"context"

	"portico/internal/cases/find"
	"portico/internal/contact"
	"portico/internal/identity/security"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/proof"
	"portico/internal/recipients"
	"portico/internal/retention"
	"portico/internal/retention/handover"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/deadline"
	"portico/internal/rights/fate"
	"portico/internal/rights/leaving"
	"portico/internal/rights/own"
	"portico/internal/rights/places"
	"portico/internal/rights/takeout"
	"portico/internal/rights/visitor"
)

// openRights builds what takes requests about people's own data.
func (p *portal) openRights() {
	p.told = recipients.New(recipients.Config{
		DB: p.db, Vault: p.vault, Log: p.log, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Sender: p.sender, Codes: p.ring,
		Identity: p.identity, Staff: p.staff, Catalogue: p.live.Current().Catalogue, Zone: p.zone, Address: p.address,
		Name:     func() i18n.Text { return p.live.Current().Portal.Name },
		Language: func() string { return p.live.Current().Portal.Langs()[0] },
	})
	kept := &places.Places{Policy: p.policy, Services: p.live.Catalogue(), Cases: p.cases, Drafts: p.drafts, Mandates: p.mandates, Contact: p.contact}
	p.rights = rights.New(rights.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Identity: p.identity, Staff: p.staff,
		Calendar: func() deadline.Calendar { return &p.live.Current().Portal.Calendar }, Zone: p.zone, Address: p.address,
		Language: func() string { return p.live.Current().Portal.Langs()[0] }, Blobs: p.blobs, Eraser: retention.Eraser{Keeps: p.keeps}, Told: p.told, StaysOut: p.staysOut.Leaving, Consents: p.consent,
		Takeout: &takeout.Maker{
			DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Zone: p.zone, Ring: p.ring, Log: p.log, Holdings: p.holdings,
			Files: places.Files{Uploads: p.uploads}, Catalogue: p.live.Current().Catalogue, Places: kept.Of, Cause: security.Cause, Columns: db.Readable(Holdings()),
		},
	})
	leaving.New(p.rights)
	p.hands = handover.New(handover.Config{
		DB: p.db, Vault: p.vault, Keeps: p.keeps, Jobs: p.queue, Ring: p.ring, Policy: p.policy, Clock: p.clock, Zone: p.zone, Files: places.Files{Uploads: p.uploads},
	})
	p.keeps.Requests, p.asking = p.rights, &own.Site{Service: p.rights, Automated: p.automatic.Answer}
	p.visitors = visitor.New(visitor.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Key: p.ring, Identity: p.identity, Rights: p.asking, Address: p.address, Entered: find.Entered,
	})
	p.corrects = correct.New(correct.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Identity: p.identity, Staff: p.staff, Rights: p.rights,
		Owner: correct.Deciders(p.cases, p.policy), Tell: p.tellCorrected, Reach: p.visitors.Names, Language: p.rights.Language, Address: p.address,
	})
	p.fates = &fate.Site{Fates: &fate.Fates{Keeps: p.keeps, Ring: p.ring, Rights: p.rights}}
	p.rights.Fates, p.rights.Visitors, p.rights.Corrections, p.contact.Reach, p.contact.Visitors = p.fates, p.visitors, p.corrects, p.visitors.Reach, p.visitors.Offered
	p.drafts.Reach, p.uploads.Others = p.visitors.Names, p.rights.Packed
	p.identity.Left = p.visitors.Leaves
}

// tellCorrected queues telling whoever received what is corrected now.
func (p *portal) tellCorrected(tx *db.Tx, c correct.Corrected) error {
	return p.told.Tell(tx, recipients.Act{
		Subject: c.Subject, Kind: recipients.Rectified, Request: c.Request, Reference: c.Reference, Scopes: []string{c.Scope}, Fields: c.Fields,
	})
}

// answeringRights is what the control looks at of requests about rights (O14).
func (p *portal) answeringRights(ctx context.Context) (proof.Rights, error) {
	n, err := p.rights.Standing(ctx)
	if err != nil {
		return proof.Rights{}, err
	}
	overdue, unreachable, err := p.told.Standing(ctx)
	if err != nil {
		return proof.Rights{}, err
	}
	granted, err := p.corrects.Standing(ctx)
	return proof.Rights{Offered: p.rights.Offered(), Open: n.Open + granted.Open, Soon: n.Soon + granted.Soon, Late: n.Late + granted.Late, Silent: overdue + unreachable}, err
}

// inboxRights is contact.Rights over the requests about rights, which are built
// after it.
type inboxRights struct{ p *portal }

// Offered are the rights that can be asked for, where officials may enter them.
func (i inboxRights) Offered() []policy.Right {
	if _, ok := i.p.policy().Activity(rights.ActivityEnter); !ok || !i.p.rights.Offered() {
		return nil
	}
	return i.p.policy().AskedRights()
}

// Enter takes what came to the inbox as a request about rights.
func (i inboxRights) Enter(tx *db.Tx, who policy.Actor, r *contact.Request, right, text, address string) error {
	at, _ := i.p.identity.ParseContact(address)
	_, err := i.p.rights.Enter(tx, who, rights.Entered{
		Subject: r.Subject, Cabinet: r.Cabinet, Right: right, Source: rights.Source(r.Source), Text: text, Contact: at, Language: r.Language, Received: r.Created,
	})
	return err
}
