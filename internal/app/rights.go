package app

import (
	"context"

	"portico/internal/platform/i18n"
	"portico/internal/proof"
	"portico/internal/rights"
	"portico/internal/vault"
)

// openRights builds what takes requests about people's own data.
func (p *portal) openRights() {
	p.rights = rights.New(rights.Config{
		DB: p.db, Vault: p.vault, Policy: p.policy, Clock: p.clock, Jobs: p.queue, Identity: p.identity, Staff: p.staff,
		Calendar: func() rights.Calendar { return &p.live.Current().Portal.Calendar }, Zone: p.zone, Address: p.address,
		Language: func() string { return p.live.Current().Portal.Langs()[0] }, Places: p.places,
	})
}

// places are where something is kept of a person, as people call it.
func (p *portal) places(ctx context.Context, words *i18n.Printer, subject string) ([]rights.Named, error) {
	basis := func(activity string) rights.Named {
		a, _ := p.policy().Activity(activity)
		return rights.Named{Basis: p.policy().BasisOf(a).DPV}
	}
	list := []rights.Named{{Scope: vault.Profile, Name: words.T("rights.place.profile"), Basis: basis("account").Basis}}
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

// answeringRights is what the control looks at of requests about rights (O14).
func (p *portal) answeringRights(ctx context.Context) (proof.Rights, error) {
	n, err := p.rights.Standing(ctx)
	return proof.Rights{Offered: p.rights.Offered(), Open: n.Open, Soon: n.Soon, Late: n.Late}, err
}
