package app

import (
	"context"
	"fmt"

	"portico/internal/demo"
	"portico/internal/demo/cast"
	"portico/internal/policy"
)

// seed makes a demo's people and says who they are.
func (p *portal) seed(ctx context.Context) ([]cast.SignIn, error) {
	var roles []string
	for _, r := range p.live.Current().Declarations.Roles {
		roles = append(roles, r.ID)
	}
	people, err := cast.Seed(ctx, &cast.Features{DB: p.db, Vault: p.vault, Identity: p.identity, Staff: p.staff, Account: p.account, Mandates: p.mandates}, &p.live.Current().Demo, roles)
	if err != nil {
		return nil, fmt.Errorf("make the demo's people: %w", err)
	}
	return people, nil
}

// tour is ten minutes through the demo.
func (p *portal) tour() demo.Tour {
	in, all := p.live.Current(), p.live.Catalogue().Services()
	t := demo.Tour{Person: cast.People(&in.Demo)[0].Email, Dir: p.dir, Store: p.file}
	if len(all) > 0 {
		d := all[len(all)-1]
		t.Service, t.Decides = d.ID, d.Decide.Roles[0]
	}
	for _, r := range in.Declarations.Roles {
		if t.Publishes == "" && in.Policy.May([]string{r.ID}, policy.PublishPolicy) {
			t.Publishes = r.ID
		}
	}
	return t
}
