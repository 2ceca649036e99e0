package forms

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// all are the rules of the form, of every sort.
func (f *Form) all() []compiled {
	return slices.Concat(f.rules.visible, f.rules.required, f.rules.value, f.rules.wrong, f.rules.fee)
}

// HasRule reports whether a rule has this id.
func (f *Form) HasRule(id string) bool {
	return slices.ContainsFunc(f.all(), func(r compiled) bool { return r.id == id })
}

// Computes lists the rule by which a key is computed, none if it is asked.
func (f *Form) Computes(key string) (ids []string) {
	for _, r := range f.rules.value {
		if r.field == key {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// Reads says what a rule came to, and with which values: for who writes rules
// and tests them with answers of nobody. Answers are those that count.
func (f *Form) Reads(id string, answers Answers, at At) string {
	i := slices.IndexFunc(f.all(), func(r compiled) bool { return r.id == id })
	if i < 0 {
		return "there is no rule " + id
	}
	r := f.all()[i]
	m := f.bind(answers, at)
	var read []string
	for _, v := range m.read(&r) {
		read = append(read, v.String())
	}
	read = append(read, "now = "+at.Now.In(f.zone).Format(time.RFC3339))
	if at.Variant != "" {
		read = append(read, "variant = "+at.Variant)
	}
	says := "rule " + id + " waits for " + strings.Join(r.waits(answers), ", ")
	if r.ready(answers) {
		v, err := r.run(m)
		if err != nil {
			return err.Error()
		}
		says = fmt.Sprintf("rule %s is %v", id, v.Value())
	}
	return says + ", where " + strings.Join(read, ", ")
}
