package policy

import "portico/internal/platform/i18n"

// Say says in words how long something is kept.
func (r Retention) Say(p *i18n.Printer) string {
	years, months, days, err := r.Period.Parts()
	if r.Period == PeriodNone || err != nil {
		return p.In(r.Trigger)
	}
	var parts []string
	for _, part := range []struct {
		n   int
		key string
	}{{years, "policy.period.years"}, {months, "policy.period.months"}, {days, "policy.period.days"}} {
		if part.n > 0 {
			parts = append(parts, p.T(part.key, "n", part.n))
		}
	}
	return p.T("policy.period.from", "period", p.List(parts), "trigger", p.In(r.Trigger))
}
