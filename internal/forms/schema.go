package forms

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"portico/internal/forms/answer"

	"portico/internal/platform/i18n"
)

// part compiles what a question and a part of a group have in common.
func (c *compiler) part(key string, p Part, at string) Field {
	f := Field{Key: key, Label: p.Label, Hint: p.Hint, Unit: p.Unit, Least: p.Minimum, Most: p.Maximum}
	wrong := func(key, format string, args ...any) { c.fail(formFile, at+"/"+key, format, args...) }
	formats := map[string][]string{
		"string": {"", "date", "time", "date-time", "email", "phone", "identity-number"}, "integer": {"", "money"},
		"number": {""}, "boolean": {""}, "array": {"", "file"}, "object": {"address", "party"},
	}[p.Type]
	switch {
	case formats == nil:
		wrong("type", "%q is none of string, integer, number, boolean, array, object", p.Type)
	case !slices.Contains(formats, p.Format):
		wrong("format", "%q is no format of a %s: those are %s", p.Format, p.Type, strings.Trim(strings.Join(formats, ", "), ", "))
	}
	switch p.Type {
	case "integer":
		if f.Kind, f.Max = Integer, 20; p.Format == "money" {
			f.Kind, f.Max = Money, 30
		}
	case "number":
		f.Kind, f.Max = Number, 30
		if p.Decimals == nil || *p.Decimals < 1 || *p.Decimals > 6 {
			wrong("type", "a number says how many decimals it may have: write x-portico-decimals, 1 to 6, or type: integer")
		} else {
			f.Decimals = *p.Decimals
		}
	case "boolean":
		f.Kind = YesNo
	case "string":
		c.text(&f, p, wrong)
	}
	c.limits(&f, p, wrong)
	if p.Type != "array" { // the values are those of its items
		c.options(&f, p.Enum, p.Options, wrong)
	}
	return f
}

// text decides what sort of text is asked.
func (c *compiler) text(f *Field, p Part, wrong func(key, format string, args ...any)) {
	if len(p.Enum) > 0 {
		f.Kind, f.Select = Choice, p.Widget == "select"
		return
	}
	f.Kind = map[string]Kind{"date": Date, "time": Time, "date-time": DateTime, "email": Email, "phone": Phone, "identity-number": Identity}[p.Format]
	if f.Kind == "" {
		f.Kind = Text
	}
	if f.Kind == Text && p.Widget == "long" {
		f.Kind = Long
	}
	f.Max = MaxText
	if p.MaxLength != nil {
		f.Max = min(*p.MaxLength, MaxText)
	} else if f.Kind == Text {
		wrong("type", "a text has a limit: write maxLength")
	}
	switch f.Kind {
	case Email, Phone:
		f.Max = min(f.Max, 254)
	case Identity, Date, DateTime, Time:
		f.Max = min(f.Max, 60)
	}
}

// limits refuses keywords that do not fit the kind.
func (c *compiler) limits(f *Field, p Part, wrong func(key, format string, args ...any)) {
	if want := map[Kind]string{Choice: "radio, select", Text: "long", Long: "long"}[f.Kind]; p.Widget != "" && !slices.Contains(strings.Split(want, ", "), p.Widget) {
		wrong("x-portico-widget", "%q does not fit this type", p.Widget)
	}
	text := slices.Contains([]Kind{Text, Long, Email, Phone}, f.Kind)
	for key, set := range map[string]bool{"minLength": p.MinLength != nil, "maxLength": p.MaxLength != nil, "pattern": p.Pattern != ""} {
		if set && !text {
			wrong(key, "only a text has %s", key)
		}
	}
	number := slices.Contains([]Kind{Integer, Number, Money}, f.Kind)
	for key, bound := range map[string]*float64{"minimum": p.Minimum, "maximum": p.Maximum} {
		switch {
		case bound == nil:
		case !number:
			wrong(key, "only a number has %s", key)
		case f.Kind != Number && *bound != math.Trunc(*bound), math.Abs(*bound) > 1<<53:
			wrong(key, "%v is no bound for such a number", *bound)
		}
	}
	if len(p.Unit) > 0 && (!number || f.Kind == Money) {
		wrong("x-portico-unit", "only a number has x-portico-unit")
	}
	if p.Decimals != nil && f.Kind != Number {
		wrong("x-portico-decimals", "only type: number has x-portico-decimals")
	}
	if p.Type != "array" && f.Kind != Choice && (len(p.Enum) > 0 || len(p.Options) > 0) {
		wrong("type", "only a choice (type: string) has enum and x-portico-options")
	}
	if f.Kind == Money && f.Least == nil {
		zero := 0.0
		f.Least = &zero
	}
}

