package services

import (
	"fmt"
	"slices"
	"time"

	"portico/internal/forms"
	"portico/internal/policy"
)

const documentFile = "document.yaml"

// IssueActivity is the id of the portal's own use of answers for the document.
func (d *Definition) IssueActivity() string { return d.ID + ".issue" }

// RevokeActivity is the id of the use by those who revoke and correct.
func (d *Definition) RevokeActivity() string { return d.ID + ".revoke" }

// DocumentField is the id of the field whose items are the documents.
func (d *Definition) DocumentField() string { return d.ID + ".document" }

// RevocationField is the id of the field whose items are the reasons for which
// documents were revoked or corrected.
func (d *Definition) RevocationField() string { return d.ID + ".revocation" }

// Issued returns the ids of the fields that the document is made from.
func (d *Definition) Issued() (ids []string) {
	for _, f := range d.Document.Reads(d.Form) {
		ids = append(ids, f.ID)
	}
	return ids
}

// Papers returns the ids of the fields that a document adds, as the person may
// see them.
func (d *Definition) Papers() []string {
	switch {
	case d.Document == nil:
		return nil
	case d.Document.Revoke == nil:
		return []string{d.DocumentField()}
	}
	return []string{d.DocumentField(), d.RevocationField()}
}

// Revokes reports whether somebody with these roles may revoke and correct the
// service's documents.
func (d *Definition) Revokes(roles []string) bool {
	return d.Document != nil && d.Document.Revoke != nil &&
		slices.ContainsFunc(d.Document.Revoke.Roles, func(r string) bool { return slices.Contains(roles, r) })
}

// Correctable returns the keys of the questions whose answers can be corrected
// on a document: what it says something of, is the service's own, and was not
// paid for.
func (d *Definition) Correctable() (keys []string) {
	paid := d.Form.FeeAsks()
	for _, f := range d.Document.Reads(d.Form) {
		costs := slices.ContainsFunc(paid, func(g forms.Field) bool { return g.Key == f.Key })
		if f.Asked() && !f.Alone() && !f.Core && !costs && f.Kind != forms.Party {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// ends says when a document with these answers ends that is issued at a moment.
func (d *Definition) ends(answers forms.Answers, issued time.Time) string {
	if d.Document == nil {
		return "no document"
	}
	at, err := d.Document.Ends(d.Form, answers, issued)
	switch {
	case err != nil:
		return err.Error()
	case at.IsZero():
		return "never"
	}
	return at.In(d.zone).Format(time.RFC3339)
}

// issuing returns the uses that a document brings.
func (d *Definition) issuing() (list []policy.Activity) {
	if d.Document == nil {
		return nil
	}
	of := policy.Activity{Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention, Operations: []policy.OperationName{"use", "collect"}}
	issue := of
	issue.ID, issue.Name, issue.Who, issue.Relation = d.IssueActivity(), d.Document.Issue.Name, []string{"system"}, policy.RelationSystem
	issue.Fields = append(d.Issued(), d.DocumentField())
	list = append(list, issue)
	if r := d.Document.Revoke; r != nil {
		revoke := of
		revoke.ID, revoke.Name, revoke.Who, revoke.Relation, revoke.Parties = d.RevokeActivity(), r.Name, roles(r.Roles), policy.RelationReason, d.parties
		revoke.Fields = append(d.Corrected(), d.RevocationField())
		list = append(list, revoke)
	}
	return list
}

// Corrected returns the ids of the fields that a correction reads and changes:
// all of the service's own, since one answer may decide on another.
func (d *Definition) Corrected() (ids []string) {
	for _, f := range d.Form.Fields() {
		if !f.Core && f.Kind != forms.Files {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// document checks document.yaml against the form, the workflow and the policy.
func (c *compiler) document(d *Definition) {
	issues := slices.ContainsFunc(d.Workflow.States, func(s State) bool { return s.Issues })
	switch {
	case d.Document == nil && issues:
		c.fail(workflowFile, "states", "a state with issues: true issues a document: write %s", documentFile)
	case d.Document != nil && !issues:
		c.fail(workflowFile, "states", "%s is issued in no state: write issues: true", documentFile)
	}
	if d.Document == nil {
		return
	}
	for _, p := range d.Document.Check(d.Form) {
		c.fail(documentFile, p.Path, "%s", p.Message)
	}
	category := func(path, id string) {
		if !slices.ContainsFunc(c.env.Declarations.Categories, func(k policy.Category) bool { return k.ID == id }) {
			c.fail(documentFile, path, "data.yaml declares no category %q", id)
		}
	}
	category("category", d.Document.Category)
	if r := d.Document.Revoke; r != nil {
		category("revoke/reason/category", r.Reason.Category)
		for i, role := range r.Roles {
			c.role(d, documentFile, fmt.Sprintf("revoke/roles/%d", i), role)
		}
	}
}
