package forms_test

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/formstest"
	"portico/internal/forms/say"
	"portico/internal/forms/sent"
	"portico/internal/platform/i18n"
)

// whole are the inputs of an application with an answer of each kind.
func whole() url.Values {
	return url.Values{
		"applicant": {"company-7"}, "identity": {" a123456 "}, "phone": {"777 1234"}, "email": {"me@example.mv"},
		"address-lines": {"H. Dhigu\r\n  Majeedhee  Magu "}, "address-place": {"Malé"}, "address-postal-code": {"20001"},
		"name": {"Harbour day"}, "about": {"Music\r\nand food"}, "sort": {"music"}, "needs": {"stage", "power"}, "stage-height": {"1,5"},
		"size": {"600"}, "guards": {"6"}, "paid": {"true"}, "ticket": {"MVR 1,250.5"},
		"day-day": {"30"}, "day-month": {"11"}, "day-year": {"2026"}, "opens": {"9.30"}, "closes": {"23:00"},
		"arrival-day": {"30"}, "arrival-month": {"11"}, "arrival-year": {"2026"}, "arrival-time": {"6:00"},
		"organisers-warranty": {"true"},
		"organisers.0":        {"1"}, "organisers.0.name": {" Aishath  Ali "}, "organisers.0.born-day": {"1"}, "organisers.0.born-month": {"2"},
		"organisers.0.born-year": {"1990"}, "organisers.0.identity": {"b654321"}, "organisers.0.hours": {"8"}, "organisers.0.pay": {"500"}, "organisers.0.first-aid": {"true"},
		"organisers.1": {"1"}, "organisers.1.name": {""}, "organisers.1.born-day": {""},
		"organisers.4": {"1"}, "organisers.4.name": {"Ibrahim"}, "organisers.4.born-day": {"2"}, "organisers.4.born-month": {"3"}, "organisers.4.born-year": {"1985"},
	}
}

func companies() []sent.Company { return []sent.Company{{ID: "company-7", Name: "Dhigu & Sons"}} }

const plan = `[{"id":"f1","name":"plan.pdf","size":2000000,"type":"application/pdf"}]`

func read(f *forms.Form, values url.Values) *sent.Sent {
	return sent.Decode(f, sent.Input{Values: values, Companies: companies()})
}

func TestEachKindHasOneCanonicalForm(t *testing.T) {
	f := formstest.Every(t)
	got := read(f, whole())
	want := forms.Answers{
		"applicant": `{"as":"company","company":"company-7","name":"Dhigu & Sons"}`, "identity": "A123456", "phone": "7771234", "email": "me@example.mv",
		"address": `{"lines":"H. Dhigu\nMajeedhee Magu","place":"Malé","postal-code":"20001"}`, "name": "Harbour day", "about": "Music\nand food",
		"sort": "music", "needs": `["power","stage"]`, "stage-height": "1.5", "size": "600", "guards": "6", "paid": "true", "ticket": "125050",
		"day": "2026-11-30", "opens": "09:30", "closes": "23:00", "arrival": "2026-11-30T06:00:00+05:00", "organisers-warranty": "true",
		"organisers": `[{"born":"1990-02-01","first-aid":true,"hours":8,"identity":"B654321","name":"Aishath Ali","pay":50000},{"born":"1985-03-02","name":"Ibrahim"}]`,
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got.Answers[key] != want[key] {
			t.Errorf("%s: %s, want %s", key, got.Answers[key], want[key])
		}
	}
	if len(got.Errors) > 0 || len(got.Answers) != len(want) {
		t.Errorf("errors %v, answers %v", codes(got.Errors), got.Answers)
	}
	again := url.Values{}
	for name, typed := range sent.Typed(f, got.Answers) {
		again[name] = []string{typed}
		if name == "needs" {
			again[name] = strings.Fields(typed)
		}
	}
	if round := read(f, again); !maps.Equal(round.Answers, want) {
		t.Errorf("shown and sent again they are %v, %v", round.Answers, codes(round.Errors))
	}
}

