package paper

import (
	"fmt"
	"slices"
	"time"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Document is document.yaml: what is issued when a case comes into a state
// with issues: true.
type Document struct {
	Name     i18n.Text     `yaml:"name" doc:"what people call it"`
	Category string        `yaml:"category" doc:"a category of data.yaml, for what it says"`
	Why      i18n.Text     `yaml:"why" doc:"why it is kept"`
	Issue    Issue         `yaml:"issue" doc:"the portal's own use of the answers that it says something of"`
	Until    string        `yaml:"until,omitempty" doc:"a question or computed value: the last day, or the moment, until which it is valid"`
	Valid    policy.Period `yaml:"valid,omitempty" doc:"instead of until: how long it is valid from the day of issue, such as P1Y; without either for ever"`
	Soon     int           `yaml:"soon,omitempty" doc:"how many days before its end the person is told; 14 if left out"`
	Revoke   *Revoke       `yaml:"revoke,omitempty" doc:"who may revoke or correct it, for a reason in writing; without it nobody can"`
	Template
}

// Issue names the portal's own use.
type Issue struct {
	Name i18n.Text `yaml:"name" doc:"what the policy calls this use"`
}

// Revoke says who may take back a document that was issued, or issue it anew
// with other answers.
type Revoke struct {
	Name   i18n.Text `yaml:"name" doc:"what the policy calls this use"`
	Roles  []string  `yaml:"roles" doc:"roles of data.yaml"`
	Reason Reason    `yaml:"reason" doc:"the reason, which the person reads"`
}

// Reason declares the field that holds the reason.
type Reason struct {
	Category string    `yaml:"category" doc:"a category of data.yaml"`
	Name     i18n.Text `yaml:"name" doc:"what it is called"`
	Why      i18n.Text `yaml:"why" doc:"why it is kept"`
}

// defaultSoon is how many days before its end a document is about to expire.
const defaultSoon = 14

// Nearing is how long before its end the document is about to expire.
func (d *Document) Nearing() time.Duration {
	days := d.Soon
	if days == 0 {
		days = defaultSoon
	}
	return time.Duration(days) * 24 * time.Hour
}

// Reads returns the fields of the form that the document is made from.
func (d *Document) Reads(form *forms.Form) (fields []forms.Field) {
	keys := d.References()
	for _, f := range form.Fields() {
		if f.Key == d.Until || slices.Contains(keys, f.Key) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Ends returns when a document with these answers ends that is issued at a
// moment; zero is never.
func (d *Document) Ends(form *forms.Form, answers forms.Answers, issued time.Time) (time.Time, error) {
	zone := form.Zone()
	over := func(day time.Time) time.Time { // the end of a day
		y, m, n := day.Date()
		return time.Date(y, m, n+1, 0, 0, 0, 0, zone)
	}
	if d.Valid != "" {
		at, err := d.Valid.After(issued.In(zone))
		return over(at), err
	}
	if d.Until == "" {
		return time.Time{}, nil
	}
	text := answers[d.Until]
	if f, _ := form.Field(d.Until); f.Kind == forms.DateTime {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, fmt.Errorf("the answer %s is no moment at which the document ends", d.Until)
		}
		return at, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return at, fmt.Errorf("the answer %s is no day on which the document ends", d.Until)
	}
	return over(at), nil
}

// Check holds document.yaml against the form that it refers to.
func (d *Document) Check(form *forms.Form) (wrong []Problem) {
	wrong = d.Template.check(form)
	fail := func(path, format string, args ...any) {
		wrong = append(wrong, Problem{path, fmt.Sprintf(format, args...)})
	}
	if d.Valid != "" {
		if _, err := d.Valid.After(time.Unix(0, 0)); err != nil || d.Until != "" {
			fail("valid", "a period such as P1Y, or until, and not both")
		}
	}
	if f, ok := form.Field(d.Until); d.Until != "" && (!ok || f.Kind != forms.Date && f.Kind != forms.DateTime) {
		fail("until", "%q is no question or value of the form that is a day or a moment", d.Until)
	}
	if d.Soon < 0 || d.Soon > 366 {
		fail("soon", "%d is not between 1 and 366", d.Soon)
	}
	if d.Revoke != nil && len(d.Revoke.Roles) == 0 {
		fail("revoke/roles", "nobody can revoke: leave revoke out")
	}
	return wrong
}
