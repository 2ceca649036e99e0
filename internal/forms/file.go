package forms

import "portico/internal/platform/i18n"

// File is form.yaml.
type File struct {
	Schema      Schema    `yaml:"schema" doc:"the data, a JSON Schema 2020-12 of an object"`
	Pages       []Page    `yaml:"pages" doc:"which questions stand together, in which order"`
	Declaration i18n.Text `yaml:"declaration" doc:"what the person declares when they submit"`
}

// Schema is the JSON Schema of the answers. The keywords that it knows are
// those that a form of ours can ask and explain; any other is a fault.
type Schema struct {
	Dialect    string              `yaml:"$schema,omitempty"`
	Type       string              `yaml:"type"` // object
	Required   []string            `yaml:"required,omitempty"`
	Properties map[string]Property `yaml:"properties"`
	Additional bool                `yaml:"additionalProperties"`
}

// Property is the schema of one answer, and how it is asked.
type Property struct {
	Type      string   `yaml:"type"`             // string | integer | boolean
	Format    string   `yaml:"format,omitempty"` // date | date-time | email | phone
	Enum      []string `yaml:"enum,omitempty"`
	Pattern   string   `yaml:"pattern,omitempty"`
	MinLength *int     `yaml:"minLength,omitempty"`
	MaxLength *int     `yaml:"maxLength,omitempty"`
	Minimum   *int64   `yaml:"minimum,omitempty"`
	Maximum   *int64   `yaml:"maximum,omitempty"`

	Label   i18n.Text            `yaml:"x-portico-label" doc:"the question"`
	Hint    i18n.Text            `yaml:"x-portico-hint,omitempty" doc:"help with the answer"`
	Why     i18n.Text            `yaml:"x-portico-why,omitempty" doc:"why it is asked, in a sentence"`
	Options map[string]i18n.Text `yaml:"x-portico-options,omitempty" doc:"the words for each value of enum"`
	Widget  string               `yaml:"x-portico-widget,omitempty" doc:"radio or select for a choice, long for a text of several lines"`
	Unit    i18n.Text            `yaml:"x-portico-unit,omitempty" doc:"what a number counts, such as hours"`

	Field       string   `yaml:"x-portico-field,omitempty" doc:"the declared field that this answer is, such as person.phone; otherwise it is a field of the service"`
	Category    string   `yaml:"x-portico-category,omitempty" doc:"category of the declared data, for a field of the service"`
	Sensitivity string   `yaml:"x-portico-sensitivity,omitempty" doc:"ordinary, identifying or special; that of the category if left out"`
	Source      []string `yaml:"x-portico-source,omitempty" doc:"where values come from; form if left out"`
	Reuse       string   `yaml:"x-portico-reuse,omitempty" doc:"never, ask or allow"`
}

// Page is a group of questions that are asked together.
type Page struct {
	ID     string    `yaml:"id"`
	Title  i18n.Text `yaml:"title"`
	Hint   i18n.Text `yaml:"hint,omitempty"`
	Fields []string  `yaml:"fields"`
}

// Rules is rules.yaml: CEL expressions, each with an id.
type Rules struct {
	Visible  []When `yaml:"visible,omitempty" doc:"a field is asked only when this holds"`
	Required []When `yaml:"required,omitempty" doc:"a field must be answered when this holds"`
	Value    []Is   `yaml:"value,omitempty" doc:"a field that is computed, never asked"`
	Error    []Says `yaml:"error,omitempty" doc:"when this holds, the answer is wrong"`
	Fee      []Cost `yaml:"fee,omitempty" doc:"parts of the fee, in the smallest unit of the currency"`
}

// When is a condition on a field.
type When struct {
	ID      string    `yaml:"id"`
	Field   string    `yaml:"field"`
	When    string    `yaml:"when"`
	Because i18n.Text `yaml:"because,omitempty" doc:"the condition in words"`
}

// Is computes a field.
type Is struct {
	ID    string `yaml:"id"`
	Field string `yaml:"field"`
	Is    string `yaml:"is"`
}

// Says is what is wrong with a field when the condition holds.
type Says struct {
	ID    string    `yaml:"id"`
	Field string    `yaml:"field"`
	When  string    `yaml:"when"`
	Says  i18n.Text `yaml:"says"`
}

// Cost is one line of the fee.
type Cost struct {
	ID    string    `yaml:"id"`
	Label i18n.Text `yaml:"label"`
	Is    string    `yaml:"is"`
}

// Problem is a fault of a form or its rules: the file of the service, and the
// path inside it as package strict writes paths.
type Problem struct {
	File    string
	Path    string
	Message string
}