func TestRulesSeeEachKind(t *testing.T) {
	f := formstest.Every(t)
	given := read(f, whole()).Answers
	given["plan"] = plan
	o, err := f.Check(given, formstest.At())
	if err != nil || len(o.Errors) > 0 {
		t.Fatalf("%v %v", err, codes(o.Errors))
	}
	for key, want := range map[string]string{"wages": "50000", "until": "23:00", "summary": "Harbour day (600)"} {
		if o.Answers[key] != want {
			t.Errorf("%s is computed as %q", key, o.Answers[key])
		}
	}
	lines := map[string]int64{}
	for _, line := range o.Fee.Lines {
		lines[line.Rule] = line.Amount
	}
	if want := map[string]int64{"by-size": 1200, "by-day": 8000, "tax": 750300, "stage-fee": 150}; !maps.Equal(lines, want) {
		t.Errorf("fee %v, want %v", lines, want)
	}
	for name, test := range map[string]struct {
		key, text string
		want      map[string]string
	}{
		"a child":               {"organisers", `[{"born":"2015-01-01","name":"A"}]`, map[string]string{"organisers": "adults"}},
		"too few guards":        {"guards", "5", map[string]string{"guards": "enough"}},
		"closes before":         {"closes", "09:00", map[string]string{"closes": "hours-of-day"}},
		"a large plan":          {"plan", strings.Replace(plan, "2000000", "5000000", 1), map[string]string{"plan": "company-plan"}},
		"a plan beyond":         {"plan", strings.Replace(plan, "2000000", "6000000", 1), map[string]string{"plan": "file-size"}},
		"a file of another":     {"plan", strings.Replace(plan, "application/pdf", "image/gif", 1), map[string]string{"plan": "file-type"}},
		"no plan":               {"plan", "", map[string]string{"plan": "file"}},
		"three plans":           {"plan", "[" + strings.Repeat(strings.Trim(plan, "[]")+",", 2) + strings.Trim(plan, "[]") + "]", map[string]string{"plan": "too-many"}},
		"a part missing":        {"organisers", `[{"name":"A"}]`, map[string]string{"organisers.0.born": "required"}},
		"a part beyond":         {"organisers", `[{"born":"1990-02-01","name":"A","hours":25}]`, map[string]string{"organisers.0.hours": "maximum"}},
		"a part unknown":        {"organisers", `[{"born":"1990-02-01","name":"A","admin":true}]`, map[string]string{"organisers": "unfit"}},
		"no warranty":           {"organisers-warranty", "", map[string]string{"organisers-warranty": "warranty"}},
		"a warranty denied":     {"organisers-warranty", "false", map[string]string{"organisers-warranty": "warranty"}},
		"too high":              {"stage-height", "12.51", map[string]string{"stage-height": "maximum"}},
		"more decimals":         {"stage-height", "1.005", map[string]string{"stage-height": "number"}},
		"a choice of none":      {"needs", `["fly"]`, map[string]string{"needs": "choice"}},
		"no JSON":               {"organisers", `[{"name"`, map[string]string{"organisers": "unfit"}},
		"a party of no sort":    {"applicant", `{"as":"king"}`, map[string]string{"applicant": "choice"}},
		"half an address":       {"address", `{"lines":"x"}`, map[string]string{"address": "whole"}},
		"an identity of others": {"identity", "1234567", map[string]string{"identity": "identity-number"}},
	} {
		changed := maps.Clone(given)
		changed[test.key] = test.text
		o, err := f.Check(changed, formstest.At())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := codes(o.Errors); !maps.Equal(got, test.want) || o.Fee != nil {
			t.Errorf("%s: %v, want %v; fee %v", name, got, test.want, o.Fee)
		}
	}
}

