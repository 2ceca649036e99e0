package services

import (
	"slices"
	"time"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/services/paper"
	"portico/internal/services/search"
)

// Definition is a compiled service. It never changes.
type Definition struct {
	File
	Form     *forms.Form
	Workflow Workflow
	Document *paper.Document // nil: the service issues none
	parties  []string        // of the roles that decide
	category Category
	draft    policy.Category // of what was not sent yet
	zone     *time.Location
	lines    map[string]int // of needs in service.yaml, by path
	index    search.Index
	trials   []Trial
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

// ReviewActivity is the id of the use, for a reason in writing, by those whose
// task a case is not. It exists only if the service declares it.
func (d *Definition) ReviewActivity() string { return d.ID + ".review" }

// RemarksField is the id of the field that an official writes.
func (d *Definition) RemarksField() string { return d.ID + ".remarks" }

// MessageField is the id of the field whose items are the messages between
// applicant and office, empty if the service has none.
func (d *Definition) MessageField() string {
	if d.Message == nil {
		return ""
	}
	return d.ID + ".message"
}

// NoteField is the id of the field whose items are the notes of officials,
// empty if the service has none.
func (d *Definition) NoteField() string {
	if d.Note == nil {
		return ""
	}
	return d.ID + ".note"
}

// Told returns the ids of the fields, beside the form's, that the person may
// see: remarks and messages.
func (d *Definition) Told() []string {
	if d.Message == nil {
		return []string{d.RemarksField()}
	}
	return []string{d.RemarksField(), d.MessageField()}
}

// Worked returns the ids of the fields, beside the form's, that those who
// decide may see: remarks, messages and notes.
func (d *Definition) Worked() []string {
	if d.Note == nil {
		return d.Told()
	}
	return append(d.Told(), d.NoteField())
}

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
			for _, w := range d.Form.Fields() {
				if w.Kind == forms.Warranty && w.For == f.Key {
					ids = append(ids, w.ID) // whoever sees the answer sees on what conditions it was stated (M18)
				}
			}
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
		if (len(d.Enter) > 0 || d.Document != nil && d.Document.Revoke != nil) && !f.Computed && !slices.Contains(field.Sources, policy.SourceStaff) {
			field.Sources = append(slices.Clone(field.Sources), policy.SourceStaff)
		}
		if len(field.Why) == 0 {
			field.Why = d.Apply.Name // a computed value is there for the use that the policy names
		}
		fields = append(fields, field)
	}
	written := func(id string, w *Written, sources ...string) {
		if w != nil {
			fields = append(fields, policy.Field{
				ID: id, Category: w.Category, Name: w.Name, Why: w.Why, Sources: sources, Reuse: policy.ReuseNever,
			})
		}
	}
	written(d.DraftField(), &Written{Category: d.draft.ID, Name: d.draft.Name, Why: d.Apply.Name}, policy.SourceForm)
	written(d.RemarksField(), &d.Remarks, policy.SourceStaff)
	written(d.MessageField(), d.Message, policy.SourceForm, policy.SourceStaff)
	written(d.NoteField(), d.Note, policy.SourceStaff)
	if doc := d.Document; doc != nil {
		written(d.DocumentField(), &Written{Category: doc.Category, Name: doc.Name, Why: doc.Why}, policy.SourceSystem)
		if doc.Revoke != nil {
			reason := Written(doc.Revoke.Reason)
			written(d.RevocationField(), &reason, policy.SourceStaff)
		}
	}
	return fields
}

// Activities returns the uses of data that the service is: the person's own,
// that of those who decide and, if declared, of those who review.
func (d *Definition) Activities() []policy.Activity {
	of := func(id string, name i18n.Text, who []string, relation policy.Relation, fields []string, operations ...policy.OperationName) policy.Activity {
		return policy.Activity{
			ID: id, Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention, Name: name, Who: who, Relation: relation,
			Operations: operations, Fields: fields, Parties: d.parties,
		}
	}
	list := []policy.Activity{
		of(d.ApplyActivity(), d.Apply.Name, []string{"person"}, policy.RelationSelf, slices.Concat(d.Asked(), []string{d.DraftField()}, d.Told(), d.Papers()), "use", "collect"),
		of(d.DecideActivity(), d.Decide.Name, roles(d.Decide.Roles), policy.RelationTask, append(d.Shown(), d.Worked()...), "use", "collect"),
	}
	if d.Review != nil {
		list = append(list, of(d.ReviewActivity(), d.Review.Name, roles(d.Review.Roles), policy.RelationReason, append(d.Shown(), d.Worked()...), "use"))
	}
	return slices.Concat(list, d.examining(), d.entering(), d.issuing(), d.deciding())
}

// For reports whether somebody with these roles decides on the service.
func (d *Definition) For(roles []string) bool {
	return slices.ContainsFunc(d.Decide.Roles, func(r string) bool { return slices.Contains(roles, r) })
}
