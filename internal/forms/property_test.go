package forms_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/formstest"
	"portico/internal/platform/i18n"
	"portico/internal/testkit"
)

// ruled is a rule of a generated form; one with a part is about each row.
type ruled struct {
	list, id, field, part, page string
	is                          *node
}

// asked is a question of a generated form.
type asked struct {
	key, kind, page string
	required        bool
	least, most     int64
	needs           bool // of a group: the schema demands the part h
}

// drawn is a generated form: what the product is given, and what the oracle
// knows of it.
type drawn struct {
	chance *rand.Rand
	fields []asked
	rules  []ruled
	hidden map[string]bool // keys with a visible rule of their own or of their page
	own    []string        // the parts that the rule may read which is drawn
	late   bool            // it may read what is computed
}

var kindsDrawn = []string{"int", "int", "money", "bool", "choice", "choices", "date", "group"}

const partMost = 50

func draw(chance *rand.Rand) *drawn {
	d := &drawn{chance: chance, hidden: map[string]bool{}}
	for i := range 4 + chance.IntN(5) {
		f := asked{key: fmt.Sprintf("q-%d", i), kind: kindsDrawn[chance.IntN(len(kindsDrawn))], page: fmt.Sprintf("p%d", i/2), required: chance.IntN(3) > 0, most: 1 + chance.Int64N(20)}
		if f.kind == "group" {
			f.most, f.needs = 1+chance.Int64N(4), chance.IntN(2) == 0
		}
		d.fields = append(d.fields, f)
	}
	asks := len(d.fields)
	// Conditions read what stands before, so that none goes in a circle.
	for i := 1; i < asks; i++ {
		f := d.fields[i]
		if i%2 == 0 && chance.IntN(5) == 0 {
			d.rules = append(d.rules, ruled{list: "visible", id: "page-" + strconv.Itoa(i), page: f.page, is: d.boolean(2, d.fields[:i], false)})
			for _, g := range d.fields[i:min(i+2, asks)] {
				d.hidden[g.key] = true
			}
		}
		if chance.IntN(3) == 0 {
			d.rules = append(d.rules, ruled{list: "visible", id: "shown-" + strconv.Itoa(i), field: f.key, is: d.boolean(2, d.fields[:i], false)})
			d.hidden[f.key] = true
		}
	}
	// about draws a rule about a part, which reads its own row too.
	about := func(list string, i int, part string, own []string, from []asked, draw func(int, []asked, bool) *node) {
		if d.fields[i].kind != "group" || chance.IntN(2) == 0 {
			return
		}
		d.own = own
		d.rules = append(d.rules, ruled{list: list, id: fmt.Sprintf("%s-%s-%d", list, part, i), field: d.fields[i].key, part: part, is: draw(2, from, false)})
		d.own = nil
	}
	for i := range asks {
		about("visible", i, "m", []string{"n"}, d.fields[:i], d.boolean)
		about("visible", i, "h", []string{"n", "m"}, d.fields[:i], d.boolean)
		about("required", i, "m", []string{"n", "h"}, d.fields[:asks], d.boolean)
		about("required", i, "h", []string{"n", "m", "h"}, d.fields[:asks], d.boolean)
	}
	for i := range asks {
		if chance.IntN(4) == 0 {
			d.rules = append(d.rules, ruled{list: "required", id: "needed-" + strconv.Itoa(i), field: d.fields[i].key, is: d.boolean(2, d.fields[:asks], false)})
		}
	}
	d.late = true
	for i := range asks {
		about("value", i, "t", []string{"n", "m", "h"}, d.fields[:i], d.number)
	}
	for i := range chance.IntN(3) {
		key := fmt.Sprintf("c-%d", i)
		d.rules = append(d.rules, ruled{list: "value", id: "is-" + strconv.Itoa(i), field: key, is: d.number(3, d.fields, false)})
		d.fields = append(d.fields, asked{key: key, kind: "computed"})
	}
	for i := range chance.IntN(3) {
		d.rules = append(d.rules, ruled{list: "error", id: "wrong-" + strconv.Itoa(i), field: d.fields[chance.IntN(asks)].key, is: d.boolean(3, d.fields, false)})
	}
	for i := range asks {
		about("error", i, []string{"n", "m", "h"}[i%3], []string{"n", "m", "h", "t"}, d.fields, d.boolean)
	}
	for i := range chance.IntN(3) {
		d.rules = append(d.rules, ruled{list: "fee", id: "fee-" + strconv.Itoa(i), is: d.number(3, d.fields, false)})
	}
	return d
}

