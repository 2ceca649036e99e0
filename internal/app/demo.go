package app

import (
	"context"
	"fmt"

	"portico/internal/account"
	"portico/internal/demo"
	"portico/internal/identity"
	"portico/internal/mandates"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/vault"
)

// accounts is demo.Accounts over the features that own them.
type accounts struct {
	db       *db.DB
	vault    *vault.Vault
	identity *identity.Service
	staff    *staff.Service
	account  *account.Service
	mandates *mandates.Service
}

// HasAccount reports whether somebody signs in with the address.
func (a accounts) HasAccount(ctx context.Context, realm, email string) (bool, error) {
	kind := policy.FieldEmail
	if realm == "staff" {
		kind = policy.FieldStaffEmail
	}
	err := a.db.View(ctx, func(tx *db.Tx) error {
		_, err := a.vault.Find(tx, kind, email)
		return err
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return false, nil
	}
	return err == nil, err
}

// CreatePerson makes a citizen's account.
func (a accounts) CreatePerson(ctx context.Context, p demo.Person, password string) error {
	_, err := a.identity.CreatePerson(ctx, identity.NewPerson{Contact: p.Email, Password: password, Details: identity.Details{
		Name: p.Name, BirthDate: p.BirthDate, IdentityNumber: p.IdentityNumber, Address: p.Address,
	}})
	return err
}

// CreateOfficial makes an official's account.
func (a accounts) CreateOfficial(ctx context.Context, o demo.Official, password string) error {
	_, err := a.staff.Create(ctx, staff.Entry{Email: o.Email, Name: o.Name, Roles: []string{o.Role}}, password)
	return err
}

// ActFor has a person act for a company, both verified.
func (a accounts) ActFor(ctx context.Context, email string, c demo.Company) error {
	if !a.mandates.Offered() {
		return nil
	}
	var subject string
	if err := a.db.View(ctx, func(tx *db.Tx) (err error) {
		subject, err = a.vault.Find(tx, policy.FieldEmail, email)
		return err
	}); err != nil {
		return err
	}
	if err := a.account.Vouch(ctx, subject); err != nil {
		return err
	}
	return a.mandates.Vouch(ctx, subject, mandates.Claim{Name: c.Name, Number: c.Number})
}

// seed makes a demo's people and says who they are.
func (p *portal) seed(ctx context.Context) ([]demo.SignIn, error) {
	var roles []string
	for _, r := range p.live.Current().Declarations.Roles {
		roles = append(roles, r.ID)
	}
	people, err := demo.Seed(ctx, accounts{p.db, p.vault, p.identity, p.staff, p.account, p.mandates}, roles)
	if err != nil {
		return nil, fmt.Errorf("make the demo's people: %w", err)
	}
	return people, nil
}

// tour is ten minutes through the demo.
func (p *portal) tour() demo.Tour {
	t := demo.Tour{Service: "road-permit", Dir: p.dir, Store: p.file, Roles: func() (roles []string) {
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
