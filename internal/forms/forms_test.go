package forms_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/formstest"
	"portico/internal/forms/sent"
	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
	"portico/internal/policy"
	"portico/internal/testkit"
)

func zone() *time.Location { return time.FixedZone("test", 5*3600) }

func now() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, zone()) }

func at() forms.At { return forms.At{Now: now()} }

func env() forms.Env {
	return forms.Env{Languages: []string{"en"}, Zone: zone(), Currency: "MVR", Fields: []policy.Field{
		{ID: "person.phone", Prefix: "+960"},
		{ID: "person.identity-number", Pattern: "^[A-Z][0-9]{6}$", Written: i18n.Text{"en": "One letter and six figures"}},
	}}
}

// schema asks one question of each kind; depth is asked of those who dig.
const schema = `
schema:
  type: object
  additionalProperties: false
  required: [kind, hours]
  properties:
    kind: {type: string, enum: [dig, paint], x-portico-label: {en: Kind}, x-portico-why: {en: w}, x-portico-category: c, x-portico-options: {dig: {en: Dig}, paint: {en: Paint}}}
    hours: {type: integer, minimum: 1, maximum: 24, x-portico-label: {en: Hours}, x-portico-why: {en: w}, x-portico-category: c}
    depth: {type: integer, minimum: 0, maximum: 9, x-portico-label: {en: Depth}, x-portico-why: {en: w}, x-portico-category: c}
    note: {type: string, maxLength: 20, x-portico-label: {en: Note}, x-portico-why: {en: w}, x-portico-category: c}
    story: {type: string, x-portico-widget: long, x-portico-label: {en: Story}, x-portico-why: {en: w}, x-portico-category: c}
    loud: {type: boolean, x-portico-label: {en: Loud}, x-portico-why: {en: w}, x-portico-category: c}
    day: {type: string, format: date, x-portico-label: {en: Day}, x-portico-why: {en: w}, x-portico-category: c}
    start: {type: string, format: date-time, x-portico-label: {en: Start}, x-portico-why: {en: w}, x-portico-category: c}
    email: {type: string, format: email, x-portico-label: {en: E-mail}, x-portico-field: person.email, x-portico-reuse: allow}
    phone: {type: string, format: phone, x-portico-label: {en: Phone}, x-portico-field: person.phone, x-portico-reuse: ask}
    double: {type: integer, x-portico-label: {en: Double}, x-portico-category: c}
pages:
  - {id: all, title: {en: All}, fields: [kind, hours, depth, note, story, loud, day, start, email, phone]}
declaration: {en: True.}
`

const rules = `
visible:
  - {id: dig-depth, field: depth, when: 'answers.kind == "dig"'}
required:
  - {id: dig-needs-depth, field: depth, when: 'answers.kind == "dig"'}
value:
  - {id: twice, field: double, is: answers.hours * 2}
error:
  - {id: late, field: start, when: 'has(answers.start) && answers.start <= now', says: {en: Too late.}}
fee:
  - {id: by-hour, label: {en: Hours}, is: '100 * begun(answers.hours - 2, 3)'}
  - {id: by-depth, label: {en: Depth}, is: 'has(answers.depth) ? 1000 / answers.depth : 0'}
`

// compile compiles a form, with rules instead of the ones above if given.
func compile(t testing.TB, schema, rules string) (*forms.Form, []forms.Problem) {
	t.Helper()
	var file forms.File
	var r forms.Rules
	for text, into := range map[string]any{schema: &file, rules: &r} {
		doc, problems := strict.Parse([]byte(text))
		if doc != nil {
			problems = doc.Decode(into)
		}
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
	}
	return forms.Compile("svc", &file, &r, env())
}

func form(t testing.TB) *forms.Form {
	t.Helper()
	f, problems := compile(t, schema, rules)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return f
}

// codes are the errors by key: the rule, or the last word of the code.
func codes(errs []forms.Error) map[string]string {
	out := map[string]string{}
	for _, e := range errs {
		out[e.Key] = e.Code[strings.LastIndex(e.Code, ".")+1:]
		if len(e.Says) > 0 {
			out[e.Key] = e.Rule
		}
	}
	return out
}

