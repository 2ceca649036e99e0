package services

import (
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Recipient says who gets which data of an application, for what, and how
// long it is kept: what the policy enforces, in words.
type Recipient struct {
	Party   string
	Purpose string
	Law     string
	Fields  []string
	Period  string
}

// Recipients says to whom the data of an application goes, as the policy in
// force declares it.
func (d *Definition) Recipients(pol *policy.Policy, p *i18n.Printer) []Recipient {
	a, ok := pol.Activity(d.DecideActivity())
	if !ok {
		return nil
	}
	purpose, _ := pol.Purpose(a.Purpose)
	var names []string
	for _, f := range d.Form.Fields() {
		if slices.Contains(a.Fields, f.ID) {
			names = append(names, p.In(f.Label))
		}
	}
	var out []Recipient
	for _, party := range pol.Recipients(a) {
		out = append(out, Recipient{
			Party: p.In(party.Name), Purpose: p.In(purpose.Name), Law: p.In(pol.BasisOf(a).Law),
			Fields: names, Period: Period(pol, a, p),
		})
	}
	return out
}

// Period says how long the data of an activity is kept.
func Period(pol *policy.Policy, a policy.Activity, p *i18n.Printer) string {
	if len(a.Fields) == 0 {
		return ""
	}
	r, ok := pol.RetentionOf(a, a.Fields[0])
	if !ok {
		return ""
	}
	if r.Period == policy.PeriodNone {
		return p.In(r.Trigger)
	}
	return p.T("services.period.from", "period", duration(r.Period, p), "trigger", p.In(r.Trigger))
}

// duration says a period in words.
func duration(period policy.Period, p *i18n.Printer) string {
	years, months, days, err := period.Parts()
	if err != nil {
		return string(period)
	}
	var parts []string
	for _, part := range []struct {
		n   int
		key string
	}{{years, "services.period.years"}, {months, "services.period.months"}, {days, "services.period.days"}} {
		if part.n > 0 {
			parts = append(parts, p.T(part.key, "n", part.n))
		}
	}
	return p.List(parts)
}

// Why says of each question why it is asked, who gets the answer and how long
// it is kept, from the declarations.
func (d *Definition) Why(pol *policy.Policy, p *i18n.Printer) map[string]string {
	apply, _ := pol.Activity(d.ApplyActivity())
	decide, _ := pol.Activity(d.DecideActivity())
	var parties []string
	for _, party := range pol.Recipients(decide) {
		parties = append(parties, p.In(party.Name))
	}
	period := Period(pol, apply, p)
	out := map[string]string{}
	for _, f := range d.Form.Fields() {
		why := p.In(f.Why)
		if why == "" {
			declared, _ := pol.Field(f.ID)
			why = p.In(declared.Why)
		}
		who := p.T("services.why.nobody")
		if slices.Contains(decide.Fields, f.ID) {
			who = p.T("services.why.who", "who", p.List(parties))
		}
		out[f.Key] = strings.Join([]string{why, who, p.T("services.why.long", "period", period)}, "\n")
	}
	return out
}
