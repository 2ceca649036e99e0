package services

import (
	"portico/internal/forms"
	"portico/internal/policy"
)

// ExamineActivity is the id of the portal's own use of the files that are
// uploaded. A service that asks for none has none.
func (d *Definition) ExamineActivity() string { return d.ID + ".examine" }

// Files returns the ids of the fields that files are the content of.
func (d *Definition) Files() []string {
	var ids []string
	for _, f := range d.Form.Fields() {
		if f.Kind == forms.Files {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// examining returns the use by the portal itself, which looks at what a file
// is before anybody else may, and keeps a picture as it drew it anew.
func (d *Definition) examining() []policy.Activity {
	files := d.Files()
	if len(files) == 0 {
		return nil
	}
	name := d.Apply.Name
	if d.Examine != nil {
		name = d.Examine.Name
	}
	return []policy.Activity{{
		ID: d.ExamineActivity(), Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention, Name: name,
		Who: []string{"system"}, Relation: policy.RelationSystem, Operations: []policy.OperationName{"use", "collect"},
		Fields: files,
	}}
}
