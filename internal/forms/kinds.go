package forms

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portico/internal/forms/answer"

	"portico/internal/platform/i18n"
)

// Kind is what sort of question a field is.
type Kind string

// The kinds. Beside each stands the canonical form of its answer; rules see it
// as the CEL type in brackets.
const (
	Text     Kind = "text"            // text without line breaks (string)
	Long     Kind = "long"            // text (string)
	Integer  Kind = "integer"         // -12 (int)
	Number   Kind = "number"          // -12.5 (double)
	Money    Kind = "money"           // the smallest unit of the currency: 1250 (int)
	Choice   Kind = "choice"          // one value (string)
	Choices  Kind = "choices"         // ["a","b"], in the order of the options (list(string))
	YesNo    Kind = "yes-no"          // true, false (bool)
	Date     Kind = "date"            // 2026-11-22 (timestamp)
	Time     Kind = "time"            // 09:05 (duration since midnight)
	DateTime Kind = "date-time"       // RFC 3339 (timestamp)
	Email    Kind = "email"           // a@b.mv (string)
	Phone    Kind = "phone"           // +9607771234 (string)
	Identity Kind = "identity-number" // as the instance declares person.identity-number (string)
	Address  Kind = "address"         // {"lines":…,"place":…,"postal-code":…} (.lines, .place, .postal_code)
	Party    Kind = "party"           // {"as":"person"}, {"as":"company","company":ID,"name":…} (.as, .company, .name)
	Files    Kind = "file"            // [{"id":…,"name":…,"size":…,"type":…}] (list of .name, .size, .type)
	Group    Kind = "group"           // [{PART:…},…], numbers and yes-no as JSON has them (list of .PART)
	Warranty Kind = "warranty"        // true (bool)
	Info     Kind = "information"     // nothing is answered
)

// The bounds on what a form takes.
const (
	MaxText   = 4000 // characters of one answer at the most, whatever is declared
	MaxRows   = 100  // rows of one group at the most, and files of one question
	maxFields = 100  // questions of one form
	maxParts  = 20   // parts of one group
)

// Other is what Field.About says of data about somebody else (M18).
const Other = "other"

// Option is one value of a choice.
type Option struct {
	Value string
	Label i18n.Text
}

// Field is one question of a compiled form, or one part of a group.
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

	Text       i18n.Text // of information: what it says
	Decimals   int       // of a number
	Rows       Bounds    // of a group, of files, of several choices: how many
	Parts      []Field   // of a group
	Row        i18n.Text // of a group: what one row is called
	Types      []string  // of files: media types that are taken
	Size       int64     // of files: bytes that one may have
	PostalCode bool      // of an address: whether it is asked
	About      string    // Other: storage records it as mentioned (M18)
	For        string    // of a warranty: the key of the question it stands before
	Conditions i18n.Text // of a warranty: what is said before it is asked

	always  bool     // of a part: each row has it
	Least   *float64 // of a number
	Most    *float64
	pattern *regexp.Regexp
	written i18n.Text // how it is written, in words
	prefix  string    // what stands before a phone number written without
}

// Bounds says how many there may be.
type Bounds struct{ Min, Max int }

// Part returns a part of a group.
func (f Field) Part(key string) (Field, bool) {
	i := slices.IndexFunc(f.Parts, func(p Field) bool { return p.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return f.Parts[i], true
}

// Words returns the words of an option.
func (f Field) Words(value string) (i18n.Text, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == value })
	if i < 0 {
		return nil, false
	}
	return f.Options[i].Label, true
}

// Alone reports whether the question has a page of its own: what is sent
// there is a file, never together with other answers.
func (f Field) Alone() bool { return f.Kind == Files }

// Asked reports whether a browser answers it.
func (f Field) Asked() bool { return !f.Computed && f.Kind != Info }

// warrantyOf is the key of the warranty for a question about somebody else.
func warrantyOf(key string) string { return key + "-warranty" }

// split takes a path such as people.0.name apart: the key of the question,
// and the part, if there is one.
func split(path string) (key, part string) {
	words := strings.Split(path, ".")
	if len(words) == 3 {
		part = words[2]
	}
	return words[0], part
}

// Inputs returns the names under which a browser sends a question, or a part
// of a row, of this name. Those of a group depend on its rows.
func (f Field) Inputs(name string) []string {
	switch f.Kind {
	case Date:
		return []string{name + "-day", name + "-month", name + "-year"}
	case DateTime:
		return []string{name + "-day", name + "-month", name + "-year", name + "-time"}
	case Address:
		if f.PostalCode {
			return []string{name + "-lines", name + "-place", name + "-postal-code"}
		}
		return []string{name + "-lines", name + "-place"}
	case Info:
		return nil
	}
	return []string{name}
}

// takes reports whether a browser sends the question, or a part of one of its
// rows, as name.
func (f Field) takes(name string) bool {
	key, rest, row := strings.Cut(name, ".")
	if !row || f.Kind != Group || key != f.Key {
		return slices.Contains(f.Inputs(f.Key), name)
	}
	number, part, within := strings.Cut(rest, ".")
	if _, err := strconv.Atoi(number); !within {
		return err == nil // that there is a row
	}
	return slices.ContainsFunc(f.Parts, func(p Field) bool { return slices.Contains(p.Inputs(p.Key), part) })
}

// RowsOf reads the answer to a group: the canonical text of each part, as if
// it were an answer of its own.
func (f Field) RowsOf(text string) []Answers {
	v, err := answer.Read(text)
	list, ok := v.([]any)
	if err != nil || !ok {
		return nil
	}
	var rows []Answers
	for _, item := range list {
		row := Answers{}
		fields, _ := item.(map[string]any)
		for _, part := range f.Parts {
			if v, there := fields[part.Key]; there {
				row[part.Key] = fmt.Sprint(v)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Limit is how many characters an answer may have.
func (f Field) Limit() int {
	if f.Max == 0 {
		return 100
	}
	return f.Max
}

// Pattern is how a value is written, as the instance declares it; nil if it
// does not.
func (f Field) Pattern() *regexp.Regexp { return f.pattern }

// Claimed reports whether an answer is a claim to act for somebody, which
// stands as claimed until it is verified: those who decide are told
// (forms.claimed).
func (f Field) Claimed(text string) bool {
	a, ok := answer.PartyOf(text)
	return f.Kind == Party && ok && a.As == answer.Company
}
