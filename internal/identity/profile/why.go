package profile

import (
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Why says of a field why it is asked, who gets it and how long
// it is kept, from the declarations. Activity is the holder's own.
func Why(pol *policy.Policy, p *i18n.Printer, field, activity string) string {
	f, ok := pol.Field(field)
	if !ok {
		return ""
	}
	own, _ := pol.Activity(activity)
	var others []policy.Activity
	for _, a := range pol.Declarations().Activities {
		if a.ID == activity {
			continue
		}
		for _, used := range a.Fields {
			if used == field {
				others = append(others, a)
			}
		}
	}
	lines := []string{p.In(f.Why)}
	var who []string
	for _, party := range pol.Recipients(append(others, own)...) {
		who = append(who, p.In(party.Name))
	}
	if len(who) > 0 {
		lines = append(lines, p.T("identity.why.who", "who", p.List(who)))
	} else {
		lines = append(lines, p.T("identity.why.nobody"))
	}
	if rule, ok := pol.RetentionOf(own, field); ok {
		lines = append(lines, p.T("identity.why.long", "period", rule.Say(p)))
	}
	return strings.Join(lines, "\n")
}