func TestDecodeBringsAnswersIntoOneForm(t *testing.T) {
	values := url.Values{
		"kind": {"dig"}, "hours": {" ٩ "}, "depth": {"+3"}, "note": {"  a\t b "}, "story": {"one\r\ntwo"}, "loud": {"true"},
		"day-day": {"1"}, "day-month": {"2"}, "day-year": {"2027"},
		"start-day": {"30"}, "start-month": {"11"}, "start-year": {"2026"}, "start-time": {"9:05"},
		"email": {"Me@Example.MV"}, "phone": {"+960 777-1234"},
	}
	got := sent.Decode(form(t), sent.Input{Values: values})
	want := forms.Answers{
		"kind": "dig", "hours": "9", "depth": "3", "note": "a b", "story": "one\ntwo", "loud": "true", "day": "2027-02-01",
		"start": "2026-11-30T09:05:00+05:00", "email": "Me@example.mv", "phone": "+9607771234",
	}
	if !maps.Equal(got.Answers, want) || len(got.Errors) > 0 {
		t.Errorf("answers %v, errors %v", got.Answers, codes(got.Errors))
	}
	f := form(t)
	again := url.Values{}
	for name, typed := range sent.Typed(f, got.Answers) {
		again.Set(name, typed)
	}
	if round := sent.Decode(f, sent.Input{Values: again}); !maps.Equal(round.Answers, want) {
		t.Errorf("shown and sent again they are %v", round.Answers)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for name, test := range map[string]struct {
		sent url.Values
		key  string
		want string
	}{
		"unknown name":        {url.Values{"admin": {"1"}}, "", "unknown"},
		"twice":               {url.Values{"note": {"a", "b"}}, "note", "twice"},
		"too long":            {url.Values{"note": {strings.Repeat("a", 21)}}, "note", "too-long"},
		"far too long":        {url.Values{"note": {strings.Repeat("a", 1<<20)}}, "note", "too-long"},
		"broken UTF-8":        {url.Values{"note": {"a\xff"}}, "note", "characters"},
		"refused at the edge": {url.Values{"note": nil}, "note", "characters"},
		"direction override":  {url.Values{"note": {"a\u202eb"}}, "note", "characters"},
		"NUL":                 {url.Values{"note": {"a\x00"}}, "note", "characters"},
		"no number":           {url.Values{"hours": {"1.5"}}, "hours", "integer"},
		"beyond numbers":      {url.Values{"hours": {"9223372036854775808"}}, "hours", "integer"},
		"no choice":           {url.Values{"kind": {"fly"}}, "kind", "choice"},
		"neither yes nor no":  {url.Values{"loud": {"1"}}, "loud", "choice"},
		"no day":              {url.Values{"day-day": {"31"}, "day-month": {"2"}, "day-year": {"2027"}}, "day", "date"},
		"half a day":          {url.Values{"day-day": {"3"}}, "day", "date"},
		"no time":             {url.Values{"start-day": {"1"}, "start-month": {"2"}, "start-year": {"2027"}, "start-time": {"25:00"}}, "start", "date-time"},
		"no address":          {url.Values{"email": {"a b@c"}}, "email", "email"},
		"header in address":   {url.Values{"email": {"a@b.mv\nBcc: c@d.mv"}}, "email", "email"},
		"no phone":            {url.Values{"phone": {"call me"}}, "phone", "phone"},
	} {
		got := sent.Decode(form(t), sent.Input{Values: test.sent})
		if c := codes(got.Errors); c[test.key] != test.want || len(c) != 1 {
			t.Errorf("%s: %v", name, c)
		}
		if _, there := got.Answers[test.key]; there {
			t.Errorf("%s: it counts as an answer", name)
		}
	}
}

func TestHiddenValueSentAnywayIsDropped(t *testing.T) {
	f := form(t)
	read := sent.Decode(f, sent.Input{Values: url.Values{"kind": {"paint"}, "hours": {"2"}, "depth": {"0"}}})
	o, err := f.Check(read.Answers, at(), read.Errors...)
	if err != nil || len(o.Errors) > 0 {
		t.Fatalf("%v %v", err, codes(o.Errors))
	}
	if _, there := o.Answers["depth"]; there || o.Hidden["depth"] != "dig-depth" || o.Fee.Total != 0 {
		t.Errorf("answers %v, hidden %v, fee %+v", o.Answers, o.Hidden, o.Fee)
	}
	wrong := sent.Decode(f, sent.Input{Values: url.Values{"kind": {"paint"}, "hours": {"2"}, "depth": {"deep"}}})
	if o, err = f.Check(wrong.Answers, at(), wrong.Errors...); err != nil || len(o.Errors) > 0 {
		t.Errorf("what is hidden cannot be wrong: %v %v", err, codes(o.Errors))
	}
}

func TestRulesDecide(t *testing.T) {
	f := form(t)
	for name, test := range map[string]struct {
		given forms.Answers
		want  map[string]string
		fee   int64
	}{
		"nothing":             {nil, map[string]string{"kind": "choose", "hours": "required"}, -1},
		"required by a rule":  {forms.Answers{"kind": "dig", "hours": "2"}, map[string]string{"depth": "required"}, -1},
		"of both":             {forms.Answers{"kind": "dig", "hours": "6", "depth": "2"}, nil, 200 + 500},
		"a step of the fee":   {forms.Answers{"kind": "paint", "hours": "5"}, nil, 100},
		"the next step":       {forms.Answers{"kind": "paint", "hours": "6"}, nil, 200},
		"beyond the schema":   {forms.Answers{"kind": "paint", "hours": "25"}, map[string]string{"hours": "maximum"}, -1},
		"the request's clock": {forms.Answers{"kind": "paint", "hours": "2", "start": "2026-11-23T09:00:00+05:00"}, map[string]string{"start": "late"}, -1},
		"a moment later":      {forms.Answers{"kind": "paint", "hours": "2", "start": "2026-11-23T09:00:01+05:00"}, nil, 0},
	} {
		o, err := f.Check(test.given, at())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := codes(o.Errors); !maps.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: errors %v, want %v", name, got, test.want)
		}
		if fee := o.Fee; (fee == nil) != (test.fee < 0) || fee != nil && fee.Total != test.fee {
			t.Errorf("%s: fee %+v, want %d", name, fee, test.fee)
		}
	}
	if o, err := f.Check(forms.Answers{"kind": "paint", "hours": "4", "double": "1000"}, at()); err != nil || o.Answers["double"] != "8" {
		t.Errorf("a computed value that was sent: %v %v", o, err)
	}
}

