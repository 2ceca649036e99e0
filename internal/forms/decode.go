package forms

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
)

// Error says what is wrong with an answer. Key is empty for what concerns the
// whole form. Code is a catalogue key with Args, unless a rule says it itself.
type Error struct {
	Key  string
	Code string
	Args []any
	Rule string    // id of the rule that found it
	Says i18n.Text // its words
}

// Sent is what a browser sent, read.
type Sent struct {
	Answers Answers           // what could be read, in canonical form
	Typed   map[string]string // every input as it was typed, to be shown again
	Errors  []Error           // what could not
}

// Inputs returns the names under which a browser sends the field.
func (f Field) Inputs() []string {
	switch f.Kind {
	case Date:
		return []string{f.Key + "-day", f.Key + "-month", f.Key + "-year"}
	case DateTime:
		return []string{f.Key + "-day", f.Key + "-month", f.Key + "-year", f.Key + "-time"}
	}
	return []string{f.Key}
}

// Decode reads what was sent. Names listed in also are the page's own inputs
// and left alone; any other that the form does not ask is an error. A name
// without values is one whose value the edge refused to read. Whether the
// answers are right together is for Check.
func (f *Form) Decode(values url.Values, also ...string) *Sent {
	s := &Sent{Answers: Answers{}, Typed: map[string]string{}}
	known := map[string]bool{}
	for _, name := range also {
		known[name] = true
	}
	for _, field := range f.fields {
		if !field.Computed {
			f.read(field, values, s)
		}
		for _, name := range field.Inputs() {
			known[name] = true // a computed value sent anyway is dropped
		}
	}
	for name := range values {
		if !known[name] {
			s.Errors = append(s.Errors, Error{Code: "forms.error.unknown"})
			break
		}
	}
	return s
}

// read reads one field.
func (f *Form) read(field Field, values url.Values, s *Sent) {
	fail := func(code string, args ...any) {
		s.Errors = append(s.Errors, Error{Key: field.Key, Code: code, Args: args})
	}
	var parts []string
	for _, name := range field.Inputs() {
		sent, there := values[name]
		if there && len(sent) == 0 { // the edge took it out
			fail("forms.error.characters")
			return
		}
		if len(sent) > 1 {
			fail("forms.error.twice")
			s.Typed[name] = visible(sent[0])
			return
		}
		part := ""
		if len(sent) == 1 {
			part = sent[0]
		}
		if shown := visible(part); shown != strings.ReplaceAll(part, "\r\n", "\n") {
			fail("forms.error.characters")
			s.Typed[name] = shown
			return
		}
		s.Typed[name] = part
		if len(part) > 4*MaxText {
			fail("forms.error.too-long", "n", field.limit())
			return
		}
		parts = append(parts, part)
	}
	text, code := field.canonical(parts, f.zone)
	switch {
	case code == "forms.error.too-long":
		fail(code, "n", field.limit())
	case code != "":
		fail(code)
	case text != "":
		s.Answers[field.Key] = text
	}
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

// limit is how many characters an answer may have.
func (f Field) limit() int {
	if f.Max == 0 {
		return 100
	}
	return f.Max
}

// canonical brings what was typed into the one form in which it is kept. An
// empty result without a code means that nothing was answered.
func (f Field) canonical(parts []string, zone *time.Location) (text, code string) {
	for i, p := range parts {
		parts[i] = strings.TrimFunc(norm.NFC.String(p), unicode.IsSpace)
	}
	first := parts[0]
	if strings.Join(parts, "") == "" {
		return "", ""
	}
	if utf8.RuneCountInString(first) > f.limit() {
		return "", "forms.error.too-long"
	}
	ok := true
	switch f.Kind {
	case Long:
		text = strings.ReplaceAll(strings.ReplaceAll(first, "\r\n", "\n"), "\r", "\n")
	case Text:
		text = strings.Join(strings.Fields(first), " ")
	case Integer:
		text, ok = parseInteger(first)
		code = "forms.error.integer"
	case Choice:
		text, ok = first, slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == first })
		code = "forms.error.choice"
	case YesNo:
		text, ok = first, first == "true" || first == "false"
		code = "forms.error.choice"
	case Email:
		text, ok = parseEmail(first)
		code = "forms.error.email"
	case Phone:
		text, ok = parsePhone(first)
		code = "forms.error.phone"
	case Date:
		text, ok = parseDate(parts, zone)
		code = "forms.error.date"
	case DateTime:
		text, ok = parseDateTime(parts, zone)
		code = "forms.error.date-time"
	}
	if !ok {
		return "", code
	}
	return text, ""
}

// Parts is the inverse of decoding: the inputs that show an answer.
func (f Field) Parts(text string, zone *time.Location) map[string]string {
	out := map[string]string{}
	switch f.Kind {
	case Date, DateTime:
		var t time.Time
		var err error
		if f.Kind == Date {
			t, err = time.Parse(time.DateOnly, text)
		} else {
			t, err = time.Parse(time.RFC3339, text)
			t = t.In(zone)
			out[f.Key+"-time"] = t.Format("15:04")
		}
		if err != nil {
			return map[string]string{}
		}
		out[f.Key+"-day"] = t.Format("2")
		out[f.Key+"-month"] = t.Format("1")
		out[f.Key+"-year"] = t.Format("2006")
	default:
		out[f.Key] = text
	}
	return out
}

// ascii replaces decimal digits of any script by those of ours.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		}
		return r
	}, s)
}

func parseInteger(s string) (string, bool) {
	n, err := strconv.ParseInt(ascii(s), 10, 64)
	return strconv.FormatInt(n, 10), err == nil
}

func parseEmail(s string) (string, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 || strings.ContainsAny(s, " \t\n\"<>()") {
		return "", false
	}
	local, domain, _ := strings.Cut(s, "@")
	if !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", false
	}
	return local + "@" + strings.ToLower(domain), true
}

func parsePhone(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()\u00a0", r) {
			return -1
		}
		return r
	}, ascii(s))
	bare := strings.TrimPrefix(digits, "+")
	if len(bare) < 3 || len(bare) > 15 || strings.Trim(bare, "0123456789") != "" {
		return "", false
	}
	return digits, true
}

func parseDate(parts []string, zone *time.Location) (string, bool) {
	var n [3]int
	for i, part := range parts[:3] {
		v, err := strconv.ParseUint(ascii(part), 10, 16)
		if err != nil {
			return "", false
		}
		n[i] = int(v)
	}
	day, month, year := n[0], n[1], n[2]
	t := time.Date(year, time.Month(month), day, 12, 0, 0, 0, zone)
	if year < 1800 || year > 2999 || t.Day() != day || int(t.Month()) != month {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

func parseDateTime(parts []string, zone *time.Location) (string, bool) {
	date, ok := parseDate(parts, zone)
	if !ok {
		return "", false
	}
	clock := strings.ReplaceAll(ascii(parts[3]), ".", ":")
	t, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("%s %5s", date, clock), zone)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02 15:04", date+" 0"+clock, zone)
	}
	return t.Format(time.RFC3339), err == nil
}

// typed returns an answer as the schema knows it.
func (f *Form) typed(key, text string) (any, error) {
	field, ok := f.Field(key)
	if !ok {
		return nil, fmt.Errorf("the form has no field %s", key)
	}
	switch field.Kind {
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the answer to %s is no number", key)
		}
		return n, nil
	case YesNo:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("the answer to %s is neither yes nor no", key)
		}
		return b, nil
	}
	return text, nil
}
