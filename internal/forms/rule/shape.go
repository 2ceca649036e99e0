package rule

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// The names of the answers in rules, and of their type, and of the row that a
// rule is about.
const (
	Object = "answers"
	Row    = "row"
)

// The bounds on what no part bounds.
const (
	mostChars   = 4000
	mostEntries = 100
)

// Shape says which parts the values have that rules read, by the name of
// their type. The answers are the type Object.
type Shape map[string]map[string]Part

// Part is one part of a value.
type Part struct {
	Type    *cel.Type
	Maybe   bool // in an entry of a list it may be missing
	Blank   bool // it is an empty text where it is missing
	Chars   int  // characters of the longest text
	Entries int  // of the longest list
}

// Variable is how rules write a key.
func Variable(key string) string { return strings.ReplaceAll(key, "-", "_") }

// Key is the key of a variable.
func Key(variable string) string { return strings.ReplaceAll(variable, "_", "-") }

var errValue = errors.New("no value of its type")

// Value turns what JSON holds into a value of a type, as rules see it. Days
// are those of the zone.
func (s Shape) Value(t *cel.Type, v any, zone *time.Location) (ref.Val, error) {
	switch v := v.(type) {
	case bool:
		return types.Bool(v), nil
	case json.Number:
		if t.Kind() == types.DoubleKind {
			d, err := v.Float64()
			return types.Double(d), err
		}
		n, err := v.Int64()
		return types.Int(n), err
	case string:
		return text(t, v, zone)
	case []any:
		var list []ref.Val
		for _, item := range v {
			if t.Kind() != types.ListKind {
				return nil, errValue
			}
			one, err := s.Value(t.Parameters()[0], item, zone)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list), nil
	case map[string]any:
		parts := Bound{}
		for name, part := range s[t.TypeName()] {
			one, there := v[Key(name)]
			if !there && part.Blank {
				one, there = "", true
			}
			if there {
				bound, err := s.Value(part.Type, one, zone)
				if err != nil {
					return nil, err
				}
				parts[name] = bound
			}
		}
		return Structure{t, parts}, nil
	}
	return nil, errValue
}

func text(t *cel.Type, text string, zone *time.Location) (ref.Val, error) {
	switch t.Kind() {
	case types.TimestampKind:
		if len(text) == len(time.DateOnly) {
			day, err := time.ParseInLocation(time.DateOnly, text, zone)
			return types.Timestamp{Time: day.UTC()}, err
		}
		at, err := time.Parse(time.RFC3339, text)
		return types.Timestamp{Time: at.UTC()}, err
	case types.DurationKind:
		at, err := time.Parse("15:04", text)
		return types.Duration{Duration: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}, err
	case types.StringKind:
		return types.String(text), nil
	}
	return nil, errValue
}
