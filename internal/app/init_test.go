package app_test

import (
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"portico/internal/app"
	"portico/internal/instance"
	"portico/internal/proof"
	"portico/internal/testkit"
)

// demoPassword is the one of everybody in a demo.
const demoPassword = "portico-demo"

// signIn signs a citizen of a demo in.
func signIn(b *testkit.Browser, email string) {
	b.Submit("/en/sign-in", url.Values{"contact": {email}, "password": {demoPassword}}, 200)
}

func TestAnInstanceThatInitWritesServesAndCanBeAppliedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "town")
	if err := instance.Init(dir); err != nil {
		t.Fatal(err)
	}
	store := t.TempDir()
	at := app.Store{Data: filepath.Join(store, "data"), Keys: filepath.Join(store, "keys")}
	p := testkit.Serve(t, dir, "--demo", "--data", at.Data, "--keys", at.Keys)
	b := p.Browse()
	signIn(b, p.Person("citizen"))
	apply := "/en/services/parking-permit/apply"
	check := press(t, b, b.Page(apply, 200), url.Values{
		"name": {"Aminath Shifza Ibrahim"}, "address": {"Finifenmaage"}, "plate": {"A1B 2345"}, "months": {"3"},
	})
	press(t, b, check, url.Values{"_declared": {"yes"}})
	if n := b.Page("/en/cabinet/applications", 200).Find("main a[href*='/cabinet/applications/']").Len(); n != 1 {
		t.Errorf("%d applications are listed, not one", n)
	}
	p.Stop()
	report, err := app.Prove(t.Context(), at, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, control := range []string{proof.ServicesDescribed, proof.Agreed} { // O18, O15
		i := slices.IndexFunc(report.Results, func(r proof.Result) bool { return r.Promise.Control == control })
		if i < 0 || report.Results[i].Status != proof.Kept {
			t.Errorf("%s is not kept: %+v", control, report.Results)
		}
	}
}
