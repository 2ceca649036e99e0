package forms_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/formstest"
	"portico/internal/forms/versions"
)

func TestPagesWithNothingToAskAreLeftOut(t *testing.T) {
	f := formstest.Every(t)
	for size, asked := range map[string]bool{"100": false, "101": true, "": false} {
		look, err := f.Check(forms.Answers{"size": size}, formstest.At())
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(look.Pages, func(p forms.Page) bool { return p.ID == "plan" }); got != asked {
			t.Errorf("with %q people, the page of the plan is asked: %v", size, got)
		}
	}
	o, err := f.Check(forms.Answers{"size": "50", "plan": plan}, forms.At{Now: formstest.At().Now, Variant: "renew"})
	if err != nil || o.Answers["plan"] == "" || o.Hidden["plan"] != "" {
		t.Errorf("the variant decides too: %v %v", err, o)
	}
	o, err = f.Check(forms.Answers{"size": "50", "plan": plan}, formstest.At())
	if err != nil || o.Answers["plan"] != "" || o.Hidden["plan"] != "small" {
		t.Errorf("what a hidden page asks is dropped: %v %v", err, o)
	}
}

func TestTasksSayHowFarEachPageIs(t *testing.T) {
	f := formstest.Every(t)
	all := read(f, whole()).Answers
	all["plan"] = plan
	without := func(keys ...string) forms.Answers {
		left := maps.Clone(all)
		for _, key := range keys {
			delete(left, key)
		}
		return left
	}
	for name, test := range map[string]struct {
		given  forms.Answers
		before []forms.Error
		want   string
	}{
		"nothing":           {nil, nil, "applicant not-started, event not-started, when not-started, people not-yet [event], plan not-yet [event]"},
		"one answer":        {forms.Answers{"name": "Harbour day"}, nil, "applicant not-started, event in-progress, when not-started, people not-yet [event], plan not-yet [event]"},
		"everything":        {all, nil, "applicant done, event done, when done, people done, plan done"},
		"a page to go":      {without("plan"), nil, "applicant done, event done, when done, people done, plan not-started"},
		"something wrong":   {without("ticket"), []forms.Error{{Key: "ticket", Code: "forms.error.money"}}, "applicant done, event in-progress, when done, people not-yet [event], plan done"},
		"wrong and nothing": {without("day", "opens", "closes", "arrival"), []forms.Error{{Key: "day", Code: "forms.error.date"}}, "applicant done, event done, when in-progress, people done, plan done"},
		"no plan needed":    {maps.Collect(maps.All(map[string]string{"name": "Small", "size": "20"})), nil, "applicant not-started, event done, when not-started, people not-started"},
	} {
		o, err := f.Check(test.given, formstest.At(), test.before...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, task := range f.Tasks(o, test.before...) {
			line := task.Page.ID + " " + string(task.State)
			if len(task.Waits) > 0 {
				line += fmt.Sprint(" ", task.Waits)
			}
			got = append(got, line)
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestManyPagesAreAListOfTasks(t *testing.T) {
	form, rules := formstest.Sources(t)
	for change, want := range map[string]bool{"": false, "task-list: true\n": true} {
		f, problems := formstest.Compile(t, form+change, rules)
		if len(problems) > 0 || f.TaskList() != want {
			t.Errorf("%q: %v %v", change, problems, f.TaskList())
		}
	}
	split := strings.Replace(form, "fields: [day, opens, closes, arrival]}", "fields: [day]}\n  - {id: a, title: {en: A}, fields: [opens]}\n  - {id: b, title: {en: B}, fields: [closes, arrival]}", 1)
	if f, problems := formstest.Compile(t, split, rules); len(problems) > 0 || !f.TaskList() {
		t.Errorf("seven pages are no list of tasks: %v", problems)
	}
}

func TestTheFeeIsEstimatedBeforeAllIsAnswered(t *testing.T) {
	f := formstest.Every(t)
	for name, test := range map[string]struct {
		given forms.Answers
		total int64
		waits []string
	}{
		"the size alone": {forms.Answers{"size": "120"}, 300, []string{"organisers"}},
		"tickets":        {forms.Answers{"size": "120", "paid": "true", "ticket": "1000"}, 300 + 1200, []string{"organisers"}},
		"hidden tickets": {forms.Answers{"size": "120", "paid": "false", "ticket": "1000"}, 300, []string{"organisers"}},
		"people":         {forms.Answers{"size": "120", "organisers": `[{"born":"1990-01-01","hours":2,"name":"A"}]`}, 300 + 2000, nil},
	} {
		look, err := f.Check(test.given, formstest.At())
		if err != nil || look.Estimate == nil || look.Estimate.Total != test.total || !slices.Equal(look.Estimate.Waits, test.waits) {
			t.Errorf("%s: %v %+v", name, err, look.Estimate)
		}
	}
	if look, err := f.Check(nil, formstest.At()); err != nil || !look.Needed["size"] {
		t.Errorf("%v %+v", err, look)
	}
	var asks []string
	for _, field := range f.FeeAsks() {
		asks = append(asks, field.Key)
	}
	if want := []string{"needs", "stage-height", "size", "paid", "ticket", "organisers"}; !slices.Equal(asks, want) {
		t.Errorf("a calculator asks %v, not %v", asks, want)
	}
}

func TestWhySomethingIsAskedOrHiddenIsSaid(t *testing.T) {
	f := formstest.Every(t)
	given := forms.Answers{"needs": `["power"]`, "size": "600", "paid": "true"}
	for key, want := range map[string]string{
		"stage-height": `stage You need a stage. rule stage is false, where needs = ["power"], now = 2026-11-23T09:00:00+05:00`,
		"ticket":       "ticketed  rule ticketed is true, where paid = true, now = 2026-11-23T09:00:00+05:00",
		"plan":         "small More than 100 people come. rule small is true, where size = 600, now = 2026-11-23T09:00:00+05:00",
	} {
		rule, words := f.Visible(key)
		if got := rule + " " + words["en"] + " " + f.Reads(rule, given, formstest.At()); got != want {
			t.Errorf("%s: %q", key, got)
		}
	}
	if got := f.Reads("small", nil, formstest.At()); !strings.HasPrefix(got, "rule small waits for size, where size (not answered)") {
		t.Error(got)
	}
	if rule, _ := f.Visible("name"); rule != "" {
		t.Errorf("a name is shown by %s", rule)
	}
}

func TestRulesOverRowsFailLoudly(t *testing.T) {
	form, _ := formstest.Sources(t)
	base := "value:\n  - {id: a, field: wages, is: '0'}\n  - {id: b, field: until, is: hours(23)}\n  - {id: c, field: summary, is: answers.name}\n"
	rows := `[{"born":"1990-01-01","hours":%d,"name":"A","pay":%d},{"born":"1990-01-01","hours":2,"name":"B","pay":%d}]`
	for name, test := range map[string]struct{ is, given, says string }{
		"divided by nothing": {"sum(answers.organisers.map(o, has(o.hours) ? 100 / (o.hours - 1) : 0))", fmt.Sprintf(rows, 1, 5, 5), "division by zero"},
		"a sum too large":    {"sum(answers.organisers.map(o, has(o.pay) ? o.pay * 100000 : 0))", fmt.Sprintf(rows, 1, 90000000000000, 90000000000000), "overflow"},
		"a row that is none": {"answers.organisers[7].name == 'A' ? 1 : 0", fmt.Sprintf(rows, 1, 5, 5), "index"},
		"below nothing":      {"answers.size - 1000", fmt.Sprintf(rows, 1, 5, 5), "no amount"},
	} {
		f, problems := formstest.Compile(t, form, base+"fee:\n  - {id: by-row, label: {en: l}, is: \""+test.is+"\"}\n")
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		given := forms.Answers{"name": "N", "size": "10", "organisers": test.given}
		o, err := f.Check(given, formstest.At())
		var rule *forms.RuleError
		switch {
		case !errors.As(err, &rule) || rule.Rule != "by-row" || o != nil:
			t.Errorf("%s: it counts as %+v: %v", name, o, err)
		case !strings.Contains(rule.Explain(), test.says) || !strings.Contains(rule.Explain(), "it read ") || strings.Contains(rule.Error(), "10"):
			t.Errorf("%s: %s", name, rule.Explain())
		}
		if _, err := f.Check(given, formstest.At()); err == nil {
			t.Errorf("%s: a look says nothing", name)
		}
	}
}

// TestARuleThatRunsLongIsStopped prices more rows than the form takes, which
// no check lets through.
func TestARuleThatRunsLongIsStopped(t *testing.T) {
	row := `{"born":"1990-01-01","hours":1,"name":"A"}`
	fee, err := formstest.Every(t).Price(forms.Answers{"size": "10", "organisers": "[" + strings.Repeat(row+",", 4999) + row + "]"}, formstest.At())
	var rule *forms.RuleError
	if !errors.As(err, &rule) || rule.Rule != "by-day" || fee != nil || !strings.Contains(rule.Explain(), "cost") {
		t.Errorf("it costs %+v: %v", fee, err)
	}
}

func TestRulesAreBoundedByTheMostRows(t *testing.T) {
	form, _ := formstest.Sources(t)
	base := "value:\n  - {id: a, field: wages, is: '0'}\n  - {id: b, field: until, is: hours(23)}\n  - {id: c, field: summary, is: answers.name}\n"
	pairs := "error:\n  - {id: pairs, field: name, when: 'answers.organisers.exists(a, answers.organisers.exists(b, a.name + b.name == b.name + a.name))', says: {en: s}}\n"
	if _, problems := formstest.Compile(t, form, base+pairs); len(problems) > 0 {
		t.Errorf("four rows with each other: %v", problems)
	}
	_, problems := formstest.Compile(t, strings.Replace(form, "maxItems: 4", "maxItems: 100", 1), base+pairs)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "make it simpler") {
		t.Errorf("a hundred rows with each other: %v", problems)
	}
	for expression, says := range map[string]string{
		"answers.organisers.exists(o, o.hours > 3)":                          "may be unanswered in a row",
		"answers.organisers.exists(o, o.admin)":                              "undefined field",
		"answers.organisers == answers.organisers && answers{} == answers{}": "make none",
		"answers.plan.exists(f, f.id == 'x')":                                "undefined field",
		"answers.noise == 'x'":                                               "undefined field",
		"sum(['a']) == 1":                                                    "no matching overload",
	} {
		_, problems := formstest.Compile(t, form, base+"error:\n  - {id: e, field: name, when: \""+expression+"\", says: {en: s}}\n")
		if len(problems) != 1 || !strings.Contains(problems[0].Message, says) {
			t.Errorf("%s: %v", expression, problems)
		}
	}
}

func TestFormsSayWhatIsDeclaredWrong(t *testing.T) {
	form, rules := formstest.Sources(t)
	for name, test := range map[string]struct{ old, new, path string }{
		"a file with others":        {"fields: [plan]", "fields: [plan, about]", "pages/4/fields"},
		"no conditions":             {"x-portico-conditions:", "x-portico-hint:", "schema/properties/organisers"},
		"conditions of nobody":      {"x-portico-about: other\n", "\n", "schema/properties/organisers/x-portico-conditions"},
		"about the person":          {"x-portico-reuse: ask\n", "x-portico-about: other\n", "schema/properties/identity/x-portico-about"},
		"a part left out":           {"x-portico-parts: [name, born, identity, hours, pay, first-aid]", "x-portico-parts: [name, born]", "schema/properties/organisers/x-portico-parts"},
		"no name of a row":          {"x-portico-row: {en: Organiser, dv: އިންތިޒާމުކުރާ މީހާ}", "", "schema/properties/organisers"},
		"a group in a group":        {"hours: {type: integer", "hours: {type: array", "schema/properties/organisers/items/properties/hours/type"},
		"a number without decimals": {"x-portico-decimals: 2", "", "schema/properties/stage-height/type"},
		"decimals of an integer":    {"size: {type: integer,", "size: {type: integer, x-portico-decimals: 2,", "schema/properties/size/x-portico-decimals"},
		"half a coin":               {"maximum: 1000000", "maximum: 0.5", "schema/properties/ticket/maximum"},
		"no files":                  {"x-portico-accept: [pdf, png]", "", "schema/properties/plan/type"},
		"huge files":                {"x-portico-megabytes: 5", "x-portico-megabytes: 500", "schema/properties/plan/x-portico-megabytes"},
		"an address of parts":       {"[lines, place, postal-code]", "[street]", "schema/properties/address/x-portico-parts"},
		"more than there may be":    {"maxItems: 4", "maxItems: 101", "schema/properties/organisers/maxItems"},
		"information asked":         {"noise:", "name:", "information/name"},
		"information nowhere":       {"sort, noise, needs", "sort, needs", "information/noise"},
		"a page after none":         {"after: [event]", "after: [plan]", "pages/3/after"},
		"a page named check":        {"id: plan, title", "id: check, title", "pages/4/id"},
	} {
		if strings.Count(form, test.old) == 0 {
			t.Fatalf("%s: nothing to change", name)
		}
		_, problems := formstest.Compile(t, strings.Replace(form, test.old, test.new, 1), rules)
		if !slices.ContainsFunc(problems, func(p forms.Problem) bool { return p.Path == test.path }) {
			t.Errorf("%s: %v", name, problems)
		}
	}
	for name, test := range map[string]struct{ old, new, path string }{
		"page and field":      {"page: plan,", "page: plan, field: plan,", "visible/3/field"},
		"neither":             {"page: plan,", "", "visible/3/field"},
		"no such page":        {"page: plan,", "page: here,", "visible/3/page"},
		"a page required":     {"guarded, field: guards", "guarded, page: plan", "required/0/field"},
		"information needed":  {"guarded, field: guards", "guarded, field: noise", "required/0/field"},
		"a group computed":    {"all-pay, field: wages, is: 'sum(answers.organisers.filter(o, has(o.pay)).map(o, o.pay))'", "all-pay, field: needs, is: \"['a']\"", "schema/properties/needs/type"},
		"a part of a group":   {"adults, field: organisers", "adults, field: organisers.0.name", "error/0/field"},
		"of a computed value": {"when: answers.size >= 500", "when: 'answers.wages > 0'", "required/guarded"},
	} {
		_, problems := formstest.Compile(t, form, strings.Replace(rules, test.old, test.new, 1))
		if !slices.ContainsFunc(problems, func(p forms.Problem) bool { return p.Path == test.path }) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestADraftIsCarriedOverAndToldWhatChanged(t *testing.T) {
	form, rules := formstest.Sources(t)
	older := formstest.Every(t)
	changed := form
	for old, now := range map[string]string{
		"enum: [music, sport, market]": "enum: [music, market]", "sport: {en: Sport, dv: ކުޅިވަރު}, ": "",
		"minimum: 1, maximum: 5000":             "minimum: 1, maximum: 500",
		"fields: [day, opens, closes, arrival]": "fields: [day, opens, closes, gate]", "arrival: {type: string": "gate: {type: string",
		"applicant, identity, name, day, size, organisers, plan": "applicant, identity, name, day, size, organisers, plan, about",
		"People expected": "Guests expected", "opens: {type: string, format: time": "opens: {type: boolean",
		"hours: {type: integer, minimum: 1, maximum: 24": "hours: {type: integer, minimum: 1, maximum: 12",
	} {
		if !strings.Contains(changed, old) {
			t.Fatalf("nothing to change: %s", old)
		}
		changed = strings.Replace(changed, old, now, 1)
	}
	newer, problems := formstest.Compile(t, changed, strings.Replace(rules, "has(answers.opens) && has(answers.closes) && answers.closes <= answers.opens", "false", 1))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	for _, c := range versions.Changes(older, newer) {
		got = append(got, c.Key+" "+string(c.What))
	}
	slices.Sort(got)
	want := []string{"about required", "arrival removed", "gate added", "opens kind", "organisers parts", "size limits", "size words", "sort options"}
	if !slices.Equal(got, want) {
		t.Errorf("changed: %q", got)
	}
	if same := versions.Changes(older, formstest.Every(t)); len(same) > 0 {
		t.Errorf("of the same form: %v", same)
	}
	given := read(older, whole()).Answers
	given["sort"] = "sport"
	kept, dropped := newer.Adopt(given)
	if want := []string{"arrival", "opens", "size", "sort"}; !slices.Equal(dropped, want) || kept["name"] != given["name"] || kept["size"] != "" {
		t.Errorf("dropped %v, kept %v", dropped, kept)
	}
	if kept, dropped := older.Adopt(forms.Answers{"address": "H. Dhigu, Malé"}); len(kept) > 0 || !slices.Equal(dropped, []string{"address"}) {
		t.Errorf("an address in free text: %v %v", kept, dropped)
	}
}

// TestTheLargestFormIsDecidedInTime: a bound on work is one only if it holds.
func TestTheLargestFormIsDecidedInTime(t *testing.T) {
	form, _ := formstest.Sources(t)
	rules := "value:\n  - {id: a, field: wages, is: '0'}\n  - {id: b, field: until, is: hours(23)}\n  - {id: c, field: summary, is: answers.name}\nerror:\n"
	for i := range 50 {
		rules += fmt.Sprintf("  - {id: e%d, field: name, when: 'answers.organisers.exists(o, o.name.contains(\"%d\"))', says: {en: s}}\n", i, i)
	}
	f, problems := formstest.Compile(t, strings.Replace(form, "maxItems: 4", "maxItems: 100", 1), rules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	row := `{"born":"1990-01-01","name":"` + strings.Repeat("a", 60) + `"}`
	given := forms.Answers{"organisers": "[" + strings.Repeat(row+",", 99) + row + "]"}
	begun := time.Now()
	if _, err := f.Check(given, formstest.At()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it takes %v", took)
	}
}
