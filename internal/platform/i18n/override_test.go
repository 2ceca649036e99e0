package i18n

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAPortalCallsThingsByItsOwnWords(t *testing.T) {
	c, err := Load(fstest.MapFS{"locales/en.yaml": {Data: []byte("a.one: \"An official reads official papers of the officials: {official}.\"\na.two: {one: \"{n} application\", other: \"Applications, reapplication, application\"}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	base := c.Clone()
	unsaid := c.Reword("en", map[string]string{"an official": "a clerk", "official": "formal", "officials": "clerks", "application": "order", "applications": "orders", "council": "company", "reap": "x"})
	if want := []string{"council", "reap"}; !slices.Equal(unsaid, want) {
		t.Errorf("nobody says %q, not %q", unsaid, want)
	}
	p := c.Printer("en", nil)
	for got, want := range map[string]string{
		p.T("a.one", "official", "An official"): "A clerk reads formal papers of the clerks: An official.",
		p.T("a.two", "n", 1):                    "1 order",
		p.T("a.two", "n", 2):                    "Orders, reapplication, order",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if got := base.Printer("en", nil).T("a.two", "n", 1); got != "1 application" {
		t.Errorf("the program's sentence changed: %q", got)
	}
}

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