func TestRuleThatErrsStopsTheSubmission(t *testing.T) {
	// By depth, 1000 is divided by nothing.
	o, err := form(t).Check(forms.Answers{"kind": "dig", "hours": "2", "depth": "0"}, at())
	var rule *forms.RuleError
	if !errors.As(err, &rule) || rule.Rule != "by-depth" || o != nil {
		t.Errorf("it counts as %+v: %v", o, err)
	}
}

func TestFormsThatCannotWorkAreRefused(t *testing.T) {
	with := func(section, rule string) string { return section + ":\n  - " + rule + "\n" }
	for name, test := range map[string]struct{ rules, path, says string }{
		"not CEL":            {with("fee", "{id: a, label: {en: l}, is: 1 +}"), "fee/0/is", "Syntax"},
		"other type":         {with("fee", "{id: a, label: {en: l}, is: '\"x\"'}"), "fee/0/is", "must be int"},
		"no such field":      {with("fee", "{id: a, label: {en: l}, is: answers.size}"), "fee/0/is", "undefined field"},
		"may be unanswered":  {with("fee", "{id: a, label: {en: l}, is: answers.depth}"), "fee/a", "ask has(answers.depth)"},
		"a second clock":     {with("error", "{id: a, field: kind, when: 'timestamp.at() > now', says: {en: s}}"), "error/0/when", "undeclared"},
		"answers as a whole": {with("error", "{id: a, field: kind, when: 'answers == answers', says: {en: s}}"), "error/0/when", "one by one"},
		"costs too much":     {with("error", "{id: a, field: kind, when: '"+strings.Repeat("has(answers.story) && answers.story.matches(\"(a*)*b\") || ", 20)+"false', says: {en: s}}"), "error/0/when", "make it simpler"},
		"a circle": {"visible:\n  - {id: a, field: note, when: has(answers.story)}\n  - {id: b, field: story, when: has(answers.note)}\n",
			"visible", "circle"},
		"two rules of a field": {"visible:\n  - {id: a, field: note, when: 'true'}\n  - {id: b, field: note, when: 'true'}\n", "visible/1/field", "two such rules"},
		"an id twice":          {"error:\n  - {id: a, field: kind, when: 'true', says: {en: s}}\n  - {id: a, field: kind, when: 'true', says: {en: s}}\n", "error/1/id", "id of its own"},
	} {
		_, problems := compile(t, schema, "value:\n  - {id: twice, field: double, is: answers.hours * 2}\n"+test.rules)
		if !slices.ContainsFunc(problems, func(p forms.Problem) bool { return p.Path == test.path && strings.Contains(p.Message, test.says) }) {
			t.Errorf("%s: %v", name, problems)
		}
	}
	for name, change := range map[string][2]string{
		"no category":       {"x-portico-label: {en: Note}, x-portico-why: {en: w}, x-portico-category: c", "x-portico-label: {en: Note}, x-portico-why: {en: w}"},
		"no reason":         {"x-portico-label: {en: Note}, x-portico-why: {en: w}", "x-portico-label: {en: Note}"},
		"no limit":          {"maxLength: 20, ", ""},
		"on no page":        {"depth, note, story", "depth, story"},
		"additional":        {"additionalProperties: false", "additionalProperties: true"},
		"names that clash":  {"    note: {type: string", "    day-day: {type: string"},
		"reuse of its own":  {"{type: string, maxLength: 20,", "{type: string, maxLength: 20, x-portico-reuse: allow,"},
		"a broken pattern":  {"maxLength: 20,", "maxLength: 20, pattern: '(',"},
		"words for nothing": {"paint: {en: Paint}", "fly: {en: Fly}"},
	} {
		if _, problems := compile(t, strings.Replace(schema, change[0], change[1], 1), rules); len(problems) == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSentencesAreInEveryLanguage(t *testing.T) {
	catalogue, err := i18n.Load(forms.Locales())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "dv"} {
		p := catalogue.Printer(lang, zone())
		for _, code := range []string{"required", "choose", "unknown", "twice", "characters", "too-long", "too-short", "minimum", "maximum",
			"integer", "choice", "email", "phone", "date", "date-time", "unfit", "rule"} {
			e := forms.Error{Key: "note", Code: "forms.error." + code, Args: []any{"n", 3, "rule", "r"}}
			if text := e.Text(form(t), p); strings.Contains(text, "forms.error") || strings.Contains(text, "{") {
				t.Errorf("%s in %s: %s", code, lang, text)
			}
		}
	}
}

// TestNoAnswersMakeAHiddenValueCount tries answers at random.
func TestNoAnswersMakeAHiddenValueCount(t *testing.T) {
	f, chance := form(t), testkit.Chance(t)
	pick := func(values ...string) string { return values[chance.IntN(len(values))] }
	for range 2000 {
		read := sent.Decode(f, sent.Input{Values: random(chance, pick)})
		o, err := f.Check(read.Answers, at(), read.Errors...)
		if err != nil {
			if read.Answers["depth"] != "0" || read.Answers["kind"] != "dig" {
				t.Fatalf("%v: %v", read.Answers, err)
			}
			continue
		}
		if _, there := o.Answers["depth"]; there && o.Answers["kind"] != "dig" {
			t.Fatalf("depth counts in %v", o.Answers)
		}
		if len(o.Errors) == 0 && (o.Fee == nil || o.Answers["double"] == "") {
			t.Fatalf("accepted without fee or value: %v", o.Answers)
		}
	}
}

func random(chance *rand.Rand, pick func(...string) string) url.Values {
	sent := url.Values{}
	for name, values := range map[string][]string{
		"kind": {"dig", "paint", "fly", ""}, "hours": {"1", "24", "25", "-1", "x", ""}, "depth": {"0", "5", "10", "x", ""},
		"note": {"n", strings.Repeat("n", 21)}, "start-day": {"30", "31", ""}, "start-month": {"11"}, "start-year": {"2026", ""}, "start-time": {"09:00", "x"},
	} {
		if chance.IntN(4) > 0 {
			sent.Set(name, pick(values...))
		}
	}
	return sent
}

// readable is the answers without the rows of a group of which no part could be
// read: they are there for what is wrong with them to have a place.
func readable(t *testing.T, given forms.Answers) forms.Answers {
	t.Helper()
	kept := maps.Clone(given)
	if text := given["organisers"]; text != "" {
		v, err := answer.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		rows := slices.DeleteFunc(v.([]any), func(row any) bool { return len(row.(map[string]any)) == 0 })
		if delete(kept, "organisers"); len(rows) > 0 {
			kept["organisers"] = answer.JSON(rows)
		}
	}
	return kept
}

// FuzzDecode sends anything at all to a form that asks a question of each
// kind.
func FuzzDecode(f *testing.F) {
	fm := formstest.Every(f)
	for _, seed := range []string{"size=9&sort=music&needs=stage", "name=%ff", "day-day=30&day-month=11&day-year=2026", "sort=music&sort=sport", "x=1",
		"organisers.0.name=A&organisers.0.born-day=1&organisers.0.born-month=2&organisers.0.born-year=1990&organisers-warranty=true&_add=organisers",
		"ticket=1,250.50&stage-height=1,5&opens=9.30", "address-lines=a%0ab&address-place=c&address-postal-code=1", "applicant=company-7&identity=a123456"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		got := read(fm, values)
		for key, text := range got.Answers {
			if field, ok := fm.Field(key); !ok || text == "" || strings.ContainsFunc(strings.ReplaceAll(text, `\n`, ""), strict.Hidden) || len(text) > 100*forms.MaxText || field.Kind == forms.Text && len([]rune(text)) > field.Max {
				t.Errorf("%s is answered by %q", key, text)
			}
		}
		again := url.Values{}
		for name, typed := range sent.Typed(fm, got.Answers) {
			if again[name] = []string{typed}; name == "needs" {
				again[name] = strings.Fields(typed)
			}
		}
		if round := read(fm, again); !maps.Equal(round.Answers, readable(t, got.Answers)) {
			t.Errorf("shown and sent again, %v are %v", got.Answers, round.Answers)
		}
		o, err := fm.Check(got.Answers, formstest.At(), got.Errors...)
		if err == nil && len(got.Errors) == 0 && len(o.Errors) == 0 {
			if again, err := fm.Check(o.Answers, formstest.At()); err != nil || !maps.Equal(again.Answers, o.Answers) {
				t.Errorf("checked again, %v are %v (%v)", o.Answers, again, err)
			}
		}
	})
}

