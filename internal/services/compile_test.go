package services_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/platform/i18n"
	"portico/internal/services"
	"portico/internal/services/servicestest"
)

func TestFaultyServiceIsRefusedWithFileAndLine(t *testing.T) {
	for name, test := range map[string]struct{ file, old, new, at, says string }{
		"another id":            {"service.yaml", "id: road-permit", "id: street-permit", "service.yaml", "folder's name"},
		"unknown key":           {"service.yaml", "reference: RP", "reference: RP\ncolour: red", "service.yaml", "colour"},
		"unknown role":          {"service.yaml", "roles: [permit-officer]", "roles: [mayor]", "service.yaml", `no role "mayor"`},
		"unknown party":         {"service.yaml", "responsible: fuvahmulah-city-council", "responsible: nobody", "service.yaml", `no party "nobody"`},
		"unknown purpose":       {"service.yaml", "purpose: provide-services", "purpose: fun", "service.yaml", `no purpose "fun"`},
		"unknown period":        {"service.yaml", "retention: application", "retention: ever", "service.yaml", `no retention rule "ever"`},
		"a field not asked":     {"service.yaml", "fields: [applicant, name,", "fields: [shoe-size, applicant, name,", "service.yaml", "shoe-size"},
		"a fee they cannot see": {"service.yaml", "hours, boards, end]", "hours, end]", "service.yaml", `depends on "boards"`},
		"a language missing":    {"service.yaml", "name: {en: Road permit, dv: މަގު ބަންދުކުރުމުގެ ހުއްދަ}", "name: {en: Road permit}", "service.yaml", `language "dv"`},
		"unknown category":      {"form.yaml", "x-portico-category: application", "x-portico-category: gossip", "form.yaml", `no category "gossip"`},
		"other sensitivity":     {"form.yaml", "x-portico-sensitivity: ordinary", "x-portico-sensitivity: special", "form.yaml", "is ordinary"},
		"unknown core field":    {"form.yaml", "x-portico-field: person.phone", "x-portico-field: person.shoe", "form.yaml", `no field "person.shoe"`},
		"a broken rule":         {"rules.yaml", "begun(answers.hours - 24, 6)", "begun(answers.hours - 24)", "rules.yaml", "begun"},
		"a state of nothing":    {"workflow.yaml", "to: in-review", "to: limbo", "workflow.yaml", `no state "limbo"`},
		"a dead end":            {"workflow.yaml", "    look: bad\n    final: true", "    look: bad\n    deadline: 3", "workflow.yaml", "dead end"},
		"nobody takes it":       {"workflow.yaml", "take: true", "take: false", "workflow.yaml", "no owner"},
		"no deadline":           {"workflow.yaml", "    deadline: 5\n", "", "workflow.yaml", "deadline"},
		"a fee that is not due": {"workflow.yaml", "    fee: true\n", "", "workflow.yaml", "fee is due"},
		"nothing is issued":     {"workflow.yaml", "    issues: true\n", "", "workflow.yaml", "issued in no state"},
		"issued too early":      {"workflow.yaml", "    fee: true\n", "    fee: true\n    issues: true\n", "workflow.yaml", "issued at the end"},
		"a fact of nothing":     {"document.yaml", "facts: [road,", "facts: [shoe-size, road,", "document.yaml", "{shoe-size}"},
		"a reference to nobody": {"document.yaml", "permits {name} to close", "permits {nick} to close", "document.yaml", "{nick}"},
		"a brace that is open":  {"document.yaml", "{name} to close", "{name to close", "document.yaml", "brace"},
		"an end that is no day": {"document.yaml", "until: end", "until: road", "document.yaml", "is a day or a moment"},
		"both text and facts":   {"document.yaml", "    facts: [road", "    text: {en: a, dv: a}\n    facts: [road", "document.yaml", "either text or facts"},
		"a mayor who revokes":   {"document.yaml", "roles: [permit-supervisor]", "roles: [mayor]", "document.yaml", `no role "mayor"`},
		"a title in one tongue": {"document.yaml", "title: {en: Permit to close a road, dv: މަގު ބަންދުކުރުމުގެ ހުއްދަ}", "title: {en: Permit}", "document.yaml", `language "dv"`},
		"another end":           {"tests/answers.yaml", "until: \"2026-11-30T15", "until: \"2026-11-30T16", "tests/answers.yaml", "until: got 2026-11-30T15:00:00+05:00"},
		"a test that fails":     {"tests/fees.yaml", "expect: {fee: 50000}", "expect: {fee: 50001}", "tests/fees.yaml", "fee: got 50000, expected 50001"},
		"an action of nothing":  {"tests/answers.yaml", "actions: [take, refuse]", "actions: [refuse]", "tests/answers.yaml", `no action "refuse"`},
	} {
		files := servicestest.RoadPermitFiles(t)
		changed := strings.Replace(string(files[test.file].Data), test.old, test.new, 1)
		if changed == string(files[test.file].Data) {
			t.Errorf("%s: the change changes nothing", name)
			continue
		}
		files[test.file] = &fstest.MapFile{Data: []byte(changed)}
		d, problems := services.Compile(files, "road-permit", servicestest.Env(t))
		if d != nil || !slices.ContainsFunc(problems, func(p services.Problem) bool {
			return p.File == test.at && p.Line > 0 && strings.Contains(p.Message, test.says)
		}) {
			t.Errorf("%s: %v", name, problems)
		}
	}
	for _, file := range []string{"service.yaml", "form.yaml", "workflow.yaml"} {
		files := servicestest.RoadPermitFiles(t)
		delete(files, file)
		if d, problems := services.Compile(files, "road-permit", servicestest.Env(t)); d != nil || len(problems) == 0 {
			t.Errorf("without %s it is accepted", file)
		}
	}
	files := servicestest.RoadPermitFiles(t)
	delete(files, "tests/fees.yaml")
	delete(files, "tests/answers.yaml")
	if _, problems := services.Compile(files, "road-permit", servicestest.Env(t)); len(problems) == 0 {
		t.Error("a service without tests is accepted")
	}
}

