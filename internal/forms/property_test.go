package forms_test

import (
	"fmt"
	"maps"
	"math/big"
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

// rule is a rule of a generated form.
type ruled struct {
	list, id, field, page string
	is                    *node
}

// asked is a question of a generated form.
type asked struct {
	key, kind, page string
	required        bool
	least, most     int64
}

// drawn is a generated form: what the product is given, and what the oracle
// knows of it.
type drawn struct {
	chance *rand.Rand
	fields []asked
	rules  []ruled
	hidden map[string]bool // keys with a visible rule of their own or of their page
}

var kindsDrawn = []string{"int", "int", "money", "bool", "choice", "choices", "date", "group"}

const partMost = 50

func draw(chance *rand.Rand) *drawn {
	d := &drawn{chance: chance, hidden: map[string]bool{}}
	for i := range 4 + chance.IntN(5) {
		f := asked{key: fmt.Sprintf("q-%d", i), kind: kindsDrawn[chance.IntN(len(kindsDrawn))], page: fmt.Sprintf("p%d", i/2), required: chance.IntN(3) > 0, most: 1 + chance.Int64N(20)}
		if f.kind == "group" {
			f.most = 1 + chance.Int64N(4)
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
	for i := range asks {
		if chance.IntN(4) == 0 {
			d.rules = append(d.rules, ruled{list: "required", id: "needed-" + strconv.Itoa(i), field: d.fields[i].key, is: d.boolean(2, d.fields[:asks], false)})
		}
	}
	for i := range chance.IntN(3) {
		key := fmt.Sprintf("c-%d", i)
		d.rules = append(d.rules, ruled{list: "value", id: "is-" + strconv.Itoa(i), field: key, is: d.number(3, d.fields, false)})
		d.fields = append(d.fields, asked{key: key, kind: "computed"})
	}
	for i := range chance.IntN(3) {
		d.rules = append(d.rules, ruled{list: "error", id: "wrong-" + strconv.Itoa(i), field: d.fields[chance.IntN(asks)].key, is: d.boolean(3, d.fields, false)})
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
		return []*node{{op: "part", key: "n"}, lit(), {op: "?", args: []*node{{op: "has-part", key: "m"}, {op: "part", key: "m"}, lit()}}}[d.chance.IntN(3)]
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
	if row {
		return []*node{{op: "<", args: []*node{{op: "part", key: "n"}, {op: "int", n: d.chance.Int64N(partMost)}}}, {op: "has-part", key: "m"}}[d.chance.IntN(2)]
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
			p.Type, p.MaxItems, p.Parts, p.Row = "array", &rows, []string{"n", "m"}, words("Row")
			p.Items = &forms.Items{Type: "object", Required: []string{"n"}, Properties: map[string]forms.Part{"n": part(), "m": part()}}
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
		fmt.Fprintf(&b, "%s %s %s%s: %s\n", r.list, r.id, r.field, r.page, r.is.cel())
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
				if d.chance.IntN(2) == 0 {
					row["m"] = d.chance.IntN(partMost)
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
				if _, there := got.answers[key]; there {
					t.Fatalf("%s is hidden and survives in %v", key, got.answers)
				}
			}
			counts["stopped"] += count(got.stopped)
			counts["hid"] += count(len(got.hidden) > 0)
			counts["accepted"] += count(!got.stopped && len(got.errors) == 0)
			counts["priced"] += count(got.fee != "")
		}
	}
	t.Logf("%v", counts)
	for _, what := range []string{"stopped", "hid", "accepted", "priced"} {
		if counts[what] < 200 {
			t.Errorf("only %d of 10,000 were %s: the test says little", counts[what], what)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// decide is the oracle's decision.
func (d *drawn) decide(given forms.Answers, variant string) verdict {
	v := verdict{answers: map[string]string{}}
	values, bad := map[string]any{}, map[string]bool{}
	var wrong []string
	for _, f := range d.fields {
		text, ok := given[f.key]
		if !ok || f.kind == "computed" {
			continue
		}
		v.answers[f.key] = text
		value, errs := judge(f, text)
		if len(errs) > 0 {
			wrong, bad[f.key] = append(wrong, errs...), true
		} else {
			values[f.key] = value
		}
	}
	s := &scene{answers: values, variant: variant, today: "2026-11-23"}
	hidden, needed := map[string]bool{}, map[string]bool{}
	run := func(r ruled) (any, bool) { // the value, and whether it could be had
		_, bare := r.is.keys()
		for _, key := range bare {
			if _, ok := values[key]; !ok {
				return nil, true // it waits
			}
		}
		value, err := s.eval(r.is)
		return value, err == nil
	}
	stopped := verdict{stopped: true}
	for _, f := range d.fields { // conditions read what stands before, so this is their order
		for _, r := range d.rules {
			if r.list != "visible" || r.field != f.key && (r.page == "" || r.page != f.page) {
				continue
			}
			shown, ok := run(r)
			if !ok {
				return stopped
			}
			if shown != true {
				hidden[f.key] = true
				delete(values, f.key)
				delete(v.answers, f.key)
			}
		}
	}
	for _, e := range wrong {
		if key, _, _ := strings.Cut(strings.Fields(e)[0], "."); !hidden[key] {
			v.errors = append(v.errors, e)
		}
	}
	for _, f := range d.fields {
		needed[f.key] = f.required
	}
	for _, r := range d.rules {
		if r.list == "required" {
			must, ok := run(r)
			if !ok {
				return stopped
			}
			needed[r.field] = needed[r.field] || must == true
		}
	}
	for _, f := range d.fields {
		if !needed[f.key] || hidden[f.key] || f.kind == "computed" {
			continue
		}
		v.needed = append(v.needed, f.key)
		if _, ok := v.answers[f.key]; !ok && !bad[f.key] {
			code := map[string]string{"bool": "choose", "choice": "choose", "choices": "choose", "group": "row"}[f.kind]
			if code == "" {
				code = "required"
			}
			v.errors = append(v.errors, f.key+" forms.error."+code)
		}
	}
	for _, r := range d.rules {
		if r.list == "value" {
			n, ok := run(r)
			if !ok {
				return stopped
			}
			if n != nil {
				values[r.field], v.answers[r.field] = n, n.(*big.Int).String()
			}
		}
	}
	for _, r := range d.rules {
		if r.list == "error" && !hidden[r.field] {
			is, ok := run(r)
			if !ok {
				return stopped
			}
			if is == true {
				v.errors = append(v.errors, r.field+" "+r.id)
			}
		}
	}
	fee, has := &forms.Fee{}, false
	for _, r := range d.rules {
		if r.list != "fee" {
			continue
		}
		has = true
		value, ok := run(r)
		if !ok {
			return stopped
		}
		if value == nil {
			_, bare := r.is.keys()
			for _, key := range bare {
				if _, there := values[key]; !there {
					fee.Waits = append(fee.Waits, key)
				}
			}
			continue
		}
		n := value.(*big.Int)
		if n.Sign() < 0 || n.Cmp(big.NewInt(1_000_000_000_000_00)) > 0 {
			return stopped
		}
		fee.Lines = append(fee.Lines, forms.Line{Rule: r.id, Amount: n.Int64()})
		fee.Total += n.Int64()
	}
	slices.Sort(fee.Waits)
	fee.Waits = slices.Compact(fee.Waits)
	if len(fee.Lines) > 0 {
		v.estimate = feeText(fee)
	}
	if has && len(v.errors) == 0 {
		v.fee = feeText(fee)
	}
	v.hidden = slices.Sorted(maps.Keys(hidden))
	slices.Sort(v.needed)
	slices.Sort(v.errors)
	return v
}

// judge says what an answer is, or what is wrong with it by itself.
func judge(f asked, text string) (any, []string) {
	wrong := func(code string) (any, []string) { return nil, []string{f.key + " forms.error." + code} }
	switch f.kind {
	case "int", "money":
		n, _ := strconv.ParseInt(text, 10, 64)
		switch {
		case n < f.least:
			return wrong("minimum")
		case n > f.most:
			return wrong("maximum")
		}
		return big.NewInt(n), nil
	case "bool":
		return text == "true", nil
	case "choice":
		if text == "d" {
			return wrong("choice")
		}
	case "choices":
		list := strings.Split(strings.Trim(text, `[]"`), `","`)
		if list[0] == "d" || len(list) == 2 && list[0] == list[1] {
			return wrong("choice")
		}
		return list, nil
	case "date":
		if text == "2026-02-30" {
			return wrong("date")
		}
	case "group":
		return judgeRows(f, text)
	}
	return text, nil
}

func judgeRows(f asked, text string) (any, []string) {
	parsed, _ := answer.Read(text)
	var rows []map[string]any
	var wrong []string
	for i, one := range parsed.([]any) {
		row := map[string]any{}
		for _, part := range []string{"m", "n"} {
			v, ok := one.(map[string]any)[part]
			n, _ := strconv.ParseInt(fmt.Sprint(v), 10, 64)
			at := fmt.Sprintf("%s.%d.%s forms.error.", f.key, i, part)
			switch {
			case !ok && part == "n":
				wrong = append(wrong, at+"required")
			case ok && n > partMost:
				wrong = append(wrong, at+"maximum")
			case ok:
				row[part] = big.NewInt(n)
			}
		}
		rows = append(rows, row)
	}
	if len(rows) > int(f.most) {
		wrong = append(wrong, f.key+" forms.error.too-many")
	}
	return rows, wrong
}
