package app

import (
	"context"
	"errors"
	"fmt"

	"portico/internal/demo"
	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

// accounts is demo.Accounts over the features that own them.
type accounts struct {
	db       *db.DB
	vault    *vault.Vault
	identity *identity.Service
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
	return errors.New("staff are not built yet")
}

// seed makes a demo's people and says who they are.
func (p *portal) seed(ctx context.Context) ([]demo.SignIn, error) {
	var roles []string // officials come with package staff
	people, err := demo.Seed(ctx, accounts{p.db, p.vault, p.identity}, roles)
	if err != nil {
		return nil, fmt.Errorf("make the demo's people: %w", err)
	}
	return people, nil
}
