package forms

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
)

// View is a form as it is shown to somebody.
type View struct {
	Form   *Form
	Typed  map[string]string // what stands in each input
	Errors []Error
	Why    map[string]string // key → why it is asked, who gets it, how long it is kept
	Notes  map[string]string // key → where the value that stands there comes from
	Hidden map[string]bool   // keys that are not asked as things stand
	Needed map[string]bool   // keys that must be answered
}

// Typed returns the inputs that show answers.
func (f *Form) Typed(answers Answers) map[string]string {
	typed := map[string]string{}
	for _, field := range f.fields {
		if text, ok := answers[field.Key]; ok {
			for name, part := range field.Parts(text, f.zone) {
				typed[name] = part
			}
		}
	}
	return typed
}

// Problems are the errors as the summary above the questions lists them.
func (v View) Problems(p *i18n.Printer) []ui.Problem {
	var out []ui.Problem
	for _, e := range v.Errors {
		id := e.Key
		if f, ok := v.Form.Field(e.Key); ok && (f.Kind == Date || f.Kind == DateTime) {
			id += "-day"
		}
		out = append(out, ui.Problem{ID: id, Text: e.Text(v.Form, p)})
	}
	return out
}

// field is a question as its component takes it.
func (v View) field(ctx context.Context, f Field) ui.Field {
	p := i18n.From(ctx)
	u := ui.Field{
		Name: f.Key, Label: p.In(f.Label), Hint: p.In(f.Hint), Value: v.Typed[f.Key], Why: v.Why[f.Key],
		Suffix: p.In(f.Unit), Optional: !v.Needed[f.Key],
	}
	if note := v.Notes[f.Key]; note != "" {
		if u.Hint != "" {
			u.Hint += ". "
		}
		u.Hint += note
	}
	for _, e := range v.Errors {
		if e.Key == f.Key {
			u.Error = e.Text(v.Form, p)
			break
		}
	}
	switch f.ID {
	case "person.name":
		u.Autocomplete = "name"
	case "person.address":
		u.Autocomplete = "street-address"
	case "person.identity-number":
		u.LTR, u.Width = true, 10
	}
	switch f.Kind {
	case Text, Long:
		u.Max = f.Max
	case Integer:
		u.InputMode, u.LTR, u.Width = "numeric", true, 5
	case Email:
		u.Type, u.Autocomplete, u.LTR, u.Max = "email", "email", true, f.Max
	case Phone:
		u.Type, u.Autocomplete, u.LTR, u.Width = "tel", "tel", true, 20
	case Choice:
		for _, o := range f.Options {
			u.Options = append(u.Options, ui.Option{Value: o.Value, Label: p.In(o.Label)})
		}
	case YesNo:
		u.Inline = true
		u.Options = []ui.Option{{Value: "true", Label: p.T("forms.yes")}, {Value: "false", Label: p.T("forms.no")}}
	case Date, DateTime:
		form := url.Values{}
		for name, typed := range v.Typed {
			form.Set(name, typed)
		}
		u.Value = ui.DateValue(form, f.Key)
	}
	return u
}

// time is the second input of a date and time.
func (v View) time(ctx context.Context, f Field) ui.Field {
	p := i18n.From(ctx)
	u := v.field(ctx, f)
	return ui.Field{
		Name: f.Key + "-time", Label: p.T("forms.time", "label", u.Label), Type: "time", Value: v.Typed[f.Key+"-time"],
		Width: 10, LTR: true, Error: u.Error, Optional: u.Optional,
	}
}

// Show says an answer in words. ltr: it is an identifier, or a number.
func (f *Form) Show(p *i18n.Printer, key, text string) (words string, ltr bool) {
	field, ok := f.Field(key)
	if !ok || text == "" {
		return p.T("forms.unanswered"), false
	}
	switch field.Kind {
	case Choice:
		for _, o := range field.Options {
			if o.Value == text {
				return p.In(o.Label), false
			}
		}
	case YesNo:
		if text == "true" {
			return p.T("forms.yes"), false
		}
		return p.T("forms.no"), false
	case Integer:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			text = p.Number(n)
		}
		if unit := p.In(field.Unit); unit != "" {
			return text + " " + unit, false
		}
		return text, true
	case Date:
		if t, err := time.ParseInLocation(time.DateOnly, text, f.zone); err == nil {
			return p.Date(t), false
		}
	case DateTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return p.DateTime(t), false
		}
	case Email, Phone:
		return text, true
	}
	return text, field.ID == "person.identity-number"
}
