package forms

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	formFile  = "form.yaml"
	rulesFile = "rules.yaml"
	dialect   = "https://json-schema.org/draft/2020-12/schema"
)

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// compiler gathers what is wrong with one form.
type compiler struct {
	form     *Form
	service  string
	file     *File
	problems []Problem
}

func (c *compiler) fail(file, path, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: file, Path: path, Message: fmt.Sprintf(format, args...)})
}

// Compile makes a form of the declarations of a service, with dates and times
// in zone. It reports every problem at once; the form is nil if there is one.
func Compile(service string, file *File, rules *Rules, zone *time.Location) (*Form, []Problem) {
	c := &compiler{
		service: service, file: file,
		form: &Form{Pages: file.Pages, Declaration: file.Declaration, index: map[string]int{}, zone: zone},
	}
	computed := map[string]bool{}
	for _, r := range rules.Value {
		computed[r.Field] = true
	}
	c.head()
	c.fields(computed)
	c.names()
	c.compileSchema()
	if len(c.problems) == 0 {
		c.compileRules(rules)
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return c.form, nil
}

func (c *compiler) head() {
	s := &c.file.Schema
	if s.Type != "object" {
		c.fail(formFile, "schema/type", "the answers are an object: write type: object")
	}
	if s.Dialect != "" && s.Dialect != dialect {
		c.fail(formFile, "schema/$schema", "the dialect is %s", dialect)
	}
	if s.Additional {
		c.fail(formFile, "schema/additionalProperties", "answers that the form does not ask are refused: write false")
	}
	if len(s.Properties) > maxFields {
		c.fail(formFile, "schema/properties", "a form asks at most %d questions", maxFields)
	}
	for i, key := range s.Required {
		if _, ok := s.Properties[key]; !ok {
			c.fail(formFile, fmt.Sprintf("schema/required/%d", i), "%q is no property", key)
		}
	}
}

// fields compiles the questions in the order of the pages.
func (c *compiler) fields(computed map[string]bool) {
	placed := map[string]bool{}
	pages := map[string]bool{}
	for i, page := range c.file.Pages {
		at := fmt.Sprintf("pages/%d", i)
		if !keyForm.MatchString(page.ID) || pages[page.ID] {
			c.fail(formFile, at+"/id", "a page has an id of its own, in small letters")
		}
		pages[page.ID] = true
		for j, key := range page.Fields {
			at := fmt.Sprintf("%s/fields/%d", at, j)
			p, ok := c.file.Schema.Properties[key]
			switch {
			case !ok:
				c.fail(formFile, at, "%q is no property of the schema", key)
			case computed[key]:
				c.fail(formFile, at, "%q is computed by a rule, so it is not asked", key)
			case placed[key]:
				c.fail(formFile, at, "%q stands on the pages twice", key)
			default:
				c.field(key, p, false)
			}
			placed[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.file.Schema.Properties)) {
		switch {
		case computed[key]:
			c.field(key, c.file.Schema.Properties[key], true)
		case !placed[key]:
			c.fail(formFile, "schema/properties/"+key, "%q stands on no page", key)
		}
	}
}

func (c *compiler) field(key string, p Property, computed bool) {
	at := "schema/properties/" + key
	if !keyForm.MatchString(key) || len(key) > 40 {
		c.fail(formFile, at, "a key is at most 40 small letters and digits, joined by -")
	}
	f := Field{
		Key: key, ID: c.service + "." + key, Label: p.Label, Hint: p.Hint, Why: p.Why, Unit: p.Unit,
		Category: p.Category, Source: p.Source, Reuse: p.Reuse, min: p.Minimum, max: p.Maximum,
		Computed: computed, Required: slices.Contains(c.file.Schema.Required, key),
	}
	if p.Field != "" {
		f.ID, f.Core = p.Field, true
		if p.Category != "" || p.Sensitivity != "" {
			c.fail(formFile, at+"/x-portico-field", "%s has its category where it is declared: leave x-portico-category and x-portico-sensitivity out", p.Field)
		}
		if other, twice := c.form.ByID(p.Field); twice {
			c.fail(formFile, at+"/x-portico-field", "%s is asked by %q already", p.Field, other.Key)
		}
	} else if p.Category == "" {
		c.fail(formFile, at, "missing key \"x-portico-category\": each field of personal data has a category")
	}
	if len(f.Why) == 0 && !f.Core && !computed {
		c.fail(formFile, at, "missing key \"x-portico-why\": say why it is asked")
	}
	if f.Source == nil {
		f.Source = []string{"form"}
		if computed {
			f.Source = []string{"system"}
		}
	}
	if f.Reuse == "" {
		f.Reuse = "never"
	}
	if !slices.Contains([]string{"never", "ask", "allow"}, f.Reuse) {
		c.fail(formFile, at+"/x-portico-reuse", "%q is none of never, ask, allow", p.Reuse)
	}
	if f.Reuse != "never" && !f.Core {
		c.fail(formFile, at+"/x-portico-reuse", "only what is in the profile can be reused: name it by x-portico-field")
	}
	c.kind(&f, p, at)
	c.form.index[key] = len(c.form.fields)
	c.form.fields = append(c.form.fields, f)
}

// kind decides what sort of question the property is.
func (c *compiler) kind(f *Field, p Property, at string) {
	wrong := func(key, format string, args ...any) { c.fail(formFile, at+"/"+key, format, args...) }
	switch {
	case p.Type == "integer":
		f.Kind, f.Max = Integer, 20
	case p.Type == "boolean":
		f.Kind = YesNo
	case p.Type != "string":
		wrong("type", "%q is none of string, integer, boolean", p.Type)
	case len(p.Enum) > 0:
		f.Kind, f.Select = Choice, p.Widget == "select"
	default:
		kinds := map[string]Kind{"": Text, "date": Date, "date-time": DateTime, "email": Email, "phone": Phone}
		kind, ok := kinds[p.Format]
		if !ok {
			wrong("format", "%q is none of date, date-time, email, phone", p.Format)
		}
		if f.Kind = kind; kind == Text && p.Widget == "long" {
			f.Kind = Long
		}
		f.Max = MaxText
		if p.MaxLength != nil {
			f.Max = min(*p.MaxLength, MaxText)
		} else if f.Kind == Text {
			wrong("type", "a text has a limit: write maxLength")
		}
		if kind == Email || kind == Phone {
			f.Max = min(f.Max, 254)
		}
	}
	if want := map[Kind]string{Choice: "radio, select", Text: "long", Long: "long"}[f.Kind]; p.Widget != "" && !slices.Contains(strings.Split(want, ", "), p.Widget) {
		wrong("x-portico-widget", "%q does not fit this type", p.Widget)
	}
	text := f.Kind == Text || f.Kind == Long || f.Kind == Email || f.Kind == Phone
	for key, set := range map[string]bool{"minLength": p.MinLength != nil, "maxLength": p.MaxLength != nil, "pattern": p.Pattern != ""} {
		if set && !text {
			wrong(key, "only a text has %s", key)
		}
	}
	for key, set := range map[string]bool{"minimum": p.Minimum != nil, "maximum": p.Maximum != nil, "x-portico-unit": len(p.Unit) > 0} {
		if set && f.Kind != Integer {
			wrong(key, "only a number has %s", key)
		}
	}
	if f.Kind != Choice && (len(p.Enum) > 0 || len(p.Options) > 0) {
		wrong("type", "only a choice (type: string) has enum and x-portico-options")
	}
	for i, value := range p.Enum {
		f.Options = append(f.Options, Option{Value: value, Label: p.Options[value]})
		if _, ok := p.Options[value]; !ok {
			wrong("enum", "%q has no words in x-portico-options", value)
		}
		if !keyForm.MatchString(value) || slices.Contains(p.Enum[:i], value) {
			wrong("enum", "%q: a value stands once, in small letters and digits joined by -", value)
		}
	}
	for _, value := range slices.Sorted(maps.Keys(p.Options)) {
		if !slices.Contains(p.Enum, value) {
			wrong("x-portico-options/"+value, "%q is no value of enum", value)
		}
	}
}

// names checks that no two inputs on a page have the same name, and no two
// answers the same name in rules.
func (c *compiler) names() {
	inputs := map[string]string{}
	for _, f := range c.form.fields {
		for _, name := range f.Inputs() {
			if other, taken := inputs[name]; taken {
				c.fail(formFile, "schema/properties/"+f.Key, "%q and %q would both be sent as %q", f.Key, other, name)
			}
			inputs[name] = f.Key
		}
	}
}

// compileSchema hands the data part to the validator.
func (c *compiler) compileSchema() {
	properties := map[string]any{}
	for key, p := range c.file.Schema.Properties {
		properties[key] = p.schema()
	}
	required := []any{}
	for _, key := range c.file.Schema.Required {
		required = append(required, key)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	compiler.AssertFormat()
	compiler.RegisterFormat(&jsonschema.Format{Name: "email", Validate: formatOf(parseEmail)})
	compiler.RegisterFormat(&jsonschema.Format{Name: "phone", Validate: formatOf(parsePhone)})
	const name = "portico:form"
	doc := map[string]any{
		"$schema": dialect, "type": "object", "properties": properties,
		"required": required, "additionalProperties": false,
	}
	if err := compiler.AddResource(name, doc); err != nil {
		c.fail(formFile, "schema", "%v", err)
		return
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		c.fail(formFile, "schema", "not a JSON Schema: %s", firstLine(err))
		return
	}
	c.form.schema = schema
}

// schema is the part of a property that JSON Schema knows.
func (p Property) schema() map[string]any {
	s := map[string]any{"type": p.Type}
	if p.Format != "" {
		s["format"] = p.Format
	}
	if len(p.Enum) > 0 {
		values := []any{}
		for _, v := range p.Enum {
			values = append(values, v)
		}
		s["enum"] = values
	}
	if p.Pattern != "" {
		s["pattern"] = p.Pattern
	}
	if p.MinLength != nil {
		s["minLength"] = *p.MinLength
	}
	if p.MaxLength != nil {
		s["maxLength"] = *p.MaxLength
	}
	if p.Minimum != nil {
		s["minimum"] = *p.Minimum
	}
	if p.Maximum != nil {
		s["maximum"] = *p.Maximum
	}
	return s
}

// noLoader refuses every reference: a form is whole in its own file.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: references outside the form are not followed", url)
}

func formatOf(parse func(string) (string, bool)) func(any) error {
	return func(v any) error {
		s, isText := v.(string)
		if !isText {
			return nil
		}
		if canonical, ok := parse(s); !ok || canonical != s {
			return errors.New("not in the canonical form")
		}
		return nil
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