// options compiles the values of a choice.
func (c *compiler) options(f *Field, enum []string, words map[string]i18n.Text, wrong func(key, format string, args ...any)) {
	for i, value := range enum {
		f.Options = append(f.Options, Option{Value: value, Label: words[value]})
		if _, ok := words[value]; !ok {
			wrong("enum", "%q has no words in x-portico-options", value)
		}
		if !keyForm.MatchString(value) || len(value) > 40 || slices.Contains(enum[:i], value) {
			wrong("enum", "%q: a value stands once, in small letters and digits joined by -", value)
		}
	}
	for _, value := range slices.Sorted(maps.Keys(words)) {
		if !slices.Contains(enum, value) {
			wrong("x-portico-options/"+value, "%q is no value of enum", value)
		}
	}
}

// composite compiles what a part of a group cannot be.
func (c *compiler) composite(f *Field, p Property, at string) {
	wrong := func(key, format string, args ...any) { c.fail(formFile, at+"/"+key, format, args...) }
	switch {
	case p.Type == "array" && p.Format == "file":
		f.Kind, f.Rows, f.Size = Files, Bounds{0, 1}, 10<<20
		if p.Megabytes < 0 || p.Megabytes > 100 {
			wrong("x-portico-megabytes", "%d is not between 1 and 100", p.Megabytes)
		} else if p.Megabytes > 0 {
			f.Size = int64(p.Megabytes) << 20
		}
		for _, a := range p.Accept {
			f.Types = append(f.Types, a.media())
		}
		if len(f.Types) == 0 {
			wrong("type", "say which files are taken: write x-portico-accept")
		}
	case p.Type == "array" && p.Items == nil:
		wrong("type", "an array says what it holds: write items")
	case p.Type == "array" && p.Items.Type == "string" && len(p.Items.Enum) > 0:
		f.Kind, f.Rows = Choices, Bounds{0, len(p.Items.Enum)}
		f.Options = nil
		c.options(f, p.Items.Enum, p.Options, wrong)
	case p.Type == "array" && p.Items.Type == "object":
		f.Kind, f.Rows, f.Row = Group, Bounds{0, MaxRows}, p.Row
		c.parts(f, p, at)
	case p.Type == "array":
		wrong("items", "items are strings with an enum, for several choices, or objects, for a group")
	case p.Format == "address":
		f.Kind, f.PostalCode = Address, slices.Contains(p.Parts, "postal-code")
		if p.Parts != nil && strings.Join(p.Parts, " ") != "lines place" && strings.Join(p.Parts, " ") != "lines place postal-code" {
			wrong("x-portico-parts", "the parts of an address are lines, place and, if declared, postal-code")
		}
	case p.Format == "party":
		f.Kind = Party
	}
	many := f.Kind == Group || f.Kind == Files || f.Kind == Choices
	for key, n := range map[string]*int{"minItems": p.MinItems, "maxItems": p.MaxItems} {
		switch {
		case n == nil:
		case !many:
			wrong(key, "only an array has %s", key)
		case *n < 0 || *n > MaxRows || key == "maxItems" && *n < max(1, f.Rows.Min):
			wrong(key, "%d is not between 1 and %d", *n, MaxRows)
		case key == "minItems":
			f.Rows.Min = *n
		default:
			f.Rows.Max = *n
		}
	}
	if f.Rows.Min > f.Rows.Max {
		wrong("minItems", "%d is more than maxItems", f.Rows.Min)
	}
	for key, stray := range map[string]bool{
		"items": p.Items != nil && f.Kind != Group && f.Kind != Choices, "x-portico-parts": p.Parts != nil && f.Kind != Group && f.Kind != Address,
		"x-portico-row": len(p.Row) > 0 && f.Kind != Group, "x-portico-accept": len(p.Accept) > 0 && f.Kind != Files,
		"x-portico-megabytes": p.Megabytes != 0 && f.Kind != Files,
	} {
		if stray {
			wrong(key, "%s does not fit this type", key)
		}
	}
	if f.Computed && f.Kind.composite() {
		wrong("type", "no rule computes a %s", f.Kind)
	}
}

