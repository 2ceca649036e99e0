package strict

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// field is a key that a struct knows.
type field struct {
	index    []int
	required bool
	typ      reflect.Type
	doc      string
}

// fieldsOf lists the keys of a struct type; embedded structs add theirs.
func fieldsOf(t reflect.Type) map[string]field {
	fields := map[string]field{}
	for _, f := range reflect.VisibleFields(t) {
		tag, tagged := f.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case !f.IsExported(), name == "-", f.Anonymous && (!tagged || name == ""):
			continue
		case name == "":
			name = strings.ToLower(f.Name)
		}
		optional := strings.Contains(options, "omitempty") || f.Tag.Get("portico") == "optional" || f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.Bool
		fields[name] = field{index: f.Index, required: !optional, typ: f.Type, doc: f.Tag.Get("doc")}
	}
	return fields
}

// Schema returns the JSON Schema (2020-12) of the documents that Decode takes
// into a value of v's type.
func Schema(v any, id, title string) map[string]any {
	s := schemaOf(reflect.TypeOf(v), nil)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = id
	s["title"] = title
	return s
}

func schemaOf(t reflect.Type, above []reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(above, t) && t.Kind() == reflect.Struct {
		return map[string]any{} // recursive types are checked by the program only
	}
	above = append(slices.Clone(above), t)
	if reflect.PointerTo(t).Implements(textual) {
		return described(map[string]any{"type": "string"}, t)
	}
	switch t.Kind() {
	case reflect.Struct:
		properties, required := map[string]any{}, []any{}
		fields := fieldsOf(t)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f := fields[name]
			s := schemaOf(f.typ, above)
			if f.doc != "" {
				s["description"] = f.doc
			}
			properties[name] = s
			if f.required {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	case reflect.Map:
		s := map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), above)}
		if e, ok := reflect.Zero(t.Key()).Interface().(interface{ Values() []string }); ok {
			s["propertyNames"] = map[string]any{"enum": anys(e.Values())}
		}
		return s
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), above)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return described(map[string]any{"type": "string"}, t)
	}
	return map[string]any{}
}

// described adds the enumeration or the form that a string type declares.
func described(s map[string]any, t reflect.Type) map[string]any {
	v := reflect.New(t).Interface()
	if e, ok := v.(interface{ Values() []string }); ok {
		s["enum"] = anys(e.Values())
	}
	if p, ok := v.(interface{ Pattern() string }); ok {
		s["pattern"] = p.Pattern()
	}
	return s
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