// asking is a workflow in which the office asks and the applicant answers.
const asking = `initial: submitted
states:
  - {id: submitted, name: {en: a, dv: a}, says: {en: a, dv: a}, look: info, deadline: 3, amend: true, actions: [
      {id: take, name: {en: a, dv: a}, to: in-review, take: true},
      {id: withdraw, name: {en: a, dv: a}, to: withdrawn, by: applicant}]}
  - {id: in-review, name: {en: a, dv: a}, says: {en: a, dv: a}, look: info, deadline: 3, actions: [
      {id: ask, name: {en: a, dv: a}, to: asked, asks: true},
      {id: propose, name: {en: a, dv: a}, to: proposed, releases: true}]}
  - {id: asked, name: {en: a, dv: a}, says: {en: a, dv: a}, look: warn, by: applicant, deadline: 20, pauses: true, amend: true, actions: [
      {id: answer, name: {en: a, dv: a}, to: in-review, by: applicant},
      {id: expire, name: {en: a, dv: a}, to: withdrawn, by: system}]}
  - {id: proposed, name: {en: a, dv: a}, says: {en: a, dv: a}, look: info, deadline: 3, actions: [
      {id: take-over, name: {en: a, dv: a}, to: confirming, take: true, other: true}]}
  - {id: confirming, name: {en: a, dv: a}, says: {en: a, dv: a}, look: info, deadline: 3, actions: [
      {id: approve, name: {en: a, dv: a}, to: approved, other: true}]}
  - {id: approved, name: {en: a, dv: a}, says: {en: a, dv: a}, look: good, fee: true, by: applicant, deadline: 20, actions: [
      {id: paid, name: {en: a, dv: a}, to: issued, by: payment},
      {id: unpaid, name: {en: a, dv: a}, to: withdrawn, by: system}]}
  - {id: issued, name: {en: a, dv: a}, says: {en: a, dv: a}, look: good, final: true}
  - {id: withdrawn, name: {en: a, dv: a}, says: {en: a, dv: a}, look: neutral, final: true}
`

