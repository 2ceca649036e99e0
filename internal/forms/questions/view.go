package questions

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/forms"
	"portico/internal/forms/sent"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
)

// View is a form as it is shown to somebody.
type View struct {
	Form      *forms.Form
	Typed     map[string]string // what stands in each input
	Errors    []forms.Error
	Why       map[string]string // key → why it is asked, who gets it, how long it is kept
	Notes     map[string]string // key → where the value that stands there comes from
	Hidden    map[string]string // key → the rule by which it is not asked as things stand
	Needed    map[string]bool   // keys that must be answered
	Live      bool              // what is not asked as things stand is there, hidden, for a script to show
	Companies []sent.Company    // those for which the person may act

	// File shows how a file is sent, for who has a better way than an input:
	// progress, resumption, what was sent already.
	File func(f forms.Field, asked ui.Field) templ.Component
}

// Multipart reports whether the page sends files.
func Multipart(f *forms.Form, page forms.Page) bool {
	return slices.ContainsFunc(page.Fields, func(key string) bool {
		field, _ := f.Field(key)
		return field.Kind == forms.Files
	})
}

// Problems are the errors as the summary above the questions lists them.
func (v View) Problems(p *i18n.Printer) []ui.Problem {
	var out []ui.Problem
	for _, e := range v.Errors {
		out = append(out, ui.Problem{ID: e.Key, Text: e.Text(v.Form, p)})
	}
	return out
}

// wrong is what is wrong with the question or part of this name.
func (v View) wrong(p *i18n.Printer, name string) string {
	for _, e := range v.Errors {
		if e.Key == name {
			return e.Text(v.Form, p)
		}
	}
	return ""
}

// field is a question, or the part of a row, of this name as its component
// takes it.
func (v View) field(ctx context.Context, f forms.Field, name string) ui.Field {
	p := i18n.From(ctx)
	u := ui.Field{
		Name: name, Label: p.In(f.Label), Hint: p.In(f.Hint), Value: v.Typed[name], Why: v.Why[name],
		Suffix: p.In(f.Unit), Optional: !v.Needed[v.stands(name)], Error: v.wrong(p, name),
	}
	if strings.Contains(name, ".") {
		u.Shifts = v.Live && !f.Required
	} else if rule, _ := v.Form.Visible(name); v.Live {
		u.Shifts = rule != "" || !f.Required
	}
	if note := v.Notes[name]; note != "" {
		u.Hint = sentences(u.Hint, note)
	}
	if _, because := v.Form.Visible(name); len(because) > 0 && (u.Why != "" || strings.Contains(name, ".")) {
		u.Why = strings.TrimSpace(u.Why + "\n" + p.T("forms.because", "because", p.In(because)))
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
	case forms.Text, forms.Long:
		u.Max = f.Max
	case forms.Integer:
		u.InputMode, u.LTR, u.Width = "numeric", true, 5
	case forms.Number:
		u.InputMode, u.LTR, u.Width = "decimal", true, 10
	case forms.Money:
		u.InputMode, u.LTR, u.Width, u.Prefix = "decimal", true, 10, v.Form.Currency()
	case forms.Email:
		u.Type, u.Autocomplete, u.LTR, u.Max = "email", "email", true, f.Max
	case forms.Phone:
		u.Type, u.Autocomplete, u.LTR, u.Width = "tel", "tel", true, 20
	case forms.Identity:
		u.LTR, u.Width = true, 10
	case forms.Time:
		u.Type, u.LTR, u.Width = "time", true, 10
	case forms.Choice, forms.Choices:
		u.Values = strings.Fields(u.Value)
		for _, o := range f.Options {
			u.Options = append(u.Options, ui.Option{Value: o.Value, Label: p.In(o.Label)})
		}
	case forms.YesNo:
		u.Inline = true
		u.Options = []ui.Option{{Value: "true", Label: p.T("forms.yes")}, {Value: "false", Label: p.T("forms.no")}}
	case forms.Party:
		u.Options = []ui.Option{{Value: "person", Label: p.T("forms.party.person")}}
		for _, c := range v.Companies {
			u.Options = append(u.Options, ui.Option{Value: c.ID, Label: c.Name, Hint: p.T("forms.claimed")})
		}
	case forms.Date, forms.DateTime:
		form := url.Values{}
		for input, typed := range v.Typed {
			form.Set(input, typed)
		}
		u.Value = ui.DateValue(form, name)
	}
	if f.About == forms.Other || strings.Contains(name, ".") {
		u.Autocomplete = "" // the browser knows the person, not whom they speak of
	}
	return u
}