func TestDecodeRefusesWhatNoFormSends(t *testing.T) {
	f := formstest.Every(t)
	many := url.Values{}
	for i := range 500 {
		many.Set("organisers."+strconv.Itoa(i)+".name", "A")
	}
	huge := url.Values{}
	for i := range 30000 {
		huge.Set("x"+strconv.Itoa(i), "1")
	}
	for name, test := range map[string]struct {
		sent url.Values
		key  string
		want string
	}{
		"500 rows":            {many, "organisers", "too-many"},
		"30,000 names":        {huge, "", "unknown"},
		"10 MB of text":       {url.Values{"about": {strings.Repeat("a", 10<<20)}}, "about", "too-long"},
		"rows in rows":        {url.Values{"organisers.0.name.0.name": {"A"}}, "", "unknown"},
		"a row of letters":    {url.Values{"organisers.x.name": {"A"}}, "", "unknown"},
		"a row that is 00":    {url.Values{"organisers.00.name": {"A"}}, "", "unknown"},
		"a part of nobody":    {url.Values{"organisers.0.admin": {"A"}}, "", "unknown"},
		"a part twice":        {url.Values{"organisers.0.name": {"A", "B"}}, "organisers.0.name", "twice"},
		"a choice twice":      {url.Values{"needs": {"power", "power"}}, "needs", "twice"},
		"no such choice":      {url.Values{"needs": {"power", "fly"}}, "needs", "choice"},
		"somebody's company":  {url.Values{"applicant": {"company-8"}}, "applicant", "choice"},
		"half an address":     {url.Values{"address-place": {"Malé"}}, "address", "whole"},
		"a warranty of words": {url.Values{"organisers-warranty": {"perhaps"}}, "organisers-warranty", "warranty"},
		"an amount of two":    {url.Values{"ticket": {"1.250"}}, "ticket", "money"},
		"part of a coin":      {url.Values{"ticket": {"1.255"}}, "ticket", "money"},
		"no time":             {url.Values{"opens": {"24:30"}}, "opens", "time"},
		"no number":           {url.Values{"stage-height": {"1.2.3"}}, "stage-height", "number"},
		"a number too fine":   {url.Values{"stage-height": {"1.234"}}, "stage-height", "number"},
		"no card":             {url.Values{"identity": {"AB12345"}}, "identity", "identity-number"},
		"no day in a row":     {url.Values{"organisers.0.name": {"A"}, "organisers.0.born-day": {"31"}, "organisers.0.born-month": {"2"}, "organisers.0.born-year": {"1990"}}, "organisers.0.born", "date"},
	} {
		got := read(f, test.sent)
		if c := codes(got.Errors); c[test.key] != test.want || len(c) != 1 {
			t.Errorf("%s: %v", name, c)
		}
		if len(got.Typed) > 1000 {
			t.Errorf("%s: %d inputs are kept", name, len(got.Typed))
		}
	}
	if got := read(f, url.Values{"plan": {plan}, "wages": {"1"}}); len(got.Errors) > 0 || len(got.Answers) > 0 {
		t.Errorf("a file and a computed value sent as text: %v %v", got.Answers, codes(got.Errors))
	}
}