func TestO18_AWorkflowNeitherEndsNorWaitsForEver(t *testing.T) {
	for name, test := range map[string]struct{ old, new, says string }{
		"it is whole":                     {"", "", ""},
		"the applicant cannot answer":     {"{id: answer, name: {en: a, dv: a}, to: in-review, by: applicant}", "{id: cancel, name: {en: a, dv: a}, to: withdrawn}", "turn of the applicant"},
		"it waits for the applicant":      {",\n      {id: expire, name: {en: a, dv: a}, to: withdrawn, by: system}]", "]", "waits for ever"},
		"it pauses without a deadline":    {"by: applicant, deadline: 20, pauses: true", "by: applicant, pauses: true", "has a deadline"},
		"the office pauses for itself":    {"look: info, deadline: 3, amend: true", "look: info, deadline: 3, pauses: true", "stands still only"},
		"who asks does not wait":          {"to: asked, asks: true", "to: proposed, asks: true", "waits for it"},
		"nobody owns what was released":   {"take: true, other: true", "other: true", "has no owner"},
		"two things happen by themselves": {"to: in-review, by: applicant}", "to: in-review, by: system}", "one action at the most"},
		"the applicant takes it":          {"to: withdrawn, by: applicant}", "to: withdrawn, by: applicant, take: true}", "are for officials"},
		"no action leads there":           {"to: confirming, take", "to: in-review, take", "no action leads"},
		"a final state has a turn":        {"look: neutral, final: true", "look: neutral, final: true, by: system", "nobody's turn"},
		"a fee that cannot be paid":       {"{id: paid, name: {en: a, dv: a}, to: issued, by: payment}", "{id: paid, name: {en: a, dv: a}, to: issued, by: applicant}", "give it an action by: payment"},
		"a payment of no fee":             {"look: good, fee: true, by: applicant", "look: good, by: applicant", "has fee: true"},
		"the office pays":                 {"fee: true, by: applicant", "fee: true", "by: applicant"},
		"what is paid for still changes":  {"fee: true, by: applicant", "fee: true, amend: true, by: applicant", "amend: false"},
		"it is paid twice":                {"to: withdrawn, by: system}]}\n  - {id: issued", "to: withdrawn, by: payment}]}\n  - {id: issued", "one action at the most is by: payment"},
		"it is paid and given back":       {"look: good, final: true", "look: good, final: true, refund: true", "not given back"},
		"a name of the engine's own":      {"{id: propose,", "{id: hand-over,", "none of"},
	} {
		files := servicestest.RoadPermitFiles(t)
		for _, file := range []string{"tests/fees.yaml", "tests/answers.yaml", "document.yaml"} {
			delete(files, file)
		}
		files["tests/states.yaml"] = &fstest.MapFile{Data: []byte(statesTest)}
		flow := strings.Replace(asking, test.old, test.new, 1)
		if flow == asking && test.old != "" {
			t.Errorf("%s: the change changes nothing", name)
		}
		files["workflow.yaml"] = &fstest.MapFile{Data: []byte(flow)}
		_, problems := services.Compile(files, "road-permit", servicestest.Env(t))
		if test.says == "" {
			if len(problems) > 0 {
				t.Errorf("%s: %v", name, problems)
			}
			continue
		}
		if !slices.ContainsFunc(problems, func(p services.Problem) bool {
			return p.File == "workflow.yaml" && p.Line > 0 && strings.Contains(p.Message, test.says)
		}) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// statesTest goes through the whole of the workflow asking.
const statesTest = `now: 2026-11-23T09:00:00+05:00
answers: {applicant: {as: person}, name: Aishath Mohamed, identity-number: A123456, phone: "+9607771234", email: a@example.mv, road: Dhigu Magu, section: All of it, kind: construction, start: "2026-11-30T09:00:00+05:00", hours: "9"}
cases:
  - {name: It is asked and answered, actions: [take, ask, answer, propose, take-over, approve, paid], expect: {state: issued}}
  - {name: It is never answered, actions: [take, ask, expire], expect: {state: withdrawn}}
`

func TestSentencesAreInEveryLanguage(t *testing.T) {
	catalogue, err := i18n.Load(services.Locales())
	if err != nil {
		t.Fatal(err)
	}
	d := servicestest.RoadPermit(t)
	pol := servicestest.Policy(t, d)
	for _, lang := range []string{"en", "dv"} {
		p := catalogue.Printer(lang, servicestest.Zone())
		for key, why := range d.Why(pol, p) {
			if strings.Count(why, "\n") != 2 || strings.Contains(why, "services.") || strings.HasPrefix(why, "\n") {
				t.Errorf("%s in %s: %q", key, lang, why)
			}
		}
		for _, r := range d.Recipients(pol, p) {
			if r.Party == "" || r.Purpose == "" || r.Period == "" || len(r.Fields) != len(d.Decide.Fields) {
				t.Errorf("in %s a recipient is %+v", lang, r)
			}
		}
	}
}
