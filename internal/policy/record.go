package policy

import "slices"

// Processing is a row of the record of processing activities (GDPR, article
// 30): one activity with everything that it says about data, expanded.
type Processing struct {
	Activity   Activity
	Purpose    Purpose
	Basis      Basis
	Roles      []Role // officials who act
	Categories []Category
	Fields     []Field
	Recipients []Party
	Retention  []Retention // each rule once
	OfStaff    bool        // the data is of staff, else of the people who use the portal
}

// Record returns the record of processing activities, in the order of the
// declarations.
func (p *Policy) Record() []Processing {
	rows := make([]Processing, 0, len(p.declarations.Activities))
	for _, a := range p.declarations.Activities {
		purpose, _ := p.Purpose(a.Purpose)
		row := Processing{Activity: a, Purpose: purpose, Basis: p.BasisOf(a), Recipients: p.Recipients(a), OfStaff: true}
		for _, role := range p.declarations.Roles {
			if slices.Contains(a.Who, "role:"+role.ID) {
				row.Roles = append(row.Roles, role)
			}
		}
		for _, id := range a.Fields {
			f, _ := p.Field(id)
			row.Fields = append(row.Fields, f)
			row.OfStaff = row.OfStaff && len(id) > 6 && id[:6] == "staff."
			c, _ := p.Category(f.Category)
			if !slices.ContainsFunc(row.Categories, func(v Category) bool { return v.ID == c.ID }) {
				row.Categories = append(row.Categories, c)
			}
			r, _ := p.RetentionOf(a, id)
			if !slices.ContainsFunc(row.Retention, func(v Retention) bool { return v.ID == r.ID }) {
				row.Retention = append(row.Retention, r)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
