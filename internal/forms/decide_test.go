package forms_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"portico/internal/forms"
	"portico/internal/forms/answer"
)

// drawnRow is a row as the oracle sees it.
type drawnRow struct {
	name  string
	parts map[string]any // those that are there and right
	given map[string]int64
	wrong map[string]string
}

// rowsIn takes an answer to a group apart, and adds a further row.
func rowsIn(f asked, text string, asks []string) (list []*drawnRow) {
	parsed, _ := answer.Read(text)
	given, _ := parsed.([]any)
	for i, one := range append(given, nil) {
		r := &drawnRow{name: fmt.Sprintf("%s.%d", f.key, i), parts: map[string]any{}, given: map[string]int64{}, wrong: map[string]string{}}
		if i == len(given) {
			r.name = f.key + ".*"
		}
		row, _ := one.(map[string]any)
		for _, part := range asks {
			if v, there := row[part]; there {
				r.given[part], _ = strconv.ParseInt(fmt.Sprint(v), 10, 64)
				if r.given[part] > partMost && part != "t" {
					r.wrong[part] = "maximum"
				} else {
					r.parts[part] = big.NewInt(r.given[part])
				}
			}
		}
		list = append(list, r)
	}
	return list
}

// making is a decision that is being made.
type making struct {
	form *drawn
	verdict
	scene  *scene
	bad    map[string]bool
	rows   map[string][]*drawnRow
	hidden map[string]bool
	wrong  []string
	failed bool
}

// run is the value of a rule, none as long as it waits.
func (d *making) run(r ruled, row *drawnRow) any {
	_, bare := r.is.keys()
	for _, key := range bare {
		if _, ok := d.scene.answers[key]; !ok {
			return nil
		}
	}
	s := *d.scene
	if row != nil {
		s.own = row.parts
		for _, part := range r.is.parts() {
			if _, ok := row.parts[part]; !ok {
				return nil
			}
		}
	}
	value, err := s.eval(r.is)
	if err != nil {
		d.failed = d.failed || row == nil || !strings.HasSuffix(row.name, "*")
		return nil
	}
	return value
}

// of are the rules of a list that are about a key, or about a part of it.
func (d *making) of(list string, f asked, part string) (out []ruled) {
	for _, r := range d.form.rules {
		if r.list == list && r.part == part && (r.field == f.key || r.page != "" && r.page == f.page) {
			out = append(out, r)
		}
	}
	return out
}

// keep writes the rows as they are kept, and shows them to rules that read the
// group, if nothing is wrong with them.
func (d *making) keep(f asked) {
	var texts []string
	var shown []map[string]any
	right := true
	for _, row := range d.rows[f.key] {
		if len(row.given) == 0 {
			continue
		}
		var parts []string
		for _, part := range []string{"h", "m", "n"} {
			if n, ok := row.given[part]; ok {
				parts = append(parts, fmt.Sprintf("%q:%d", part, n))
			}
			if code := row.wrong[part]; code != "" {
				d.wrong, right = append(d.wrong, row.name+"."+part+" forms.error."+code), false
			}
		}
		if n, ok := row.parts["t"]; ok {
			parts = append(parts, fmt.Sprintf("%q:%v", "t", n))
		}
		if _, ok := row.given["n"]; !ok {
			d.wrong, right = append(d.wrong, row.name+".n forms.error.required"), false
		}
		if f.needs && len(d.of("visible", f, "h")) == 0 {
			if _, ok := row.given["h"]; !ok {
				d.wrong, right = append(d.wrong, row.name+".h forms.error.required"), false
			}
		}
		texts, shown = append(texts, "{"+strings.Join(parts, ",")+"}"), append(shown, row.parts)
	}
	delete(d.answers, f.key)
	delete(d.scene.answers, f.key)
	if len(texts) == 0 {
		return
	}
	if len(texts) > int(f.most) {
		d.wrong, right = append(d.wrong, f.key+" forms.error.too-many"), false
	}
	if d.answers[f.key] = "[" + strings.Join(texts, ",") + "]"; right {
		d.scene.answers[f.key] = shown
	}
	d.bad[f.key] = !right
}

// decide is the oracle's decision.
func (d *drawn) decide(given forms.Answers, variant string) verdict {
	v := &making{
		form: d, verdict: verdict{answers: map[string]string{}}, bad: map[string]bool{}, rows: map[string][]*drawnRow{}, hidden: map[string]bool{},
		scene: &scene{answers: map[string]any{}, variant: variant, today: "2026-11-23"},
	}
	for _, f := range d.fields {
		text, ok := given[f.key]
		if f.kind == "group" {
			asks := []string{"n", "m", "h"}
			if len(v.of("value", f, "t")) == 0 {
				asks = append(asks, "t")
			}
			v.rows[f.key] = rowsIn(f, text, asks)
		}
		if !ok || f.kind == "computed" || f.kind == "group" {
			continue
		}
		v.answers[f.key] = text
		if value, code := judge(f, text); code != "" {
			v.wrong, v.bad[f.key] = append(v.wrong, f.key+" forms.error."+code), true
		} else {
			v.scene.answers[f.key] = value
		}
	}
	v.hide()
	v.need()
	v.compute()
	for _, f := range d.fields {
		for _, r := range v.of("error", f, "") {
			if !v.hidden[f.key] && v.run(r, nil) == true {
				v.errors = append(v.errors, f.key+" "+r.id)
			}
		}
		for _, part := range []string{"n", "m", "h"} {
			for _, r := range v.of("error", f, part) {
				for _, row := range v.rows[f.key] {
					if path := row.name + "." + part; len(row.given) > 0 && !v.hidden[path] && v.run(r, row) == true {
						v.errors = append(v.errors, path+" "+r.id)
					}
				}
			}
		}
	}
	v.price()
	if v.failed {
		return verdict{stopped: true}
	}
	v.verdict.hidden = slices.Sorted(maps.Keys(v.hidden))
	slices.Sort(v.needed)
	slices.Sort(v.errors)
	return v.verdict
}

