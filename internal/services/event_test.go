package services_test

import (
	"os"
	"slices"
	"testing"

	"portico/internal/forms"
	"portico/internal/services"
	"portico/internal/services/servicestest"
)

// TestO18_AServiceIsWrittenAsADirectoryOnly compiles the example of
// docs/services.md: no line of Go knows it.
func TestO18_AServiceIsWrittenAsADirectoryOnly(t *testing.T) {
	d := servicestest.Compile(t, os.DirFS("testdata/event-permit"), "event-permit")
	if found := services.Link(map[string]*services.Definition{d.ID: d}); len(found) > 0 {
		t.Errorf("what it needs cannot be had: %v", found)
	}
	if n := len(d.Trials()); n < 15 {
		t.Errorf("it has %d tests", n)
	}
	var kinds []forms.Kind
	for _, f := range d.Form.All() {
		kinds = append(kinds, f.Kind)
	}
	for _, kind := range []forms.Kind{
		forms.Text, forms.Long, forms.Integer, forms.Number, forms.Money, forms.Choices, forms.YesNo, forms.Date, forms.Time, forms.Email,
		forms.Identity, forms.Address, forms.Party, forms.Files, forms.Group, forms.Warranty, forms.Info,
	} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("the example has no question of the kind %s", kind)
		}
	}
	organisers, _ := d.Form.Field("organisers")
	warranty, ok := d.Form.Field("organisers-warranty")
	if organisers.About != forms.Other || !ok || warranty.For != "organisers" || len(warranty.Conditions) != 2 {
		t.Errorf("M18: people are named without a warranty: %+v %+v", organisers, warranty)
	}
	if !slices.Contains(d.Shown(), warranty.ID) {
		t.Error("M18: those who decide do not see on what conditions people were named")
	}
}
