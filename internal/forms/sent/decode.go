package sent

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/platform/strict"
)

const maxInputs = 20000 // names that are read at all

// The inputs of the buttons that add and take away rows.
const (
	InputAdd    = "_add"    // KEY
	InputRemove = "_remove" // KEY.N
)

// Company is a company for which a person may act.
type Company struct {
	ID   string
	Name string
}

// Input is what a browser sent, and what is known besides.
type Input struct {
	Values    url.Values
	Page      string    // only what this page asks; empty for the whole form
	Also      []string  // names of the page's own inputs
	Companies []Company // those for which the person may act
}

// Sent is what a browser sent, read.
type Sent struct {
	Answers forms.Answers     // what could be read, in canonical form
	Typed   map[string]string // every input as it was typed, to be shown again
	Errors  []forms.Error     // what could not
	Edited  string            // the group in which a row was added or taken away: show the page again, at this question
	Rows    map[string]string // KEY.N of each row that was sent → what it is called in Typed, Errors and Answers; KEY.* if it is blank
}

// reader reads what a browser sent.
type reader struct {
	form  *forms.Form
	in    Input
	known map[string]bool
	rows  map[string]map[int]bool // group → rows that were sent
	*Sent
}

// Decode reads what was sent. Names that the form does not ask, nor the page
// itself, are an error. A name without values is one whose value the edge
// refused to read. What is computed or a file is not read from here: it is
// dropped. Whether the answers are right together is for Check.
func Decode(f *forms.Form, in Input) *Sent {
	r := &reader{form: f, in: in, known: map[string]bool{InputAdd: true, InputRemove: true}, Sent: &Sent{Answers: forms.Answers{}, Typed: map[string]string{}, Rows: map[string]string{}}}
	if len(in.Values) > maxInputs {
		r.fail("", "forms.error.unknown")
		return r.Sent
	}
	for _, name := range in.Also {
		r.known[name] = true
	}
	r.index()
	page, paged := f.Page(in.Page)
	for _, field := range f.All() {
		for _, name := range field.Inputs(field.Key) {
			r.known[name] = r.known[name] || !paged || slices.Contains(page.Fields, field.Key)
		}
		if !field.Asked() || field.Kind == forms.Files || paged && !slices.Contains(page.Fields, field.Key) {
			continue
		}
		if field.Kind == forms.Group {
			r.group(field)
		} else if text, ok := r.field(field, field.Key, field.Key); ok && text != "" {
			r.Answers[field.Key] = text
		}
	}
	for name := range in.Values {
		if !r.known[name] {
			r.fail("", "forms.error.unknown")
			break
		}
	}
	return r.Sent
}

func (r *reader) fail(key, code string, args ...any) {
	r.Errors = append(r.Errors, forms.Error{Key: key, Code: code, Args: args})
}

// index finds the rows of groups that were sent.
func (r *reader) index() {
	r.rows = map[string]map[int]bool{}
	for name := range r.in.Values {
		group, rest, ok := strings.Cut(name, ".")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ".")
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || strconv.FormatUint(n, 10) != number {
			continue // no row: an unknown name
		}
		if r.rows[group] == nil {
			r.rows[group] = map[int]bool{}
		}
		r.rows[group][int(n)] = true
	}
}

// input reads one input, and keeps it as typed under the name as.
func (r *reader) input(field forms.Field, name, as, path string) (string, bool) {
	sent, there := r.in.Values[name]
	r.known[name] = true
	if there && len(sent) == 0 { // the edge took it out
		r.fail(path, "forms.error.characters")
		return "", false
	}
	if len(sent) > 1 {
		r.fail(path, "forms.error.twice")
		r.Typed[as] = visible(sent[0])
		return "", false
	}
	part := ""
	if len(sent) == 1 {
		part = sent[0]
	}
	if shown := visible(part); shown != strings.ReplaceAll(part, "\r\n", "\n") {
		r.fail(path, "forms.error.characters")
		r.Typed[as] = shown
		return "", false
	}
	r.Typed[as] = part
	if len(part) > 4*forms.MaxText {
		r.fail(path, "forms.error.too-long", "n", field.Limit())
		return "", false
	}
	return part, true
}

