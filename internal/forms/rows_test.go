package forms_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"portico/internal/forms"
	"portico/internal/forms/formstest"
	"portico/internal/forms/sent"
)

// rowRules are rules about the parts of a row, besides those of the form that
// asks a question of each kind.
const rowRules = `
visible:
  - {id: trained, field: organisers.first-aid, when: row.born < today - days(18 * 365), because: {en: They are an adult.}}
  - {id: paid-work, field: organisers.pay, when: 'has(row.hours) && row.hours > 4 && has(answers.paid) && answers.paid'}
required:
  - {id: reached, field: organisers.identity, when: 'answers.size > 100'}
value:
  - {id: c, field: summary, is: answers.name}
  - {id: b, field: until, is: hours(23)}
  - {id: a, field: wages, is: 'sum(answers.organisers.map(o, has(o.pay) ? o.pay : 0))'}
error:
  - {id: not-yourself, field: organisers.identity, when: 'has(row.identity) && row.identity == answers.identity', says: {en: Name somebody else.}}
`

func rowForm(t *testing.T) *forms.Form {
	t.Helper()
	form, _ := formstest.Sources(t)
	f, problems := formstest.Compile(t, form, rowRules)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return f
}

func errorsOf(list []forms.Error) (out []string) {
	for _, e := range list {
		out = append(out, strings.TrimSpace(e.Key+" "+strings.TrimPrefix(e.Code, "forms.error.")+" "+e.Rule))
	}
	return out
}

func organisers(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return !strings.HasPrefix(s, "organisers.") })
}

func TestEachRowIsAskedByItsOwnAnswers(t *testing.T) {
	f := rowForm(t)
	base := forms.Answers{"applicant": `{"as":"person"}`, "identity": "A123456", "name": "Fair", "day": "2026-12-20", "size": "50", "paid": "true", "ticket": "100",
		"organisers-warranty": "true", "plan": `[{"id":"f","name":"p.pdf","size":10,"type":"application/pdf"}]`}
	child, adult := `"born":"2015-01-01"`, `"born":"1990-01-01"`
	for name, test := range map[string]struct {
		rows, size      string
		kept            string
		errors, hidden  []string
		wages, fee, why string
	}{
		"hidden parts are dropped before rules, fee and storage": {
			rows: `[{` + child + `,"first-aid":true,"name":"A","pay":900},{` + adult + `,"first-aid":true,"hours":5,"name":"B","pay":500}]`,
			kept: `[{"born":"2015-01-01","name":"A"},{"born":"1990-01-01","first-aid":true,"hours":5,"name":"B","pay":500}]`, wages: "500",
			hidden: []string{"organisers.*.first-aid", "organisers.*.pay", "organisers.0.first-aid", "organisers.0.pay"},
		},
		"a part must be answered by a rule, in each row": {
			rows: `[{` + child + `,"identity":"B000001","name":"A"},{` + child + `,"name":"B"}]`, size: "200",
			errors: []string{"organisers.1.identity required reached"},
		},
		"a row is wrong by what was answered elsewhere": {
			rows:   `[{` + child + `,"identity":"B000001","name":"A"},{` + child + `,"identity":"A123456","name":"B"}]`,
			errors: []string{"organisers.1.identity  not-yourself"},
		},
		"a hidden part that is wrong by itself says nothing": {
			rows: `[{` + child + `,"name":"A","pay":-5}]`, kept: `[{"born":"2015-01-01","name":"A"}]`, wages: "0",
		},
		"a shown part that is wrong by itself is told": {
			rows: `[{` + adult + `,"hours":5,"name":"A","pay":-5}]`, errors: []string{"organisers.0.pay minimum"},
		},
		"a part that a condition waits for": {
			rows: `[{"first-aid":true,"name":"A"}]`, errors: []string{"organisers.0.born required"},
			hidden: []string{"organisers.*.first-aid", "organisers.*.pay", "organisers.0.first-aid", "organisers.0.pay"},
		},
	} {
		given := forms.Answers{"organisers": test.rows}
		for key, text := range base {
			given[key] = text
		}
		if test.size != "" {
			given["size"] = test.size
		}
		o, err := f.Check(given, formstest.At())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := organisers(errorsOf(o.Errors)); !slices.Equal(got, test.errors) {
			t.Errorf("%s: errors %q", name, errorsOf(o.Errors))
		}
		if test.kept != "" && (o.Answers["organisers"] != test.kept || o.Answers["wages"] != test.wages) {
			t.Errorf("%s: kept %s, wages %s", name, o.Answers["organisers"], o.Answers["wages"])
		}
		var hidden []string
		for path := range o.Hidden {
			hidden = append(hidden, path)
		}
		if slices.Sort(hidden); test.hidden != nil && !slices.Equal(organisers(hidden), test.hidden) {
			t.Errorf("%s: hidden %v", name, hidden)
		}
	}
}