// hide takes away what is not asked. Conditions read what stands before, so
// this is their order.
func (d *making) hide() {
	for _, f := range d.form.fields {
		for _, r := range d.of("visible", f, "") {
			if d.run(r, nil) != true {
				d.hidden[f.key] = true
				delete(d.scene.answers, f.key)
				delete(d.answers, f.key)
				delete(d.rows, f.key)
			}
		}
		for _, part := range []string{"m", "h"} {
			for _, r := range d.of("visible", f, part) {
				for _, row := range d.rows[f.key] {
					if d.run(r, row) != true {
						d.hidden[row.name+"."+part] = true
						delete(row.given, part)
						delete(row.parts, part)
						delete(row.wrong, part)
					}
				}
			}
		}
		if d.rows[f.key] != nil {
			d.keep(f)
		}
	}
	for _, e := range d.wrong {
		if key, _, _ := strings.Cut(strings.Fields(e)[0], "."); !d.hidden[key] {
			d.errors = append(d.errors, e)
		}
	}
}

// need says what must be answered, and what of it is not.
func (d *making) need() {
	for _, f := range d.form.fields {
		needed := f.required
		for _, r := range d.of("required", f, "") {
			if d.run(r, nil) == true {
				needed = true
			}
		}
		if needed && !d.hidden[f.key] && f.kind != "computed" {
			d.needed = append(d.needed, f.key)
			if _, ok := d.answers[f.key]; !ok && !d.bad[f.key] {
				code := map[string]string{"bool": "choose", "choice": "choose", "choices": "choose", "group": "row"}[f.kind]
				if code == "" {
					code = "required"
				}
				d.errors = append(d.errors, f.key+" forms.error."+code)
			}
		}
		for _, row := range d.rows[f.key] {
			if !strings.HasSuffix(row.name, "*") && len(row.given) == 0 {
				continue // a blank row is none
			}
			for _, part := range []string{"n", "m", "h"} {
				path := row.name + "." + part
				always := part == "n" || part == "h" && f.needs
				must := always
				for _, r := range d.of("required", f, part) {
					if d.run(r, row) == true {
						must = true
					}
				}
				if !must || d.hidden[path] {
					continue
				}
				d.needed = append(d.needed, path)
				said := part == "n" || always && len(d.of("visible", f, part)) == 0 // by the schema
				if _, ok := row.given[part]; !ok && !said && !strings.HasSuffix(row.name, "*") {
					d.errors = append(d.errors, path+" forms.error.required")
				}
			}
		}
	}
}

// compute fills what rules say, that of rows first: it reads none of the rest.
func (d *making) compute() {
	for _, f := range d.form.fields {
		for _, r := range d.of("value", f, "t") {
			if d.scene.answers[f.key] == nil {
				continue
			}
			for _, row := range d.rows[f.key] {
				if len(row.given) > 0 {
					if n := d.run(r, row); n != nil {
						row.parts["t"] = n
					}
				}
			}
			d.wrong = nil
			d.keep(f)
		}
	}
	for _, f := range d.form.fields {
		for _, r := range d.of("value", f, "") {
			if n, ok := d.run(r, nil).(*big.Int); ok {
				d.scene.answers[f.key], d.answers[f.key] = n, n.String()
			}
		}
	}
}

// price adds up the fee.
func (d *making) price() {
	fee, has := &forms.Fee{}, false
	for _, r := range d.form.rules {
		if r.list != "fee" {
			continue
		}
		has = true
		value := d.run(r, nil)
		if value == nil {
			_, bare := r.is.keys()
			for _, key := range bare {
				if _, there := d.scene.answers[key]; !there {
					fee.Waits = append(fee.Waits, key)
				}
			}
			continue
		}
		n := value.(*big.Int)
		if n.Sign() < 0 || n.Cmp(big.NewInt(1_000_000_000_000_00)) > 0 {
			d.failed = true
			return
		}
		fee.Lines = append(fee.Lines, forms.Line{Rule: r.id, Amount: n.Int64()})
		fee.Total += n.Int64()
	}
	slices.Sort(fee.Waits)
	fee.Waits = slices.Compact(fee.Waits)
	if len(fee.Lines) > 0 {
		d.estimate = feeText(fee)
	}
	if has && len(d.errors) == 0 {
		d.fee = feeText(fee)
	}
}

// judge says what an answer is, or what is wrong with it by itself.
func judge(f asked, text string) (any, string) {
	wrong := func(code string) (any, string) { return nil, code }
	switch f.kind {
	case "int", "money":
		n, _ := strconv.ParseInt(text, 10, 64)
		switch {
		case n < f.least:
			return wrong("minimum")
		case n > f.most:
			return wrong("maximum")
		}
		return big.NewInt(n), ""
	case "bool":
		return text == "true", ""
	case "choice":
		if text == "d" {
			return wrong("choice")
		}
	case "choices":
		list := strings.Split(strings.Trim(text, `[]"`), `","`)
		if list[0] == "d" || len(list) == 2 && list[0] == list[1] {
			return wrong("choice")
		}
		return list, ""
	case "date":
		if text == "2026-02-30" {
			return wrong("date")
		}
	}
	return text, ""
}
