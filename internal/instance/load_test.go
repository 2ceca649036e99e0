package instance

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"portico/internal/platform/i18n"
	"portico/internal/testkit"
)

func sentences(t testing.TB) *i18n.Catalogue {
	t.Helper()
	c, err := i18n.Load(fstest.MapFS{
		"locales/en.yaml": {Data: []byte("cases.sent: Your application {reference} is with us.\n")},
		"locales/dv.yaml": {Data: []byte("cases.sent: \"{reference} ލިބިއްޖެ\"\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sample returns the template's files, to be changed by a test.
func sample(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(Template(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(Template(), name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// change replaces text in a file, which must stand there.
func change(t testing.TB, files fstest.MapFS, name, old, replacement string) {
	t.Helper()
	if !bytes.Contains(files[name].Data, []byte(old)) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	files[name] = &fstest.MapFile{Data: bytes.Replace(files[name].Data, []byte(old), []byte(replacement), 1)}
}

func lines(faults []Fault) string {
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

func mustLoad(t testing.TB, fsys fs.FS, opts Options) *Instance {
	t.Helper()
	in, faults := Load(fsys, opts)
	if len(faults) > 0 {
		t.Fatalf("faults:\n%s", lines(faults))
	}
	return in
}

func TestTheTemplateIsSound(t *testing.T) {
	in := mustLoad(t, Template(), Options{Catalogue: sentences(t)})
	if in.Services["parking-permit"] == nil || in.Policy == nil || in.Text["en"] == nil || in.Terms["en"] == nil || len(in.Hash) != 64 {
		t.Errorf("the instance is not whole: %+v", in)
	}
	if _, ok := in.Policy.Activity("parking-permit.decide"); !ok {
		t.Error("the service's activities are no part of the policy")
	}
}

func TestEveryInstanceOfTheProjectIsSound(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testkit.Root(), "instances", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no instances: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			fsys, closer, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer closer.Close()
			mustLoad(t, fsys, Options{})
		})
	}
}

// Each fault stands alone: the template with one mistake has exactly these.
func TestAFaultHasItsFileAndLine(t *testing.T) {
	const (
		portal, environment = "portico.yaml", "environment.yaml"
		data, purposes      = "policy/data.yaml", "policy/purposes.yaml"
		recipients          = "policy/recipients.yaml"
		promises, words     = "policy/promises.yaml", "policy/text/en.md"
		service, form       = "services/parking-permit/service.yaml", "services/parking-permit/form.yaml"
		tests               = "services/parking-permit/tests/permit.yaml"
	)
	edit := func(name, old, replacement string) func(testing.TB, fstest.MapFS) {
		return func(t testing.TB, f fstest.MapFS) { change(t, f, name, old, replacement) }
	}
	put := func(name, text string) func(testing.TB, fstest.MapFS) {
		return func(_ testing.TB, f fstest.MapFS) { f[name] = &fstest.MapFile{Data: []byte(text)} }
	}
	drop := func(name string) func(testing.TB, fstest.MapFS) {
		return func(_ testing.TB, f fstest.MapFS) { delete(f, name) }
	}
	for name, c := range map[string]struct {
		edit func(testing.TB, fstest.MapFS)
		want []string // file:line: and how the message goes on
	}{
		"news on no day":           {put("news/x.yaml", "date: 2026-02-30\ntitle: {en: A}\ntext: {en: B}\n"), []string{`news/x.yaml:1: date: "2026-02-30" is not a date`}},
		"news without a text":      {put("news/x.yaml", "date: 2026-02-03\ntitle: {en: A}\n"), []string{`news/x.yaml:1: missing key "text"`}},
		"news of two lines":        {put("news/x.yaml", "date: 2026-02-03\ntitle:\n  en: |\n    A\n    B\ntext: {en: B}\n"), []string{"news/x.yaml:3: title/en: a title is one line"}},
		"an important offer":       {put("news/x.yaml", "date: 2026-02-03\ntitle: {en: A}\ntext: {en: B}\noffer: true\nimportant: true\n"), []string{"news/x.yaml:5: important: an offer goes to who consents"}},
		"important for nobody":     {put("news/x.yaml", "date: 2026-02-03\ntitle: {en: A}\ntext: {en: B}\nimportant: true\n"), []string{"news/x.yaml:4: important: everybody is told of it: write notices/important-update.yaml"}},
		"news in another language": {put("news/x.yaml", "date: 2026-02-03\ntitle: {en: A}\ntext: {en: B, dv: x}\n"), []string{`news/x.yaml:3: text: "dv" is no language of this portal`}},
		"an unknown key":           {edit(portal, "currency: EUR", "curency: EUR"), []string{`portico.yaml:3: missing key "currency"`, `portico.yaml:19: unknown key "curency": did you mean "currency"?`}},
		"an answer told to nobody": {edit(portal, "currency: EUR", "currency: EUR\nhelp: {answer-within: {question: 3, feedback: 3, complaint: 3}}"), []string{
			"portico.yaml:20: help: who asks is told: write notices/request-received.yaml", "portico.yaml:20: help: who asks is told: write notices/request-answered.yaml",
			"portico.yaml:20: help: who asks is told: write notices/requests-overdue.yaml"}},
		"news of no age":             {edit(portal, "currency: EUR", "currency: EUR\nnews: {every: none}"), []string{"portico.yaml:20: news/every: a time such as P3M"}},
		"a key twice":                {edit(portal, "currency: EUR", "currency: EUR\ncurrency: EUR"), []string{`portico.yaml:20: key "currency" stands here twice`}},
		"another type":               {edit(portal, "week: [monday", "week: [monday, 3"), []string{"portico.yaml:21: calendar/week/1: must be text: put 3 in quotes"}},
		"an anchor":                  {edit(portal, "name: {en: Example Town}", "name: &n {en: Example Town}"), []string{"portico.yaml:5: anchors and aliases are not allowed"}},
		"an id that is none":         {edit(portal, "id: example", "id: Example"), []string{"portico.yaml:3: id: \"Example\" is not an id"}},
		"no language":                {edit(portal, "languages: [en]", "languages: []"), []string{"portico.yaml:4: languages: a portal speaks at least one"}},
		"a language twice":           {edit(portal, "languages: [en]", "languages: [en, en]"), []string{`portico.yaml:4: languages: "en" stands here twice`}},
		"a text in no language":      {edit(portal, "description: {en: Services of the town in one place.}", "description: {}"), []string{`portico.yaml:6: description: there is no text in "en"`}},
		"a text in another language": {edit(portal, "name: {en: Example Town}", "name: {en: Example Town, dv: x}"), []string{`portico.yaml:5: name: "dv" is no language of this portal`}},
		"too little contrast":        {edit(portal, `primary: "#0b5563"`, `primary: "#9fd0ff"`), []string{"portico.yaml:15: brand: "}},
		"a zone that is none":        {edit(portal, "Europe/Dublin", "Europe/Nowhere"), []string{`portico.yaml:18: timezone: "Europe/Nowhere" is not a time zone`}},
		"a week without work":        {edit(portal, "week: [monday, tuesday, wednesday, thursday, friday]", "week: []"), []string{"portico.yaml:21: calendar/week: a week has at least one working day"}},
		"a holiday that is no day":   {edit(portal, "2026-12-25", "2026-02-30"), []string{`portico.yaml:23: calendar/holidays/0/date: "2026-02-30" is not a date`}},
		"a holiday twice":            {edit(portal, "2027-01-01", "2026-12-25"), []string{"portico.yaml:24: calendar/holidays: 2026-12-25 stands here twice"}},
		"a telephone that is none":   {edit(portal, "+353 1 555 0100", "call us"), []string{`portico.yaml:28: contacts: "call us" is no telephone number`}},
		"a party that is none (O8)":  {edit(portal, "party: operator", "party: nobody"), []string{`portico.yaml:14: storage/party: policy/recipients.yaml declares no party "nobody"`}},
		"backups that a law requires at nobody's (M13)": {edit(portal, "  drill: P3M", "  required: {law: {en: An act}, every: P1X, kept: P1Y, location: {en: there}, country: IE, party: nobody}\n  drill: P3M"), []string{
			`portico.yaml:39: backups/required/every: `, `portico.yaml:39: backups/required/party: policy/recipients.yaml declares no party "nobody"`,
			"policy/text/en.md:1: it does not say with {backups} which copies the law requires",
		}},
		"backups that no law requires (M13)": {edit(words, "{promise:key-backup}", "{backups} {promise:key-backup}"), []string{
			"policy/text/en.md:35: {backups} says nothing: portico.yaml declares no backups that a law requires",
		}},

		"a secret in the open": {edit(environment, "env:PORTICO_SMTP_PASSWORD", "hunter2"), []string{"environment.yaml:9: mail/password: a secret is a reference: file:PATH or env:NAME"}},
		"a port that is none":  {edit(environment, "port: 587", "port: 70000"), []string{"environment.yaml:6: mail/port: must be between 1 and 65535"}},
		"a proxy that shows nothing": {edit(environment, "listen: 127.0.0.1:8080", "proxy: {listen: 8443, authority: env:CA}"), []string{
			"environment.yaml:3: proxy/listen: must be an address and a port, such as 10.0.0.5:8443",
			"environment.yaml:3: proxy/authority: must be file:PATH",
			"environment.yaml:3: proxy: its listener speaks TLS, so tls is needed too",
		}},
		"a scanner somewhere else": {edit(environment, "mail:", "scanner: {address: \"tcp:10.0.0.9:3310\"}\nmail:"), []string{
			`environment.yaml:4: scanner/address: "tcp:10.0.0.9:3310" is not unix:/PATH or tcp:127.0.0.1:PORT, on this machine: files travel to the scanner in clear`,
		}},
		"a connection of nobody (O6)":      {edit(recipients, "destinations: [sms]", "destinations: []"), []string{`policy/recipients.yaml:3: parties: destination "sms" of the environment belongs to no party`}},
		"a destination that is none (O6)":  {edit(recipients, "destinations: [sms]", "destinations: [sms, fax]"), []string{`policy/recipients.yaml:21: parties/sms-provider/destinations: the environment names no destination "fax"`}},
		"a field without an activity (I1)": {edit(purposes, ", device.browser, device.passkey]", ", device.passkey]"), []string{"policy/data.yaml:90: fields/device.browser: no activity uses this field"}},
		"a category without a period (I1)": {edit(data, "retention: sign-ins", "retention: never"), []string{`policy/data.yaml:18: categories/device/retention: no retention rule "never" is declared`}},
		"a purpose without a basis (I1)":   {edit(purposes, "      dpv: dpv:LegalObligation\n", ""), []string{"policy/purposes.yaml:35: missing key \"dpv\""}},
		"a promise with nothing behind it": {edit(promises, "    control: disposed\n", ""), []string{"policy/promises.yaml:30: promises/disposal: has neither a control nor an attestation"}},
		"a control that is none":           {edit(promises, "control: key-backup", "control: hope"), []string{`policy/promises.yaml:75: promises/key-backup/control: there is no control "hope"`}},
		"evidence that is not there": {edit(promises, "    control: disposed\n", "    attestation: {by: {en: us}, evidence: evidence/a.md, sha256: "+strings.Repeat("0", 64)+", on: 2026-11-22, until: 2027-11-22}\n"),
			[]string{`policy/promises.yaml:35: promises: there is no file "evidence/a.md"`}},
		"evidence that nobody names": {put("evidence/a.md", "x"), []string{"evidence/a.md:1: no attestation names this file"}},

		"a chapter that is missing (O1)":    {edit(words, "## How we secure it {#secured}", "## How we secure it {#safe}"), []string{"policy/text/en.md:1: the chapter {#secured} is missing"}},
		"a promise that is none":            {edit(words, "{promise:see}", "{promise:everything}"), []string{"policy/text/en.md:1: the promise \"see\" is declared", "policy/text/en.md:55: {promise:everything} leads nowhere"}},
		"HTML in the policy":                {edit(words, "We collect the data", "<b>We</b> collect the data"), []string{"policy/text/en.md:5: HTML is not allowed"}},
		"a text that is missing":            {drop("policy/terms/en.md"), []string{"policy/terms/en.md:1: missing"}},
		"a text in a language that is none": {put("policy/text/fr.md", "x"), []string{`policy/text/fr.md:1: "fr" is no language of this portal`}},
		"a file that is missing":            {drop("policy/cookies.yaml"), []string{"policy/cookies.yaml:1: missing"}},
		"a file that belongs nowhere":       {put("policy/extra.yaml", "a: 1"), []string{"policy/extra.yaml:1: no such file belongs to an instance"}},
		"an empty file":                     {put("policy/rights.yaml", "\n"), []string{"policy/rights.yaml:1: the file is empty"}},
		"broken UTF-8":                      {put("policy/rights.yaml", "rights:\n  - \xff"), []string{"policy/rights.yaml:2: not valid UTF-8"}},
		"a file that is too large":          {put("policy/rights.yaml", strings.Repeat("#", 1<<20+1)), []string{"policy/rights.yaml:1: larger than 1048576 bytes"}},

		"a service in another folder":       {edit(service, "id: parking-permit", "id: parking"), []string{"services/parking-permit/service.yaml:2: "}},
		"a role that is none":               {edit(service, "roles: [permit-officer]", "roles: [clerk]"), []string{`services/parking-permit/service.yaml:25: data.yaml declares no role "clerk"`}},
		"a rule that reads what is not":     {edit("services/parking-permit/rules.yaml", "answers.months", "answers.weeks"), []string{"services/parking-permit/rules.yaml:5: "}},
		"a service's test that fails":       {edit(tests, "fee: 6000", "fee: 6001"), []string{`services/parking-permit/tests/permit.yaml:9: "Half a year": `}},
		"a service without tests":           {drop(tests), []string{"services/parking-permit/service.yaml:2: the service has no tests"}},
		"a field with a category of no one": {edit(form, "x-portico-category: application", "x-portico-category: cars"), []string{`services/parking-permit/form.yaml:26: data.yaml declares no category "cars"`}},

		"a ground that defers nothing that there is": {put("policy/deferrals.yaml", deferral), []string{
			`policy/deferrals.yaml:5: deferrals/inquiry/activities: no activity "spy" is declared`,
			"policy/deferrals.yaml:6: deferrals/inquiry/longest: says after how long",
			`policy/deferrals.yaml:7: deferrals/inquiry/asks: no role "mayor" is declared`,
			"policy/text/en.md:1: the text never says {deferrals}",
		}},
		"grounds that nobody can read": {put("policy/deferrals.yaml", "deferrals:\n  - \xff"), []string{"policy/deferrals.yaml:2: not valid UTF-8"}},
		"a ground that says more":      {put("policy/deferrals.yaml", deferral+"    secret: true\n"), []string{"policy/deferrals.yaml:9: "}},

		"a sentence that is none":      {put("locales/en.yaml", "cases.none: x\n"), []string{"locales/en.yaml:1: cases.none: the program has no such sentence"}},
		"a sentence without its value": {put("locales/en.yaml", "cases.sent: Sent.\n"), []string{"locales/en.yaml:1: cases.sent: it has the placeholders [], the program fills in [reference]"}},
		"a word that nobody says":      {put("locales/en.yaml", "words: {minister: director}\n"), []string{`locales/en.yaml:1: words: the program never says "minister"`}},
		"a word for nothing":           {put("locales/en.yaml", "words: {application: 3}\n"), []string{`locales/en.yaml:1: words: for "application" another word`}},
		"words that are none":          {put("locales/en.yaml", "words: application\n"), []string{"locales/en.yaml:1: words: by a word of the program, the one to say for it"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := sample(t)
			c.edit(t, files)
			opts := Options{Catalogue: sentences(t), Controls: []string{
				"encryption-at-rest", "encryption-in-transit", "need-to-know", "log-integrity", "own-access", "declared-data",
				"sources", "recipients", "cookies", "policy-complete", "policy-in-force", "announced", "key-backup", "files-examined", "answers", "disposed",
			}}
			if name == "a control that is none" {
				opts.Controls = opts.Controls[:len(opts.Controls)-1]
			}
			in, faults := Load(files, opts)
			if in != nil {
				t.Fatal("a faulty instance was loaded")
			}
			got := lines(faults)
			for _, want := range c.want {
				if !strings.Contains("\n"+got, "\n"+want) {
					t.Errorf("no fault %q among:\n%s", want, got)
				}
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a fault repeats a secret")
			}
		})
	}
}

// deferral is a ground with a use and a role that nobody declared, and no end.
const deferral = `deferrals:
  - id: inquiry
    name: {en: An inquiry}
    law: {en: The police act}
    activities: [spy]
    longest: none
    asks: mayor
    allows: mayor
`

func TestAllFaultsAreSaidAtOnce(t *testing.T) {
	files := sample(t)
	change(t, files, "portico.yaml", "IE", "Ireland")
	change(t, files, "environment.yaml", "port: 587", "port: 0")
	change(t, files, "policy/data.yaml", "lookup: phone", "lookup: phone\n    colour: red")
	change(t, files, "policy/text/en.md", "{promise:see}", "{promise:none}")
	change(t, files, "services/parking-permit/workflow.yaml", "to: in-review", "to: nowhere")
	_, faults := Load(files, Options{})
	seen := map[string]bool{}
	for _, f := range faults {
		seen[f.File] = true
	}
	for _, file := range []string{"portico.yaml", "environment.yaml", "policy/data.yaml", "policy/text/en.md", "services/parking-permit/workflow.yaml"} {
		if !seen[file] {
			t.Errorf("no fault of %s among:\n%s", file, lines(faults))
		}
	}
}

func TestLinksAndTheirLikeAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "i")
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside.md")
	if err := os.WriteFile(outside, []byte("secret words"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "policy", "terms", "en.md")
	if err := os.Remove(text); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, text); err != nil {
		t.Fatal(err)
	}
	fsys, closer, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	for name, f := range map[string]fs.FS{"a root": fsys, "a plain directory": os.DirFS(dir)} {
		in, faults := Load(f, Options{})
		if in != nil || !strings.Contains(lines(faults), "policy/terms/en.md:1: not a regular file") {
			t.Errorf("%s: %s", name, lines(faults))
		}
	}
}

func TestTheHashIsOfWhatIsDeclared(t *testing.T) {
	base := mustLoad(t, sample(t), Options{})
	for name, c := range map[string]struct {
		file, old, replacement string
		hash, words            bool // whether they change
	}{
		"a comment":            {"portico.yaml", "# further ones are added here, and to every text", "", false, false},
		"the order of keys":    {"portico.yaml", "timezone: Europe/Dublin\ncurrency: EUR", "currency: EUR\ntimezone: Europe/Dublin", false, false},
		"the environment":      {"environment.yaml", "port: 587", "port: 465", false, false},
		"the portal's name":    {"portico.yaml", "name: {en: Example Town}\n", "name: {en: Sample Town}\n", true, false},
		"who answers for it":   {"portico.yaml", "Example Town Council", "Sample Town Council", true, true},
		"where data is":        {"portico.yaml", "the town hall", "a cellar", true, true},
		"a sentence of policy": {"policy/text/en.md", "which runs this portal", "who runs this portal", true, true},
		"a sentence of terms":  {"policy/terms/en.md", "These are the terms", "These are all terms", true, true},
		"a declared period":    {"policy/retention.yaml", "P5Y", "P6Y", true, true},
		"a service's deadline": {"services/parking-permit/service.yaml", "working-days: 3", "working-days: 4", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			files := sample(t)
			change(t, files, c.file, c.old, c.replacement)
			in := mustLoad(t, files, Options{})
			if (in.Hash != base.Hash) != c.hash || (in.Words != base.Words) != c.words {
				t.Errorf("hash changed: %v, words changed: %v", in.Hash != base.Hash, in.Words != base.Words)
			}
		})
	}
}

func TestAnArchiveHoldsTheFilesButNotTheEnvironment(t *testing.T) {
	in := mustLoad(t, sample(t), Options{})
	f, err := unpack(in.archive)
	if err != nil {
		t.Fatal(err)
	}
	want := files{}
	for name, file := range sample(t) {
		if name != environmentFile && path.Ext(name) != "" && name != "README.md" {
			want[name] = file.Data
		}
	}
	if d := cmp.Diff(want, f); d != "" {
		t.Error(d)
	}
}

func TestAPortalSaysSentencesOtherwise(t *testing.T) {
	f := sample(t)
	f["locales/en.yaml"] = &fstest.MapFile{Data: []byte("cases.sent: The council has {reference}.\n")}
	in := mustLoad(t, f, Options{Catalogue: sentences(t)})
	if got := in.Catalogue.Printer("en", nil).T("cases.sent", "reference", "PP-1"); !strings.HasPrefix(got, "The council") {
		t.Errorf("it says %q", got)
	}
	f["locales/en.yaml"] = &fstest.MapFile{Data: []byte("words: {application: order}\n")}
	in = mustLoad(t, f, Options{Catalogue: sentences(t)})
	if got := in.Catalogue.Printer("en", nil).T("cases.sent", "reference", "PP-1"); !strings.HasPrefix(got, "Your order PP-1") {
		t.Errorf("in its own words it says %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	base := sample(f)
	for name, file := range base {
		f.Add(name, file.Data)
	}
	f.Add("locales/en.yaml", []byte("cases.sent: {one: a}"))
	f.Add("services/x/form.yaml", []byte("schema: {type: object}"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		files := fstest.MapFS{}
		for n, file := range base {
			files[n] = file
		}
		if !fs.ValidPath(name) || name == "." || files[path.Dir(name)] != nil || len(data) > 1<<16 {
			return
		}
		for n := range files {
			if strings.HasPrefix(n, name+"/") || strings.HasPrefix(name, n+"/") {
				return // a file where a folder is
			}
		}
		files[name] = &fstest.MapFile{Data: data}
		in, faults := Load(files, Options{})
		if (in == nil) == (len(faults) == 0) {
			t.Fatalf("instance %v with faults %v", in, faults)
		}
		for _, fault := range faults {
			if fault.File == "" || fault.Line < 1 || fault.Message == "" {
				t.Fatalf("a fault without a place: %+v", fault)
			}
		}
	})
}

func TestADirectoryIsReadWithinBounds(t *testing.T) {
	for name, c := range map[string]struct {
		fill func(fstest.MapFS)
		want string
	}{
		"too many files": {func(f fstest.MapFS) {
			for i := range maxFiles {
				f[fmt.Sprintf("evidence/e%d.md", i)] = &fstest.MapFile{Data: []byte("x")}
			}
		}, "more than 2000 files"},
		"too many bytes": {func(f fstest.MapFS) {
			big := make([]byte, maxEvidence)
			for i := range 5 {
				f[fmt.Sprintf("evidence/e%d.pdf", i)] = &fstest.MapFile{Data: big}
			}
		}, "more than 33554432 bytes in all"},
		"one piece of evidence that is too large": {func(f fstest.MapFS) {
			f["evidence/e.pdf"] = &fstest.MapFile{Data: make([]byte, maxEvidence+1)}
		}, "evidence/e.pdf:1: larger than 8388608 bytes"},
		"folders within folders": {func(f fstest.MapFS) {
			f[strings.Repeat("a/", 50)+"b"] = &fstest.MapFile{Data: []byte("x")}
		}, "folders within folders beyond 5"},
		"a device": {func(f fstest.MapFS) {
			f["policy/rights.yaml"] = &fstest.MapFile{Mode: fs.ModeNamedPipe}
		}, "policy/rights.yaml:1: not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			files := sample(t)
			c.fill(files)
			in, faults := Load(files, Options{})
			if in != nil || !strings.Contains(lines(faults), c.want) {
				t.Errorf("no %q among:\n%.500s", c.want, lines(faults))
			}
			if len(faults) > maxFaults+1 {
				t.Errorf("%d faults", len(faults))
			}
		})
	}
}