// field reads a question, or a part of a row: sent under name, kept as typed
// and complained of under as.
func (r *reader) field(field forms.Field, name, as string) (string, bool) {
	if field.Kind == forms.Choices {
		return r.choices(field, name)
	}
	var parts []string
	names := field.Inputs(as)
	for i, input := range field.Inputs(name) {
		part, ok := r.input(field, input, names[i], as)
		if !ok {
			return "", false
		}
		parts = append(parts, part)
	}
	var text, code string
	switch field.Kind {
	case forms.Address:
		return r.address(field, parts)
	case forms.Party:
		text, code = r.party(parts[0])
	default:
		text, code = canonical(r.form, field, parts)
	}
	switch {
	case code == "forms.error.too-long":
		r.fail(as, code, "n", field.Limit())
	case code != "":
		r.fail(as, code)
	}
	return text, code == ""
}

// visible removes what hides or reorders text, or is none.
func visible(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if strict.Hidden(r) || r&0xfffe == 0xfffe {
			return -1
		}
		return r
	}, s)
}

// Typed returns the inputs that show answers.
func Typed(f *forms.Form, answers forms.Answers) map[string]string {
	typed := map[string]string{}
	for _, field := range f.All() {
		if text, ok := answers[field.Key]; ok {
			show(f, typed, field, field.Key, text)
		}
	}
	return typed
}

// show is the inverse of decoding one answer.
func show(f *forms.Form, typed map[string]string, field forms.Field, name, text string) {
	switch field.Kind {
	case forms.Date, forms.DateTime:
		layout := time.RFC3339
		if field.Kind == forms.Date {
			layout = time.DateOnly
		}
		t, err := time.ParseInLocation(layout, text, f.Zone())
		if err != nil {
			return
		}
		if t = t.In(f.Zone()); field.Kind == forms.DateTime {
			typed[name+"-time"] = t.Format("15:04")
		}
		typed[name+"-day"] = t.Format("2")
		typed[name+"-month"] = t.Format("1")
		typed[name+"-year"] = t.Format("2006")
	case forms.Money:
		typed[name] = answer.Amount(text, f.Currency())
	case forms.Choices, forms.Address, forms.Party, forms.Group:
		showComposite(f, typed, field, name, text)
	case forms.Info:
	default:
		typed[name] = text
	}
}

// canonical brings what was typed into the one form in which a simple answer
// is kept. An empty result without a code means that nothing was answered.
func canonical(f *forms.Form, field forms.Field, parts []string) (text, code string) {
	for i, p := range parts {
		parts[i] = strings.TrimFunc(norm.NFC.String(p), unicode.IsSpace)
	}
	first := parts[0]
	if strings.Join(parts, "") == "" {
		return "", ""
	}
	if utf8.RuneCountInString(first) > field.Limit() {
		return "", "forms.error.too-long"
	}
	ok := true
	switch field.Kind {
	case forms.Long:
		text = strings.ReplaceAll(strings.ReplaceAll(first, "\r\n", "\n"), "\r", "\n")
	case forms.Integer:
		text, ok = answer.Integer(first)
	case forms.Number:
		text, ok = answer.Number(first, field.Decimals)
	case forms.Money:
		text, ok = answer.Money(first, f.Currency())
	case forms.Choice:
		_, ok = field.Words(first)
		text = first
	case forms.YesNo:
		text, ok = first, first == "true" || first == "false"
	case forms.Warranty:
		text, ok = first, first == "true"
	case forms.Email:
		text, ok = answer.Email(first)
	case forms.Phone:
		text, ok = answer.Phone(first)
	case forms.Date:
		text, ok = answer.Date(parts, f.Zone())
	case forms.Time:
		text, ok = answer.Time(first)
	case forms.DateTime:
		text, ok = answer.DateTime(parts, f.Zone())
	case forms.Identity:
		text, ok = answer.Identity(first, field.Pattern())
	default:
		text = strings.Join(strings.Fields(first), " ")
	}
	if !ok {
		return "", field.Wrong()
	}
	return text, ""
}
