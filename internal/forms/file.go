package forms

import "portico/internal/platform/i18n"

// File is form.yaml.
type File struct {
	Schema      Schema           `yaml:"schema" doc:"the data, a JSON Schema 2020-12 of an object"`
	Pages       []Page           `yaml:"pages" doc:"which questions stand together, in which order"`
	Information map[string]Block `yaml:"information,omitempty" doc:"blocks that say something and ask nothing; pages list them by key among their fields"`
	TaskList    *bool            `yaml:"task-list,omitempty" doc:"whether pages are begun from a list of tasks; follows from their number if left out"`
	Declaration i18n.Text        `yaml:"declaration" doc:"what the person declares when they submit"`
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

// Part is the schema of one simple answer, and how it is asked: a question,
// or a part of a group.
type Part struct {
	Type      string   `yaml:"type" doc:"string, integer, number or boolean; array for several choices, files and groups; object for address and party"`
	Format    string   `yaml:"format,omitempty" doc:"date, time, date-time, email, phone or identity-number of a string; money of an integer; file of an array; address or party of an object"`
	Enum      []string `yaml:"enum,omitempty"`
	Pattern   string   `yaml:"pattern,omitempty"`
	MinLength *int     `yaml:"minLength,omitempty"`
	MaxLength *int     `yaml:"maxLength,omitempty"`
	Minimum   *float64 `yaml:"minimum,omitempty" doc:"of money in the smallest unit"`
	Maximum   *float64 `yaml:"maximum,omitempty" doc:"of money in the smallest unit"`

	Label    i18n.Text            `yaml:"x-portico-label" doc:"the question"`
	Hint     i18n.Text            `yaml:"x-portico-hint,omitempty" doc:"help with the answer"`
	Options  map[string]i18n.Text `yaml:"x-portico-options,omitempty" doc:"the words for each value of enum"`
	Widget   string               `yaml:"x-portico-widget,omitempty" doc:"radio or select for a choice, long for a text of several lines"`
	Unit     i18n.Text            `yaml:"x-portico-unit,omitempty" doc:"what a number counts, such as hours"`
	Decimals *int                 `yaml:"x-portico-decimals,omitempty" doc:"how many decimals a number (type: number) may have, 1 to 6"`
}

// Property is the schema of one answer, and how it is asked.
type Property struct {
	Part

	Items      *Items    `yaml:"items,omitempty" doc:"what an array holds: strings with an enum for several choices, objects for a group"`
	MinItems   *int      `yaml:"minItems,omitempty"`
	MaxItems   *int      `yaml:"maxItems,omitempty"`
	Parts      []string  `yaml:"x-portico-parts,omitempty" doc:"the parts of a group in their order, or of an address: lines, place, postal-code"`
	Row        i18n.Text `yaml:"x-portico-row,omitempty" doc:"what one row of a group is called, such as Organiser"`
	Accept     []Accept  `yaml:"x-portico-accept,omitempty" doc:"which files are taken"`
	Megabytes  int       `yaml:"x-portico-megabytes,omitempty" doc:"the most that one file may have; 10 if left out"`
	About      About     `yaml:"x-portico-about,omitempty" doc:"other if it is about somebody else: the person warrants their right to state it, and storage records it as mentioned"`
	Conditions i18n.Text `yaml:"x-portico-conditions,omitempty" doc:"on what conditions data about somebody else is stated, shown before it is asked"`

	Why         i18n.Text `yaml:"x-portico-why,omitempty" doc:"why it is asked, in a sentence"`
	Field       string    `yaml:"x-portico-field,omitempty" doc:"the declared field that this answer is, such as person.phone; otherwise it is a field of the service"`
	Category    string    `yaml:"x-portico-category,omitempty" doc:"category of the declared data, for a field of the service"`
	Sensitivity string    `yaml:"x-portico-sensitivity,omitempty" doc:"ordinary, identifying or special; that of the category if left out"`
	Source      []string  `yaml:"x-portico-source,omitempty" doc:"where values come from; form if left out"`
	Reuse       string    `yaml:"x-portico-reuse,omitempty" doc:"never, ask or allow"`
}

// Items is what an array holds.
type Items struct {
	Type       string          `yaml:"type" doc:"string or object"`
	Enum       []string        `yaml:"enum,omitempty"`
	Required   []string        `yaml:"required,omitempty"`
	Properties map[string]Part `yaml:"properties,omitempty"`
	Additional bool            `yaml:"additionalProperties"`
}

// Accept is a sort of file.
type Accept string

// Values lists the sorts of files that can be checked and shown.
func (Accept) Values() []string { return []string{"pdf", "jpeg", "png"} }

// media is the media type of a sort of file.
func (a Accept) media() string {
	return map[Accept]string{"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}[a]
}

// About says whom an answer is about.
type About string

// Values lists them; the person themselves is not said.
func (About) Values() []string { return []string{Other} }

// Block says something between questions.
type Block struct {
	Title i18n.Text `yaml:"title,omitempty"`
	Text  i18n.Text `yaml:"text"`
}

// Page is a group of questions that are asked together.
type Page struct {
	ID     string    `yaml:"id"`
	Title  i18n.Text `yaml:"title"`
	Hint   i18n.Text `yaml:"hint,omitempty"`
	After  []string  `yaml:"after,omitempty" doc:"pages that must be done before this one can be begun"`
	Fields []string  `yaml:"fields"`
}

// Rules is rules.yaml: CEL expressions, each with an id.
type Rules struct {
	Visible  []When `yaml:"visible,omitempty" doc:"a field, group or page is asked only when this holds"`
	Required []When `yaml:"required,omitempty" doc:"a field must be answered when this holds"`
	Value    []Is   `yaml:"value,omitempty" doc:"a field that is computed, never asked"`
	Error    []Says `yaml:"error,omitempty" doc:"when this holds, the answer is wrong"`
	Fee      []Cost `yaml:"fee,omitempty" doc:"parts of the fee, in the smallest unit of the currency"`
	Decision []Rule `yaml:"decision,omitempty" doc:"what the program decides by without a person, where an action of the workflow is by: program and names the rule"`
}

// Rule is a condition on the answers as a whole.
type Rule struct {
	ID      string    `yaml:"id"`
	When    string    `yaml:"when"`
	Because i18n.Text `yaml:"because" doc:"the condition in words, as the policy and the person read it"`
}

// When is a condition on a field or a page.
type When struct {
	ID      string    `yaml:"id"`
	Field   string    `yaml:"field,omitempty" doc:"a key, or GROUP.PART: then it is decided in each row, which the rule reads as row.PART"`
	Page    string    `yaml:"page,omitempty" doc:"instead of a field: all that the page asks"`
	When    string    `yaml:"when"`
	Because i18n.Text `yaml:"because,omitempty" doc:"the condition in words"`
}

// Is computes a field.
type Is struct {
	ID    string `yaml:"id"`
	Field string `yaml:"field" doc:"a key, or GROUP.PART: then it is computed in each row"`
	Is    string `yaml:"is"`
}

// Says is what is wrong with a field when the condition holds.
type Says struct {
	ID    string    `yaml:"id"`
	Field string    `yaml:"field" doc:"a key, or GROUP.PART: then each row is judged"`
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
