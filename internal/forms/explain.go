package forms

import "portico/internal/platform/i18n"

// Because is one rule that decides on a question, and what it comes to.
type Because struct {
	Rule  string
	Words i18n.Text // the condition in words, if the declaration has them
	Page  string    // the rule is about the whole page
	Holds bool
	Waits []string // keys without which it cannot be said yet
	Read  []Read   // what it looked at
}

// Explanation says why a question is asked, or why it is not. The purpose for
// which it is asked stands in the declaration of the field.
type Explanation struct {
	Key      string
	Asked    bool
	Needed   bool
	Shown    []Because // what it is shown by; without any, it is always asked
	Required []Because // what it must be answered by, besides the schema
}

// Visible returns the words of the rule that a question is shown by: its own,
// or that of its page.
func (f *Form) Visible(key string) (rule string, because i18n.Text) {
	for _, own := range []bool{true, false} {
		for _, r := range f.rules.visible {
			if (r.page == "") == own && contains(r.targets, key) {
				return r.id, r.text
			}
		}
	}
	return "", nil
}

// Explain says of a question by which rules it is asked or hidden, with the
// values that they read. The error is a *RuleError.
func (f *Form) Explain(key string, given Answers, at At, before ...Error) (*Explanation, error) {
	look, err := f.Look(given, at, before...)
	if err != nil {
		return nil, err
	}
	m := f.bind(Answers{}, at)
	for k, text := range look.Answers {
		if v, err := f.celValue(k, text); err == nil {
			m.add(k, text, v)
		}
	}
	unfit, err := f.unfit(look.Answers)
	if err != nil {
		return nil, err
	}
	for _, e := range unfit {
		top, _ := split(e.Key)
		m.drop(top)
	}
	x := &Explanation{Key: key, Asked: look.Hidden[key] == "", Needed: look.Needed[key]}
	for _, list := range []struct {
		rules []compiled
		into  *[]Because
	}{{f.rules.visible, &x.Shown}, {f.rules.required, &x.Required}} {
		for i := range list.rules {
			r := &list.rules[i]
			if !contains(r.targets, key) {
				continue
			}
			b := Because{Rule: r.id, Words: r.text, Page: r.page, Waits: r.waits(m.answers), Read: m.read(r)}
			if len(b.Waits) == 0 {
				if b.Holds, err = r.holds(m); err != nil {
					return nil, err
				}
			}
			*list.into = append(*list.into, b)
		}
	}
	return x, nil
}
