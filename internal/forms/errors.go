package forms

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"portico/internal/forms/answer"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"portico/internal/platform/i18n"
)

// Error says what is wrong with an answer. Key is empty for what concerns the
// whole form, and a path such as people.0.name for a part of a row. Code is a
// catalogue key with Args, unless a rule says it itself.
type Error struct {
	Key  string
	Code string
	Args []any
	Rule string    // id of the rule that found it
	Says i18n.Text // its words
}

// Question is the key of the question that it concerns, none for the whole
// form.
func (e Error) Question() string {
	key, _ := split(e.Key)
	return key
}

// Text says the error in the language of p.
func (e Error) Text(f *Form, p *i18n.Printer) string {
	if len(e.Says) > 0 {
		return p.In(e.Says)
	}
	args := slices.Clone(e.Args)
	if field, ok := f.Field(e.Key); ok {
		args = append(args, "label", p.In(field.Label))
		switch e.Code {
		case "forms.error.phone":
			args = append(args, "example", field.example())
		case "forms.error.money":
			args = append(args, "example", p.Money(123450, f.currency))
		case "forms.error.minimum", "forms.error.maximum":
			args = append(args, "n", field.bound(f, p, e.Code == "forms.error.maximum"))
		case "forms.error.identity-number":
			if written := p.In(field.written); written != "" {
				return p.T("forms.error.written", append(args, "written", written)...)
			}
		}
	}
	return p.T(e.Code, args...)
}

// bound is the least or the most that a number may be, as it is read.
func (f Field) bound(form *Form, p *i18n.Printer, most bool) string {
	n := f.Least
	if most {
		n = f.Most
	}
	if n == nil {
		return ""
	}
	if f.Kind == Money {
		return p.Money(int64(*n), form.currency)
	}
	return p.Decimal(answer.Decimal(*n, f.Decimals))
}

// example is a phone number that would be right.
func (f Field) example() string {
	if f.prefix == "" {
		return "+999 777 1234"
	}
	return f.prefix + " 777 1234"
}

// unfit asks the schema which answers are wrong by themselves.
func (f *Form) unfit(answers Answers) ([]Error, error) {
	object, found := map[string]any{}, map[string]Error{}
	for key, text := range answers {
		field, _ := f.Field(key)
		v, err := field.Typed(text)
		if err != nil {
			found[key] = Error{Key: key, Code: field.Wrong()}
			continue
		}
		object[key] = v
	}
	err := f.schema.Validate(object)
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &invalid):
		f.walk(invalid, found)
	case err != nil:
		return nil, &RuleError{Rule: "schema", Err: err}
	}
	var out []Error
	for _, path := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[path])
	}
	return out, nil
}

// Wrong is what is said of an answer that is not written as its kind is.
func (f Field) Wrong() string {
	switch f.Kind {
	case Integer, Number, Money, Email, Phone, Date, Time, DateTime, Identity:
		return "forms.error." + string(f.Kind)
	case Choice, Choices, YesNo, Party:
		return "forms.error.choice"
	case Warranty:
		return "forms.error.warranty"
	}
	return "forms.error.unfit"
}

// walk turns what the validator found into sentences of ours. That a whole
// answer is missing is found apart, because rules may require too.
func (f *Form) walk(e *jsonschema.ValidationError, found map[string]Error) {
	for _, cause := range e.Causes {
		f.walk(cause, found)
	}
	at := e.InstanceLocation
	if len(at) == 0 || len(e.Causes) > 0 {
		return
	}
	path := at[0]
	field, _ := f.Field(path)
	if field.Kind == Group && len(at) == 3 {
		path = strings.Join(at, ".")
		field, _ = f.Field(path)
	}
	put := func(path, code string, args ...any) {
		if _, first := found[path]; !first {
			found[path] = Error{Key: path, Code: code, Args: args}
		}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		if field.Kind == Party {
			put(path, field.Wrong())
			return
		}
		if field.Kind != Group || len(at) != 2 {
			put(path, "forms.error.whole")
			return
		}
		for _, part := range k.Missing {
			field, _ := field.Part(part)
			put(strings.Join(append(slices.Clone(at), part), "."), field.missing())
		}
	case *kind.MinLength:
		put(path, "forms.error.too-short", "n", k.Want)
	case *kind.MaxLength:
		put(path, "forms.error.too-long", "n", k.Want)
	case *kind.MinItems:
		put(path, "forms.error.too-few", "n", k.Want)
	case *kind.MaxItems:
		put(path, "forms.error.too-many", "n", k.Want)
	case *kind.Minimum:
		put(path, "forms.error.minimum")
	case *kind.Maximum:
		if field.Kind == Files {
			put(path, "forms.error.file-size", "n", field.Size>>20)
		} else {
			put(path, "forms.error.maximum")
		}
	case *kind.Enum:
		code := "forms.error.choice"
		if field.Kind == Files {
			code = "forms.error.file-type"
		}
		put(path, code)
	default:
		put(path, field.Wrong())
	}
}
