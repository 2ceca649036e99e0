package text_test

import (
	"fmt"
	"html"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"portico/internal/policy/policytest"
	"portico/internal/policy/text"
)

// sample says everything that policytest declares.
const sample = `This policy is an agreement.

## Collected {#collected}

We collect this. {promise:encryption-at-rest}

{fields}

## Used {#used}

For this. {promise:encryption-at-rest}

{purposes}

## Stored {#stored}

Applications: {retention:application}, accounts: {retention:account}, before that {retention:registration}. {promise:encryption-at-rest}

## Secured {#secured}

It is encrypted. {promise:encryption-at-rest}

Staff are trained. {promise:trained-staff}

## Disclosed {#disclosed}

To these, such as {parties:council}: {promise:encryption-at-rest}

{recipients}

## More {#more}

{cookies}

{rights}

{contact}
`

func parse(t *testing.T, lang, source string) *text.Document {
	t.Helper()
	d, problems := text.Parse(lang, []byte(source))
	for _, p := range problems {
		t.Errorf("line %d: %s", p.Line, p.Message)
	}
	if d == nil {
		t.FailNow()
	}
	return d
}

func show(w io.Writer, r text.Reference) error {
	_, err := fmt.Fprintf(w, "[%s]", html.EscapeString(r.String()))
	return err
}