func (d *drawn) pick(kinds []string, from []asked) (asked, bool) {
	fits := slices.DeleteFunc(slices.Clone(from), func(f asked) bool { return !slices.Contains(kinds, f.kind) })
	if len(fits) == 0 {
		return asked{}, false
	}
	return fits[d.chance.IntN(len(fits))], true
}

// read reads an answer: bare where it is always there, else after has().
func (d *drawn) read(f asked, otherwise *node, use func(read *node) *node) *node {
	read := use(&node{op: "read", key: f.key})
	if (f.required && !d.hidden[f.key] || f.kind == "computed") && d.chance.IntN(2) == 0 {
		return read
	}
	has := &node{op: "has", key: f.key}
	if otherwise == nil {
		return &node{op: "&&", args: []*node{has, read}}
	}
	return &node{op: "?", args: []*node{has, read, otherwise}}
}

func plain(n *node) *node { return n }

// part reads a part: of each row of a list, or of the row that the rule is
// about. The part n is always there.
func (d *drawn) part(op string, parts []string, otherwise *node) *node {
	key := parts[d.chance.IntN(len(parts))]
	read, has := &node{op: op, key: key}, &node{op: "has-" + op, key: key}
	if key == "n" && d.chance.IntN(2) == 0 {
		return read
	}
	return &node{op: "?", args: []*node{has, read, otherwise}}
}

// parts are those that a rule may read of the rows of a list.
func (d *drawn) parts() []string {
	if d.late {
		return []string{"n", "m", "h", "t"}
	}
	return []string{"n", "m", "h"}
}

// number draws an expression that is a whole number; in a row, of its parts.
func (d *drawn) number(depth int, from []asked, row bool) *node {
	lit := func() *node {
		if d.chance.IntN(30) == 0 {
			return &node{op: "int", n: 1<<62 + d.chance.Int64N(1<<61)}
		}
		return &node{op: "int", n: d.chance.Int64N(12)}
	}
	if depth > 0 && d.chance.IntN(3) > 0 {
		a, b := d.number(depth-1, from, row), d.number(depth-1, from, row)
		switch op := []string{"+", "+", "-", "*", "*", "/", "%", "begun", "?"}[d.chance.IntN(9)]; op {
		case "?":
			return &node{op: op, args: []*node{d.boolean(depth-1, from, row), a, b}}
		default:
			return &node{op: op, args: []*node{a, b}}
		}
	}
	if row {
		return []*node{d.part("part", d.parts(), lit()), lit()}[d.chance.IntN(2)]
	}
	if d.own != nil && d.chance.IntN(2) == 0 {
		return d.part("own", d.own, lit())
	}
	f, ok := d.pick([]string{"int", "money", "computed", "choices", "group"}, from)
	if !ok || d.chance.IntN(4) == 0 {
		return lit()
	}
	return d.read(f, lit(), func(read *node) *node {
		switch {
		case f.kind == "group" && d.chance.IntN(2) == 0:
			if d.chance.IntN(2) == 0 {
				read = &node{op: "filter", args: []*node{read, d.boolean(1, nil, true)}}
			}
			return &node{op: "sum", args: []*node{{op: "map", args: []*node{read, d.number(1, nil, true)}}}}
		case f.kind == "group", f.kind == "choices":
			return &node{op: "size", args: []*node{read}}
		}
		return read
	})
}

