package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestAPortalMaySaySentencesOtherwise(t *testing.T) {
	base, err := Load(fstest.MapFS{"locales/en.yaml": {Data: []byte("a.hello: Hello {name}\na.count: {one: \"{n} case\", other: \"{n} cases\"}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	c := base.Clone()
	if err := c.Replace("en", "a.hello", "Welcome {name}"); err != nil {
		t.Fatal(err)
	}
	if err := c.Replace("en", "a.count", map[string]any{"one": "one file", "other": "{n} files"}); err != nil {
		t.Fatal(err)
	}
	if got := c.Printer("en", nil).T("a.hello", "name", "Ali"); !strings.HasPrefix(got, "Welcome") {
		t.Errorf("the portal's sentence: %q", got)
	}
	if got := c.Printer("en", nil).T("a.count", "n", 3); !strings.Contains(got, "files") {
		t.Errorf("the portal's plural: %q", got)
	}
	if got := base.Printer("en", nil).T("a.hello", "name", "Ali"); !strings.HasPrefix(got, "Hello") {
		t.Errorf("the program's sentence changed: %q", got)
	}
	for name, say := range map[string]struct {
		key string
		say any
	}{
		"an unknown key":        {"a.none", "x"},
		"another placeholder":   {"a.hello", "Hello {person}"},
		"no sentence":           {"a.hello", " "},
		"a text for plurals":    {"a.count", "{n} cases"},
		"plurals for a text":    {"a.hello", map[string]any{"one": "{name}", "other": "{name}"}},
		"a missing plural form": {"a.count", map[string]any{"other": "{n}"}},
		"an unknown form":       {"a.count", map[string]any{"one": "{n}", "other": "{n}", "both": "{n}"}},
		"a number":              {"a.hello", int64(3)},
	} {
		if err := c.Replace("en", say.key, say.say); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
