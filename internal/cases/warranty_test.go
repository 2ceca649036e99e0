package cases_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/services/servicestest"
)

// TestM18_ACaseSaysOnWhatConditionsSomebodyElseWasNamed: the words, the moment
// and the policy stand where the answers do, to the person and to officials.
func TestM18_ACaseSaysOnWhatConditionsSomebodyElseWasNamed(t *testing.T) {
	d := servicestest.Compile(t, os.DirFS("../services/testdata/event-permit"), "event-permit")
	warranty, _ := d.Form.Field("organisers-warranty")
	catalogue, err := i18n.Load(forms.Locales(), cases.Locales())
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.Printer("en", servicestest.Zone())
	sent := time.Date(2026, 11, 23, 9, 0, 0, 0, servicestest.Zone())
	a := &cases.Application{
		Case: &cases.Case{Submitted: sent, Policy: "sha256:abc"}, Service: d,
		Answers: forms.Answers{"organisers-warranty": "true", "title": "Night market"},
		Sources: map[string]string{"organisers-warranty": "form", "title": "form"},
	}
	for who, fields := range map[string][]string{"the person": d.Asked(), "officials": d.Shown()} {
		c := cases.New(cases.Config{})
		words := ""
		for _, row := range c.Grid(p, a, fields, "cases.source.form").Rows {
			words += row[1].Text + "\n"
		}
		for _, want := range []string{p.In(warranty.Conditions), "Confirmed by the applicant", "Given on 23 November 2026, 09:00", "sha256:abc"} {
			if strings.Count(words, want) != 1 {
				t.Errorf("%s: %q is there %d times: %s", who, want, strings.Count(words, want), words)
			}
		}
	}
	later := sent.Add(48 * time.Hour)
	a.Steps = []cases.Step{{Action: cases.StepAmend, At: later, Keys: []string{"title"}}, {Action: cases.StepAmend, At: later, Keys: []string{"organisers-warranty"}}}
	if got := a.Stated(p, warranty); !strings.Contains(got, "25 November 2026") {
		t.Errorf("given anew it says %q", got)
	}
}

// TestO18_TheTimeThatIsLeftIsSaidInDays counts the days of the portal's zone.
func TestO18_TheTimeThatIsLeftIsSaidInDays(t *testing.T) {
	catalogue, err := i18n.Load(cases.Locales())
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.Printer("en", servicestest.Zone())
	until := time.Date(2026, 11, 30, 23, 59, 59, 0, servicestest.Zone())
	for _, c := range []struct {
		before time.Duration
		want   string
	}{
		{-time.Second, "Your time was over on 30 November 2026"},
		{time.Hour, "Today is your last day, 30 November 2026"},
		{24 * time.Hour, "1 day for you, until 30 November 2026"},
		{10 * 24 * time.Hour, "10 days for you, until 30 November 2026"},
	} {
		if got := p.DaysLeft("cases.left.yours", until.Add(-c.before), until); got != c.want {
			t.Errorf("%v before: %q, not %q", c.before, got, c.want)
		}
	}
}
