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
	return f.ruled.Value(field.celType(), v, f.zone)
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
