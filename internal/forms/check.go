package forms

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"

	"portico/internal/platform/i18n"
)

// Line is one part of a fee.
type Line struct {
	Rule   string
	Label  i18n.Text
	Amount int64
}

// Fee is what is to be paid, in the smallest unit of the currency.
type Fee struct {
	Lines []Line
	Total int64
	Waits []string // of an estimate: keys that lines still wait for; none: it is whole
}

// Amount is what the fee comes to, nothing if there is none.
func (f *Fee) Amount() int64 {
	if f == nil {
		return 0
	}
	return f.Total
}

// Outcome is what a form makes of answers: what it asks as things stand, what
// is wrong, and what it costs.
type Outcome struct {
	Answers  Answers           // those that count: none hidden, computed ones included
	Hidden   map[string]string // key → the visible rule that hides it; KEY.N.PART of a row as it was given, KEY.*.PART of a further one
	Needed   map[string]bool   // keys that must be answered, by schema or rule, and so of rows
	Pages    []Page            // those that ask or say something
	Errors   []Error           // in the order of the questions
	Estimate *Fee              // of the lines that can be computed; nil if there is none
	Fee      *Fee              // nil while there are errors, or if the form has none
}

// Check validates answers and runs the rules, with errors that decoding found
// already: whether they can be submitted, and while some are missing or wrong,
// what is asked now and what it would cost. The error is a *RuleError: a rule
// could not be evaluated, and nothing may be submitted.
func (f *Form) Check(given Answers, at At, before ...Error) (*Outcome, error) {
	o := &Outcome{Answers: maps.Clone(given), Hidden: map[string]string{}, Needed: map[string]bool{}}
	if o.Answers == nil {
		o.Answers = Answers{}
	}
	bad := map[string]bool{}
	for key, text := range o.Answers {
		if field, ok := f.Field(key); !ok || !field.Asked() || text == "" || !f.has(key) {
			delete(o.Answers, key)
		}
	}
	groups := map[string]*rows{}
	for _, field := range f.fields {
		if field.Kind == Group {
			groups[field.Key] = f.rowsOf(field.Key, o.Answers[field.Key])
		}
	}
	var wrong []Error
	for _, e := range before {
		key, _ := split(e.Key)
		rs := groups[key]
		if rs != nil && rs.mark(e, false) {
			continue
		}
		if wrong = append(wrong, e); key != "" {
			bad[key] = true
			delete(o.Answers, key)
		}
		if rs != nil {
			rs.lost = true
		}
	}
	unfit, err := f.unfit(o.Answers)
	if err != nil {
		return nil, err
	}
	// What does not fit its own schema is not shown to rules.
	fit := maps.Clone(o.Answers)
	for _, e := range unfit {
		key, _ := split(e.Key)
		if rs := groups[key]; rs != nil && !rs.lost {
			rs.mark(e, true) // the group is judged when it is known which parts are asked
			continue
		}
		wrong = append(wrong, e)
		delete(fit, key)
		bad[key] = true
	}
	for key, rs := range groups {
		f.bindRows(rs)
		delete(fit, key)
	}
	m := f.bind(fit, at)
	m.rows = groups
	if err := f.hide(o, m); err != nil {
		return nil, err
	}
	for key, rs := range m.rows {
		wrong, bad[key] = append(wrong, rs.wrong...), bad[key] || len(rs.wrong) > 0
	}
	for _, e := range wrong {
		if key, _ := split(e.Key); o.Hidden[key] == "" {
			o.Errors = append(o.Errors, e)
		}
	}
	if err := f.need(o, m, bad); err != nil {
		return nil, err
	}
	if err := f.compute(o, m); err != nil {
		return nil, err
	}
	if err := f.object(o, m); err != nil {
		return nil, err
	}
	if len(f.rules.fee) > 0 {
		if o.Estimate, err = f.fee(m.answers, m, true); err != nil {
			return nil, err
		}
		if len(o.Errors) == 0 {
			if o.Fee, err = f.fee(m.answers, m, false); err != nil {
				return nil, err
			}
		}
	}
	for _, page := range f.Pages {
		if slices.ContainsFunc(page.Fields, func(key string) bool { return o.Hidden[key] == "" }) {
			o.Pages = append(o.Pages, page)
		}
	}
	f.sort(o.Errors)
	return o, nil
}

// hide drops every answer whose visible rule does not hold. A rule that waits
// for an answer hides its field for now; that answer is missing, so nothing
// can be submitted meanwhile.
func (f *Form) hide(o *Outcome, m *moment) error {
	left := map[string]int{} // visible rules of the parts of a group
	for _, r := range f.rules.visible {
		left[r.group]++
	}
	settle := func(group string) error {
		if rs := m.rows[group]; rs != nil && left[group] == 0 {
			return f.settle(o, m, rs)
		}
		return nil
	}
	for group := range m.rows {
		if err := settle(group); err != nil {
			return err
		}
	}
	for i := range f.rules.visible {
		r := &f.rules.visible[i]
		if r.group != "" {
			left[r.group]--
			if err := cmp.Or(f.hideParts(o, m, r), settle(r.group)); err != nil {
				return err
			}
			continue
		}
		shown, err := r.holdsIf(m, nil)
		if err != nil {
			return err
		}
		if shown {
			continue
		}
		for _, key := range r.targets {
			if o.Hidden[key] == "" || r.page == "" {
				o.Hidden[key] = r.id
			}
			delete(o.Answers, key)
			delete(m.rows, key)
			m.drop(key)
		}
	}
	return nil
}

