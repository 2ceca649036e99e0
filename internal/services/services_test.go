package services_test

import (
	"io/fs"
	"os"
	"testing"
	"time"

	"portico/internal/platform/strict"
	"portico/internal/policy"
	"portico/internal/services"
)

// declarations reads those of the national portal.
func declarations(t testing.TB) *policy.Declarations {
	t.Helper()
	d := &policy.Declarations{}
	read := func(name string, into any) {
		data, err := os.ReadFile("../../instances/onegov/policy/" + name)
		if err != nil {
			t.Fatal(err)
		}
		doc, problems := strict.Parse(data)
		if doc != nil {
			problems = doc.Decode(into)
		}
		if len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
	}
	data := struct {
		Categories []policy.Category `yaml:"categories"`
		Fields     []policy.Field    `yaml:"fields"`
		Roles      []policy.Role     `yaml:"roles"`
	}{}
	read("data.yaml", &data)
	purposes := struct {
		Revision   policy.Revision   `yaml:"revision"`
		Purposes   []policy.Purpose  `yaml:"purposes"`
		Activities []policy.Activity `yaml:"activities"`
	}{}
	read("purposes.yaml", &purposes)
	recipients := struct {
		Parties []policy.Party `yaml:"parties"`
	}{}
	read("recipients.yaml", &recipients)
	retention := struct {
		Retention []policy.Retention `yaml:"retention"`
	}{}
	read("retention.yaml", &retention)
	d.Categories, d.Fields, d.Roles = data.Categories, data.Fields, data.Roles
	d.Revision, d.Purposes, d.Activities = purposes.Revision, purposes.Purposes, purposes.Activities
	d.Parties, d.Retention = recipients.Parties, retention.Retention
	return d
}

func env(t testing.TB) services.Env {
	return services.Env{Languages: []string{"en", "dv"}, Zone: time.FixedZone("Maldives", 5*3600), Declarations: declarations(t)}
}

func load(t testing.TB, fsys fs.FS, id string) *services.Definition {
	t.Helper()
	d, problems := services.Compile(fsys, id, env(t))
	for _, p := range problems {
		t.Errorf("%s:%d: %s: %s", p.File, p.Line, p.Path, p.Message)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return d
}
