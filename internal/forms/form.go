package forms

import (
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/platform/i18n"
)

// Kind is what sort of question a field is.
type Kind string

// The kinds.
const (
	Text     Kind = "text"
	Long     Kind = "long"
	Integer  Kind = "integer"
	Choice   Kind = "choice"
	YesNo    Kind = "yes-no"
	Date     Kind = "date"
	DateTime Kind = "date-time"
	Email    Kind = "email"
	Phone    Kind = "phone"
)

// The bounds on what a form takes.
const (
	MaxText   = 4000  // characters of one answer at the most, whatever is declared
	maxFields = 100   // questions of one form
	maxCost   = 10000 // CEL cost units of one rule
)

// Answers is what was answered: canonical text by key. A key that is not
// there was not answered.
type Answers map[string]string

// Option is one value of a choice.
type Option struct {
	Value string
	Label i18n.Text
}

// Field is one question of a compiled form.
type Field struct {
	Key      string
	ID       string // of the declared field: person.phone, or SERVICE.KEY
	Core     bool   // the declared field is not the service's own
	Kind     Kind
	Select   bool // a choice from a list, rather than by radio buttons
	Required bool // by the schema; a rule may require it too
	Computed bool // by a value rule: never asked
	Label    i18n.Text
	Hint     i18n.Text
	Why      i18n.Text
	Unit     i18n.Text
	Options  []Option
	Category string
	Source   []string
	Reuse    string
	Max      int // characters
	min, max *int64
}

// Form is a compiled form. It never changes and is safe for concurrent use.
type Form struct {
	Pages       []Page
	Declaration i18n.Text

	fields []Field
	index  map[string]int
	schema *jsonschema.Schema
	zone   *time.Location
	rules  rules
}

// Env is what the instance gives to its forms.
type Env struct {
	Languages []string
	Zone      *time.Location
}

// Fields returns the questions in the order of the pages, then what is
// computed.
func (f *Form) Fields() []Field { return slices.Clone(f.fields) }

// Field returns the question with this key.
func (f *Form) Field(key string) (Field, bool) {
	i, ok := f.index[key]
	if !ok {
		return Field{}, false
	}
	return f.fields[i], true
}

// ByID returns the question for a declared field.
func (f *Form) ByID(id string) (Field, bool) {
	i := slices.IndexFunc(f.fields, func(g Field) bool { return g.ID == id })
	if i < 0 {
		return Field{}, false
	}
	return f.fields[i], true
}

// HasFee reports whether the form computes a fee.
func (f *Form) HasFee() bool { return len(f.rules.fee) > 0 }

// FeeReads returns the keys that the fee depends on.
func (f *Form) FeeReads() []string {
	var keys []string
	for _, r := range f.rules.fee {
		keys = append(keys, r.asks...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Price computes the fee for answers that were checked before, of which only
// those that the fee depends on need be there.
func (f *Form) Price(answers Answers, now time.Time) (*Fee, error) {
	if !f.HasFee() {
		return nil, nil
	}
	o := &Outcome{Answers: answers}
	if err := f.fee(o, now); err != nil {
		return nil, err
	}
	return o.Fee, nil
}
