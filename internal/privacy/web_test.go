package privacy_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/policy/text"
	"portico/internal/privacy"
	"portico/internal/testkit"
)

var noon = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

const words = `Operator: {operator}. Law: {law}.

## Collected {#collected}

Only this. {promise:encryption-at-rest}

{fields}

## Used {#used}

Asked {purposes:services}. {promise:encryption-at-rest}

{purposes}

## Stored {#stored}

In {location}; applications {retention:application}. {promise:encryption-at-rest}

{retention}

## Secured {#secured}

Staff are trained. {promise:trained-staff}

{measures}

## Disclosed {#disclosed}

To {parties:council}. {promise:encryption-at-rest}

{recipients}

## More {#more}

{recipients:road-permit}

{cookies}

{rights}

{contact}
`

// source holds the versions of a test, newest first.
type source []*privacy.Version

func (s source) Current() *privacy.Version                            { return s[0] }
func (s source) Coming(context.Context) (*privacy.Version, error)     { return nil, nil }
func (s source) Versions(context.Context) ([]*privacy.Version, error) { return s, nil }

type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

func tr(en, dv string) i18n.Text { return i18n.Text{"en": en, "dv": dv} }

// version makes a version of the policytest declarations.
func version(t *testing.T, id string, from time.Time, source string, change func(*policy.Declarations)) *privacy.Version {
	t.Helper()
	d := policytest.Declarations()
	if change != nil {
		change(d)
	}
	v := &privacy.Version{
		ID: id, From: from, Revision: d.Revision, Policy: policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()}),
		Text: map[string]*text.Document{}, Terms: map[string]*text.Document{},
		Services: []privacy.Service{{ID: "road-permit", Name: tr("Road permit", "މަގު ޕާމިޓު")}},
		Portal: privacy.Portal{
			Name: tr("oneGov", "ވަންގަވް"), Operator: tr("The Agency", "އެޖެންސީ"), Law: tr("Republic of Maldives", "ދިވެހިރާއްޖެ"),
			Location: tr("Malé", "މާލެ"), URL: "https://one.example",
			Contacts: []privacy.Contact{
				{Kind: "phone", Name: tr("Helpline", "ހެލްޕްލައިން"), Value: "1500"},
				{Kind: "email", Name: tr("E-mail", "އީމެއިލް"), Value: "help@one.example"},
				{Kind: "social", Name: tr("Instagram", "އިންސްޓަގްރާމް"), Value: "oneGovmv", URL: "https://instagram.com/oneGovmv"},
			},
		},
	}
	for _, lang := range policytest.Languages() {
		for into, s := range map[string]string{"text": source, "terms": "Be fair.\n\n## Account {#account}\n\nKeep your password.\n"} {
			doc, problems := text.Parse(lang, []byte(s))
			if doc == nil {
				t.Fatal(problems)
			}
			if into == "text" {
				v.Text[lang] = doc
			} else {
				v.Terms[lang] = doc
			}
		}
	}
	if found := text.Check(v.Text, d, []string{"road-permit"}); len(found) > 0 {
		t.Fatalf("the words drift: %v", found)
	}
	return v
}

func catalogue(t *testing.T) *i18n.Catalogue {
	t.Helper()
	cat, err := i18n.Load(web.Locales(), policy.Locales(), privacy.Locales())
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func browse(t *testing.T, versions ...*privacy.Version) *testkit.Browser {
	t.Helper()
	brand, err := web.NewBrand("#0b5394", "#ffd23f")
	if err != nil {
		t.Fatal(err)
	}
	cat := catalogue(t)
	portal := &web.Portal{Name: tr("oneGov", "ވަންގަވް"), Operator: tr("The Agency", "އެޖެންސީ"), Brand: brand, Zone: time.FixedZone("MVT", 5*3600)}
	r, err := web.New(web.Config{
		Langs: policytest.Languages(), Catalogue: cat, Portal: func() *web.Portal { return portal }, Sessions: nobody{},
		Cookies: func() []web.Cookie { return nil }, Clock: clock.NewFake(noon), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	privacy.New(privacy.Config{Source: source(versions), Clock: clock.NewFake(noon)}).Mount(r)
	t.Cleanup(func() {
		if n := cat.Misses(); n > 0 {
			t.Errorf("%d sentences or values were missing", n)
		}
	})
	return testkit.Browse(t, r)
}

func page(t *testing.T, b *testkit.Browser, path string) testkit.Nodes {
	t.Helper()
	resp := b.Get(path)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, resp.Status)
	}
	return testkit.Page(t, resp)
}

func body(t *testing.T, b *testkit.Browser, path, kind string) []byte {
	t.Helper()
	resp := b.Get(path)
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), kind) {
		t.Fatalf("%s: %s, %s, %v", path, resp.Status, resp.Header.Get("Content-Type"), err)
	}
	return out
}

