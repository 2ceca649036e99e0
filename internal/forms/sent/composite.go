package sent

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portico/internal/forms"
	"portico/internal/forms/answer"
)

// choices reads checkboxes: the values are kept in the order of the options.
func (r *reader) choices(field forms.Field, name string) (string, bool) {
	sent, there := r.in.Values[name]
	r.known[name] = true
	if there && len(sent) == 0 {
		r.fail(name, "forms.error.characters")
		return "", false
	}
	chosen := map[string]int{}
	for _, value := range sent {
		_, ok := field.Words(value)
		if !ok && value != "" || len(sent) > 2*len(field.Options)+1 {
			r.fail(name, "forms.error.choice")
			return "", false
		}
		if chosen[value]++; chosen[value] > 1 && value != "" {
			r.fail(name, "forms.error.twice")
			return "", false
		}
	}
	values := []string{}
	for _, o := range field.Options {
		if chosen[o.Value] > 0 {
			values = append(values, o.Value)
		}
	}
	r.Typed[name] = strings.Join(values, " ")
	if len(values) == 0 {
		return "", true
	}
	return answer.JSON(values), true
}

// address reads lines, place and postal code.
func (r *reader) address(field forms.Field, parts []string) (string, bool) {
	out := map[string]string{}
	for i, name := range []string{"lines", "place", "postal-code"}[:len(parts)] {
		text := strings.TrimFunc(norm.NFC.String(parts[i]), unicode.IsSpace)
		if name == "lines" {
			var lines []string
			for _, line := range strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
				if line = strings.Join(strings.Fields(line), " "); line != "" {
					lines = append(lines, line)
				}
			}
			text = strings.Join(lines, "\n")
		} else {
			text = strings.Join(strings.Fields(text), " ")
		}
		if utf8.RuneCountInString(text) > answer.AddressMax(name) {
			r.fail(field.Key, "forms.error.too-long", "n", answer.AddressMax(name))
			return "", false
		}
		if text != "" {
			out[name] = text
		}
	}
	switch {
	case len(out) == 0:
		return "", true
	case len(out) < len(parts):
		r.fail(field.Key, "forms.error.whole")
		return "", false
	}
	return answer.JSON(out), true
}

// party reads for whom somebody acts: themselves, or one of the companies that
// they may act for.
func (r *reader) party(sent string) (text, code string) {
	sent = strings.TrimSpace(sent)
	if sent == "" {
		return "", ""
	}
	if sent == answer.Person {
		return answer.Party{As: answer.Person}.Text(), ""
	}
	for _, c := range r.in.Companies {
		if c.ID == sent {
			return answer.Party{As: answer.Company, Company: c.ID, Name: c.Name}.Text(), ""
		}
	}
	return "", "forms.error.choice"
}

// group reads the rows of a group. Blank rows are left out, or come last if a
// button was pressed that adds or takes away a row. A part that cannot be read
// is not in its row, and what is wrong with it is an error.
func (r *reader) group(field forms.Field) {
	key := field.Key
	sent := slices.Sorted(maps.Keys(r.rows[key]))
	add := r.in.Values.Get(InputAdd) == key
	remove, removes := strings.CutPrefix(r.in.Values.Get(InputRemove), key+".")
	if add || removes {
		r.Edited = key
	}
	if len(sent) > forms.MaxRows {
		r.fail(key, "forms.error.too-many", "n", field.Rows.Max)
		for name := range r.in.Values {
			r.known[name] = r.known[name] || strings.HasPrefix(name, key+".")
		}
		sent = sent[:forms.MaxRows]
	}
	rows, blank := []any{}, 0
	for _, n := range sent {
		from, to := key+"."+strconv.Itoa(n), key+"."+strconv.Itoa(len(rows))
		row, one := r.row(field, from, to)
		gone := removes && remove == strconv.Itoa(n)
		if !slices.ContainsFunc(slices.Collect(maps.Values(one.Typed)), func(s string) bool { return strings.TrimSpace(s) != "" }) && len(one.Errors) == 0 {
			r.Rows[from] = key + ".*"
			if !gone {
				blank++
			}
			continue
		}
		if gone {
			continue
		}
		maps.Copy(r.Typed, one.Typed)
		r.Typed[to], r.Rows[from] = "1", to
		r.Errors = append(r.Errors, one.Errors...)
		rows = append(rows, row)
	}
	most := min(field.Rows.Max, forms.MaxRows)
	shown := len(rows)
	if r.Edited == key {
		if shown += blank; add && shown < most {
			shown++
		} else if add {
			r.fail(key, "forms.error.too-many", "n", most)
		}
	}
	if shown > most {
		r.fail(key, "forms.error.too-many", "n", most)
	}
	for at := len(rows); at < shown; at++ {
		r.Typed[key+"."+strconv.Itoa(at)] = "1"
	}
	if len(rows) > 0 {
		r.Answers[key] = answer.JSON(rows)
	}
}

// row reads one row on its own.
func (r *reader) row(field forms.Field, from, to string) (map[string]any, *Sent) {
	one := &reader{form: r.form, in: r.in, known: r.known, Sent: &Sent{Typed: map[string]string{}}}
	r.known[from] = true // says that there is a row, even if nothing in it was sent
	row := map[string]any{}
	for _, part := range field.Parts {
		if part.Computed {
			for _, name := range part.Inputs(from + "." + part.Key) {
				r.known[name] = true
			}
			continue
		}
		text, ok := one.field(part, from+"."+part.Key, to+"."+part.Key)
		if !ok || text == "" {
			continue
		}
		if v, err := part.Typed(text); err == nil {
			row[part.Key] = v
		}
	}
	return row, one.Sent
}

// showComposite is the inverse of decoding one composite answer.
func showComposite(f *forms.Form, typed map[string]string, field forms.Field, name, text string) {
	switch field.Kind {
	case forms.Choices:
		typed[name] = strings.Join(answer.Chosen(text), " ")
	case forms.Party:
		if a, ok := answer.PartyOf(text); ok {
			typed[name] = answer.Person
			if a.As == answer.Company {
				typed[name] = a.Company
			}
		}
	case forms.Address:
		for part, text := range answer.Address(text) {
			typed[name+"-"+part] = text
		}
	case forms.Group:
		for i, row := range field.RowsOf(text) {
			at := name + "." + strconv.Itoa(i)
			typed[at] = "1"
			for _, part := range field.Parts {
				if text, ok := row[part.Key]; ok {
					show(f, typed, part, at+"."+part.Key, text)
				}
			}
		}
	}
}
