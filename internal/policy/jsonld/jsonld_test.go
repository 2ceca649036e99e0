package jsonld_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"portico/internal/policy/jsonld"
	"portico/internal/policy/policytest"
)

func TestJSONLDPointsAtWhatItHas(t *testing.T) {
	p := policytest.Compile(t)
	b, err := jsonld.Document(p, "https://one.example/privacy.jsonld")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Context map[string]string `json:"@context"`
		Graph   []map[string]any  `json:"@graph"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, node := range doc.Graph {
		ids[node["@id"].(string)] = true
	}
	if !ids["#activity/road-permit.decide"] || !ids["#field/person.name"] || !ids["#party/council"] {
		t.Errorf("ids: %v", ids)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, w := range v {
				walk(w)
			}
		case map[string]any:
			if id, ok := v["@id"].(string); ok && strings.HasPrefix(id, "#") && !ids[id] {
				t.Errorf("%s leads nowhere", id)
			}
			for key, w := range v {
				if prefix, _, ok := strings.Cut(key, ":"); ok && doc.Context[prefix] == "" {
					t.Errorf("the prefix of %q is not in the context", key)
				}
				walk(w)
			}
		}
	}
	for _, node := range doc.Graph {
		walk(node)
		if types, ok := node["@type"].([]any); ok && slices.Contains(types, any("")) {
			t.Errorf("a node has an empty type: %v", node)
		}
	}
}