// FuzzRules declares anything at all as a rule: what compiles is decided
// within its bounds, or stopped with its id.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{`answers.kind == "dig"`, `100 * begun(answers.hours - 2, 3)`, `has(answers.depth) ? 1000 / answers.depth : 0`, `sum([1, 2].map(x, x * answers.hours))`,
		`answers.note.matches("(a*)*b")`, `has(answers.start) && answers.start < now - hours(answers.hours)`, `[1, 2, 3].exists(x, [1, 2].all(y, x > y))`, `round(0.5 * 9e99) > 1`, `answers`, `"\u202e" + variant`} {
		f.Add(seed)
	}
	given := forms.Answers{"kind": "dig", "hours": "3", "depth": "0", "note": "aaaaaaaaaaaaaaaaaaaa", "start": "2026-11-23T09:00:00+05:00"}
	f.Fuzz(func(t *testing.T, expression string) {
		var file forms.File
		doc, _ := strict.Parse([]byte(schema))
		if problems := doc.Decode(&file); len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, rules := range []*forms.Rules{
			{Error: []forms.Says{{ID: "fuzzed", Field: "kind", When: expression}}},
			{Fee: []forms.Cost{{ID: "fuzzed", Is: expression}}},
		} {
			rules.Value = []forms.Is{{ID: "twice", Field: "double", Is: "answers.hours * 2"}}
			form, problems := forms.Compile("svc", &file, rules, env())
			if len(problems) > 0 {
				continue
			}
			o, err := form.Check(given, at())
			var rule *forms.RuleError
			switch {
			case errors.As(err, &rule) && rule.Rule == "fuzzed" && o == nil && rule.Explain() != "":
			case err != nil:
				t.Errorf("%s: %v", expression, err)
			case len(o.Errors) == 0 && form.HasFee() && (o.Fee == nil || o.Fee.Total < 0):
				t.Errorf("%s costs %+v", expression, o.Fee)
			}
		}
	})
}
