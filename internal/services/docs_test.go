package services_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/forms"
	"portico/internal/platform/strict"
	"portico/internal/services"
	"portico/internal/services/paper"
	"portico/internal/testkit"
)

// keysOf lists the keys of a schema and the values that a key may have.
func keysOf(schema map[string]any, into map[string]bool) {
	properties, _ := schema["properties"].(map[string]any)
	for name, of := range properties {
		into[name] = true
		if below, ok := of.(map[string]any); ok {
			keysOf(below, into)
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below, ok := schema[key].(map[string]any); ok {
			keysOf(below, into)
		}
	}
	values, _ := schema["enum"].([]any)
	for _, v := range values {
		if s, ok := v.(string); ok {
			into[s] = true
		}
	}
}

// TestWhoeverWritesAServiceFindsEveryKeyInTheDocumentation: nobody has to ask a
// programmer what a key is called.
func TestWhoeverWritesAServiceFindsEveryKeyInTheDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testkit.Root(), "docs/services.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(string(data), func(r rune) bool { return strings.ContainsRune(" \n`|:,;.(){}[]'\"=*", r) })
	keys := map[string]bool{}
	for _, file := range []any{services.File{}, forms.File{}, forms.Rules{}, services.Workflow{}, paper.Document{}, services.Tests{}} {
		keysOf(strict.Schema(file, "urn:x", "x"), keys)
	}
	if len(keys) < 100 {
		t.Fatalf("only %d keys were found", len(keys))
	}
	for _, format := range []string{"date", "time", "date-time", "email", "phone", "identity-number", "money", "file", "address", "party"} {
		keys[format] = true
	}
	for _, function := range []string{"begun", "hours", "days", "round", "sum", "has", "now", "today", "variant", "answers"} {
		keys[function] = true
	}
	for key := range keys {
		if !slices.ContainsFunc(words, func(w string) bool { return w == key }) {
			t.Errorf("docs/services.md says nothing of %q", key)
		}
	}
}
