package forms

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"portico/internal/forms/rule"
	"portico/internal/platform/i18n"
)

// rules are the compiled rules of a form, each list in the order in which it
// is evaluated.
type rules struct {
	visible, required, value, wrong, fee, decision []compiled
}

// compiled is one compiled expression.
type compiled struct {
	id      string
	field   string
	page    string // instead of a field
	group   string // of a part, which it decides row by row
	part    string
	targets []string  // keys that it decides on: the field, or all of the page
	text    i18n.Text // because, says or label
	*rule.Rule
}

// RuleError says that a rule could not be evaluated. It stops a submission.
type RuleError struct {
	Rule string
	Err  error
	Read []Read // what the rule read
}

// Error names the rule only: the cause may hold a value.
func (e *RuleError) Error() string { return "rule " + e.Rule + " could not be evaluated" }

// Unwrap returns the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// Explain says why, with the values that the rule read: for who writes rules
// and tests them with answers of nobody.
func (e *RuleError) Explain() string {
	var read []string
	for _, r := range e.Read {
		read = append(read, r.String())
	}
	says := e.Error()
	if e.Err != nil {
		says += ": " + e.Err.Error()
	}
	if len(read) > 0 {
		says += "; it read " + strings.Join(read, ", ")
	}
	return says
}

// Read is one answer that a rule looked at.
type Read struct {
	Key   string
	Label i18n.Text
	Text  string // canonical, empty for an answer that is not there
}

// String is the answer as a test file writes it.
func (r Read) String() string {
	if r.Text == "" {
		return r.Key + " (not answered)"
	}
	return r.Key + " = " + r.Text
}

// compileRules checks the rules against the fields.
func (c *compiler) compileRules(file *Rules) {
	envs, err := c.environments()
	if err != nil {
		c.fail(rulesFile, "", "%v", err)
		return
	}
	ids := map[string]bool{}
	one := func(list string, i int, id, field, key, expression string, want *cel.Type, text i18n.Text) (compiled, bool) {
		at := fmt.Sprintf("%s/%d", list, i)
		before := len(c.problems)
		if !keyForm.MatchString(id) || ids[id] {
			c.fail(rulesFile, at+"/id", "a rule has an id of its own, in small letters: %q", id)
		}
		ids[id] = true
		if field != "" {
			c.target(list, at, field)
		}
		r := compiled{id: id, field: field, text: text, targets: []string{field}}
		var err error
		times := 1
		if _, group, ok := c.form.declared(field); ok && group != "" {
			of, _ := c.form.Field(group)
			r.group, r.part, times = group, strings.TrimPrefix(field, group+"."), of.Rows.Max
		}
		if r.Rule, err = envs[r.group].Compile(expression, want, times); err != nil {
			c.fail(rulesFile, at+"/"+key, "%v", err)
		}
		if w := warrantyOf(field); c.form.has(w) {
			r.targets = append(r.targets, w)
		}
		return r, len(c.problems) == before
	}
	all := &c.form.rules
	for i, w := range file.Visible {
		r, ok := one("visible", i, w.ID, w.Field, "when", w.When, cel.BoolType, w.Because)
		page, known := c.form.Page(w.Page)
		switch at := fmt.Sprintf("visible/%d", i); {
		case (w.Field == "") == (w.Page == ""):
			c.fail(rulesFile, at+"/field", "a rule is about a field or about a page: name one of them")
		case w.Page != "" && !known:
			c.fail(rulesFile, at+"/page", "the form has no page %q", w.Page)
		case w.Page != "":
			r.page, r.targets = w.Page, page.Fields
		}
		if ok {
			all.visible = append(all.visible, r)
		}
	}
	for i, w := range file.Required {
		if w.Field == "" || w.Page != "" {
			c.fail(rulesFile, fmt.Sprintf("required/%d/field", i), "what must be answered is a field: name it")
		}
		if r, ok := one("required", i, w.ID, w.Field, "when", w.When, cel.BoolType, w.Because); ok {
			all.required = append(all.required, r)
		}
	}
	for i, v := range file.Value {
		field, _, _ := c.form.declared(v.Field)
		if r, ok := one("value", i, v.ID, v.Field, "is", v.Is, field.celType(), nil); ok {
			all.value = append(all.value, r)
		}
	}
	for i, s := range file.Error {
		if r, ok := one("error", i, s.ID, s.Field, "when", s.When, cel.BoolType, s.Says); ok {
			all.wrong = append(all.wrong, r)
		}
	}
	for i, v := range file.Fee {
		if r, ok := one("fee", i, v.ID, "", "is", v.Is, cel.IntType, v.Label); ok {
			all.fee = append(all.fee, r)
		}
	}
	for i, v := range file.Decision {
		if r, ok := one("decision", i, v.ID, "", "when", v.When, cel.BoolType, v.Because); ok {
			all.decision = append(all.decision, r)
		}
	}
	if len(c.problems) == 0 {
		c.order("visible", all.visible)
		c.order("value", all.value)
		c.guards(all)
	}
}

