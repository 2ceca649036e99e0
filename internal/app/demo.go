package app

import (
	"context"
	"fmt"

	"portico/internal/demo"
	"portico/internal/demo/cast"
)

// seed makes a demo's people and says who they are.
func (p *portal) seed(ctx context.Context) ([]cast.SignIn, error) {
	var roles []string
	for _, r := range p.live.Current().Declarations.Roles {
		roles = append(roles, r.ID)
	}
	people, err := cast.Seed(ctx, &cast.Features{DB: p.db, Vault: p.vault, Identity: p.identity, Staff: p.staff, Account: p.account, Mandates: p.mandates}, roles)
	if err != nil {
		return nil, fmt.Errorf("make the demo's people: %w", err)
	}
	return people, nil
}

// tour is ten minutes through the demo.
func (p *portal) tour() demo.Tour {
	t := demo.Tour{Citizen: cast.People()[0].Email, Service: "road-permit", Dir: p.dir, Store: p.file, Roles: func() (roles []string) {
		for _, r := range p.live.Current().Declarations.Roles {
			roles = append(roles, r.ID)
		}
		return roles
	}}
	if all := p.live.Catalogue().Services(); p.live.Catalogue().Service(t.Service) == nil && len(all) > 0 {
		t.Service = all[0].ID
	}
	return t
}
