package forms

import (
	"slices"

	"portico/internal/platform/i18n"
)

// Decision is a rule by which the program decides without a person.
type Decision struct {
	Rule    string
	Because i18n.Text // the rule in words
	Reads   []string  // keys of the answers that it reads
}

// Decisions lists the rules by which the program decides.
func (f *Form) Decisions() (list []Decision) {
	for _, r := range f.rules.decision {
		list = append(list, Decision{Rule: r.id, Because: r.text, Reads: slices.Clone(r.Asks)})
	}
	return list
}

// Decided lists the decision rules that hold for answers that were checked
// before, of which only those that they read need be there. The error is a
// *RuleError: nothing may be decided then.
func (f *Form) Decided(answers Answers, at At) (rules []string, err error) {
	m := f.bind(answers, at)
	for i := range f.rules.decision {
		r := &f.rules.decision[i]
		holds, err := r.holdsIf(m, nil)
		if err != nil {
			return nil, err
		}
		if holds {
			rules = append(rules, r.id)
		}
	}
	return rules, nil
}
