package services_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/services"
	"portico/internal/services/servicestest"
)

// tried compiles the road permit, or what edit makes of it, with one test of
// its own, and returns what check says of it.
func tried(t testing.TB, edit []string, test string) string {
	t.Helper()
	files := edited(t, edit...)
	for name := range files {
		if strings.HasPrefix(name, "tests/") {
			delete(files, name)
		}
	}
	files["tests/one.yaml"] = &fstest.MapFile{Data: []byte(`now: 2026-11-23T09:00:00+05:00
answers:
  applicant: {as: person}
  name: Aishath Mohamed
  identity-number: A123456
  phone: "+9607771234"
  email: aishath@example.mv
  road: Dhigu Magu
  section: From the school to the harbour
  kind: construction
  start: 2026-11-30T09:00:00+05:00
  hours: 9
cases:
  - name: One
` + test)}
	_, problems := services.Compile(files, "road-permit", servicestest.Env(t))
	var says []string
	for _, p := range problems {
		if p.File != "tests/one.yaml" || p.Line < 14 {
			t.Errorf("%s:%d: %s", p.File, p.Line, p.Message)
		}
		says = append(says, p.Message)
	}
	return strings.Join(says, "\n")
}

func TestAFailingRuleIsExplainedByIDWithTheValuesItRead(t *testing.T) {
	for name, c := range map[string]struct {
		test string
		says []string // nothing: the test passes
	}{
		"a fee": {"    expect: {fee: 1}", []string{
			"fee: got 80000, expected 1", "rule fee-work is 80000, where hours = 9, kind = construction",
			"rule fee-boards is 0, where boards (not answered), hours = 9", "now = 2026-11-23T09:00:00+05:00",
		}},
		"an estimate": {"    answers: {kind: null}\n    expect: {errors: {kind: choose}, estimate: 5}", []string{"estimate: got 0, expected 5", "rule fee-boards is 0"}},
		"an error that came": {"    answers: {start: 2026-11-23T08:00:00+05:00}\n    expect: {}", []string{
			"errors: got map[start:start-in-future], expected map[]", "rule start-in-future is true, where start = 2026-11-23T08:00:00+05:00",
		}},
		"an error that did not come": {"    expect: {errors: {start: start-in-future}}", []string{"rule start-in-future is false, where start = 2026-11-30"}},
		"a computed value":           {"    expect: {values: {end: 2026-11-30T17:00:00+05:00}}", []string{"end: got 2026-11-30T18:00:00+05:00", "rule end-of-closure is", "hours = 9"}},
		"what is hidden":             {"    expect: {hidden: [boards]}", []string{"hidden: got [], expected [boards]"}},
		"a stage":                    {"    expect: {stage: closed}", []string{"stage: got open, expected closed"}},
		"a variant of nothing":       {"    variant: renew\n    expect: {}", []string{`no variant "renew"`}},
		"an action of nobody":        {"    actions: [approve]\n    expect: {}", []string{`no action "approve"`}},
		"a time that is none":        {"    now: tomorrow\n    expect: {}", []string{`"tomorrow" is no time`}},
		"an answer of no question":   {"    answers: {shoes: 4}\n    expect: {}", []string{"shoes"}},
		"all that can be expected":   {"    expect: {fee: 80000, estimate: 80000, hidden: [], missing: [], stage: open, state: submitted}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := tried(t, nil, c.test+"\n")
			for _, want := range c.says {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q:\n%s", want, got)
				}
			}
			if c.says == nil && got != "" {
				t.Error(got)
			}
		})
	}
}

func TestO18_ATestSaysWhatIsStillToBeCompletedFirst(t *testing.T) {
	for test, says := range map[string]string{
		"    variant: renew\n    reached: [{service: road-permit, variant: new, state: approved, at: 2026-01-01T00:00:00Z}]\n    expect: {missing: []}": "",
		"    variant: renew\n    expect: {missing: [road-permit]}":                                                                                      "",
		"    variant: renew\n    reached: [{service: road-permit, variant: new, state: refused, at: 2026-01-01T00:00:00Z}]\n    expect: {missing: []}":  "missing: got [road-permit], expected []",
		"    variant: renew\n    reached: [{service: road-permit, variant: new, state: approved, at: 2025-01-01T00:00:00Z}]\n    expect: {missing: []}": "missing: got [road-permit]",
		"    variant: renew\n    reached: [{service: road-permit, variant: new, state: approved, at: never}]\n    expect: {missing: []}":                `"never" is no time`,
		"    variant: new\n    expect: {missing: []}": "",
		"    expect: {}": `no variant ""`,
	} {
		if got := tried(t, []string{"purpose:", variants}, test+"\n"); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%s\nsays %q", test, got)
		}
	}
}

func TestTheTestsOfAServiceCanBeRunAgain(t *testing.T) {
	d := servicestest.RoadPermit(t)
	all := d.Trials()
	if len(all) < 30 {
		t.Fatalf("%d tests", len(all))
	}
	for _, trial := range all {
		if len(trial.Wrong) > 0 || trial.Name == "" || !strings.HasPrefix(trial.File, "tests/") {
			t.Errorf("%+v", trial)
		}
	}
}