// sentences puts two sentences after each other.
func sentences(a, b string) string {
	if a == "" {
		return b
	}
	if !strings.ContainsAny(a[len(a)-1:], ".!?") {
		a += "."
	}
	return a + " " + b
}

// time is the second input of a date and time.
func (v View) time(ctx context.Context, f forms.Field, name string) ui.Field {
	p := i18n.From(ctx)
	u := v.field(ctx, f, name)
	return ui.Field{
		Name: name + "-time", Label: p.T("forms.time", "label", u.Label), Type: "time", Value: v.Typed[name+"-time"],
		Width: 10, LTR: true, Error: u.Error, Optional: u.Optional,
	}
}

// rows is how many rows of a group are shown: those that were sent, and at
// least one.
func (v View) rows(f forms.Field) int {
	n := 0
	for n < forms.MaxRows && v.Typed[f.Key+"."+strconv.Itoa(n)] != "" {
		n++
	}
	return max(n, f.Rows.Min, 1)
}

// stands is the path under which it is known how a question stands, or a part
// of a row: a blank row is like any further one.
func (v View) stands(name string) string {
	words := strings.Split(name, ".")
	if len(words) != 3 {
		return name
	}
	for input, typed := range v.Typed {
		if strings.HasPrefix(input, words[0]+"."+words[1]+".") && strings.TrimSpace(typed) != "" {
			return name
		}
	}
	return words[0] + ".*." + words[2]
}

// row is what a row is called, with its number.
func (v View) row(ctx context.Context, f forms.Field, n int) string {
	p := i18n.From(ctx)
	return p.T("forms.row", "row", p.In(f.Row), "n", n+1)
}

// buttons reports whether a page has buttons among its questions.
func (v View) buttons(page forms.Page) bool {
	return slices.ContainsFunc(page.Fields, func(key string) bool {
		f, _ := v.Form.Field(key)
		return f.Kind == forms.Group && (v.Hidden[key] == "" || v.Live)
	})
}

// addressPart is one input of an address.
func (v View) addressPart(ctx context.Context, f forms.Field, name, part string) ui.Field {
	p := i18n.From(ctx)
	u := ui.Field{Name: name + "-" + part, Label: p.T("forms.address." + part), Value: v.Typed[name+"-"+part]}
	switch part {
	case "lines":
		u.Rows, u.Autocomplete = 3, "street-address"
	case "place":
		u.Autocomplete = "address-level2"
	default:
		u.LTR, u.Width, u.Autocomplete = true, 10, "postal-code"
	}
	if f.About == forms.Other {
		u.Autocomplete = ""
	}
	return u
}

// warranty is the checkbox by which somebody warrants their right.
func (v View) warranty(ctx context.Context, f forms.Field, name string) ui.Field {
	u := v.field(ctx, f, name)
	u.Label, u.Value, u.Why = i18n.From(ctx).T("forms.warranty"), "true", "" // what it stands before says why
	return u
}

// file asks for a file by a plain input, with what is taken in its hint.
func (v View) file(ctx context.Context, f forms.Field, name string) ui.Field {
	p := i18n.From(ctx)
	u := v.field(ctx, f, name)
	u.Type, u.Value = "file", ""
	u.Hint, u.Accept = sentences(u.Hint, Taken(p, f)), strings.Join(f.Types, ",")
	return u
}

// Taken says which files a question takes.
func Taken(p *i18n.Printer, f forms.Field) string {
	var kinds []string
	for _, media := range f.Types {
		_, kind, _ := strings.Cut(media, "/")
		kinds = append(kinds, strings.ToUpper(kind)) // pdf, jpeg, png: ASCII
	}
	return p.T("forms.file.taken", "kinds", p.List(kinds), "n", f.Size>>20)
}

// row is the name of one row.
func row(f forms.Field, n int) string { return f.Key + "." + strconv.Itoa(n) }
