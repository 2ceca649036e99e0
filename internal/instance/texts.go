package instance

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/platform/i18n"
)

const maxText = 4000 // characters of one declared text

var textType = reflect.TypeFor[i18n.Text]()

// eachText calls fn for every i18n.Text below v with its path and whether it
// may be left out.
func eachText(v reflect.Value, path string, optional bool, fn func(path string, t i18n.Text, optional bool)) {
	if v.Type() == textType {
		fn(path, v.Interface().(i18n.Text), optional)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), path, false, fn)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if !f.IsExported() || name == "-" {
				continue
			}
			may := strings.Contains(options, "omitempty") || f.Tag.Get("portico") == "optional"
			eachText(v.Field(i), below(path, name), may, fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), below(path, fmt.Sprint(i)), false, fn)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			eachText(v.MapIndex(k), below(path, k.String()), false, fn)
		}
	}
}

func below(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "/" + key
}

// wrongText says what a text lacks in these languages, a line a fault.
func wrongText(t i18n.Text, optional bool, langs []string) []string {
	if optional && len(t) == 0 {
		return nil
	}
	var out []string
	for _, l := range langs {
		if strings.TrimSpace(t[l]) == "" {
			out = append(out, fmt.Sprintf("there is no text in %q", l))
		}
		if utf8.RuneCountInString(t[l]) > maxText {
			out = append(out, fmt.Sprintf("the text in %q is longer than %d characters", l, maxText))
		}
	}
	for _, l := range slices.Sorted(maps.Keys(t)) {
		if !slices.Contains(langs, l) {
			out = append(out, fmt.Sprintf("%q is no language of this portal", l))
		}
	}
	return out
}
