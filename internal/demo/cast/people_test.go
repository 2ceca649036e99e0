package cast_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/demo/cast"
	"portico/internal/instance"
)

// accounts are the accounts of a test; broken fails whoever is made.
type accounts struct {
	made   []string
	acting []string
	broken string
}

func (a *accounts) HasAccount(_ context.Context, realm, email string) (bool, error) {
	return slices.Contains(a.made, realm+" "+email), nil
}

func (a *accounts) CreatePerson(_ context.Context, p cast.Person, password string) error {
	return a.create("person", p.Email, password)
}

func (a *accounts) CreateOfficial(_ context.Context, o cast.Official, password string) error {
	return a.create("staff", o.Email, password)
}

func (a *accounts) ActFor(_ context.Context, email string, c cast.Company) error {
	a.acting = append(a.acting, email+" "+c.Number)
	return nil
}

func (a *accounts) create(realm, email, password string) error {
	if password != "portico-demo" {
		return fmt.Errorf("the password is %q", password)
	}
	if email == a.broken {
		return errors.New("the power went off")
	}
	a.made = append(a.made, realm+" "+email)
	return nil
}

func TestADemoHasOnePersonARoleAndMakesEachOnce(t *testing.T) {
	roles := []string{"permit-officer", "administrator", "privacy-officer"}
	declared := &instance.Demo{
		People: []instance.DemoPerson{
			{Role: "citizen", Email: "aminath@demo.example", Name: "Aminath"},
			{Role: "delegate", Email: "nashida@demo.example", Name: "Nashida", Company: &instance.DemoFirm{Name: "Builders", Number: "C-0123/2019"}},
		},
		Officials: []string{"Hussain", "Mariyam"},
	}
	a := &accounts{broken: "administrator@demo.example"}
	if _, err := cast.Seed(t.Context(), a, declared, roles); err == nil {
		t.Fatal("a seeding that broke off says nothing")
	}
	a.broken = ""
	for range 2 { // taken up again, and then by a demo that has everybody
		got, err := cast.Seed(t.Context(), a, declared, roles)
		if err != nil {
			t.Fatal(err)
		}
		want := []cast.SignIn{
			{"citizen", "aminath@demo.example"}, {"delegate", "nashida@demo.example"},
			{"permit-officer", "permit-officer@demo.example"}, {"administrator", "administrator@demo.example"},
			{"privacy-officer", "privacy-officer@demo.example"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if len(a.made) != 5 || len(slices.Compact(slices.Sorted(slices.Values(a.made)))) != 5 {
		t.Errorf("made were %q", a.made)
	}
	if got := slices.Compact(slices.Sorted(slices.Values(a.acting))); len(got) != 1 || got[0] != "nashida@demo.example C-0123/2019" {
		t.Errorf("somebody acts for a company: %q", got)
	}
}

func TestADemoWithoutPeopleOfItsOwnHasNeutralOnes(t *testing.T) {
	got, err := cast.Seed(t.Context(), &accounts{}, &instance.Demo{}, []string{"clerk"})
	if diff := cmp.Diff([]cast.SignIn{{"citizen", "sam@demo.example"}, {"neighbour", "robin@demo.example"}, {"clerk", "clerk@demo.example"}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
