// Package formstest compiles forms for tests: any, and one with a question of
// each kind.
package formstest

import (
	"embed"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
	"portico/internal/policy"
)

//go:embed testdata
var sources embed.FS

// Zone is that of the forms: five hours east of UTC.
func Zone() *time.Location { return time.FixedZone("test", 5*3600) }

// At is the moment at which answers are judged.
func At() forms.At { return forms.At{Now: time.Date(2026, 11, 23, 9, 0, 0, 0, Zone())} }

// Env is what the instance gives to the forms.
func Env() forms.Env {
	return forms.Env{Languages: []string{"en"}, Zone: Zone(), Currency: "MVR", Fields: []policy.Field{
		{ID: "person.phone", Prefix: "+960"},
		{ID: "person.identity-number", Pattern: "^[A-Z][0-9]{6}$", Written: i18n.Text{"en": "One letter and six figures", "dv": "އެއް އަކުރާއި ހަ އަދަދު"}},
	}}
}

// Compile compiles a form and its rules, written in YAML.
func Compile(t testing.TB, form, rules string) (*forms.Form, []forms.Problem) {
	t.Helper()
	var file forms.File
	var r forms.Rules
	for text, into := range map[string]any{form: &file, rules: &r} {
		doc, problems := strict.Parse([]byte(text))
		if doc != nil {
			problems = doc.Decode(into)
		}
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
	}
	return forms.Compile("svc", &file, &r, Env())
}

// Sources returns the form and the rules that ask a question of each kind.
func Sources(t testing.TB) (form, rules string) {
	t.Helper()
	read := func(name string) string {
		data, err := sources.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return read("form.yaml"), read("rules.yaml")
}

// Every is the form that asks a question of each kind.
func Every(t testing.TB) *forms.Form {
	t.Helper()
	form, rules := Sources(t)
	f, problems := Compile(t, form, rules)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return f
}