func TestSentencesExistInEveryLanguage(t *testing.T) {
	if missing := i18n.Missing(catalogue(t), policytest.Languages()...); len(missing) > 0 {
		t.Error(missing)
	}
}

func TestO1_PolicyPageSaysWhatIsDeclared(t *testing.T) {
	b := browse(t, version(t, "v1", noon, words, nil))
	for _, lang := range policytest.Languages() {
		doc := page(t, b, "/"+lang+"/privacy")
		doc.One("h1")
		for _, id := range text.Chapters() {
			doc.One("article h2#" + id)
			doc.One("nav.contents a[href='#" + id + "']")
		}
		for _, f := range policytest.Declarations().Fields {
			if !strings.Contains(doc.One("article").Text(), f.Name.In(lang)) {
				t.Errorf("%s: the policy hides %s", lang, f.ID)
			}
		}
	}
	article := page(t, b, "/en/privacy").One("article").Text()
	for _, want := range []string{
		"Operator: The Agency. Law: Republic of Maldives.", "In Malé; applications 5 years the decision, then 30 days of grace, and then it is disposed of.",
		"Asked Public services.", "To Fuvahmulah City Council.", "Strictly necessary", "session", "Helpline", "Maldives",
	} {
		if !strings.Contains(strings.NewReplacer("\u2068", "", "\u2069", "").Replace(article), want) {
			t.Errorf("the policy does not say %q", want)
		}
	}
}

// TestO7_ARuleIsSaidAsItIsFollowed: nothing goes before its days of grace are
// over, and what an archive gets is destroyed here once.
func TestO7_ARuleIsSaidAsItIsFollowed(t *testing.T) {
	pol, p := policytest.Compile(t), catalogue(t).Printer("en", time.UTC)
	for want, r := range map[string]policy.Retention{
		"5 years a day": {},
		"5 years a day, then 30 days of grace, and then it is disposed of":                                                   {Grace: "P30D"},
		"5 years a day, then we tell you, and it is disposed of 30 days later":                                               {Grace: "P30D", Tell: true},
		"5 years a day, then handed over to Fuvahmulah City Council and destroyed here":                                      {To: "council"},
		"5 years a day, then 30 days of grace, and then it is handed over to Fuvahmulah City Council and destroyed here":     {Grace: "P30D", To: "council"},
		"5 years a day, then we tell you, and 30 days later it is handed over to Fuvahmulah City Council and destroyed here": {Grace: "P30D", Tell: true, To: "council"},
	} {
		r.Period, r.Trigger = "P5Y", i18n.Text{"en": "a day"}
		if got := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(privacy.Kept(p, pol, r)); got != want {
			t.Errorf("%+v is said as %q, not %q", r, got, want)
		}
	}
}

func TestPromisesLeadToTheirProof(t *testing.T) {
	doc := page(t, browse(t, version(t, "v1", noon, words, nil)), "/dv/privacy")
	mark := doc.One("article a[href='/dv/privacy/proof#trained-staff']")
	if !strings.Contains(mark.Text(), "ތަމްރީނުވެފައި") {
		t.Errorf("the mark does not say what is proved: %q", mark.Text())
	}
	doc.One("article a[href='tel:1500']")
	doc.One("article a[href='mailto:help@one.example']")
	doc.One("article a[href='https://instagram.com/oneGovmv']")
}

