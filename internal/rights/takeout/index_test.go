package takeout

import (
	"strings"
	"testing"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// TestN13_WhatIsKeptForProgramsIsReadAsPeopleReadIt: the readable part of a
// package shows answers in words and documents in lines, in the person's language.
func TestN13_WhatIsKeptForProgramsIsReadAsPeopleReadIt(t *testing.T) {
	const document = `{"dv":{"name":"މަގު"},"en":{"name":"Road permit","parts":[{"lines":["One."]},{"facts":[{"label":"Road","value":"Canary"},{"label":"Hours","value":4}]}]}}`
	for name, c := range map[string]struct{ text, lang, want string }{
		"a document":           {document, "en", "Road permit|One.|Road|Canary|Hours|4"},
		"in another language":  {document, "dv", "މަގު"},
		"words":                {"Kept as it is", "en", "Kept as it is"},
		"no JSON":              {"{not at all", "en", "{not at all"},
		"nested, and empty":    {`[{"a":{"b":["x",[]]}},{},"y"]`, "en", "x|y"},
		"text that looks like": {`"quoted"`, "en", `"quoted"`},
	} {
		if got := strings.ReplaceAll(leaves(c.text, c.lang), "\n", "|"); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	catalogue, err := i18n.Load(web.Locales())
	if err != nil {
		t.Fatal(err)
	}
	g := &gathered{p: catalogue.Printer("en", time.UTC), words: map[string]func(string, string) (string, bool){"case:1": func(field, value string) (string, bool) {
		return "Construction", field == "road-permit.kind" && value == "construction"
	}}}
	for _, c := range []struct {
		v    value
		want string
	}{
		{value{Place: "case:1", Field: "road-permit.kind", Value: "construction", Source: policy.SourceForm}, "Construction"},
		{value{Place: "case:1", Field: "road-permit.remarks", Value: "[1]", Source: policy.SourceStaff}, "[1]"},
	} {
		if got := g.value(c.v); got != c.want {
			t.Errorf("%s is read as %q, not %q", c.v.Field, got, c.want)
		}
	}
}