// parts compiles the parts of a group.
func (c *compiler) parts(f *Field, p Property, at string) {
	at += "/items"
	if p.Items.Additional {
		c.fail(formFile, at+"/additionalProperties", "parts that the form does not ask are refused: write false")
	}
	if len(p.Row) == 0 {
		c.fail(formFile, strings.TrimSuffix(at, "/items"), "missing key \"x-portico-row\": say what one row is called, such as Organiser")
	}
	if len(p.Items.Properties) == 0 || len(p.Items.Properties) > maxParts {
		c.fail(formFile, at+"/properties", "a group has between 1 and %d parts", maxParts)
	}
	for i, key := range p.Items.Required {
		if _, ok := p.Items.Properties[key]; !ok {
			c.fail(formFile, at+"/required/"+strconv.Itoa(i), "%q is no part", key)
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(p.Parts)), slices.Sorted(maps.Keys(p.Items.Properties))) {
		c.fail(formFile, strings.TrimSuffix(at, "/items")+"/x-portico-parts", "list each part once, in the order in which they are asked")
		return
	}
	inputs := map[string]bool{}
	for _, key := range p.Parts {
		at := at + "/properties/" + key
		part := c.part(key, p.Items.Properties[key], at)
		part.Required, part.Computed = slices.Contains(p.Items.Required, key), c.computed[f.Key+"."+key]
		part.always = part.Required && !part.Computed && !c.hidden[f.Key+"."+key]
		if part.Kind == "" {
			c.fail(formFile, at+"/type", "a part of a group is a simple answer")
		}
		if !keyForm.MatchString(key) || len(key) > 40 {
			c.fail(formFile, at, "a key is at most 40 small letters and digits, joined by -")
		}
		for _, name := range part.Inputs(key) {
			if inputs[name] {
				c.fail(formFile, at, "two parts would both be sent as %q", name)
			}
			inputs[name] = true
		}
		if part.Kind == Phone || part.Kind == Identity {
			c.declared(&part)
		}
		f.Parts = append(f.Parts, part)
	}
}

// schema is what JSON Schema knows of a question.
func (f Field) schema(p Property) map[string]any {
	list := func(items map[string]any) map[string]any {
		return map[string]any{"type": "array", "minItems": f.Rows.Min, "maxItems": f.Rows.Max, "uniqueItems": f.Kind != Group, "items": items}
	}
	whole := func(required []string, properties map[string]any) map[string]any {
		return map[string]any{"type": "object", "required": anys(required), "properties": properties, "additionalProperties": false}
	}
	text := func(most int) map[string]any {
		return map[string]any{"type": "string", "minLength": 1, "maxLength": most}
	}
	switch f.Kind {
	case Warranty:
		return map[string]any{"const": true}
	case Choices:
		return list(map[string]any{"type": "string", "enum": anys(p.Items.Enum)})
	case Files:
		return list(whole([]string{"id", "name", "size", "type"}, map[string]any{
			"id": text(100), "name": text(255), "size": map[string]any{"type": "integer", "minimum": 1, "maximum": f.Size},
			"type": map[string]any{"type": "string", "enum": anys(f.Types)},
		}))
	case Address:
		parts := []string{"lines", "place"}
		if f.PostalCode {
			parts = append(parts, "postal-code")
		}
		properties := map[string]any{}
		for _, name := range parts {
			properties[name] = text(answer.AddressMax(name))
		}
		return whole(parts, properties)
	case Party:
		own := map[string]any{"as": map[string]any{"const": answer.Person}}
		other := map[string]any{"as": map[string]any{"const": answer.Company}, "company": text(100), "name": text(300)}
		return map[string]any{"oneOf": []any{whole([]string{"as"}, own), whole([]string{"as", "company", "name"}, other)}}
	case Group:
		properties, required := map[string]any{}, []string{}
		for _, part := range f.Parts {
			properties[part.Key] = part.simple(p.Items.Properties[part.Key])
			if part.always {
				required = append(required, part.Key)
			}
		}
		return list(whole(required, properties))
	}
	return f.simple(p.Part)
}

// simple is the part of a simple question that JSON Schema knows.
func (f Field) simple(p Part) map[string]any {
	s := map[string]any{"type": p.Type}
	if f.Kind != Money && f.Kind != Identity && p.Format != "" {
		s["format"] = p.Format
	}
	if len(p.Enum) > 0 {
		s["enum"] = anys(p.Enum)
	}
	if p.Pattern != "" {
		s["pattern"] = p.Pattern
	}
	if f.pattern != nil {
		s["pattern"] = f.pattern.String()
	}
	for key, n := range map[string]*int{"minLength": p.MinLength, "maxLength": p.MaxLength} {
		if n != nil {
			s[key] = *n
		}
	}
	if f.Max > 0 && p.Type == "string" && p.MaxLength == nil {
		s["maxLength"] = f.Max
	}
	for key, n := range map[string]*float64{"minimum": f.Least, "maximum": f.Most} {
		if n != nil {
			s[key] = json.Number(strconv.FormatFloat(*n, 'f', -1, 64))
		}
	}
	if f.Decimals > 0 {
		s["multipleOf"] = json.Number("0." + strings.Repeat("0", f.Decimals-1) + "1")
	}
	return s
}

func anys(list []string) []any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}
