package correct

import (
	"slices"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Deciders are those who decide on services: they answer for applications, and
// correct what they were given, where the policy lets officials write it.
func Deciders(c *cases.Cases, pol func() *policy.Policy) func(tx *db.Tx, subject, scope string) (Owner, bool, error) {
	return func(tx *db.Tx, subject, scope string) (o Owner, ok bool, err error) {
		list, err := cases.Applications(tx, subject)
		i := slices.IndexFunc(list, func(c *cases.Case) bool { return c.Scope() == scope })
		if err != nil || i < 0 {
			return o, false, err
		}
		d, err := c.Version(list[i])
		if err != nil {
			return o, false, nil // a service that this store no longer knows
		}
		o = Owner{Party: d.Responsible, Roles: d.Decide.Roles, Activity: d.DecideActivity(), Reference: list[i].Reference, Name: d.Name}
		for _, f := range d.Form.Fields() {
			field, _ := pol().Field(f.ID)
			if f.Kind != forms.Files && slices.Contains(d.Shown(), f.ID) && slices.Contains(field.Sources, policy.SourceStaff) {
				o.Fields = append(o.Fields, Field{ID: f.ID, Name: field.Name})
			}
		}
		return o, true, nil
	}
}
