package services_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/servicestest"
)

// event returns the files of the example with edits, old and new in turn.
func event(t testing.TB, edits ...string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"service.yaml", "form.yaml", "rules.yaml", "workflow.yaml", "tests/event.yaml"} {
		data, err := os.ReadFile("testdata/event-permit/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for i := 0; i < len(edits); i += 2 {
			text = strings.ReplaceAll(text, edits[i], edits[i+1])
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestN13_ADecisionWithoutAPersonIsDeclaredWithItsLogicAndEffect(t *testing.T) {
	d := servicestest.Compile(t, event(t), "event-permit")
	for _, a := range d.Activities() {
		if a.ID != d.AutomaticActivity() {
			continue
		}
		if len(a.Automated) != 2 || strings.Join(a.Fields, " ") != "event-permit.crowd event-permit.doors event-permit.what" || strings.Join(a.Who, " ") != "system" {
			t.Errorf("%+v", a)
		}
		one := a.Automated[1]
		if one.Rule != "late-beginning" || one.Logic["en"] != "It begins at 23:00 or later." || one.Effect["en"] != "You may not hold the event." || one.Days != 10 {
			t.Errorf("%+v", one)
		}
		return
	}
	t.Error("the use by which the program decides is not declared")
}

func TestN13_ADecisionWithoutAPersonIsRefusedUnlessAPersonCanDecide(t *testing.T) {
	const contest = "{id: contest, name: {en: Ask that a person decides, dv: މީހަކު ނިންމުމަށް އެދޭ}, to: contested, by: applicant, contests: true}"
	for name, c := range map[string]struct {
		edits []string
		says  string
	}{
		"no contest":                    {[]string{"contests: true", "contests: false"}, "what the program decides waits for the person"},
		"no end of the term":            {[]string{"to: refused, by: system}\n  - id: contested", "to: refused, by: applicant}\n  - id: contested"}, "what the program decides waits for the person"},
		"a contest that leads nowhere":  {[]string{"to: contested, by: applicant", "to: withdrawn, by: applicant"}, "a person decides what is contested"},
		"a contest by an official":      {[]string{"to: contested, by: applicant", "to: contested, by: official"}, "it is the applicant who contests"},
		"a contest decided by time":     {[]string{"to: in-review, take: true}\n  - id: in-review", "to: in-review, take: true}\n      - {id: late, name: {en: Late, dv: ލަސް}, to: refused, by: system}\n  - id: in-review"}, "would be taken without one"},
		"a contest decided by itself":   {[]string{"to: contested, by: applicant", "to: submitted, by: applicant"}, "would be taken without one"},
		"two contests":                  {[]string{contest, contest + "\n      - {id: contest-too, name: {en: Too, dv: ޓޫ}, to: contested, by: applicant, contests: true}"}, "one action at the most contests"},
		"a person in its place":         {[]string{"to: refused, remarks: required}", "to: declined, remarks: required}"}, "is for what the program decided"},
		"an unknown rule":               {[]string{"rule: late-beginning", "rule: never"}, "has a decision rule of its own"},
		"the same rule twice":           {[]string{"rule: late-beginning", "rule: small-repeat"}, "has a decision rule of its own"},
		"a rule that nothing uses":      {[]string{"rule: late-beginning", "rule: never"}, `has the rule "late-beginning"`},
		"no effect":                     {[]string{"        effect: {en: You may not hold the event., dv: ހަރަކާތް ނުބޭއްވޭނެއެވެ.}\n", ""}, "says what it means for the person"},
		"an effect in one language":     {[]string{"effect: {en: You may not hold the event., dv: ހަރަކާތް ނުބޭއްވޭނެއެވެ.}", "effect: {en: No.}"}, `no text in language "dv"`},
		"a rule without words":          {[]string{"\n    because: {en: It begins at 23:00 or later., dv: ހަރަކާތް ފެށެނީ 23:00 ގައި ނުވަތަ އެއަށްފަހުއެވެ.}", ""}, "because"},
		"a rule of what may be missing": {[]string{"when: answers.doors >= hours(23)", "when: answers.area > 5.0"}, "may be unanswered"},
		"a rule that is no condition":   {[]string{"when: answers.doors >= hours(23)", "when: answers.crowd"}, "must be bool"},
		"a use without a name":          {[]string{"automatic:\n  name: {en: Deciding on an event permit without a person, dv: މީހަކު ބައިވެރިނުވެ އާންމު ހަރަކާތުގެ ހުއްދައާމެދު ނިންމުން}\n", ""}, "name that use of the answers"},
		"a use for nothing":             {[]string{"by: program", "by: official"}, "so the program decides nothing"},
		"an effect of an official's":    {[]string{"by: program", "by: official"}, "rule and effect are for actions by: program"},
		"later than at sending":         {[]string{"{id: refuse, name: {en: Refuse, dv: ދޮގުކުރޭ}, to: refused, remarks: required}", "{id: refuse, name: {en: Refuse, dv: ދޮގުކުރޭ}, to: refused, by: program, rule: late-beginning}"}, "the program decides once, right after sending"},
		"nobody to write to":            {[]string{"message:\n  category: application\n  name: {en: Messages about the application, dv: އެދުމާ ގުޅޭ މެސެޖުތައް}\n  why: {en: So that the council can ask for what is missing., dv: މަދުވާ މަޢުލޫމާތަކަށް ކައުންސިލުން އެދުމަށެވެ.}\n", ""}, "can say why"},
		"a test that expects otherwise": {[]string{"decided: late-beginning", "decided: person"}, "decided: got late-beginning, expected person; rule small-repeat is false, where"},
	} {
		t.Run(name, func(t *testing.T) {
			d, problems := services.Compile(event(t, c.edits...), "event-permit", servicestest.Env(t))
			var says []string
			for _, p := range problems {
				says = append(says, p.Message)
			}
			if d != nil || !strings.Contains(strings.Join(says, "\n"), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, strings.Join(says, "\n"))
			}
		})
	}
}

func TestN13_ANewDecisionWithoutAPersonIsAChangeOfPolicyAndANewSummaryIsNone(t *testing.T) {
	declared := func(edits ...string) *policy.Declarations {
		d := servicestest.Compile(t, event(t, edits...), "event-permit")
		return &policy.Declarations{Fields: d.Fields(), Activities: d.Activities()}
	}
	now := declared()
	older := declared()
	for i := range older.Activities {
		older.Activities[i].Automated = older.Activities[i].Automated[:len(older.Activities[i].Automated)/2]
	}
	changes := policy.Compare(older, now)
	if len(changes) != 1 || changes[0].Verb != policy.Added || changes[0].Part != "automated" || changes[0].ID != "event-permit.automatic" || changes[0].Item[""] != "late-beginning" {
		t.Errorf("%+v", changes)
	}
	if changes := policy.Compare(now, declared("It begins at 23:00 or later.", "It begins late.")); len(changes) != 1 || changes[0].What != "activity" {
		t.Errorf("other words for the rule are %+v", changes)
	}
	if changes := policy.Compare(now, declared("Hold a concert, a market or another event in a public place.", "Hold an event.")); len(changes) != 0 {
		t.Errorf("another summary is a change of policy: %+v", changes)
	}
}

func TestN13_WhereTwoRulesHoldAPersonDecides(t *testing.T) {
	d, problems := services.Compile(event(t, "&& answers.doors < hours(23)'", "'", "decided: late-beginning", "decided: person", "actions: [contest, take, approve]", "actions: [take, approve]"), "event-permit", servicestest.Env(t))
	if d == nil {
		t.Error(problems)
	}
}
