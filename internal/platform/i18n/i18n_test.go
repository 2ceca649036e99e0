package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/testkit"
)

// files returns a file system of locales.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m["locales/"+pairs[i]+".yaml"] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func load(t *testing.T, pairs ...string) *Catalogue {
	t.Helper()
	c, err := Load(files(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPluralFormsFollowTheLanguage(t *testing.T) {
	const two = "k:\n  one: one {n}\n  other: other {n}\n"
	const only = "k:\n  other: other {n}\n"
	const all = "k:\n  zero: zero\n  one: one\n  two: two\n  few: few\n  many: many\n  other: other {n}\n"
	for _, tc := range []struct {
		lang, file string
		n          any
		want       string
	}{
		{"en", two, 0, "other 0"},
		{"en", two, 1, "one 1"},
		{"en", two, int64(2000), "other 2,000"},
		{"dv", two, 1, "one 1"},
		{"dv", two, 0, "other 0"},
		{"dv", two, 21, "other 21"},
		{"az", two, 1, "one 1"},
		{"az", two, 1500, "other 1.500"},
		{"id", only, 1, "other 1"},
		{"ar", all, 0, "zero"},
		{"ar", all, 2, "two"},
		{"ar", all, 7, "few"},
		{"ar", all, 11, "many"},
		{"ar", all, 100, "other 100"},
	} {
		c := load(t, tc.lang, tc.file)
		if got := c.Printer(tc.lang, nil).T("k", "n", tc.n); got != tc.want {
			t.Errorf("%s, %v: %q, want %q", tc.lang, tc.n, got, tc.want)
		}
		if missing := Missing(c, tc.lang); len(missing) > 0 {
			t.Errorf("%s: %v", tc.lang, missing)
		}
	}
}

func TestDatesNumbersAndMoney(t *testing.T) {
	// 22 November 2026, 21:30 UTC is already the 23rd in the Maldives.
	at := time.Date(2026, 11, 22, 21, 30, 0, 0, time.UTC)
	tz, err := time.LoadLocation("Indian/Maldives")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ lang, date, dateTime, weekday, money, negative, list string }{
		{"en", "23 November 2026", "23 November 2026, 02:30", "Monday", "MVR\u00a01,250.05", "MVR\u00a0-0.05", "a, b and c"},
		{"dv", "23 ނޮވެންބަރު 2026", "23 ނޮވެންބަރު 2026، 02:30", "ހޯމަ", "\u2068MVR\u00a01,250.05\u2069", "\u2068MVR\u00a0-0.05\u2069", "a، b އަދި c"},
		{"az", "23 noyabr 2026", "23 noyabr 2026, 02:30", "bazar ertəsi", "MVR\u00a01.250,05", "MVR\u00a0-0,05", "a, b və c"},
		{"id", "23 November 2026", "23 November 2026, 02:30", "Senin", "MVR\u00a01.250,05", "MVR\u00a0-0,05", "a, b dan c"},
	} {
		p := load(t, tc.lang, "k: v").Printer(tc.lang, tz)
		for _, g := range []struct{ what, got, want string }{
			{"date", p.Date(at), tc.date},
			{"date and time", p.DateTime(at), tc.dateTime},
			{"weekday", p.Weekday(at), tc.weekday},
			{"money", p.Money(125005, "MVR"), tc.money},
			{"less than nothing", p.Money(-5, "MVR"), tc.negative},
			{"list", p.List([]string{"a", "b", "c"}), tc.list},
		} {
			if g.got != g.want {
				t.Errorf("%s: %s is %q, want %q", tc.lang, g.what, g.got, g.want)
			}
		}
	}
	p := load(t, "en", "k: v").Printer("en", nil)
	if got := p.Money(1500, "IDR"); got != "IDR\u00a01,500" {
		t.Errorf("a currency without minor units: %q", got)
	}
	if got := p.Number(-1234567); got != "-1,234,567" {
		t.Errorf("number: %q", got)
	}
	if got := p.List([]string{"a"}) + p.List(nil); got != "a" {
		t.Errorf("short lists: %q", got)
	}
}

func TestValuesKeepTheirDirectionInRightToLeftSentences(t *testing.T) {
	c := load(t, "dv", "k: ނަންބަރު {ref}", "en", "k: Number {ref}")
	if got, want := c.Printer("dv", nil).T("k", "ref", "RP-7F3K"), "ނަންބަރު \u2068RP-7F3K\u2069"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := c.Printer("dv", nil).T("k", "ref", "ދޮރު ހަ"), "ނަންބަރު ދޮރު ހަ"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := c.Printer("en", nil).T("k", "ref", "RP-7F3K"), "Number RP-7F3K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNumbersInRightToLeftSentencesKeepTheirOrder reads every Dhivehi sentence
// of program and instances: figures with spaces between them, as in a date or a
// telephone number, would stand in the reverse order unless they are isolated or, in an instance,
// which may not hold such characters, the spaces do not break.
func TestNumbersInRightToLeftSentencesKeepTheirOrder(t *testing.T) {
	figures := regexp.MustCompile(`(\d|\})[ ]\d+[ ]\d`)
	isolated := regexp.MustCompile("\u2066[^\u2069]*\u2069")
	read := 0
	for _, dir := range []string{"internal", "instances"} {
		err := fs.WalkDir(os.DirFS(filepath.Join(testkit.Root(), dir)), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".yaml" {
				return err
			}
			b, err := os.ReadFile(filepath.Join(testkit.Root(), dir, path))
			for n, line := range strings.Split(string(b), "\n") {
				if filepath.Base(path) != "dv.yaml" {
					_, line, _ = strings.Cut(line, "dv: ")
				}
				if read++; figures.MatchString(isolated.ReplaceAllString(line, "")) {
					t.Errorf("%s/%s:%d: put U+2066 and U+2069 around the figures, or U+00A0 between them: %s", dir, path, n+1, line)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 1000 {
		t.Fatalf("%d lines were read", read)
	}
}

func TestAMissingSentenceShowsItsKeyAndIsCounted(t *testing.T) {
	c := load(t, "en", "k: Hello {name}")
	p := c.Printer("en", nil)
	if got := p.T("absent"); got != "absent" || c.Misses() != 1 {
		t.Errorf("%q, %d misses", got, c.Misses())
	}
	if got := p.T("k", "other", "x"); got != "Hello {name}" || c.Misses() != 2 {
		t.Errorf("%q, %d misses", got, c.Misses())
	}
	if got := p.T("k", "name", "{name} {x}"); got != "Hello {name} {x}" {
		t.Errorf("a value is no template: %q", got)
	}
}

func TestMissingNamesWhatALanguageLacks(t *testing.T) {
	c := load(t,
		"en", "a: A\nb: B {x}\nc:\n  one: x\n  other: \"{n}\"\nd: D",
		"dv", "a: A\nb: B {y}\nc:\n  other: \"{n}\"\nd: \"\"\ne: E")
	got := strings.Join(Missing(c, "en", "dv"), "\n")
	want := strings.Join([]string{
		`dv: b has the placeholders [y], en has [x]`,
		`dv: c lacks the plural form "one"`,
		`dv: d is empty`,
		`en: e is missing`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLoadReportsEveryFaultAtOnceWithItsLine(t *testing.T) {
	_, err := Load(files("en", "a: A\nb: 5\nC c: x\nd:\n  dozen: 12\n  other: many\n"), files("en", "a: twice"))
	if err == nil {
		t.Fatal("faulty locales were loaded")
	}
	for _, want := range []string{`locales/en.yaml:2: key "b"`, `locales/en.yaml:3: malformed key "C c"`, `locales/en.yaml:5: key "d"`, `locales/en.yaml:1: key "a" is declared twice`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if _, err := Load(files("en", "a: [")); err == nil {
		t.Error("broken YAML was loaded")
	}
}

func TestNegotiateChoosesWhatTheReaderAsksFor(t *testing.T) {
	for accept, want := range map[string]string{
		"":                             "en",
		"dv":                           "dv",
		"dv-MV,dv;q=0.9,en;q=0.5":      "dv",
		"fr,dv;q=0.3":                  "dv",
		"fr":                           "en",
		"en-GB,dv;q=0.9":               "en",
		"*":                            "en",
		"\x00;;;q=":                    "en",
		strings.Repeat("a,", 1000):     "en",
		"zh-Hant-TW-u-co-stroke,id-ID": "en",
	} {
		if got := Negotiate(accept, []string{"en", "dv"}); got != want {
			t.Errorf("%.40q: %s, want %s", accept, got, want)
		}
	}
}

func TestDirections(t *testing.T) {
	for lang, want := range map[string]string{"en": "ltr", "dv": "rtl", "dv-MV": "rtl", "ar": "rtl", "az": "ltr", "id": "ltr", "": "ltr"} {
		if got := Dir(lang); got != want {
			t.Errorf("%q: %s, want %s", lang, got, want)
		}
	}
	for lang, want := range map[string]bool{"en": true, "dv": true, "az-Latn": true, "EN": false, "": false, "../x": false, "english": false} {
		if Valid(lang) != want {
			t.Errorf("Valid(%q) is not %v", lang, want)
		}
	}
}

func TestTextFallsBackButSaysWhatItLacks(t *testing.T) {
	for _, tc := range []struct {
		text       Text
		lang, want string
	}{
		{Text{"en": "a", "dv": "b"}, "dv", "b"},
		{Text{"en": "a", "az": "c"}, "dv", "a"},
		{Text{"id": "d", "az": "c"}, "dv", "c"},
		{nil, "en", ""},
	} {
		if got := tc.text.In(tc.lang); got != tc.want {
			t.Errorf("%v in %s: %q", tc.text, tc.lang, got)
		}
	}
	if got := (Text{"en": "a", "dv": ""}).Lacks("en", "dv", "az"); len(got) != 2 || got[0] != "dv" || got[1] != "az" {
		t.Errorf("Lacks: %v", got)
	}
}