// boolean draws a condition.
func (d *drawn) boolean(depth int, from []asked, row bool) *node {
	if depth > 0 && d.chance.IntN(2) == 0 {
		switch op := []string{"&&", "||", "!", "<", "<=", "==", "?"}[d.chance.IntN(7)]; op {
		case "!":
			return &node{op: op, args: []*node{d.boolean(depth-1, from, row)}}
		case "&&", "||":
			return &node{op: op, args: []*node{d.boolean(depth-1, from, row), d.boolean(depth-1, from, row)}}
		case "?":
			return &node{op: op, args: []*node{d.boolean(depth-1, from, row), d.boolean(depth-1, from, row), d.boolean(depth-1, from, row)}}
		default:
			return &node{op: op, args: []*node{d.number(depth-1, from, row), d.number(depth-1, from, row)}}
		}
	}
	few := &node{op: "int", n: d.chance.Int64N(partMost)}
	has := func(op string, parts []string) *node {
		return &node{op: "has-" + op, key: parts[d.chance.IntN(len(parts))]}
	}
	if row {
		return []*node{{op: "<", args: []*node{d.part("part", d.parts(), few), few}}, has("part", d.parts())}[d.chance.IntN(2)]
	}
	if d.own != nil && d.chance.IntN(3) > 0 {
		return []*node{{op: "<", args: []*node{d.part("own", d.own, few), few}}, has("own", d.own)}[d.chance.IntN(2)]
	}
	f, ok := d.pick([]string{"bool", "choice", "choices", "date", "group"}, from)
	switch {
	case !ok && d.chance.IntN(2) == 0:
		return &node{op: "==", args: []*node{{op: "variant"}, {op: "text", text: "renew"}}}
	case !ok:
		return &node{op: []string{"true", "false"}[d.chance.IntN(2)]}
	}
	word := &node{op: "text", text: []string{"a", "b", "c"}[d.chance.IntN(3)]}
	return d.read(f, nil, map[string]func(*node) *node{
		"bool":    plain,
		"choice":  func(read *node) *node { return &node{op: "==", args: []*node{read, word}} },
		"choices": func(read *node) *node { return &node{op: "in", args: []*node{word, read}} },
		"date":    func(read *node) *node { return &node{op: "<", args: []*node{read, {op: "today"}}} },
		"group": func(read *node) *node {
			return &node{op: []string{"exists", "all"}[d.chance.IntN(2)], args: []*node{read, d.boolean(1, nil, true)}}
		},
	}[f.kind])
}

// compiled gives the form to the product; none if a rule costs too much.
func (d *drawn) compiled(t *testing.T) *forms.Form {
	words := func(s string) i18n.Text { return i18n.Text{"en": s} }
	file := &forms.File{Schema: forms.Schema{Type: "object", Properties: map[string]forms.Property{}}, Declaration: words("d")}
	abc, options := []string{"a", "b", "c"}, map[string]i18n.Text{"a": words("A"), "b": words("B"), "c": words("C")}
	for _, f := range d.fields {
		least, most, rows := float64(f.least), float64(f.most), int(f.most)
		p := forms.Property{Part: forms.Part{Label: words(f.key)}, Why: words("w"), Category: "c"}
		switch f.kind {
		case "computed":
			p.Type = "integer"
		case "int", "money":
			p.Type, p.Minimum, p.Maximum = "integer", &least, &most
			if f.kind == "money" {
				p.Format = "money"
			}
		case "bool":
			p.Type = "boolean"
		case "choice":
			p.Type, p.Enum, p.Options = "string", abc, options
		case "choices":
			p.Type, p.Items, p.Options = "array", &forms.Items{Type: "string", Enum: abc}, options
		case "date":
			p.Type, p.Format = "string", "date"
		case "group":
			part := func() forms.Part {
				zero, most := 0.0, float64(partMost)
				return forms.Part{Type: "integer", Minimum: &zero, Maximum: &most, Label: words("n")}
			}
			p.Type, p.MaxItems, p.Parts, p.Row = "array", &rows, []string{"n", "m", "h", "t"}, words("Row")
			p.Items = &forms.Items{Type: "object", Required: []string{"n"}, Properties: map[string]forms.Part{"n": part(), "m": part(), "h": part(), "t": {Type: "integer", Label: words("t")}}}
			if f.needs {
				p.Items.Required = append(p.Items.Required, "h")
			}
		}
		if f.required {
			file.Schema.Required = append(file.Schema.Required, f.key)
		}
		file.Schema.Properties[f.key] = p
		if f.page != "" {
			if n := len(file.Pages); n == 0 || file.Pages[n-1].ID != f.page {
				file.Pages = append(file.Pages, forms.Page{ID: f.page, Title: words("p")})
			}
			last := &file.Pages[len(file.Pages)-1]
			last.Fields = append(last.Fields, f.key)
		}
	}
	r := &forms.Rules{}
	for _, x := range d.rules {
		if x.part != "" {
			x.field += "." + x.part
		}
		switch text := x.is.cel(); x.list {
		case "visible":
			r.Visible = append(r.Visible, forms.When{ID: x.id, Field: x.field, Page: x.page, When: text})
		case "required":
			r.Required = append(r.Required, forms.When{ID: x.id, Field: x.field, When: text})
		case "value":
			r.Value = append(r.Value, forms.Is{ID: x.id, Field: x.field, Is: text})
		case "error":
			r.Error = append(r.Error, forms.Says{ID: x.id, Field: x.field, When: text, Says: words("no")})
		case "fee":
			r.Fee = append(r.Fee, forms.Cost{ID: x.id, Label: words("f"), Is: text})
		}
	}
	f, problems := forms.Compile("svc", file, r, formstest.Env())
	for _, p := range problems {
		if !strings.Contains(p.Message, "make it simpler") {
			t.Fatalf("%+v of %s", p, d)
		}
	}
	return f
}

