package forms

import (
	"slices"
	"strconv"
	"strings"

	"portico/internal/forms/answer"
	"portico/internal/forms/rule"
)

// further is what stands for the number of a row of which nothing is answered.
const further = "*"

// rows are those of a group, as far as the rules have come.
type rows struct {
	field Field
	list  []*row
	next  *row // a further one
	lost  bool // the answer as a whole could not be read
	fits  bool // rules may read it
	wrong []Error
}

// row is one of them.
type row struct {
	name   string            // KEY.N
	given  map[string]any    // its parts, as the schema knows them
	bound  rule.Bound        // those that fit, as rules know them
	wrong  map[string]Error  // by part: what is wrong with it
	needed map[string]string // by part: the rule by which it must be answered
}

// at is the path of a part.
func (w *row) at(part string) string { return w.name + "." + part }

// blank reports whether nothing was answered.
func (w *row) blank() bool { return len(w.given)+len(w.wrong) == 0 }

// drop takes a part away.
func (w *row) drop(part string) {
	delete(w.given, part)
	delete(w.wrong, part)
	delete(w.bound, rule.Variable(part))
}

// declared finds what a rule is about: a question, or a part of a group as
// GROUP.PART.
func (f *Form) declared(key string) (field Field, group string, ok bool) {
	if f.has(key) {
		return f.fields[f.index[key]], "", true
	}
	group, part, _ := strings.Cut(key, ".")
	if !f.has(group) {
		return Field{}, "", false
	}
	field, ok = f.fields[f.index[group]].Part(part)
	return field, group, ok
}

// ruling is the name under which rules are about what stands at a path.
func ruling(path string) string {
	if key, part := split(path); part != "" {
		return key + "." + part
	}
	return path
}

// rowsOf takes the answer to a group apart. What is computed is not taken over.
func (f *Form) rowsOf(key, text string) *rows {
	field, _ := f.Field(key)
	one := func(n string, given map[string]any) *row {
		return &row{name: key + "." + n, given: given, bound: rule.Bound{}, wrong: map[string]Error{}, needed: map[string]string{}}
	}
	rs := &rows{field: field, next: one(further, map[string]any{})}
	if text == "" {
		return rs
	}
	v, err := answer.Read(text)
	list, ok := v.([]any)
	rs.lost = err != nil || !ok
	for i, item := range list {
		given, ok := item.(map[string]any)
		rs.lost = rs.lost || !ok
		for _, part := range field.Parts {
			if part.Computed {
				delete(given, part.Key)
			}
		}
		rs.list = append(rs.list, one(strconv.Itoa(i), given))
	}
	if rs.lost {
		rs.list = nil
	}
	return rs
}

// all are the rows, and a further one.
func (rs *rows) all() []*row {
	if rs == nil {
		return nil
	}
	return append(slices.Clone(rs.list), rs.next)
}

// at is the row in which a path lies; a further one if there is none.
func (rs *rows) at(path string) *row {
	if rs == nil {
		return nil
	}
	for _, w := range rs.list {
		if strings.HasPrefix(path, w.name+".") {
			return w
		}
	}
	return rs.next
}

// mark notes that a part of a row is wrong, and reports whether there is such a
// row. What could not be read is not there any more; what is there, and does
// not fit, is.
func (rs *rows) mark(e Error, there bool) bool {
	_, part := split(e.Key)
	w := rs.at(e.Key)
	if part == "" || w == rs.next {
		return false
	}
	if !there {
		delete(w.given, part)
	}
	if _, is := w.given[part]; is == there {
		w.wrong[part] = e
	}
	return true
}

// bindRows gives the parts that are right to rules.
func (f *Form) bindRows(rs *rows) {
	for _, w := range rs.list {
		for _, part := range rs.field.Parts {
			v, there := w.given[part.Key]
			if _, wrong := w.wrong[part.Key]; !there || wrong {
				continue
			}
			if one, err := f.ruled.Value(part.celType(), v, f.zone); err == nil {
				w.bound[rule.Variable(part.Key)] = one
			}
		}
	}
}