// need reports what must be answered and is not.
func (f *Form) need(o *Outcome, m *moment, bad map[string]bool) error {
	rules := map[string]string{}
	for i := range f.rules.required {
		r := &f.rules.required[i]
		if r.group == "" {
			needed, err := r.holdsIf(m, nil)
			if err != nil {
				return err
			}
			if needed {
				rules[r.field] = r.id
			}
			continue
		}
		rs := m.rows[r.group]
		for _, w := range rs.all() {
			needed, err := r.holdsIf(m, w)
			if err != nil && w != rs.next {
				return err
			}
			if needed {
				w.needed[r.part] = r.id
			}
		}
	}
	for _, field := range f.fields {
		needed := field.Required || rules[field.Key] != ""
		if field.Kind == Warranty { // whoever states something about somebody else warrants it
			_, stated := o.Answers[field.For]
			subject, _ := f.Field(field.For)
			needed = stated || bad[field.For] || subject.Required || rules[field.For] != ""
		}
		if o.Hidden[field.Key] != "" || !field.Asked() || !needed {
			continue
		}
		o.Needed[field.Key] = true
		if _, answered := o.Answers[field.Key]; !answered && !bad[field.Key] {
			o.Errors = append(o.Errors, Error{Key: field.Key, Code: field.missing(), Rule: rules[field.Key]})
		}
	}
	for _, rs := range m.rows {
		f.needParts(o, rs)
	}
	return nil
}

// missing is what is said of a question that needs an answer.
func (f Field) missing() string {
	switch f.Kind {
	case Choice, Choices, YesNo, Party:
		return "forms.error.choose"
	case Files:
		return "forms.error.file"
	case Group:
		return "forms.error.row"
	case Warranty:
		return "forms.error.warranty"
	}
	return "forms.error.required"
}

// compute fills what value rules say.
func (f *Form) compute(o *Outcome, m *moment) error {
	computed := Answers{}
	for i := range f.rules.value {
		r := &f.rules.value[i]
		if r.group != "" {
			if err := f.computePart(o, m, r); err != nil {
				return err
			}
			if text, ok := o.Answers[r.group]; ok && m.rows[r.group] != nil && m.rows[r.group].fits {
				computed[r.group] = text
			}
			continue
		}
		if !r.ready(m.answers, nil) {
			continue
		}
		v, err := r.run(m, nil)
		if err != nil {
			return err
		}
		field, _ := f.Field(r.field)
		text, err := f.text(field, v)
		if err != nil {
			return r.fails(m, nil, err)
		}
		if text == "" { // an empty text says nothing
			continue
		}
		// Rules that follow read what is kept, not more decimals than that.
		if v, err = f.celValue(r.field, text); err != nil {
			return r.fails(m, nil, err)
		}
		m.add(r.field, text, v)
		o.Answers[r.field], computed[r.field] = text, text
	}
	unfit, err := f.unfit(computed)
	if err != nil {
		return err
	}
	for i := range f.rules.value {
		if r := &f.rules.value[i]; slices.ContainsFunc(unfit, func(e Error) bool { return ruling(e.Key) == r.field }) {
			return r.fails(m, nil, errors.New("the result does not fit the schema"))
		}
	}
	return nil
}

// object runs the error rules whose answers are all there.
func (f *Form) object(o *Outcome, m *moment) error {
	for i := range f.rules.wrong {
		r := &f.rules.wrong[i]
		for _, w := range m.of(r) {
			if o.Hidden[r.at(w)] != "" {
				continue
			}
			wrong, err := r.holdsIf(m, w)
			if err != nil {
				return err
			}
			if wrong {
				o.Errors = append(o.Errors, Error{Key: r.at(w), Rule: r.id, Says: r.text})
			}
		}
	}
	return nil
}

// fee adds up the lines. An estimate leaves out those that wait for answers,
// and says for which.
func (f *Form) fee(answers Answers, m *moment, estimate bool) (*Fee, error) {
	fee := &Fee{}
	for i := range f.rules.fee {
		r := &f.rules.fee[i]
		if waits := r.waits(answers, nil); estimate && len(waits) > 0 {
			fee.Waits = append(fee.Waits, waits...)
			continue
		}
		v, err := r.run(m, nil)
		if err != nil {
			return nil, err
		}
		n, ok := v.(types.Int)
		if !ok || n < 0 || int64(n) > maxAmount || fee.Total > maxAmount {
			return nil, r.fails(m, nil, errors.New("no amount"))
		}
		fee.Lines = append(fee.Lines, Line{Rule: r.id, Label: r.text, Amount: int64(n)})
		fee.Total += int64(n)
	}
	slices.Sort(fee.Waits)
	fee.Waits = slices.Compact(fee.Waits)
	if estimate && len(fee.Lines) == 0 {
		return nil, nil
	}
	return fee, nil
}

const maxAmount = 1_000_000_000_000_00 // more than any fee, and no overflow when added

// sort puts errors into the order of the questions, those of the form first.
func (f *Form) sort(errs []Error) {
	place := func(e Error) []int {
		key, part := split(e.Key)
		i, ok := f.index[key]
		if !ok {
			return []int{-1}
		}
		if part == "" {
			return []int{i}
		}
		n, _ := strconv.Atoi(strings.Split(e.Key, ".")[1])
		return []int{i, n, slices.IndexFunc(f.fields[i].Parts, func(p Field) bool { return p.Key == part })}
	}
	slices.SortStableFunc(errs, func(a, b Error) int { return slices.Compare(place(a), place(b)) })
}