func (d *drawn) String() string {
	var b strings.Builder
	for _, f := range d.fields {
		fmt.Fprintf(&b, "%+v\n", f)
	}
	for _, r := range d.rules {
		fmt.Fprintf(&b, "%s %s %s%s.%s: %s\n", r.list, r.id, r.field, r.page, r.part, r.is.cel())
	}
	return b.String()
}

// answers draws what somebody sends: right, wrong, or nothing.
func (d *drawn) answers() forms.Answers {
	out := forms.Answers{}
	number := func(f asked) int64 { return d.chance.Int64N(f.most+f.most/4+2) - f.most/8 }
	for _, f := range d.fields {
		if d.chance.IntN(5) == 0 {
			continue
		}
		switch f.kind {
		case "int", "money", "computed":
			out[f.key] = strconv.FormatInt(number(f), 10)
		case "bool":
			out[f.key] = strconv.FormatBool(d.chance.IntN(2) == 0)
		case "choice":
			out[f.key] = []string{"a", "b", "c", "d"}[d.chance.IntN(4)]
		case "choices":
			out[f.key] = []string{`["a"]`, `["a","c"]`, `["b","c"]`, `["d"]`, `["a","a"]`}[d.chance.IntN(5)]
		case "date":
			out[f.key] = []string{"2026-11-22", "2026-11-23", "2026-11-24", "2026-02-30"}[d.chance.IntN(4)]
		case "group":
			rows := []any{}
			for range 1 + d.chance.Int64N(f.most+f.most/3) {
				row := map[string]any{"n": d.chance.IntN(partMost + 2)}
				for _, part := range []string{"m", "h", "t"} {
					if d.chance.IntN(2) == 0 {
						row[part] = d.chance.IntN(partMost + partMost/25)
					}
				}
				if d.chance.IntN(20) == 0 {
					delete(row, "n")
				}
				rows = append(rows, row)
			}
			out[f.key] = answer.JSON(rows)
		}
	}
	return out
}

// verdict is a decision, written so that two can be compared.
type verdict struct {
	stopped  bool
	answers  map[string]string
	hidden   []string
	needed   []string
	errors   []string
	fee      string
	estimate string
}

func (v verdict) String() string {
	return fmt.Sprintf("stopped %v\nanswers %v\nhidden %v\nneeded %v\nerrors %v\nfee %s\nestimate %s", v.stopped, v.answers, v.hidden, v.needed, v.errors, v.fee, v.estimate)
}