// text is the answer as it stands.
func (rs *rows) text() string {
	list := []any{}
	for _, w := range rs.list {
		list = append(list, w.given)
	}
	if len(list) == 0 {
		return ""
	}
	return answer.JSON(list)
}

// settle judges a group once it is known which of its parts are asked, and
// gives it to rules if it fits.
func (f *Form) settle(o *Outcome, m *moment, rs *rows) error {
	key := rs.field.Key
	rs.list = slices.DeleteFunc(rs.list, (*row).blank)
	typed := true // each part could be read
	for _, w := range rs.list {
		for _, part := range rs.field.Parts {
			e, wrong := w.wrong[part.Key]
			if _, there := w.given[part.Key]; wrong && !there {
				rs.wrong, typed = append(rs.wrong, e), false
			}
		}
	}
	text := rs.text()
	delete(o.Answers, key)
	if text == "" || rs.lost {
		return nil
	}
	if typed {
		o.Answers[key] = text
	}
	unfit, err := f.unfit(Answers{key: text})
	for _, e := range unfit {
		if _, part := split(e.Key); part != "" {
			n, _ := strconv.Atoi(strings.Split(e.Key, ".")[1])
			w := rs.list[n]
			if _, there := w.given[part]; !there && w.wrong[part].Code != "" {
				continue // it is there, and cannot be read
			}
			e.Key = w.at(part)
		}
		rs.wrong = append(rs.wrong, e)
	}
	if rs.fits = err == nil && len(rs.wrong) == 0; rs.fits {
		return f.rebind(o, m, rs)
	}
	return err
}

// rebind gives the group to rules as it stands.
func (f *Form) rebind(o *Outcome, m *moment, rs *rows) error {
	text := rs.text()
	v, err := f.celValue(rs.field.Key, text)
	if err != nil {
		return &RuleError{Rule: "schema", Err: err}
	}
	o.Answers[rs.field.Key] = text
	m.add(rs.field.Key, text, v)
	return nil
}

// hideParts takes the parts of rows away that a rule hides.
func (f *Form) hideParts(o *Outcome, m *moment, r *compiled) error {
	rs := m.rows[r.group]
	for _, w := range rs.all() {
		shown, err := r.holdsIf(m, w)
		switch {
		case err != nil && w != rs.next:
			return err
		case err != nil || !shown:
			o.Hidden[w.at(r.part)] = r.id
			w.drop(r.part)
		}
	}
	return nil
}

// needParts notes which parts must be answered, and reports those that are not.
func (f *Form) needParts(o *Outcome, rs *rows) {
	for _, w := range rs.all() {
		for _, part := range rs.field.Parts {
			path, by := w.at(part.Key), w.needed[part.Key]
			if o.Hidden[path] != "" || part.Computed || !part.Required && by == "" {
				continue
			}
			o.Needed[path] = true
			_, there := w.given[part.Key]
			if _, wrong := w.wrong[part.Key]; w != rs.next && !part.always && !there && !wrong {
				o.Errors = append(o.Errors, Error{Key: path, Code: part.missing(), Rule: by})
			}
		}
	}
}

// computePart fills what a rule says of each row.
func (f *Form) computePart(o *Outcome, m *moment, r *compiled) error {
	rs := m.rows[r.group]
	if rs == nil || !rs.fits {
		return nil
	}
	part, _ := rs.field.Part(r.part)
	for _, w := range rs.list {
		if !r.ready(m.answers, w) {
			continue
		}
		v, err := r.run(m, w)
		if err != nil {
			return err
		}
		text, err := f.text(part, v)
		if err == nil && text != "" {
			w.given[r.part], err = part.Typed(text)
		}
		if err != nil {
			return r.fails(m, w, err)
		}
	}
	f.bindRows(rs)
	return f.rebind(o, m, rs)
}
