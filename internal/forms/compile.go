package forms

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"portico/internal/forms/answer"

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
	env      Env
	computed map[string]bool // what value rules compute, as rules name it
	hidden   map[string]bool // what visible rules may hide
	problems []Problem
}

func (c *compiler) fail(file, path, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: file, Path: path, Message: fmt.Sprintf(format, args...)})
}

// Compile makes a form of the declarations of a service. It reports every
// problem at once; the form is nil if there is one.
func Compile(service string, file *File, rules *Rules, env Env) (*Form, []Problem) {
	c := &compiler{
		service: service, file: file, env: env,
		computed: map[string]bool{}, hidden: map[string]bool{},
		form: &Form{Declaration: file.Declaration, index: map[string]int{}, zone: env.Zone, currency: env.Currency},
	}
	for _, r := range rules.Value {
		c.computed[r.Field] = true
	}
	for _, r := range rules.Visible {
		c.hidden[r.Field] = true
	}
	c.head()
	c.fields()
	c.form.asked = slices.DeleteFunc(slices.Clone(c.form.fields), func(f Field) bool { return f.Kind == Info })
	c.pages()
	c.names()
	c.compileSchema()
	c.form.ruled = c.form.shape()
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
func (c *compiler) fields() {
	placed := map[string]bool{}
	for i, page := range c.file.Pages {
		for j, key := range page.Fields {
			at := fmt.Sprintf("pages/%d/fields/%d", i, j)
			p, ok := c.file.Schema.Properties[key]
			block, says := c.file.Information[key]
			switch {
			case ok && says:
				c.fail(formFile, "information/"+key, "%q is a question: give the information another key", key)
			case placed[key]:
				c.fail(formFile, at, "%q stands on the pages twice", key)
			case says:
				c.add(Field{Key: key, Kind: Info, Label: block.Title, Text: block.Text}, "information/"+key)
			case !ok:
				c.fail(formFile, at, "%q is no property of the schema, and no information", key)
			case c.computed[key]:
				c.fail(formFile, at, "%q is computed by a rule, so it is not asked", key)
			default:
				c.field(key, p, false)
			}
			placed[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.file.Schema.Properties)) {
		switch {
		case c.computed[key]:
			c.field(key, c.file.Schema.Properties[key], true)
		case !placed[key]:
			c.fail(formFile, "schema/properties/"+key, "%q stands on no page", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.file.Information)) {
		if !placed[key] {
			c.fail(formFile, "information/"+key, "%q stands on no page", key)
		}
	}
}

// pages compiles the pages, with warranties before what they cover.
func (c *compiler) pages() {
	seen := map[string]bool{}
	for i, page := range c.file.Pages {
		at := fmt.Sprintf("pages/%d", i)
		if !keyForm.MatchString(page.ID) || seen[page.ID] || slices.Contains([]string{"check", "changes", "delete"}, page.ID) {
			c.fail(formFile, at+"/id", "a page has an id of its own, in small letters, and not \"check\", \"changes\" or \"delete\"")
		}
		for _, id := range page.After {
			if !seen[id] {
				c.fail(formFile, at+"/after", "no page before this one has the id %q", id)
			}
		}
		seen[page.ID] = true
		var keys []string
		for _, key := range page.Fields {
			if w := warrantyOf(key); c.form.has(w) {
				keys = append(keys, w)
			}
			keys = append(keys, key)
			if f, _ := c.form.Field(key); f.Alone() && slices.ContainsFunc(page.Fields, func(other string) bool {
				g, _ := c.form.Field(other)
				return other != key && g.Kind != Info
			}) {
				c.fail(formFile, at+"/fields", "%q asks for a file, so it stands alone on its page", key)
			}
		}
		page.Fields = keys
		c.form.Pages = append(c.form.Pages, page)
	}
	c.form.tasks = len(c.form.Pages) > 6
	if c.file.TaskList != nil {
		c.form.tasks = *c.file.TaskList
	}
}

// add takes a field into the form.
func (c *compiler) add(f Field, at string) {
	if !keyForm.MatchString(f.Key) || len(f.Key) > 60 {
		c.fail(formFile, at, "a key is at most 40 small letters and digits, joined by -")
	}
	if c.form.has(f.Key) {
		c.fail(formFile, at, "there are two questions with the key %q", f.Key)
	}
	c.form.index[f.Key] = len(c.form.fields)
	c.form.fields = append(c.form.fields, f)
}

func (c *compiler) field(key string, p Property, computed bool) {
	at := "schema/properties/" + key
	if len(key) > 40 {
		c.fail(formFile, at, "a key is at most 40 small letters and digits, joined by -")
	}
	f := c.part(key, p.Part, at)
	f.ID, f.Why, f.Category, f.Source, f.Reuse = c.service+"."+key, p.Why, p.Category, p.Source, p.Reuse
	f.Computed, f.Required, f.About = computed, slices.Contains(c.file.Schema.Required, key), string(p.About)
	if p.Field != "" {
		f.ID, f.Core = p.Field, true
		if p.Category != "" || p.Sensitivity != "" {
			c.fail(formFile, at+"/x-portico-field", "%s has its category where it is declared: leave x-portico-category and x-portico-sensitivity out", p.Field)
		}
		if other, twice := c.form.ByID(p.Field); twice {
			c.fail(formFile, at+"/x-portico-field", "%s is asked by %q already", p.Field, other.Key)
		}
		if p.About == Other {
			c.fail(formFile, at+"/x-portico-about", "%s is about the person themselves", p.Field)
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
	c.composite(&f, p, at)
	if f.Kind == Phone || f.Kind == Identity {
		c.declared(&f)
	}
	c.warranty(f, p, at)
	c.add(f, at)
}

// warranty adds the question that stands before data about somebody else.
func (c *compiler) warranty(f Field, p Property, at string) {
	switch {
	case f.About != Other && len(p.Conditions) > 0:
		c.fail(formFile, at+"/x-portico-conditions", "conditions belong to data about somebody else: write x-portico-about: other")
	case f.About != Other:
		return
	case len(p.Conditions) == 0:
		c.fail(formFile, at, "missing key \"x-portico-conditions\": say on what conditions data about somebody else is stated")
	case f.Computed:
		c.fail(formFile, at+"/x-portico-about", "what is computed is not stated by anybody")
	}
	key := warrantyOf(f.Key)
	c.add(Field{
		Key: key, ID: c.service + "." + key, Kind: Warranty, For: f.Key, Label: f.Label, Why: f.Why, Conditions: p.Conditions,
		Category: f.Category, Source: []string{"form"}, Reuse: "never",
	}, at)
}

// declared takes over how the instance writes such values.
func (c *compiler) declared(f *Field) {
	id := map[Kind]string{Phone: "person.phone", Identity: "person.identity-number"}[f.Kind]
	for _, d := range c.env.Fields {
		if d.ID != id && d.ID != f.ID || f.Core && d.ID != f.ID {
			continue
		}
		f.prefix, f.written = d.Prefix, d.Written
		if f.Kind == Identity && d.Pattern != "" {
			f.pattern, _ = regexp.Compile(d.Pattern) // an instance whose pattern is none is refused where it is declared
		}
		if f.Kind == Identity && len(f.Hint) == 0 {
			f.Hint = d.Written
		}
	}
}

// names checks that no two inputs on a page have the same name, and no two
// answers the same name in rules.
func (c *compiler) names() {
	inputs := map[string]string{}
	for _, f := range c.form.fields {
		for _, name := range f.Inputs(f.Key) {
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
	for _, f := range c.form.fields {
		if f.Kind != Info {
			properties[f.Key] = f.schema(c.file.Schema.Properties[f.Key])
		}
	}
	required := []any{}
	for _, key := range c.file.Schema.Required {
		required = append(required, key)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	compiler.AssertFormat()
	for name, parse := range map[string]func(string) (string, bool){"email": answer.Email, "phone": answer.Phone, "time": answer.Time} {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: formatOf(parse)})
	}
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
