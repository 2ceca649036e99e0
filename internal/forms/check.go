package forms

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

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
}

// Outcome is what a form makes of answers.
type Outcome struct {
	Answers Answers           // those that count: none hidden, computed ones included
	Hidden  map[string]string // key → the visible rule that hides it
	Needed  map[string]bool   // keys that must be answered, by schema or rule
	Errors  []Error           // in the order of the questions
	Fee     *Fee              // nil while there are errors, or if the form has none
}

// Check validates answers and runs the rules, with errors that decoding found
// already. The error is a *RuleError: a rule could not be evaluated, and
// nothing may be submitted.
func (f *Form) Check(given Answers, now time.Time, before ...Error) (*Outcome, error) {
	o := &Outcome{Answers: maps.Clone(given), Hidden: map[string]string{}, Needed: map[string]bool{}}
	if o.Answers == nil {
		o.Answers = Answers{}
	}
	for _, field := range f.fields {
		if field.Computed {
			delete(o.Answers, field.Key)
		}
	}
	bad := map[string]bool{}
	for _, e := range before {
		if e.Key != "" {
			bad[e.Key] = true
			delete(o.Answers, e.Key)
		}
	}
	unfit, err := f.unfit(o.Answers)
	if err != nil {
		return nil, err
	}
	// What does not fit its own schema is not shown to rules.
	fit := maps.Clone(o.Answers)
	for key := range unfit {
		delete(fit, key)
		bad[key] = true
	}
	if err := f.hide(o, fit, now); err != nil {
		return nil, err
	}
	for _, e := range before {
		if _, hidden := o.Hidden[e.Key]; !hidden {
			o.Errors = append(o.Errors, e)
		}
	}
	for key, e := range unfit {
		if _, hidden := o.Hidden[key]; !hidden {
			o.Errors = append(o.Errors, e)
		}
	}
	if err := f.need(o, fit, bad, now); err != nil {
		return nil, err
	}
	if err := f.compute(o, fit, now); err != nil {
		return nil, err
	}
	if err := f.object(o, fit, now); err != nil {
		return nil, err
	}
	if len(o.Errors) == 0 && len(f.rules.fee) > 0 {
		if err := f.fee(o, now); err != nil {
			return nil, err
		}
	}
	f.sort(o.Errors)
	return o, nil
}

// hide drops every answer whose visible rule does not hold. A rule that waits
// for an answer hides its field for now; that answer is missing, so nothing
// can be submitted meanwhile.
func (f *Form) hide(o *Outcome, fit Answers, now time.Time) error {
	for _, r := range f.rules.visible {
		shown := false
		if r.ready(fit) {
			m, err := f.at(fit, now)
			if err != nil {
				return &RuleError{Rule: r.id, Err: err}
			}
			if shown, err = r.holds(m); err != nil {
				return err
			}
		}
		if !shown {
			o.Hidden[r.field] = r.id
			delete(o.Answers, r.field)
			delete(fit, r.field)
		}
	}
	return nil
}

// need reports what must be answered and is not.
func (f *Form) need(o *Outcome, fit Answers, bad map[string]bool, now time.Time) error {
	rules := map[string]string{}
	for _, r := range f.rules.required {
		if !r.ready(fit) {
			continue
		}
		m, err := f.at(fit, now)
		if err != nil {
			return &RuleError{Rule: r.id, Err: err}
		}
		needed, err := r.holds(m)
		if err != nil {
			return err
		}
		if needed {
			rules[r.field] = r.id
		}
	}
	for _, field := range f.fields {
		_, hidden := o.Hidden[field.Key]
		if hidden || field.Computed || !field.Required && rules[field.Key] == "" {
			continue
		}
		o.Needed[field.Key] = true
		if _, answered := o.Answers[field.Key]; !answered && !bad[field.Key] {
			code := "forms.error.required"
			if field.Kind == Choice || field.Kind == YesNo {
				code = "forms.error.choose"
			}
			o.Errors = append(o.Errors, Error{Key: field.Key, Code: code, Rule: rules[field.Key]})
		}
	}
	return nil
}

// compute fills what value rules say.
func (f *Form) compute(o *Outcome, fit Answers, now time.Time) error {
	for _, r := range f.rules.value {
		if !r.ready(fit) {
			continue
		}
		m, err := f.at(fit, now)
		if err != nil {
			return &RuleError{Rule: r.id, Err: err}
		}
		v, err := r.run(m)
		if err != nil {
			return err
		}
		field, _ := f.Field(r.field)
		var text string
		switch v := v.(type) {
		case types.Int:
			text = strconv.FormatInt(int64(v), 10)
		case types.Bool:
			text = strconv.FormatBool(bool(v))
		case types.String:
			text = string(v)
		case types.Timestamp:
			layout := time.RFC3339
			if field.Kind == Date {
				layout = time.DateOnly
			}
			text = v.In(f.zone).Format(layout)
		default:
			return &RuleError{Rule: r.id, Err: errors.New("no value that can be kept")}
		}
		o.Answers[r.field], fit[r.field] = text, text
	}
	if unfit, err := f.unfit(o.Answers); err != nil {
		return err
	} else {
		for _, r := range f.rules.value {
			if _, bad := unfit[r.field]; bad {
				return &RuleError{Rule: r.id, Err: errors.New("the result does not fit the schema")}
			}
		}
	}
	return nil
}