func TestARowIsComputedAndReadByRulesThatFollow(t *testing.T) {
	form, _ := formstest.Sources(t)
	f, problems := formstest.Compile(t, form, "value:\n  - {id: a, field: wages, is: 'sum(answers.organisers.map(o, has(o.pay) ? o.pay : 0))'}\n  - {id: by-hour, field: organisers.pay, is: 'has(row.hours) ? row.hours * answers.size : 0'}\n"+
		"  - {id: b, field: until, is: hours(23)}\n  - {id: c, field: summary, is: answers.name}\n")
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	given := forms.Answers{"name": "Fair", "size": "10", "organisers": `[{"born":"1990-01-01","hours":3,"name":"A","pay":99999},{"born":"1990-01-01","name":"B"}]`}
	o, err := f.Check(given, formstest.At())
	if err != nil || o.Answers["wages"] != "30" || o.Answers["organisers"] != `[{"born":"1990-01-01","hours":3,"name":"A","pay":30},{"born":"1990-01-01","name":"B","pay":0}]` {
		t.Errorf("%v %s %s", err, o.Answers["wages"], o.Answers["organisers"])
	}
	read := sent.Decode(f, sent.Input{Values: url.Values{"organisers.0.name": {"A"}, "organisers.0.pay": {"5"}}})
	if len(read.Errors) > 0 || strings.Contains(read.Answers["organisers"], "pay") {
		t.Errorf("what is computed was sent: %v %v", read.Errors, read.Answers)
	}
}