func feeText(fee *forms.Fee) string {
	if fee == nil {
		return ""
	}
	text := fmt.Sprintf("%d waiting %v", fee.Total, fee.Waits)
	for _, l := range fee.Lines {
		text += fmt.Sprintf(" %s=%d", l.Rule, l.Amount)
	}
	return text
}

// product is what the form decides.
func product(f *forms.Form, given forms.Answers, at forms.At) verdict {
	o, err := f.Check(given, at)
	if err != nil {
		return verdict{stopped: true}
	}
	v := verdict{answers: o.Answers, hidden: slices.Sorted(maps.Keys(o.Hidden)), needed: slices.Sorted(maps.Keys(o.Needed)), fee: feeText(o.Fee), estimate: feeText(o.Estimate)}
	for _, e := range o.Errors {
		code := e.Code
		if len(e.Says) > 0 {
			code = e.Rule
		}
		v.errors = append(v.errors, e.Key+" "+code)
	}
	slices.Sort(v.errors)
	return v
}

// TestTenThousandFormsAndAnswersAreDecidedAsTheRulesSay compares what the
// product decides with an interpreter of the rules that shares nothing with
// it: what is visible, needed, computed, wrong and to be paid, and that no
// hidden value survives.
func TestTenThousandFormsAndAnswersAreDecidedAsTheRulesSay(t *testing.T) {
	chance := testkit.Chance(t)
	counts := map[string]int{}
	for tried := 0; tried < 10000; {
		d := draw(chance)
		f := d.compiled(t)
		if f == nil {
			counts["too costly"]++
			continue
		}
		for range 20 {
			tried++
			given := d.answers()
			at := forms.At{Now: time.Date(2026, 11, 23, chance.IntN(24), 0, 0, 0, formstest.Zone()), Variant: []string{"", "renew"}[chance.IntN(2)]}
			got, want := product(f, given, at), d.decide(given, at.Variant)
			if got.String() != want.String() {
				t.Fatalf("answers %v, variant %q\n%sgot\n%s\nwant\n%s", given, at.Variant, d, got, want)
			}
			for _, key := range got.hidden {
				if survives(given, got.answers, key) {
					t.Fatalf("%s is hidden and survives in %v", key, got.answers)
				}
				counts["hid a part"] += count(strings.Contains(key, ".") && !strings.Contains(key, "*"))
			}
			for _, e := range got.errors {
				counts["a row was wrong by a rule"] += count(strings.Contains(e, ".") && strings.Contains(e, " error-"))
				counts["a part was needed"] += count(strings.HasSuffix(e, ".m forms.error.required") || strings.HasSuffix(e, ".h forms.error.required"))
			}
			counts["stopped"] += count(got.stopped)
			counts["hid"] += count(len(got.hidden) > 0)
			counts["accepted"] += count(!got.stopped && len(got.errors) == 0)
			counts["priced"] += count(got.fee != "")
		}
	}
	t.Logf("%v", counts)
	for _, what := range []string{"stopped", "hid", "accepted", "priced", "hid a part", "a row was wrong by a rule", "a part was needed"} {
		if counts[what] < 200 {
			t.Errorf("only %d of 10,000 were %s: the test says little", counts[what], what)
		}
	}
}

// survives reports whether the answer to a question, or the part of a row, is
// there. Where a row was left out because nothing else was in it, the rest is as
// the oracle says.
func survives(given forms.Answers, kept map[string]string, path string) bool {
	words := strings.Split(path, ".")
	if len(words) < 3 || words[1] == "*" {
		return kept[path] != ""
	}
	rows := func(text string) []any {
		v, _ := answer.Read(text)
		list, _ := v.([]any)
		return list
	}
	was, is := rows(given[words[0]]), rows(kept[words[0]])
	n, _ := strconv.Atoi(words[1])
	if len(is) < len(was) {
		return false
	}
	_, there := is[n].(map[string]any)[words[2]]
	return there
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
