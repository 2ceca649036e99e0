package instance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/forms"
	"portico/internal/platform/strict"
	"portico/internal/services"
	"portico/internal/services/paper"
)

// schemas returns the type that each kind of file is decoded into. Sentences
// have no type of their own: a text, or plural forms.
func schemas() map[string]any {
	return map[string]any{
		"portal": Portal{}, "environment": Environment{}, "demo": Demo{},
		"data": dataFile{}, "purposes": purposesFile{}, "recipients": recipientsFile{}, "retention": retentionFile{},
		"cookies": cookiesFile{}, "rights": rightsFile{}, "promises": promisesFile{}, "deferrals": deferralsFile{},
		"service": services.File{}, "form": forms.File{}, "rules": forms.Rules{}, "workflow": services.Workflow{}, "document": paper.Document{},
		"notice": noticeFile{}, "news": newsFile{}, "tests": services.Tests{}, "locales": map[string]any{},
	}
}

// SchemaKinds lists the kinds of YAML files that an instance holds.
func SchemaKinds() []string { return slices.Sorted(maps.Keys(schemas())) }

// Schema returns the JSON Schema (2020-12) of a kind of file. It is derived
// from the type that the loader decodes into.
func Schema(kind string) (map[string]any, error) {
	v, ok := schemas()[kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind of file %q: the kinds are %s", kind, strings.Join(SchemaKinds(), ", "))
	}
	return strict.Schema(v, "urn:portico:instance:"+kind, "Portico: "+kind), nil
}
