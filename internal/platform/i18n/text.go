package i18n

import (
	"maps"
	"slices"
)

// Text is one declared text in several languages: language → text.
type Text map[string]string

// In returns the text in lang. Where an instance left it out it falls back to
// English, else to the first language by name, so that a page never shows a
// hole; Lacks finds such holes before anybody sees them.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	if s, ok := t["en"]; ok {
		return s
	}
	for _, k := range slices.Sorted(maps.Keys(t)) {
		return t[k]
	}
	return ""
}

// Lacks returns those of langs in which t has no text or an empty one.
func (t Text) Lacks(langs ...string) []string {
	var out []string
	for _, l := range langs {
		if t[l] == "" {
			out = append(out, l)
		}
	}
	return out
}