// object runs the error rules whose answers are all there.
func (f *Form) object(o *Outcome, fit Answers, now time.Time) error {
	m, err := f.at(fit, now)
	if err != nil {
		return &RuleError{Err: err}
	}
	for _, r := range f.rules.wrong {
		if _, hidden := o.Hidden[r.field]; hidden || !r.ready(fit) {
			continue
		}
		wrong, err := r.holds(m)
		if err != nil {
			return err
		}
		if wrong {
			o.Errors = append(o.Errors, Error{Key: r.field, Rule: r.id, Says: r.text})
		}
	}
	return nil
}

func (f *Form) fee(o *Outcome, now time.Time) error {
	m, err := f.at(o.Answers, now)
	if err != nil {
		return &RuleError{Err: err}
	}
	fee := &Fee{}
	for _, r := range f.rules.fee {
		v, err := r.run(m)
		if err != nil {
			return err
		}
		n, ok := v.(types.Int)
		if !ok || n < 0 || int64(n) > maxAmount || fee.Total > maxAmount {
			return &RuleError{Rule: r.id, Err: errors.New("no amount")}
		}
		fee.Lines = append(fee.Lines, Line{Rule: r.id, Label: r.text, Amount: int64(n)})
		fee.Total += int64(n)
	}
	o.Fee = fee
	return nil
}

const maxAmount = 1_000_000_000_000_00 // more than any fee, and no overflow when added

// unfit asks the schema which answers are wrong by themselves.
func (f *Form) unfit(answers Answers) (map[string]Error, error) {
	object := map[string]any{}
	for key, text := range answers {
		v, err := f.typed(key, text)
		if err != nil {
			return nil, &RuleError{Rule: "schema", Err: err}
		}
		object[key] = v
	}
	found := map[string]Error{}
	err := f.schema.Validate(object)
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
		return found, nil
	case !errors.As(err, &invalid):
		return nil, &RuleError{Rule: "schema", Err: err}
	}
	f.walk(invalid, found)
	return found, nil
}

// walk turns what the validator found into sentences of ours. That something
// is missing is found apart, because rules may require too.
func (f *Form) walk(e *jsonschema.ValidationError, found map[string]Error) {
	for _, cause := range e.Causes {
		f.walk(cause, found)
	}
	if len(e.InstanceLocation) != 1 || len(e.Causes) > 0 {
		return
	}
	key := e.InstanceLocation[0]
	n := func(v int) []any { return []any{"n", v} }
	r := Error{Key: key, Code: "forms.error.unfit"}
	field, _ := f.Field(key)
	switch k := e.ErrorKind.(type) {
	case *kind.MinLength:
		r.Code, r.Args = "forms.error.too-short", n(k.Want)
	case *kind.MaxLength:
		r.Code, r.Args = "forms.error.too-long", n(k.Want)
	case *kind.Minimum:
		if field.min != nil {
			r.Code, r.Args = "forms.error.minimum", n(int(*field.min))
		}
	case *kind.Maximum:
		if field.max != nil {
			r.Code, r.Args = "forms.error.maximum", n(int(*field.max))
		}
	case *kind.Enum:
		r.Code = "forms.error.choice"
	case *kind.Format:
		r.Code = "forms.error." + string(field.Kind)
	}
	if _, first := found[key]; !first {
		found[key] = r
	}
}

// sort puts errors into the order of the questions, those of the form first.
func (f *Form) sort(errs []Error) {
	place := func(e Error) int {
		if i, ok := f.index[e.Key]; ok {
			return i
		}
		return -1
	}
	slices.SortStableFunc(errs, func(a, b Error) int { return place(a) - place(b) })
}

// Text says the error in the language of p.
func (e Error) Text(f *Form, p *i18n.Printer) string {
	if len(e.Says) > 0 {
		return p.In(e.Says)
	}
	args := slices.Clone(e.Args)
	if field, ok := f.Field(e.Key); ok {
		args = append(args, "label", p.In(field.Label))
	}
	return p.T(e.Code, args...)
}

// Visible returns the words of the rule that a field is shown by.
func (f *Form) Visible(key string) (rule string, because i18n.Text) {
	for _, r := range f.rules.visible {
		if r.field == key {
			return r.id, r.text
		}
	}
	return "", nil
}
