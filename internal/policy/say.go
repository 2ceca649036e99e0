package policy

import "portico/internal/platform/i18n"

// Say says in words how long something is kept.
func (r Retention) Say(p *i18n.Printer) string {
	if _, _, _, err := r.Period.Parts(); r.Period == PeriodNone || err != nil {
		return p.In(r.Trigger)
	}
	return p.T("policy.period.from", "period", r.Period.Say(p), "trigger", p.In(r.Trigger))
}

// Say says in words how long a period is.
func (v Period) Say(p *i18n.Printer) string {
	years, months, days, err := v.Parts()
	if err != nil {
		return string(v)
	}
	var parts []string
	for _, part := range []struct {
		n   int
		key string
	}{{years, "policy.period.years"}, {months, "policy.period.months"}, {days, "policy.period.days"}} {
		if part.n > 0 || len(parts) == 0 && part.key == "policy.period.days" {
			parts = append(parts, p.T(part.key, "n", part.n))
		}
	}
	return p.List(parts)
}
