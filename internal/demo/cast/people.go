package cast

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/demo"
	"portico/internal/instance"
)

// Person is one for whom the portal of a demo is.
type Person struct {
	Role           string // how the demo speaks of them, such as citizen
	Email          string
	Name           string
	BirthDate      string // 1990-12-31
	IdentityNumber string
	Address        string // lines
	Company        Company
}

// Company is one for which somebody acts, verified; none if it has no name.
type Company struct{ Name, Number string }

// Official is somebody who works in a demo, with one role of the instance.
type Official struct {
	Role  string
	Email string
	Name  string
}

// Accounts is what a demo needs of the features that own the accounts.
type Accounts interface {
	// HasAccount reports whether somebody of the realm ("person" or "staff")
	// signs in with the address.
	HasAccount(ctx context.Context, realm, email string) (bool, error)
	CreatePerson(ctx context.Context, p Person, password string) error
	CreateOfficial(ctx context.Context, o Official, password string) error
	// ActFor has a person act for a company, unless they do already.
	ActFor(ctx context.Context, email string, c Company) error
}

// SignIn is one way into a demo.
type SignIn struct{ Role, Email string }

// People are those for whom the portal of an instance is.
func People(d *instance.Demo) (list []Person) {
	for _, p := range d.People {
		one := Person{
			Role: p.Role, Email: p.Email, Name: p.Name, BirthDate: p.Birth, IdentityNumber: p.Identity, Address: strings.TrimSpace(p.Address),
		}
		if p.Company != nil {
			one.Company = Company(*p.Company)
		}
		list = append(list, one)
	}
	if list == nil {
		list = []Person{{
			Role: "citizen", Email: "sam@demo.example", Name: "Sam Example", BirthDate: "1987-04-12", IdentityNumber: "A123456", Address: "1 Example Street",
		}, {
			Role: "neighbour", Email: "robin@demo.example", Name: "Robin Example", BirthDate: "1974-11-30", IdentityNumber: "A654321", Address: "2 Example Street",
		}}
	}
	return list
}

// Known are those whom a demo's login knows: its citizens, and somebody who has
// no account.
func Known(d *instance.Demo) (all []demo.Known) {
	for _, p := range People(d) {
		all = append(all, demo.Known{Name: p.Name, BirthDate: p.BirthDate, IdentityNumber: p.IdentityNumber, Email: p.Email})
	}
	return append(all, demo.Known{Name: "Ibrahim Naseem Hassan", BirthDate: "1995-02-17", IdentityNumber: "A777888", Email: "ibrahim@demo.example"})
}

// Officials are one person a role.
func Officials(d *instance.Demo, roles []string) []Official {
	names := d.Officials
	if len(names) == 0 {
		names = []string{"Robin Example", "Kim Example", "Alex Example"}
	}
	out := make([]Official, len(roles))
	for i, role := range roles {
		out[i] = Official{Role: role, Email: role + "@demo.example", Name: names[i%len(names)]}
	}
	return out
}

// Seed makes the people that a demo of an instance with these roles is still
// missing, and returns all of them. A seeding that was cut off is taken up
// again by the next start.
func Seed(ctx context.Context, a Accounts, d *instance.Demo, roles []string) ([]SignIn, error) {
	var all []SignIn
	for _, p := range People(d) {
		err := once(ctx, a, "person", p.Email, func() error { return a.CreatePerson(ctx, p, demo.Password) })
		if err != nil {
			return nil, fmt.Errorf("make the demo's %s: %w", p.Role, err)
		}
		if p.Company.Name != "" {
			if err := a.ActFor(ctx, p.Email, p.Company); err != nil {
				return nil, fmt.Errorf("give the demo's %s a company: %w", p.Role, err)
			}
		}
		all = append(all, SignIn{p.Role, p.Email})
	}
	for _, o := range Officials(d, roles) {
		err := once(ctx, a, "staff", o.Email, func() error { return a.CreateOfficial(ctx, o, demo.Password) })
		if err != nil {
			return nil, fmt.Errorf("make the demo's %s: %w", o.Role, err)
		}
		all = append(all, SignIn{o.Role, o.Email})
	}
	return all, nil
}

func once(ctx context.Context, a Accounts, realm, email string, create func() error) error {
	has, err := a.HasAccount(ctx, realm, email)
	if err != nil || has {
		return err
	}
	return create()
}
