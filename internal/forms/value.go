package forms

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"portico/internal/forms/answer"
	"portico/internal/forms/rule"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var (
	integerForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,18})$`)
	numberForm  = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{0,5}[1-9])?$`)
)

// composite reports whether the canonical text of a kind is JSON.
func (k Kind) composite() bool {
	switch k {
	case Choices, Files, Address, Party, Group:
		return true
	}
	return false
}

// Typed returns an answer as the schema knows it.
func (f Field) Typed(text string) (any, error) {
	if f.Kind.composite() {
		return answer.Read(text)
	}
	switch f.Kind {
	case Integer, Money:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil || !integerForm.MatchString(text) {
			return nil, answer.ErrForm
		}
		return json.Number(text), nil
	case Number:
		if !numberForm.MatchString(text) {
			return nil, answer.ErrForm
		}
		return json.Number(text), nil
	case YesNo, Warranty:
		if text != "true" && text != "false" {
			return nil, answer.ErrForm
		}
		return text == "true", nil
	}
	return text, nil
}

// celValue returns an answer as rules see it.
func (f *Form) celValue(key, text string) (ref.Val, error) {
	field, ok := f.Field(key)
	if !ok {
		return nil, fmt.Errorf("the form has no field %s", key)
	}
	v, err := field.Typed(text)
	if err != nil {
		return nil, err
	}
	return f.cel(field, v)
}

// cel turns a value that the schema knows into one for rules.
func (f *Form) cel(field Field, v any) (ref.Val, error) {
	switch v := v.(type) {
	case bool:
		return types.Bool(v), nil
	case json.Number:
		if field.Kind == Number {
			d, err := v.Float64()
			return types.Double(d), err
		}
		n, err := v.Int64()
		return types.Int(n), err
	case string:
		return f.celText(field.Kind, v)
	case []any:
		var list []ref.Val
		for _, item := range v {
			one, err := f.celItem(field, item)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list), nil
	case map[string]any:
		text := func(name string) ref.Val {
			s, _ := v[name].(string)
			return types.String(s)
		}
		if field.Kind == Party {
			return rule.NewStructure(partyType, rule.Bound{"as": text("as"), "company": text("company"), "name": text("name")}), nil
		}
		return rule.NewStructure(addressType, rule.Bound{"lines": text("lines"), "place": text("place"), "postal_code": text("postal-code")}), nil
	}
	return nil, answer.ErrForm
}

// celItem turns what stands in a list into a value for rules.
func (f *Form) celItem(field Field, item any) (ref.Val, error) {
	if s, ok := item.(string); ok && field.Kind == Choices {
		return types.String(s), nil
	}
	row, ok := item.(map[string]any)
	if !ok {
		return nil, answer.ErrForm
	}
	parts := rule.Bound{}
	if field.Kind == Files {
		name, _ := row["name"].(string)
		media, _ := row["type"].(string)
		number, _ := row["size"].(json.Number)
		size, err := number.Int64()
		parts["name"], parts["type"], parts["size"] = types.String(name), types.String(media), types.Int(size)
		return rule.NewStructure(fileType, parts), err
	}
	for _, part := range field.Parts {
		if v, ok := row[part.Key]; ok {
			one, err := f.cel(part, v)
			if err != nil {
				return nil, err
			}
			parts[variable(part.Key)] = one
		}
	}
	return rule.NewStructure(rowType+variable(field.Key), parts), nil
}

func (f *Form) celText(kind Kind, text string) (ref.Val, error) {
	switch kind {
	case Date:
		t, err := time.ParseInLocation(time.DateOnly, text, f.zone)
		return types.Timestamp{Time: t.UTC()}, err
	case DateTime:
		t, err := time.Parse(time.RFC3339, text)
		return types.Timestamp{Time: t.UTC()}, err
	case Time:
		t, err := time.Parse("15:04", text)
		return types.Duration{Duration: time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute}, err
	}
	return types.String(text), nil
}

// text turns what a value rule computed into the canonical form.
func (f *Form) text(field Field, v ref.Val) (string, error) {
	switch v := v.(type) {
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Double:
		text := strconv.FormatFloat(float64(v), 'f', field.Decimals, 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		if text == "-0" {
			text = "0"
		}
		return text, nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.String:
		return string(v), nil
	case types.Duration:
		if v.Duration < 0 || v.Duration >= 24*time.Hour || v.Duration%time.Minute != 0 {
			return "", errors.New("no time of day")
		}
		return fmt.Sprintf("%02d:%02d", int(v.Hours()), int(v.Minutes())%60), nil
	case types.Timestamp:
		layout := time.RFC3339
		if field.Kind == Date {
			layout = time.DateOnly
		}
		return v.In(f.zone).Format(layout), nil
	}
	return "", errors.New("no value that can be kept")
}

// Text brings a value as YAML writes it, such as a test of a service, into the
// canonical form: a number, a text, a list of values or of rows.
func (f *Form) Text(key string, v any) (string, error) {
	field, ok := f.Field(key)
	if !ok || field.Kind == Info {
		return "", fmt.Errorf("the form has no field %q", key)
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case []any, map[string]any:
		if !field.Kind.composite() {
			return "", fmt.Errorf("%q is a %s: write one value", key, field.Kind)
		}
		return answer.JSON(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return fmt.Sprint(v), nil
}
