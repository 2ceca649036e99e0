package forms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/i18n"
)

// all are the rules of the form, of every sort.
func (f *Form) all() []compiled {
	return slices.Concat(f.rules.visible, f.rules.required, f.rules.value, f.rules.wrong, f.rules.fee, f.rules.decision)
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

// Visible returns the words of the rule that a question is shown by: its own,
// that of its page, or that of a part for its rows.
func (f *Form) Visible(key string) (rule string, because i18n.Text) {
	for _, own := range []bool{true, false} {
		for _, r := range f.rules.visible {
			if (r.page == "") == own && slices.Contains(r.targets, ruling(key)) {
				return r.id, r.text
			}
		}
	}
	return "", nil
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
	if r.group != "" {
		rs := f.rowsOf(r.group, answers[r.group])
		f.bindRows(rs)
		m.rows = map[string]*rows{r.group: rs}
	}
	var all []string
	for _, w := range m.of(&r) {
		all = append(all, r.trace(m, w, at))
	}
	if len(all) == 0 {
		return "rule " + id + " is about rows of " + r.group + ", and there is none"
	}
	return strings.Join(all, "; ")
}

// trace says it of one row, or of none.
func (r *compiled) trace(m *moment, w *row, at At) string {
	var read []string
	for _, v := range m.read(r, w) {
		read = append(read, v.String())
	}
	read = append(read, "now = "+at.Now.In(m.form.zone).Format(time.RFC3339))
	if at.Variant != "" {
		read = append(read, "variant = "+at.Variant)
	}
	says := "rule " + r.id
	if w != nil {
		says += " of " + w.name
	}
	if waits := r.waits(m.answers, w); len(waits) > 0 {
		return says + " waits for " + strings.Join(waits, ", ") + ", where " + strings.Join(read, ", ")
	}
	v, err := r.run(m, w)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s is %v, where %s", says, v.Value(), strings.Join(read, ", "))
}