func rendered(t *testing.T, d *text.Document) string {
	t.Helper()
	var b strings.Builder
	if err := d.HTML(&b, show); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReferencesAreExpandedWhereTheyStand(t *testing.T) {
	got := rendered(t, parse(t, "en", "Kept *so* long: {retention:application}. {promise:x-y}\n\n{fields}\n\n## Who {#who}\n\n- to {parties:council}\n- `{cookies}` and \\{cookies} are no references\n"))
	want := `<p>Kept <em>so</em> long: [{retention:application}]. [{promise:x-y}]</p>
[{fields}]<h2 id="who">Who</h2>
<ul>
<li>to [{parties:council}]</li>
<li><code>{cookies}</code> and {cookies} are no references</li>
</ul>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMarkdownKeepsEverythingButTheReferences(t *testing.T) {
	var b strings.Builder
	d := parse(t, "en", sample)
	if err := d.Markdown(&b, show); err != nil {
		t.Fatal(err)
	}
	back := strings.NewReplacer("[{", "{", "}]", "}").Replace(b.String())
	if back != sample || strings.Count(b.String(), "[{") != len(d.References) {
		t.Errorf("got\n%s", b.String())
	}
}

func TestEveryMistakeIsReportedWithItsLine(t *testing.T) {
	for source, want := range map[string]string{
		"a\n\n<script>alert(1)</script>\n":         "3: HTML",
		"a <b onclick=x>b</b>":                     "1: HTML",
		"a\n![picture](https://example.org/x.png)": "2: pictures",
		"a\n[link](javascript:alert(1))":           "2: a link leads",
		"[link](data:text/html,x)":                 "1: a link leads",
		"[link](//example.org/)":                   "1: a link leads",
		"[link](http://example.org/)":              "1: a link leads",
		"<http://example.org/>":                    "1: a link leads",
		"[a][1]\n\n[1]: vbscript:x":                "1: a link leads",
		"a\n\n{retentoin:application}":             "3: {retentoin:application} is no reference",
		"a {} b":                                   "1: {} is no reference",
		"see {fields} there":                       "1: {fields} stands on a line of its own",
		"- {fields}":                               "1: {fields} stands on a line of its own",
		"a {promise} b":                            "1: {promise} needs the id",
		"{cookies:session}":                        "1: {cookies:session} takes no id",
		"# One":                                    "1: a heading has two to four",
		"## One {#a}\n\n## Two {#a}":               "3: the anchor {#a} is there twice",
		"## One {#a onclick=x}":                    "1: a heading may have an anchor",
		"## One {.class}":                          "1: a heading may have an anchor",
		"## Kept {retention:x} long {#a}":          "1: {retention:x} cannot stand in a heading",
		"[see {promise:x}](/en/privacy)":           "1: {promise:x} cannot stand in a heading or a link",
		"a\xffb":                                   "1: not valid UTF-8",
		"a\n\u202eb":                               "2: the character U+202E",
		strings.Repeat("> ", 100) + "a":            "1: too deeply",
		strings.Repeat("[", 5000):                  "1: too deeply",
	} {
		d, problems := text.Parse("en", []byte(source))
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Message))
		}
		if d != nil || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%.60q: got %q, want %q", source, got, want)
		}
	}
}

func check(t *testing.T, en, dv string) map[string][]text.Problem {
	t.Helper()
	return text.Check(map[string]*text.Document{"en": parse(t, "en", en), "dv": parse(t, "dv", dv)}, policytest.Declarations(), []string{"road-permit"})
}

func TestO1_PolicyWithoutAChapterIsRefused(t *testing.T) {
	if found := check(t, sample, sample); len(found) > 0 {
		t.Fatalf("the sound text has problems: %v", found)
	}
	for _, id := range text.Chapters() {
		without := strings.Replace(sample, "{#"+id+"}", "{#other}", 1)
		if !finds(check(t, without, without)["dv"], "the chapter {#"+id+"} is missing") {
			t.Errorf("nobody misses %s", id)
		}
	}
}

func finds(problems []text.Problem, message string) bool {
	return slices.ContainsFunc(problems, func(p text.Problem) bool { return strings.Contains(p.Message, message) })
}

func TestCheckFindsDriftInBothDirections(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown rule", "{retention:application}", "{retention:ever}", "{retention:ever} leads nowhere"},
		{"unknown promise", "{promise:trained-staff}", "{promise:happiness}", "{promise:happiness} leads nowhere"},
		{"unknown party", "{parties:council}", "{parties:police}", "{parties:police} leads nowhere"},
		{"unknown service", "{recipients}", "{recipients:passport}", "{recipients:passport} leads nowhere"},
		{"unknown category", "{fields}", "{fields:religion}", "{fields:religion} leads nowhere"},
		{"chapter with no promise", "For this. {promise:encryption-at-rest}", "For this.", "{#used} claims something"},
		{"claim with no promise", "It is encrypted. {promise:encryption-at-rest}", "It is encrypted.", "this paragraph of {#secured}"},
		{"promise never said", "Staff are trained. {promise:trained-staff}", "", `the promise "trained-staff" is declared`},
		{"rule never said", "{retention:account}", "short", `"account" is declared, but the text says neither`},
		{"fields never said", "{fields}\n", "", `"identity" is declared`},
		{"one category said", "{fields}", "{fields:identity}", `"contact" is declared`},
		{"purposes never said", "{purposes}\n", "", `"services" is declared`},
		{"parties never said", "{recipients}\n", "", `"mailer" is declared`},
		{"cookies never said", "{cookies}", "none", "never says {cookies}"},
		{"rights never said", "{rights}", "none", "never says {rights}"},
		{"contact never said", "{contact}", "none", "never says {contact}"},
	} {
		if changed := strings.Replace(sample, c.old, c.new, 1); changed == sample {
			t.Errorf("%s: nothing changed", c.name)
		} else if found := check(t, changed, changed); !finds(found["en"], c.want) || !finds(found["dv"], c.want) {
			t.Errorf("%s: found %v", c.name, found)
		}
	}
}

func TestI15_WhatIsShownLaterIsSaidInThePolicy(t *testing.T) {
	d := policytest.WithInquiry(policytest.Declarations())
	missed := func(source string) bool {
		return finds(text.Check(map[string]*text.Document{"en": parse(t, "en", source)}, d, nil)["en"], "never says {deferrals}")
	}
	if !missed(sample) || missed(sample+"\n{deferrals}\n") {
		t.Error("the law lets a use be shown later, and the text need not say so")
	}
}

func TestLanguagesSayTheSame(t *testing.T) {
	less := strings.Replace(strings.Replace(sample, "{parties:council}", "some", 1), "## More {#more}", "", 1)
	found := check(t, sample, less)
	if !finds(found["dv"], `{parties:council} stands in the text in "en"`) || !finds(found["dv"], `{#more} stands in the text in "en"`) || len(found["en"]) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestTermsMayBeSilentButNotWrong(t *testing.T) {
	d := policytest.Declarations()
	if found := text.CheckTerms(map[string]*text.Document{"en": parse(t, "en", "Be fair. See {parties:council}.")}, d, nil); len(found) > 0 {
		t.Error(found)
	}
	if found := text.CheckTerms(map[string]*text.Document{"en": parse(t, "en", "See {parties:police}.")}, d, nil); !finds(found["en"], "leads nowhere") {
		t.Error(found)
	}
}

func TestChaptersHoldTheirWords(t *testing.T) {
	d := parse(t, "en", "Opening.\n\n## One *thing* {#one}\n\nA.\n\n### Below\n\nB.\n\nTwo\n---\n\nC {promise:x}.\n")
	var got []string
	for _, c := range d.Chapters {
		got = append(got, fmt.Sprintf("%d %s %s: %d", c.Line, c.ID, c.Title, len(c.Text)))
	}
	if want := []string{"1  : 8", "3 one One thing: 40", "11 part-2 Two: 23"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r := d.References[0]; r.Chapter != "part-2" || r.Line != 14 {
		t.Errorf("%+v", r)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("a {promise:x} [b](https://x.org) ## {#\n- > {fields}\n"))
	real, err := os.ReadFile("../../../instances/onegov/policy/text/dv.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(real)
	f.Fuzz(func(t *testing.T, source []byte) {
		d, problems := text.Parse("en", source)
		if (d == nil) == (len(problems) == 0) {
			t.Fatalf("a document and %v", problems)
		}
		if d == nil {
			return
		}
		out := rendered(t, d)
		for _, bad := range []string{"<script", "<img", "<!--", "javascript:", " on"} {
			i := strings.Index(out, bad)
			if i < 0 {
				continue
			}
			// Only inside a tag would it do anything.
			if open := strings.LastIndexByte(out[:i+1], '<'); open > strings.LastIndexByte(out[:i], '>') {
				t.Fatalf("%q became %q", source, out)
			}
		}
		text.Check(map[string]*text.Document{"en": d}, policytest.Declarations(), nil)
	})
}
