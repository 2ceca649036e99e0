package strict

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type color string

func (color) Values() []string { return []string{"red", "green"} }

type day struct{ text string }

func (d *day) UnmarshalText(b []byte) error {
	if len(b) != 10 {
		return errors.New("not a day")
	}
	d.text = string(b)
	return nil
}

type common struct {
	Note string `yaml:"note,omitempty"`
}

type item struct {
	ID    string `yaml:"id"`
	Count int8   `yaml:"count,omitempty"`
	Color color  `yaml:"color,omitempty"`
	common
}

type sample struct {
	Name   map[string]string `yaml:"name"`
	Items  []item            `yaml:"items,omitempty"`
	Since  day               `yaml:"since,omitempty"`
	On     bool              `yaml:"on"`
	Rate   float64           `yaml:"rate,omitempty"`
	Extra  any               `yaml:"extra,omitempty"`
	Nested *item             `yaml:"nested,omitempty"`
	Inner  string            `yaml:"-"`
}

func read(t *testing.T, text string) (sample, []string) {
	t.Helper()
	var s sample
	doc, problems := Parse([]byte(text))
	if doc != nil {
		problems = doc.Decode(&s)
	}
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d: %s", p.Line, p.Message))
	}
	return s, out
}

func TestADocumentFillsTheType(t *testing.T) {
	s, problems := read(t, `
# a comment
name: {en: Road, dv: "މަގު"}
items:
  - id: a.b
    count: 3
    color: red
    note: |
      two
      lines
  - {id: c}
since: 2026-11-22
on: true
rate: 2.5
extra: {a: [1, x, true, null], b: {c: 1.5}}
nested: {id: z}
`)
	if problems != nil {
		t.Fatal(problems)
	}
	want := sample{
		Name:  map[string]string{"en": "Road", "dv": "މަގު"},
		Items: []item{{ID: "a.b", Count: 3, Color: "red", common: common{Note: "two\nlines\n"}}, {ID: "c"}},
		Since: day{"2026-11-22"}, On: true, Rate: 2.5,
		Extra:  map[string]any{"a": []any{int64(1), "x", true, nil}, "b": map[string]any{"c": 1.5}},
		Nested: &item{ID: "z"},
	}
	if d := cmp.Diff(want, s, cmp.AllowUnexported(day{}, item{}, common{})); d != "" {
		t.Fatal(d)
	}
}

func TestEveryMistakeIsReportedWithItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"unknown, double and missing keys at once": {
			"name: {en: a}\nitems:\n  - id: x\n    colour: red\n  - count: 3\nnam: 1\non: true\non: false\n",
			[]string{
				`4: unknown key "colour": did you mean "color"?`, `5: missing key "id"`, `6: unknown key "nam": did you mean "name"?`,
				`8: key "on" stands here twice`,
			},
		},
		"other types": {
			"name: [a]\nitems: {id: x}\nsince: tomorrow\non: 1\nrate: fast\n",
			[]string{
				"1: name: must be keys with values, not a list", "2: items: must be a list, not keys with values", "3: since: not a day",
				"4: on: must be true or false, not a number", "5: rate: must be a number, not text",
			},
		},
		"numbers":                  {"name: {en: 1500}\nitems:\n- {id: a, count: 300}\n", []string{"1: name/en: must be text: put 1500 in quotes", "3: items/0/count: must be a whole number, not a number"}},
		"a required key left open": {"name:\n", []string{"1: name: has no value"}},
		"enumerations":             {"name: {}\nnested: {id: a, color: blue}\n", []string{`2: nested/color: "blue" is none of red, green`}},
		"anchors and aliases":      {"name: &a {en: x}\nextra: *a\n", []string{"1: anchors and aliases are not allowed: write the value out", "2: anchors and aliases are not allowed: write the value out"}},
		"tags":                     {"name: !!map {en: x}\n", []string{`1: tags ("!!map") are not allowed`}},
		"merge keys":               {"name:\n  <<: {en: x}\n", []string{"2: anchors and aliases are not allowed: write the value out"}},
		"second documents":         {"---\nname: {}\n---\nname: {}\n", []string{"3: a second document is not allowed"}},
		"broken UTF-8":             {"name: {}\nextra: \xff\n", []string{"2: not valid UTF-8"}},
		"direction overrides":      {"name: {}\nextra: a\u202eb\n", []string{"2: the character U+202E is not allowed: it hides or reorders text"}},
		"escaped overrides":        {"name: {en: \"a\\u202eb\"}\n", []string{"1: name/en: holds a character that hides or reorders text"}},
		"nothing":                  {" \n", []string{"1: the file is empty"}},
		"a scalar":                 {"hello\n", []string{"1: the file: must be keys with values, not text"}},
		"deep brackets":            {"extra: " + strings.Repeat("[", 100_000), []string{"1: more than 40 brackets within brackets"}},
		"deep lists":               {strings.Repeat("- ", 100_000), []string{"1: indented by more than 80 columns"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := read(t, c.text)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestADocumentTooLargeIsRefusedUnread(t *testing.T) {
	_, problems := Parse([]byte(strings.Repeat("# x\n", MaxSize)))
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "bytes") {
		t.Fatal(problems)
	}
}

func TestPathsFindTheirLine(t *testing.T) {
	doc, problems := Parse([]byte("name:\n  en: a\nitems:\n  - id: person.name\n    color: red\n  - id: x\n    note: n\nextra:\n  a/b: 1\n"))
	if problems != nil {
		t.Fatal(problems)
	}
	for path, want := range map[string]int{
		"": 1, "name/en": 2, "name/dv": 1, "items/0": 4, "items/0/color": 5, "items/person.name/color": 5,
		"items/x": 6, "items/x/note": 7, "items/9/note": 3, "extra/a/b": 9, "nothing": 1,
	} {
		if got := doc.Line(path); got != want {
			t.Errorf("%q: line %d, want %d", path, got, want)
		}
	}
	if !doc.Has("items/x/note") || doc.Has("items/x/color") {
		t.Error("Has")
	}
}

func TestTheSchemaSaysWhatDecodeDoes(t *testing.T) {
	b, err := json.Marshal(Schema(item{}, "urn:x", "x"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"$id":"urn:x","$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,` +
		`"properties":{"color":{"enum":["red","green"],"type":"string"},"count":{"type":"integer"},"id":{"type":"string"},"note":{"type":"string"}},` +
		`"required":["id"],"title":"x","type":"object"}`
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Fatal(d)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"name: {en: a}\nitems: [{id: x}]\n", "a: |\n  b\n- c", "? x\n: y", "{a: [b, {c: d}]}", "a: 'b\n  c'", "\"\\u202e\": 1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, problems := Parse(data)
		if (doc == nil) == (len(problems) == 0) {
			t.Fatalf("document %v with problems %v", doc, problems)
		}
		if doc == nil {
			return
		}
		var s sample
		var v any
		for _, p := range append(doc.Decode(&s), doc.Decode(&v)...) {
			if p.Line < 1 {
				t.Fatalf("problem without a line: %+v", p)
			}
		}
	})
}
