package services

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"portico/internal/policy"
)

// defaultDrafts is the category of drafts where service.yaml names none.
const defaultDrafts = "draft"

// DraftField is the id of the field that holds what was typed, right or wrong,
// until the application is sent.
func (d *Definition) DraftField() string { return d.ID + ".draft" }

// EnterActivity is the id of the use by officials who enter an application for
// somebody. A service that names no role for it has none.
func (d *Definition) EnterActivity() string { return d.ID + ".enter" }

// Enters reports whether somebody with these roles may enter an application
// for somebody else.
func (d *Definition) Enters(roles []string) bool { return d.EnterRole(roles) != "" }

// EnterRole is the first of these roles that may enter an application, or
// nothing.
func (d *Definition) EnterRole(roles []string) string {
	if i := slices.IndexFunc(roles, func(r string) bool { return slices.Contains(d.Enter, r) }); i >= 0 {
		return roles[i]
	}
	return ""
}

// Expires returns when a draft goes that was last changed at a moment: by the
// retention rule of its category, as the policy in force declares it.
func (d *Definition) Expires(pol *policy.Policy, changed time.Time) time.Time {
	category, _ := pol.Category(cmp.Or(d.Drafts, defaultDrafts))
	rule, _ := pol.Retention(category.Retention)
	at, err := rule.Period.After(changed)
	if err != nil {
		return changed // a service with such a rule does not compile
	}
	return at
}

// entering returns the use by officials who enter an application. The draft is
// their task until it is sent.
func (d *Definition) entering() []policy.Activity {
	if len(d.Enter) == 0 {
		return nil
	}
	return []policy.Activity{{
		ID: d.EnterActivity(), Purpose: d.Purpose, Basis: d.Basis, Retention: d.Retention,
		Name: d.Apply.Name, Who: roles(d.Enter), Relation: policy.RelationTask,
		Operations: []policy.OperationName{"use", "collect"},
		Fields:     append(d.Asked(), d.DraftField()), Parties: d.parties,
	}}
}

// roles lists roles as an activity names them.
func roles(ids []string) (who []string) {
	for _, id := range ids {
		who = append(who, "role:"+id)
	}
	return who
}

// drafting checks what a service says of drafts and of who enters them.
func (c *compiler) drafting(d *Definition) {
	decl := c.env.Declarations
	name := cmp.Or(d.Drafts, defaultDrafts)
	i := slices.IndexFunc(decl.Categories, func(k policy.Category) bool { return k.ID == name })
	if i < 0 {
		c.fail(serviceFile, "drafts", "data.yaml declares no category %q, which says how long an application is kept that was not sent", name)
		return
	}
	d.draft = decl.Categories[i]
	j := slices.IndexFunc(decl.Retention, func(r policy.Retention) bool { return r.ID == d.draft.Retention })
	if j >= 0 {
		if _, err := decl.Retention[j].Period.After(time.Unix(0, 0)); err != nil {
			c.fail(serviceFile, "drafts", "the category %q is kept for %q: a draft has a period such as P60D", name, decl.Retention[j].Period)
		}
	}
	for i, role := range d.Enter {
		at := fmt.Sprintf("enter/%d", i)
		j := slices.IndexFunc(decl.Roles, func(r policy.Role) bool { return r.ID == role })
		if j < 0 {
			c.fail(serviceFile, at, "data.yaml declares no role %q", role)
		} else if p := decl.Roles[j].Party; !slices.Contains(d.parties, p) {
			d.parties = append(d.parties, p)
		}
	}
	if len(d.Enter) == 0 {
		return
	}
	for _, f := range d.Form.Fields() {
		k := slices.IndexFunc(decl.Fields, func(p policy.Field) bool { return p.ID == f.ID })
		if f.Core && k >= 0 && !slices.Contains(decl.Fields[k].Sources, policy.SourceStaff) {
			c.fail(serviceFile, "enter", "%s does not come from staff: add staff to its sources in data.yaml", f.ID)
		}
	}
}