func TestO15_NewestVersionIsOnThePageWithItsDate(t *testing.T) {
	old := version(t, "v1", noon.AddDate(0, -2, 0), words, nil)
	newer := version(t, "v2", noon, strings.Replace(words, "Only this.", "Only this, really.", 1), func(d *policy.Declarations) {
		d.Retention[1].Period = "P6Y"
		d.Fields = slices.DeleteFunc(d.Fields, func(f policy.Field) bool { return f.ID == "road-permit.remarks" })
		d.Activities[5].Fields = d.Activities[5].Fields[:1]
	})
	b := browse(t, newer, old)
	doc := page(t, b, "/en/privacy")
	if got := doc.One(".updated time").Attr("datetime"); got != "2026-11-22" {
		t.Errorf("last updated %q", got)
	}
	if s := doc.One("article").Text(); !strings.Contains(s, "Only this, really.") || !strings.Contains(s, "6 years") {
		t.Error("not the newest version")
	}
	list := page(t, b, "/en/privacy/versions")
	if n := list.Find(".items .item").Len(); n != 2 {
		t.Errorf("%d versions are listed", n)
	}
	list.One(".items a[href='/en/privacy']")
	older := page(t, b, "/en/privacy/versions/v1")
	if s := older.One("article").Text(); !strings.Contains(s, "5 years") {
		t.Error("the old version does not say what it said")
	}
	older.One(".notice a[href='/en/privacy']")
	page(t, b, "/dv/privacy/versions/v2")

	changes := page(t, b, "/en/privacy/versions?from=v1&to=v2").Find("section[aria-labelledby=difference] li").Texts()
	for i, s := range changes {
		changes[i] = strings.NewReplacer("\u2068", "", "\u2069", "").Replace(s)
	}
	want := []string{
		"Data “Remarks” was removed.", "Use “Deciding on a road permit”: data “Road” and “Remarks” were removed.",
		"Period “Applications”: length was “5 years” and is now “6 years”.", "Chapter “Collected” was reworded.",
	}
	if !slices.Equal(changes, want) {
		t.Errorf("got %q, want %q", changes, want)
	}
	if n := page(t, b, "/dv/privacy/versions?from=v1&to=v2").Find("section[aria-labelledby=difference] li").Len(); n != len(want) {
		t.Errorf("%d changes in Dhivehi", n)
	}
	if n := page(t, b, "/en/privacy/versions?from=v1&to=v1").Find("section li").Len(); n != 0 {
		t.Errorf("%d changes between a version and itself", n)
	}
	for _, path := range []string{"/en/privacy/versions/v9", "/en/privacy/versions?from=v1&to=%3Cscript%3E", "/en/privacy/versions/..%2Fetc"} {
		resp := b.Get(path)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestO6_RecipientsAreListedWithTheirPurposes(t *testing.T) {
	b := browse(t, version(t, "v1", noon, words, nil))
	doc := page(t, b, "/en/privacy")
	for _, p := range policytest.Declarations().Parties {
		if !slices.ContainsFunc(doc.Find("tr").Texts(), func(s string) bool {
			return strings.Contains(s, p.Name.In("en")) && strings.Contains(s, "Maldives")
		}) {
			t.Errorf("%s is not in the list", p.ID)
		}
	}
	record := page(t, b, "/en/privacy/processing")
	if n := record.Find("section h2").Len(); n != len(policytest.Declarations().Activities) {
		t.Errorf("%d activities in the record", n)
	}
	decide := record.One("section[id='activity-road-permit.decide']").Text()
	for _, want := range []string{"Public services", "Road act", "Permit officer", "Fuvahmulah City Council", "5 years", "Malé"} {
		if !strings.Contains(decide, want) {
			t.Errorf("the record does not say %q in %q", want, decide)
		}
	}
}

func TestO19_IndirectIdentifiersAreDeclaredLikeNames(t *testing.T) {
	doc := page(t, browse(t, version(t, "v1", noon, words, nil)), "/en/privacy")
	row := slices.IndexFunc(doc.Find("tr").Texts(), func(s string) bool {
		return strings.Contains(s, "Browser") && strings.Contains(s, "your browser")
	})
	if row < 0 {
		t.Error("the browser is not declared with its source")
	}
}

func TestSpreadsheetTakesNoCellForAFormula(t *testing.T) {
	attack := `=HYPERLINK("https://evil.example","x")`
	b := browse(t, version(t, "v1", noon, words, func(d *policy.Declarations) {
		d.Purposes[0].Name["en"], d.Activities[4].Name["en"] = attack, "\u00a0@SUM(A1)"
	}))
	raw := body(t, b, "/en/privacy/processing.csv", "text/csv")
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(policytest.Declarations().Activities) {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		for _, cell := range row {
			if s := strings.TrimLeft(cell, " \u00a0"); s != "" && strings.ContainsAny(s[:1], "=+-@\t") {
				t.Errorf("%q would run", cell)
			}
		}
	}
	if !bytes.Contains(raw, []byte("'=HYPERLINK")) {
		t.Error("the cell was lost instead of made harmless")
	}
}

func TestMarkupInDeclarationsIsShownAsText(t *testing.T) {
	bad := `<script>alert(1)</script>`
	doc := page(t, browse(t, version(t, "v1", noon, words, func(d *policy.Declarations) {
		d.Purposes[0].Name["en"], d.Fields[0].Why["en"], d.Promises[1].Text["en"] = bad, bad, bad
	})), "/en/privacy")
	if doc.Has("article script") || !strings.Contains(doc.One("article").Text(), bad) {
		t.Error("a declaration became markup")
	}
}

func TestO4_ThePolicyListsCookiesByClassAndAThirdPartysPolicyWithIts(t *testing.T) {
	doc := page(t, browse(t, version(t, "v1", noon, words, func(d *policy.Declarations) {
		d.Parties[1].Policy = "https://council.example/privacy"
		d.Cookies = append(d.Cookies,
			policy.Cookie{Name: policy.CookieChoices, Class: policy.CookieNecessary, Purpose: tr("Keeps your choice.", "އިޚްތިޔާރު."), Period: "P6M"},
			policy.Cookie{Name: "size", Class: policy.CookieFunctionality, Purpose: tr("Remembers the size.", "ސައިޒް."), Period: "P1Y2M"},
			policy.Cookie{Name: "map", Class: policy.CookieThirdParty, Kind: "tag", Party: d.Parties[1].ID, Purpose: tr("Shows a map.", "ޗާޓު."), Period: "session"})
	})), "/en/privacy")
	tables := doc.Find("table").Texts()
	for _, want := range []string{"Keeps you signed in.", "1 year and 2 months", "Shows a map."} {
		if !slices.ContainsFunc(tables, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("no table of cookies says %q: %q", want, tables)
		}
	}
	if !slices.ContainsFunc(tables, func(s string) bool { return strings.Contains(s, "map") && strings.Contains(s, "Whose it is") }) {
		t.Errorf("nothing says whose the map is: %q", tables)
	}
	doc.One(`td[data-label^="Whose"] a[href="https://council.example/privacy"]`)
}

func TestN13_ThePolicyListsWhatIsDecidedWithoutAPersonOrThatNothingIs(t *testing.T) {
	listing := words + "\n{automated}\n"
	none := browse(t, version(t, "v1", noon, listing, nil))
	if text := none.Page("/en/privacy", http.StatusOK).One("main").Text(); !strings.Contains(text, "Nothing is decided without a person.") {
		t.Error("it does not say that nothing is decided without a person")
	}
	v := version(t, "v2", noon, listing, func(d *policy.Declarations) {
		d.Activities = append(d.Activities, policy.Activity{
			ID: "road-permit.automatic", Purpose: d.Purposes[0].ID, Name: tr("Deciding without a person", "މީހަކު ނެތި ނިންމުން"), Who: []string{"system"},
			Relation: policy.RelationSystem, Operations: []policy.OperationName{"use"}, Fields: []string{"road-permit.road"},
			Automated: []policy.Automated{{Rule: "short", Name: tr("Approved", "ރުހުން"), Logic: tr("It is short.", "ކުރު"), Effect: tr("You may begin.", "ފެށިދާނެ"), Days: 10}},
		})
	})
	text := browse(t, v).Page("/en/privacy", http.StatusOK).One("main").Text()
	var plain, linked bytes.Buffer
	for out, format := range map[*bytes.Buffer]string{&plain: "md", &linked: "jsonld"} {
		if err := privacy.Write(t.Context(), out, v, catalogue(t).Printer("en", time.UTC), format); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"Road permit: Approved", "It is short.", "You may begin.", "within 10 working days. Then a person decides."} {
		if !strings.Contains(text, want) || !strings.Contains(plain.String(), want) {
			t.Errorf("page or Markdown does not say %q", want)
		}
	}
	for _, want := range []string{"dpv:AutomatedDecisionMaking", "dpv:hasAlgorithmicLogic", "It is short.", "dpv:hasConsequence", "You may begin."} {
		if !strings.Contains(linked.String(), want) {
			t.Errorf("machines do not read %q", want)
		}
	}
}

func TestI15_ThePolicySaysWhatIsShownLaterAndThatTwoPeopleDecide(t *testing.T) {
	listing := words + "\n{deferrals}\n"
	none := browse(t, version(t, "v1", noon, listing, nil))
	if text := none.Page("/en/privacy", http.StatusOK).One("main").Text(); !strings.Contains(text, "You see every use at once.") {
		t.Error("it does not say that nothing is shown later")
	}
	v := version(t, "v2", noon, listing, func(d *policy.Declarations) { policytest.WithInquiry(d) })
	text := browse(t, v).Page("/en/privacy", http.StatusOK).One("main").Text()
	var plain bytes.Buffer
	if err := privacy.Write(t.Context(), &plain, v, catalogue(t).Printer("en", time.UTC), "md"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A criminal inquiry", "Police act", "Inquiring", "6 months after it was allowed, at the latest.", "with its proof", "One asks for it (Inquirer), and another allows it (Reviewer)."} {
		if !strings.Contains(text, want) || !strings.Contains(plain.String(), want) {
			t.Errorf("page or Markdown does not say %q", want)
		}
	}
}

func TestTermsAreDatedToo(t *testing.T) {
	doc := page(t, browse(t, version(t, "v1", noon, words, nil)), "/dv/terms")
	doc.One(".updated time")
	if !strings.Contains(doc.One("article").Text(), "Keep your password.") {
		t.Error("no terms")
	}
}

func TestMachinesReadTheSame(t *testing.T) {
	b := browse(t, version(t, "v1", noon, words, nil))
	var ld, gpc map[string]any
	for path, into := range map[string]*map[string]any{"/privacy.jsonld": &ld, "/.well-known/gpc.json": &gpc} {
		if err := json.Unmarshal(body(t, b, path, "application/"), into); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if ld["@graph"] == nil || gpc["gpc"] != true || gpc["lastUpdate"] != "2026-11-22" {
		t.Errorf("%v %v", ld["@context"], gpc)
	}
	want := "Contact: mailto:help@one.example\nExpires: 2027-11-22T00:00:00Z\nPreferred-Languages: en, dv\nCanonical: https://one.example/.well-known/security.txt\nPolicy: https://one.example/en/privacy\n"
	if got := string(body(t, b, "/.well-known/security.txt", "text/plain")); got != want {
		t.Errorf("security.txt:\n%s", got)
	}
}

func TestEveryFormatIsWritten(t *testing.T) {
	v := version(t, "v1", noon, words, func(d *policy.Declarations) { d.Purposes[0].Name["en"] = "A *bold* [claim](x)" })
	p := catalogue(t).Printer("en", time.UTC)
	for format, want := range map[string]string{
		"html": `<h2 id="collected">Collected</h2>`, "md": `A \*bold\* \[claim\](x)`, "json": `"road-permit.apply"`,
		"jsonld": `"@graph"`, "cedar": `permit (principal is Person, action == Action::"account"`,
	} {
		var b strings.Builder
		if err := privacy.Write(t.Context(), &b, v, p, format); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s lacks %q (%v)", format, want, err)
		}
	}
	if !slices.Equal(privacy.Formats(), []string{"html", "md", "json", "jsonld", "cedar"}) {
		t.Error("the formats of the command line moved")
	}
	if err := privacy.Write(t.Context(), io.Discard, v, p, "pdf"); err == nil {
		t.Error("an unknown format is written")
	}
	if err := privacy.Write(t.Context(), io.Discard, v, catalogue(t).Printer("fr", time.UTC), "html"); err == nil {
		t.Error("a language that the policy lacks is written")
	}
}

// Every word that a difference can use is in the catalogue.
func TestDifferencesHaveWords(t *testing.T) {
	cat := catalogue(t)
	var keys []string
	for _, what := range []string{"category", "field", "purpose", "activity", "party", "retention", "cookie", "right", "promise", "role", "measure", "deferral"} {
		keys = append(keys, "privacy.what."+what)
	}
	for _, part := range []string{"retention", "sensitivity", "category", "reuse", "source", "basis", "purpose", "relation", "field", "party", "who", "automated", "operation", "country", "period", "grace", "class", "within", "extension", "refusal", "proof", "review", "longest", "asks", "allows", "activity"} {
		keys = append(keys, "privacy.part."+part)
	}
	for prefix, values := range map[string][]string{
		"class": policy.CookieClass("").Values(), "relation": policy.Relation("").Values(), "reuse": policy.Reuse("").Values(),
		"sensitivity": policy.Sensitivity("").Values(), "operation": policy.OperationName("").Values(), "reason": policy.Cause("").Values(),
		"proof": {"control", "attestation", "not-yet-kept"}, "source": {"form", "browser", "staff", "system"}, "who": {"person", "staff", "system"},
	} {
		for _, v := range values {
			keys = append(keys, fmt.Sprintf("privacy.%s.%s", prefix, v))
		}
	}
	for _, lang := range policytest.Languages() {
		for _, key := range keys {
			if !cat.Has(lang, key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}