// environments are those of rules about the answers, and by group about each
// of its rows.
func (c *compiler) environments() (map[string]*rule.Environment, error) {
	env, err := rule.New(c.form.ruled)
	all := map[string]*rule.Environment{"": env}
	for _, f := range c.form.fields {
		if err == nil && f.Kind == Group {
			all[f.Key], err = env.Of(rowType + rule.Variable(f.Key))
		}
	}
	return all, err
}

// target checks that a rule of a list can be about a field.
func (c *compiler) target(list, at, key string) {
	field, _, ok := c.form.declared(key)
	switch {
	case !ok:
		c.fail(rulesFile, at+"/field", "the form has no field %q", key)
	case list == "visible":
	case field.Kind == Info:
		c.fail(rulesFile, at+"/field", "%q is information: nothing is answered", key)
	case list == "value" && slices.Contains([]Kind{Group, Files, Choices, Address, Party, Warranty}, field.Kind):
		c.fail(rulesFile, at+"/field", "%q is a %s, which no rule computes", key, field.Kind)
	}
}

// has reports whether there is a question with this key.
func (f *Form) has(key string) bool {
	_, ok := f.index[key]
	return ok
}

// order sorts rules so that each comes after those that decide on what it
// reads, and reports a field with two rules and a circle.
func (c *compiler) order(list string, rs []compiled) {
	var sorted []compiled
	left := slices.Clone(rs)
	for i, r := range rs {
		if slices.ContainsFunc(rs[:i], func(o compiled) bool { return o.field == r.field && o.page == r.page }) {
			c.fail(rulesFile, fmt.Sprintf("%s/%d/field", list, i), "%q has two such rules", r.field+r.page)
			return
		}
	}
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(r compiled) bool {
			return !slices.ContainsFunc(left, func(o compiled) bool { return o.decides(&r) })
		})
		if i < 0 {
			c.fail(rulesFile, list, "rules depend on each other in a circle, among them %q", left[0].id)
			return
		}
		sorted = append(sorted, left[i])
		left = slices.Delete(left, i, i+1)
	}
	copy(rs, sorted)
}

// decides reports whether a rule decides on what another one reads: an answer,
// a group by its parts, parts of the other's row, or whether it has rows.
func (o *compiled) decides(r *compiled) bool {
	return slices.Contains(r.Asks, o.group) || slices.ContainsFunc(o.targets, func(key string) bool {
		return slices.Contains(r.Asks, key) || key == r.group ||
			r.group == o.group && slices.Contains(r.Sees, o.part)
	})
}

// guards reports rules that read what may be unanswered when they run.
func (c *compiler) guards(all *rules) {
	hides := func(key string) bool {
		return slices.ContainsFunc(all.visible, func(r compiled) bool { return slices.Contains(r.targets, key) })
	}
	computed := map[string]bool{} // TYPE.PART
	for _, r := range all.value {
		computed[rowType+rule.Variable(r.group)+"."+rule.Variable(r.part)] = r.group != ""
	}
	for list, rs := range map[string][]compiled{"visible": all.visible, "required": all.required, "value": all.value, "error": all.wrong, "fee": all.fee, "decision": all.decision} {
		for _, r := range rs {
			for _, key := range r.Asks {
				if f, _ := c.form.Field(key); f.Computed && (list == "visible" || list == "required") {
					c.fail(rulesFile, list+"/"+r.id, "%q is computed later: say the condition by what is asked", key)
				}
			}
			for _, place := range r.Looks {
				if computed[place] && (list == "visible" || list == "required") {
					c.fail(rulesFile, list+"/"+r.id, "%q is computed later: say the condition by what is asked", place[strings.Index(place, ".")+1:])
				}
			}
			for _, part := range r.Needs {
				key := r.group + "." + part
				if f, _, _ := c.form.declared(key); hides(key) || !f.Required && !f.Computed {
					c.fail(rulesFile, list+"/"+r.id, "%q may be unanswered: ask has(row.%s) first", part, rule.Variable(part))
				}
			}
			for _, key := range r.Reads {
				if f, _ := c.form.Field(key); hides(key) || !f.Required && !f.Computed {
					c.fail(rulesFile, list+"/"+r.id, "%q may be unanswered: ask has(answers.%s) first", key, rule.Variable(key))
				}
			}
		}
	}
	for i, r := range all.value {
		if hides(r.field) {
			c.fail(rulesFile, fmt.Sprintf("value/%d/field", i), "%q is computed, so it cannot be hidden", r.field)
		}
	}
}

