package services

import (
	"slices"
	"time"

	"portico/internal/forms"
	"portico/internal/policy"
)

// Definition is a compiled service. It never changes.
type Definition struct {
	File
	Form     *forms.Form
	Workflow Workflow
	parties  []string // of the roles that decide
	category Category
	draft    policy.Category // of what was not sent yet
	zone     *time.Location
	lines    map[string]int // of needs in service.yaml, by path
	index    map[string][]entry
}

// Catalogue is where definitions come from: the instance in force, and the
// versions that cases were submitted under.
type Catalogue interface {
	// Service returns the service in force, or nil.
	Service(id string) *Definition
	// Services returns those in force, in order of id.
	Services() []*Definition
	// Version returns the service as it was in the instance with this hash, or
	// nil if there is none.
	Version(hash, id string) *Definition
	// Hash is the hash of the instance in force.
	Hash() string
}

// ApplyActivity is the id of the person's own use of their application.
func (d *Definition) ApplyActivity() string { return d.ID + ".apply" }

// DecideActivity is the id of the use by those who decide.
func (d *Definition) DecideActivity() string { return d.ID + ".decide" }

// RemarksField is the id of the field that an official writes.
func (d *Definition) RemarksField() string { return d.ID + ".remarks" }

// Asked returns the ids of all fields of the form.
func (d *Definition) Asked() []string {
	var ids []string
	for _, f := range d.Form.Fields() {
		ids = append(ids, f.ID)
	}
	return ids
}

// Reused returns the ids of the profile's fields that may fill in the form.
func (d *Definition) Reused() []string {
	var ids []string
	for _, f := range d.Form.Fields() {
		if f.Core && f.Reuse != "never" {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// Shown returns the ids of the fields that those who decide may see.
func (d *Definition) Shown() []string {
	var ids []string
	for _, name := range d.Decide.Fields {
		if f, ok := d.Form.Field(name); ok {
			name = f.ID
		}
		ids = append(ids, name)
	}
	return ids
}

// Fields returns the declared fields that are the service's own (I1).
func (d *Definition) Fields() []policy.Field {
	var fields []policy.Field
	for _, f := range d.Form.Fields() {
		if f.Core {
			continue
		}
		field := policy.Field{ID: f.ID, Category: f.Category, Name: f.Label, Why: f.Why, Sources: f.Source, Reuse: policy.Reuse(f.Reuse)}
		if len(d.Enter) > 0 && !f.Computed && !slices.Contains(field.Sources, policy.SourceStaff) {
			field.Sources = append(slices.Clone(field.Sources), policy.SourceStaff)
		}
		if len(field.Why) == 0 {
			field.Why = d.Summary // a computed value is there for what the service is for
		}
		fields = append(fields, field)
	}
	return append(fields, policy.Field{
		ID: d.DraftField(), Category: d.draft.ID, Name: d.draft.Name, Why: d.Summary,
		Sources: []string{policy.SourceForm}, Reuse: policy.ReuseNever,
	}, policy.Field{
		ID: d.RemarksField(), Category: d.Remarks.Category, Name: d.Remarks.Name, Why: d.Remarks.Why,
		Sources: []string{policy.SourceStaff}, Reuse: policy.ReuseNever,
	})
}

// Activities returns the uses of data that the service is.
func (d *Definition) Activities() []policy.Activity {
	all := []policy.Activity{
		{
			ID: d.ApplyActivity(), Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention,
			Name: d.Apply.Name, Who: []string{"person"}, Relation: policy.RelationSelf,
			Operations: []policy.OperationName{"use", "collect"},
			Fields:     append(d.Asked(), d.DraftField(), d.RemarksField()), Parties: d.parties,
		},
		{
			ID: d.DecideActivity(), Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention,
			Name: d.Decide.Name, Who: roles(d.Decide.Roles), Relation: policy.RelationTask,
			Operations: []policy.OperationName{"use", "collect"},
			Fields:     append(d.Shown(), d.RemarksField()), Parties: d.parties,
		},
	}
	return append(all, d.entering()...)
}

// For reports whether somebody with these roles decides on the service.
func (d *Definition) For(roles []string) bool {
	return slices.ContainsFunc(d.Decide.Roles, func(r string) bool { return slices.Contains(roles, r) })
}
