package instance

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/deferral/deferraltest"
	"portico/internal/platform/strict"
	"portico/internal/testkit"
)

// kindOf returns the kind of a YAML file of an instance.
func kindOf(name string) string {
	switch {
	case name == portalFile:
		return "portal"
	case strings.HasPrefix(name, "locales/"):
		return "locales"
	case strings.Contains(name, "/tests/"):
		return "tests"
	case strings.HasPrefix(name, "notices/"):
		return "notice"
	case strings.HasPrefix(name, "news/"):
		return "news"
	}
	return strings.TrimSuffix(name[strings.LastIndex(name, "/")+1:], ".yaml")
}

func compile(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	s, err := Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:x", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:x")
	if err != nil {
		t.Fatalf("the schema of %s is none: %v", kind, err)
	}
	return schema
}

// data reads YAML as a validator wants it.
func data(t *testing.T, text []byte) any {
	t.Helper()
	doc, problems := strict.Parse(text)
	if doc == nil {
		t.Fatal(problems)
	}
	var v any
	if problems := doc.Decode(&v); len(problems) > 0 {
		t.Fatal(problems)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSchemasFitTheInstances(t *testing.T) {
	systems := map[string]fs.FS{"template": Template(), "onegov with an inquiry": os.DirFS(deferraltest.Instance(t))}
	dirs, err := filepath.Glob(filepath.Join(testkit.Root(), "instances", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no instances: %v", err)
	}
	for _, dir := range dirs {
		systems[filepath.Base(dir)] = os.DirFS(dir)
	}
	seen := map[string]bool{}
	for id, fsys := range systems {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".yaml" {
				return err
			}
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			kind := kindOf(name)
			seen[kind] = true
			if err := compile(t, kind).Validate(data(t, text)); err != nil {
				t.Errorf("%s: %s: %v", id, name, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range SchemaKinds() {
		if !seen[kind] && kind != "locales" {
			t.Errorf("no instance has a file of the kind %s, so its schema is untested", kind)
		}
	}
}

func TestASchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	good, err := fs.ReadFile(Template(), portalFile)
	if err != nil {
		t.Fatal(err)
	}
	portal := compile(t, "portal")
	for name, edit := range map[string][2]string{
		"an unknown key": {"currency: EUR", "currency: EUR\nextra: 1"},
		"a missing key":  {"currency: EUR", ""},
		"another type":   {"languages: [en]", "languages: en"},
		"another day":    {"friday]", "fryday]"},
		"another form":   {"currency: EUR", "currency: euro"},
	} {
		if err := portal.Validate(data(t, []byte(strings.Replace(string(good), edit[0], edit[1], 1)))); err == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
}

func TestThereIsASchemaOfEachKindOnly(t *testing.T) {
	if _, err := Schema("nothing"); err == nil || !strings.Contains(err.Error(), "portal") {
		t.Errorf("an unknown kind: %v", err)
	}
	if !slices.IsSorted(SchemaKinds()) {
		t.Error("the kinds are not sorted")
	}
}