// moment is what the rules of one evaluation see: the answers that count at
// that point, and the circumstances.
type moment struct {
	form    *Form
	answers Answers
	vars    map[string]any
	rows    map[string]*rows // of groups
	bad     error            // an answer is not in its canonical form
}

// bind gives answers and circumstances to rules. Answers that come later are
// added by set.
func (f *Form) bind(answers Answers, at At) *moment {
	local := at.Now.In(f.zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, f.zone)
	values := rule.Bound{}
	m := &moment{form: f, answers: answers, vars: map[string]any{
		object: values, "now": types.Timestamp{Time: at.Now.UTC()}, "today": types.Timestamp{Time: today.UTC()}, "variant": types.String(at.Variant),
	}}
	for key, text := range answers {
		v, err := f.celValue(key, text)
		if err != nil {
			m.bad = fmt.Errorf("%s: %w", key, err)
			continue
		}
		values[rule.Variable(key)] = v
	}
	return m
}

// drop takes an answer away, add gives one.
func (m *moment) drop(key string) {
	delete(m.answers, key)
	delete(m.vars[object].(rule.Bound), rule.Variable(key)) //nolint:forcetypeassert // bind put it there
}

func (m *moment) add(key, text string, v ref.Val) {
	m.answers[key] = text
	m.vars[object].(rule.Bound)[rule.Variable(key)] = v //nolint:forcetypeassert // bind put it there
}

// of are the rows that a rule is about, one that is none if it is about none.
func (m *moment) of(r *compiled) []*row {
	switch rs := m.rows[r.group]; {
	case r.group == "":
		return []*row{nil}
	case rs != nil:
		return rs.list
	}
	return nil
}

// at is what a rule decides on, in a row if it is about rows.
func (r *compiled) at(w *row) string {
	if w == nil {
		return r.field
	}
	return w.at(r.part)
}

// read lists what a rule looks at.
func (m *moment) read(r *compiled, w *row) []Read {
	var out []Read
	for _, key := range r.Asks {
		field, _ := m.form.Field(key)
		out = append(out, Read{Key: key, Label: field.Label, Text: m.answers[key]})
	}
	for _, part := range r.Sees {
		if w == nil {
			break
		}
		field, _, _ := m.form.declared(r.group + "." + part)
		read := Read{Key: w.at(part), Label: field.Label}
		if v, there := w.given[part]; there {
			read.Text = fmt.Sprint(v)
		}
		out = append(out, read)
	}
	return out
}

// fails makes the error of a rule.
func (r *compiled) fails(m *moment, w *row, err error) error {
	return &RuleError{Rule: r.id, Err: err, Read: m.read(r, w)}
}

// run evaluates one rule, about a row or about none.
func (r *compiled) run(m *moment, w *row) (ref.Val, error) {
	if m.bad != nil {
		return nil, r.fails(m, w, m.bad)
	}
	vars := m.vars
	if w != nil {
		vars = maps.Clone(vars)
		vars[rule.Row] = w.bound
	}
	v, err := r.Run(vars)
	if err != nil {
		return nil, r.fails(m, w, err)
	}
	return v, nil
}

// holdsIf evaluates a condition, which does not hold as long as it waits.
func (r *compiled) holdsIf(m *moment, w *row) (bool, error) {
	if !r.ready(m.answers, w) {
		return false, nil
	}
	v, err := r.run(m, w)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, r.fails(m, w, errors.New("no yes or no"))
	}
	return bool(b), nil
}

// waits lists the answers that the rule needs and that are not there.
func (r *compiled) waits(answers Answers, w *row) []string {
	out := slices.DeleteFunc(slices.Clone(r.Reads), func(key string) bool { _, ok := answers[key]; return ok })
	for _, part := range r.Needs {
		if w != nil && w.bound[rule.Variable(part)] == nil {
			out = append(out, w.at(part))
		}
	}
	return out
}

// ready reports whether all that the rule needs is answered.
func (r *compiled) ready(answers Answers, w *row) bool { return len(r.waits(answers, w)) == 0 }