func TestAmountsAreTypedAsPeopleWriteThem(t *testing.T) {
	for typed, want := range map[string]string{
		"1250": "125000", "1,250": "125000", "1,250.5": "125050", "1 250,50": "125050", "1.250,50": "125050", "MVR 1250": "125000", "1250 mvr": "125000",
		"0": "0", "0.05": "5", ",5": "", "١٢٫٥": "1250", "1.234.567": "123456700", "12,34,567": "", "1e3": "", "": "", "-5": "-500", "1.250": "", "--1": "",
	} {
		if got, ok := answer.Money(typed, "MVR"); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
	for typed, want := range map[string]string{"12.5": "12.5", "12,5": "12.5", "012.50": "12.5", "1,250.75": "1250.75", "-0.0": "0", "1.255": "", "3": "3", "1,250": "1250"} {
		if got, ok := answer.Number(typed, 2); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}

func TestRowsAreAddedAndTakenAwayByButtons(t *testing.T) {
	f := formstest.Every(t)
	values := url.Values{"organisers.0": {"1"}, "organisers.0.name": {"A"}, "organisers.1": {"1"}, "organisers.1.name": {"B"}, "organisers.1.hours": {"x"}}
	press := func(button, value string) *sent.Sent {
		pressed := url.Values{button: {value}}
		maps.Copy(pressed, values)
		return read(f, pressed)
	}
	added := press(sent.InputAdd, "organisers")
	if added.Edited != "organisers" || added.Typed["organisers.2"] == "" || added.Typed["organisers.1.hours"] != "x" {
		t.Errorf("added: %q %v", added.Edited, added.Typed)
	}
	removed := press(sent.InputRemove, "organisers.0")
	if removed.Edited != "organisers" || removed.Typed["organisers.0.name"] != "B" || removed.Typed["organisers.1"] != "" {
		t.Errorf("taken away: %q %v", removed.Edited, removed.Typed)
	}
	if codes(removed.Errors)["organisers.0.hours"] != "integer" {
		t.Errorf("the error stays beside what is wrong: %v", codes(removed.Errors))
	}
	for i := range 4 {
		values.Set("organisers."+strconv.Itoa(i), "1")
	}
	if full := press(sent.InputAdd, "organisers"); codes(full.Errors)["organisers"] != "too-many" || full.Typed["organisers.4"] != "" {
		t.Errorf("a row beyond the last: %v", codes(full.Errors))
	}
}

func TestM18_WhoSpeaksOfOthersWarrantsItFirst(t *testing.T) {
	f := formstest.Every(t)
	page, _ := f.Page("people")
	if !slices.Equal(page.Fields, []string{"organisers-warranty", "organisers"}) {
		t.Fatalf("the page asks %v", page.Fields)
	}
	group, _ := f.Field("organisers")
	warranty, ok := f.Field("organisers-warranty")
	if !ok || warranty.Kind != forms.Warranty || warranty.For != "organisers" || len(warranty.Conditions) == 0 || group.About != forms.Other {
		t.Errorf("%+v", warranty)
	}
	if !slices.ContainsFunc(f.Fields(), func(g forms.Field) bool { return g.ID == "svc.organisers-warranty" }) {
		t.Error("the warranty is no declared field, so it would not be kept")
	}
}

func TestShowSaysEachKindInWords(t *testing.T) {
	f := formstest.Every(t)
	catalogue, err := i18n.Load(forms.Locales())
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.Printer("en", formstest.Zone())
	given := read(f, whole()).Answers
	given["plan"], given["wages"] = plan, "50000"
	for key, want := range map[string]string{
		"applicant": "For the company Dhigu & Sons", "address": "H. Dhigu\nMajeedhee Magu\nMalé\n20001", "needs": "Power\nA stage", "stage-height": "1.5 metres",
		"ticket": "MVR\u00a01,250.50", "opens": "09:30", "plan": "plan.pdf (1.9 MB)", "organisers-warranty": "Confirmed by the applicant\nTell each organiser that you name them here.\nName nobody who did not agree.", "wages": "MVR\u00a0500.00",
		"organisers": "Organiser 1\nFull name: Aishath Ali\nDate of birth: 1 February 1990\nIdentity card number: B654321\nHours on duty: 8\nPay: MVR\u00a0500.00\nTrained in first aid?: Yes\n\nOrganiser 2\nFull name: Ibrahim\nDate of birth: 2 March 1985",
	} {
		if got, _ := say.Answer(f, p, key, given[key]); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	field, _ := f.Field("applicant")
	if !field.Claimed(given["applicant"]) || field.Claimed(`{"as":"person"}`) {
		t.Error("who acts for a company claims it, and nobody else does")
	}
}
