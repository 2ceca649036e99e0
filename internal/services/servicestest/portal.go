// Package servicestest has the national portal's declarations and its road
// permit, for tests of services and of cases.
package servicestest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/platform/strict"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/testkit"
)

// langs are the languages of the portal.
func langs() []string { return []string{"en", "dv"} }

// Zone is the portal's time zone.
func Zone() *time.Location { return time.FixedZone("Indian/Maldives", 5*3600) }

// Folder is a folder of the national portal, such as "services/road-permit".
func Folder(t testing.TB, name string) fs.FS {
	return os.DirFS(filepath.Join(testkit.Root(), "instances/onegov", name))
}

// Declarations reads what the portal declares, without its services.
func Declarations(t testing.TB) *policy.Declarations {
	t.Helper()
	d := &policy.Declarations{}
	folder := Folder(t, "policy")
	read := func(name string, into any) {
		data, err := fs.ReadFile(folder, name)
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

// Env is what the portal gives to its services.
func Env(t testing.TB) services.Env {
	t.Helper()
	return services.Env{Languages: langs(), Zone: Zone(), Declarations: Declarations(t), Categories: categories(t), Currency: "MVR"}
}

// categories reads the headings of the portal's catalogue.
func categories(t testing.TB) []services.Category {
	t.Helper()
	data, err := fs.ReadFile(Folder(t, "."), "portico.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := strict.Parse(data)
	if len(problems) > 0 {
		t.Fatalf("portico.yaml: %v", problems)
	}
	var list struct {
		Categories []services.Category `yaml:"categories"`
	}
	doc.Decode(&list) // the rest of the file is not for this type
	return list.Categories
}

// Compile compiles a service's folder; a problem fails the test.
func Compile(t testing.TB, folder fs.FS, id string) *services.Definition {
	t.Helper()
	d, problems := services.Compile(folder, id, Env(t))
	for _, p := range problems {
		t.Errorf("%s:%d: %s: %s", p.File, p.Line, p.Path, p.Message)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return d
}

// RoadPermit is the portal's road permit without the document that it asks
// for: answers that are typed, for tests that send no files.
func RoadPermit(t testing.TB) *services.Definition {
	t.Helper()
	return Compile(t, RoadPermitFiles(t), "road-permit")
}

// consent is what the road permit says of its document: the question, its page,
// and where its key stands among others.
var consent = regexp.MustCompile(`(?m)^    consent:\n(?: {6}.*\n)+|^  - id: consent\n(?: {4}.*\n)+|^  consent: .*\n|, consent\b`)

// RoadPermitFiles is the folder of RoadPermit, as files that a test may change.
func RoadPermitFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	from, to := Folder(t, "services/road-permit"), fstest.MapFS{}
	if err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "tests/consent.yaml" {
			return err
		}
		data, err := fs.ReadFile(from, path)
		to[path] = &fstest.MapFile{Data: consent.ReplaceAll(data, nil)}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return to
}

// Policy is the portal's policy with these services.
func Policy(t testing.TB, list ...*services.Definition) *policy.Policy {
	t.Helper()
	d := Declarations(t)
	// What is handed over names fields of services that may not be here.
	for _, r := range d.Retention {
		d.Activities = slices.DeleteFunc(d.Activities, func(a policy.Activity) bool { return r.To != "" && a.ID == policy.HandOver(r.To) })
		d.Parties = slices.DeleteFunc(d.Parties, func(p policy.Party) bool { return p.ID == r.To })
	}
	d.Retention = slices.DeleteFunc(d.Retention, func(r policy.Retention) bool { return r.To != "" })
	for _, s := range list {
		d.Fields = append(d.Fields, s.Fields()...)
		d.Activities = append(d.Activities, s.Activities()...)
	}
	// Only what the services use is there: purposes of other pages are not.
	d.Purposes = slices.DeleteFunc(d.Purposes, func(p policy.Purpose) bool {
		return !slices.ContainsFunc(d.Activities, func(a policy.Activity) bool { return a.Purpose == p.ID })
	})
	for i := range d.Parties {
		d.Parties[i].Purposes = slices.DeleteFunc(d.Parties[i].Purposes, func(id string) bool {
			return !slices.ContainsFunc(d.Purposes, func(p policy.Purpose) bool { return p.ID == id })
		})
	}
	p, problems := policy.Compile(d, policy.Options{Languages: langs()})
	if len(problems) > 0 {
		t.Fatalf("the portal's policy: %v", problems)
	}
	return p
}

// Catalogue holds versions of services; the last one set is in force.
type Catalogue struct {
	mu       sync.RWMutex
	hash     string
	versions map[string][]*services.Definition
}

// Set puts a version in force.
func (c *Catalogue) Set(hash string, list ...*services.Definition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions = map[string][]*services.Definition{}
	}
	c.hash, c.versions[hash] = hash, list
}

// Hash is the version in force.
func (c *Catalogue) Hash() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.hash
}

// Services are those in force.
func (c *Catalogue) Services() []*services.Definition {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.versions[c.hash]
}

// Service is one in force.
func (c *Catalogue) Service(id string) *services.Definition { return c.Version(c.Hash(), id) }

// Version is a service as it was.
func (c *Catalogue) Version(hash, id string) *services.Definition {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, d := range c.versions[hash] {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// EventPermit is the example of docs/services.md, in which the program decides
// on small repeats and late beginnings.
func EventPermit(t testing.TB) *services.Definition {
	return Compile(t, os.DirFS(filepath.Join(testkit.Root(), "internal/services/testdata/event-permit")), "event-permit")
}
