package cast

import (
	"context"

	"portico/internal/account"
	"portico/internal/identity"
	"portico/internal/mandates"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/staff"
	"portico/internal/vault"
)

// Features are Accounts over those that own them.
type Features struct {
	DB       *db.DB
	Vault    *vault.Vault
	Identity *identity.Service
	Staff    *staff.Service
	Account  *account.Service
	Mandates *mandates.Service
}

// HasAccount reports whether somebody signs in with the address.
func (a *Features) HasAccount(ctx context.Context, realm, email string) (bool, error) {
	kind := policy.FieldEmail
	if realm == "staff" {
		kind = policy.FieldStaffEmail
	}
	err := a.DB.View(ctx, func(tx *db.Tx) error {
		_, err := a.Vault.Find(tx, kind, email)
		return err
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return false, nil
	}
	return err == nil, err
}

// CreatePerson makes a citizen's account.
func (a *Features) CreatePerson(ctx context.Context, p Person, password string) error {
	_, err := a.Identity.CreatePerson(ctx, identity.NewPerson{Contact: p.Email, Password: password, Details: identity.Details{
		Name: p.Name, BirthDate: p.BirthDate, IdentityNumber: p.IdentityNumber, Address: p.Address,
	}})
	return err
}

// CreateOfficial makes an official's account.
func (a *Features) CreateOfficial(ctx context.Context, o Official, password string) error {
	_, err := a.Staff.Create(ctx, staff.Entry{Email: o.Email, Name: o.Name, Roles: []string{o.Role}}, password)
	return err
}

// ActFor has a person act for a company, both verified.
func (a *Features) ActFor(ctx context.Context, email string, c Company) error {
	if !a.Mandates.Offered() {
		return nil
	}
	var subject string
	if err := a.DB.View(ctx, func(tx *db.Tx) (err error) {
		subject, err = a.Vault.Find(tx, policy.FieldEmail, email)
		return err
	}); err != nil {
		return err
	}
	if err := a.Account.Vouch(ctx, subject); err != nil {
		return err
	}
	return a.Mandates.Vouch(ctx, subject, mandates.Claim{Name: c.Name, Number: c.Number})
}
