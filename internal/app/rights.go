package app

import (
	"context"
	"maps"
	"slices"

	"portico/internal/contact"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/proof"
	"portico/internal/retention"
	"portico/internal/rights"
	"portico/internal/rights/correct"
	"portico/internal/rights/takeout"
	"portico/internal/rights/visitor"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// openRights builds what takes requests about people's own data.
func (p *portal) openRights() {
	p.rights = rights.New(rights.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Identity: p.identity, Staff: p.staff,
		Calendar: func() rights.Calendar { return &p.live.Current().Portal.Calendar }, Zone: p.zone, Address: p.address,
		Language: func() string { return p.live.Current().Portal.Langs()[0] }, Blobs: p.blobs, Eraser: retention.Eraser{Keeps: p.keeps}, Automated: p.automatic.Answer,
		Takeout: &takeout.Maker{
			DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Zone: p.zone, Ring: p.ring, Log: p.log, Holdings: p.holdings,
			Files: takenFiles{p.uploads}, Catalogue: p.live.Current().Catalogue, Places: p.places,
		},
	})
	p.keeps.Requests = p.rights
	p.visitors = visitor.New(visitor.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Key: p.ring, Identity: p.identity, Rights: p.rights, Address: p.address,
	})
	p.corrects = correct.New(correct.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Identity: p.identity, Staff: p.staff, Rights: p.rights,
		Owner: correct.Deciders(p.cases, p.policy), Language: p.rights.Language, Address: p.address,
	})
	p.rights.Visitors, p.rights.Corrections, p.contact.Reach, p.contact.Visitors = p.visitors, p.corrects, p.visitors.Reach, p.visitors.Offered
}

// places are where something is kept of a person, as people call it.
func (p *portal) places(ctx context.Context, words *i18n.Printer, subject string) ([]takeout.Named, error) {
	basis := func(activity string) takeout.Named {
		a, _ := p.policy().Activity(activity)
		return takeout.Named{Basis: p.policy().BasisOf(a).DPV}
	}
	list := []takeout.Named{{Scope: vault.Profile, Name: words.T("rights.place.profile"), Basis: basis("account").Basis}}
	cases, err := p.cases.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, row := range cases {
		d, err := p.cases.Version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		one := basis(d.ApplyActivity())
		one.Scope, one.Name = "case:"+row.ID, words.In(d.Name)+" "+words.Isolate(row.Reference)
		list = append(list, one)
	}
	asked, err := p.contact.Of(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, r := range asked {
		one := basis("inquiry")
		one.Scope, one.Name = r.Scope(), words.T("rights.place.request")+" "+words.Isolate(r.Reference)
		list = append(list, one)
	}
	return list, nil
}

// takenFiles gives out files for packages.
type takenFiles struct{ uploads *uploads.Uploads }

// Of lists the files of a place that can be opened.
func (t takenFiles) Of(ctx context.Context, subject, scope string) (ids []string, err error) {
	states, err := t.uploads.States(ctx, subject, scope)
	for _, id := range slices.Sorted(maps.Keys(states)) {
		if states[id].State == uploads.Clean {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Open opens a file as a use of the program's own.
func (t takenFiles) Open(ctx context.Context, fileID, activity string) (*takeout.File, error) {
	c, err := t.uploads.Open(ctx, fileID, func(_ *db.Tx, f *uploads.File) (vault.Use, error) {
		return vault.Use{Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: f.Subject, Activity: activity, Scope: f.Scope}, nil
	})
	if err != nil {
		return nil, err
	}
	return &takeout.File{ID: c.ID, Name: c.Name, Type: c.Kind.Media(), Field: c.Field, Content: c}, nil
}

// answeringRights is what the control looks at of requests about rights (O14).
func (p *portal) answeringRights(ctx context.Context) (proof.Rights, error) {
	n, err := p.rights.Standing(ctx)
	if err != nil {
		return proof.Rights{}, err
	}
	granted, err := p.corrects.Standing(ctx)
	return proof.Rights{Offered: p.rights.Offered(), Open: n.Open + granted.Open, Soon: n.Soon + granted.Soon, Late: n.Late + granted.Late}, err
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