func TestWhyAPartOfARowIsHiddenIsSaid(t *testing.T) {
	f := rowForm(t)
	given := forms.Answers{"size": "200", "organisers": `[{"born":"2015-01-01","name":"A"},{"born":"1990-01-01","name":"B"}]`}
	if rule, words := f.Visible("organisers.1.first-aid"); rule != "trained" || words["en"] == "" {
		t.Errorf("%s %v", rule, words)
	}
	for id, want := range map[string]string{
		"trained":      "rule trained of organisers.0 is false, where organisers.0.born = 2015-01-01, now = 2026-11-23T09:00:00+05:00; rule trained of organisers.1 is true, where organisers.1.born = 1990-01-01, now = 2026-11-23T09:00:00+05:00",
		"not-yourself": "rule not-yourself of organisers.0 waits for identity",
	} {
		if got := f.Reads(id, given, formstest.At()); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := f.Reads("trained", nil, formstest.At()); !strings.Contains(got, "there is none") {
		t.Error(got)
	}
}

// TestARowThatCannotBeReadLosesNothingElse: what is typed wrong in one part
// hides nothing in the others, and what a hidden part holds is no fault.
func TestARowThatCannotBeReadLosesNothingElse(t *testing.T) {
	f := rowForm(t)
	look := func(values url.Values) (*forms.Outcome, *sent.Sent) {
		t.Helper()
		values.Set("name", "Fair")
		values.Set("size", "50")
		values.Set("paid", "true")
		read := sent.Decode(f, sent.Input{Values: values})
		o, err := f.Check(read.Answers, formstest.At(), read.Errors...)
		if err != nil {
			t.Fatal(err)
		}
		return o, read
	}
	born := func(row, year string) url.Values {
		return url.Values{row + ".born-day": {"1"}, row + ".born-month": {"1"}, row + ".born-year": {year}, row + ".name": {"A"}}
	}
	values := born("organisers.3", "1990")
	values.Set("organisers.0", "1") // blank
	values.Set("organisers.3.hours", "five")
	o, read := look(values)
	if got := organisers(errorsOf(o.Errors)); !slices.Equal(got, []string{"organisers.0.hours integer"}) || o.Hidden["organisers.0.first-aid"] != "" || o.Answers["organisers"] != "" {
		t.Errorf("a part that is no number: %q %v %v", got, o.Hidden, o.Answers)
	}
	if read.Rows["organisers.3"] != "organisers.0" || read.Rows["organisers.0"] != "organisers.*" {
		t.Errorf("rows are called %v", read.Rows)
	}
	values = born("organisers.0", "2015")
	values.Set("organisers.0.pay", "much")
	o, _ = look(values)
	if got := organisers(errorsOf(o.Errors)); len(got) > 0 || o.Answers["organisers"] != `[{"born":"2015-01-01","name":"A"}]` {
		t.Errorf("what is hidden and no number: %q %v", got, o.Answers)
	}
	values = url.Values{"organisers.0.first-aid": {"true"}, "organisers.0.name": {""}}
	if o, _ = look(values); !slices.Contains(errorsOf(o.Errors), "organisers row") || o.Answers["organisers"] != "" {
		t.Errorf("a row of a hidden part only: %q", errorsOf(o.Errors))
	}
	values = born("organisers.1", "1990")
	values.Set("organisers.0", "1")
	values.Set(sent.InputAdd, "organisers")
	if o, read = look(values); read.Typed["organisers.0.name"] != "A" || read.Typed["organisers.2"] != "1" || o.Hidden["organisers.0.first-aid"] != "" || o.Hidden["organisers.*.first-aid"] == "" {
		t.Errorf("blank rows do not come last: %v %v", read.Typed, o.Hidden)
	}
}

func TestRulesAboutRowsAreCheckedWhenTheyAreLoaded(t *testing.T) {
	form, _ := formstest.Sources(t)
	values := "value:\n  - {id: a, field: wages, is: '0'}\n  - {id: b, field: until, is: hours(23)}\n  - {id: c, field: summary, is: answers.name}\n"
	visible := func(field, when string) string {
		return "visible:\n  - {id: v, field: " + field + ", when: '" + when + "'}\n"
	}
	for name, test := range map[string]struct{ rules, says string }{
		"no such part":             {visible("organisers.nobody", "true"), "no field"},
		"no such group":            {visible("nobody.name", "true"), "no field"},
		"a part of no group":       {visible("name.first", "true"), "no field"},
		"a part by its number":     {visible("organisers.0.pay", "true"), "no field"},
		"what may be empty":        {visible("organisers.pay", "row.hours > 3"), "ask has(row.hours) first"},
		"what a rule hides":        {visible("organisers.name", "true") + "error:\n  - {id: e, field: organisers.pay, when: 'row.name == \"A\"', says: {en: s}}\n", "ask has(row.name) first"},
		"hidden in a list":         {visible("organisers.name", "true") + "error:\n  - {id: e, field: name, when: 'answers.organisers.exists(o, o.name == \"A\")', says: {en: s}}\n", "may be unanswered in a row"},
		"an unknown part":          {visible("organisers.pay", "row.nobody"), "undefined field"},
		"a row of its own":         {"visible:\n  - {id: v, field: ticket, when: 'row.hours > 3'}\n", "undeclared reference"},
		"the row as a whole":       {visible("organisers.pay", "row == answers.organisers[0]"), "one by one"},
		"a name that is taken":     {visible("organisers.pay", "answers.needs.exists(row, row == \"stage\")"), "cannot be called row"},
		"itself":                   {visible("organisers.pay", "has(row.pay)"), "circle"},
		"its own rows":             {visible("organisers.pay", "size(answers.organisers) > 1"), "circle"},
		"each other":               {visible("organisers.pay", "has(row.hours)") + "  - {id: w, field: organisers.hours, when: has(row.pay)}\n", "circle"},
		"two rules":                {visible("organisers.pay", "true") + "  - {id: w, field: organisers.pay, when: 'true'}\n", "two such rules"},
		"another kind":             {visible("organisers.pay", "row.name"), "must be bool"},
		"computed and hidden":      {visible("organisers.pay", "true") + "VALUE  - {id: p, field: organisers.pay, is: '0'}\n", "cannot be hidden"},
		"computed later":           {visible("ticket", "answers.organisers.exists(o, has(o.pay))") + "VALUE  - {id: p, field: organisers.pay, is: '0'}\n", "computed later"},
		"computed later, in a row": {visible("organisers.hours", "has(row.pay)") + "VALUE  - {id: p, field: organisers.pay, is: '0'}\n", "computed later"},
	} {
		rules := test.rules + values
		if before, more, ok := strings.Cut(test.rules, "VALUE"); ok {
			rules = before + values + more
		}
		_, problems := formstest.Compile(t, form, rules)
		if len(problems) != 1 || !strings.Contains(problems[0].Message, test.says) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
