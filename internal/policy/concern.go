package policy

import "slices"

// Concerned lists the fields of whose use something changed from the
// declarations a to b: those that changed themselves, and those of a category,
// an activity, a purpose, a recipient, a period or a deferral that did.
func Concerned(a, b *Declarations) []string {
	var out []string
	add := func(fields ...string) {
		for _, f := range fields {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	for _, c := range Compare(a, b) {
		for _, d := range []*Declarations{a, b} {
			categories := []string{c.ID}
			if c.What == "retention" {
				categories = nil
				for _, v := range d.Categories {
					if v.Retention == c.ID {
						categories = append(categories, v.ID)
					}
				}
			}
			for _, f := range d.Fields {
				if c.What == "field" && f.ID == c.ID || (c.What == "category" || c.What == "retention") && slices.Contains(categories, f.Category) {
					add(f.ID)
				}
			}
			deferred, _ := first(d.Deferrals, func(v Deferral) bool { return c.What == "deferral" && v.ID == c.ID })
			for _, v := range d.Activities {
				if slices.Contains(deferred.Activities, v.ID) || c.What == "activity" && v.ID == c.ID || c.What == "purpose" && v.Purpose == c.ID ||
					c.What == "party" && slices.Contains(v.Parties, c.ID) || c.What == "retention" && v.Retention == c.ID {
					add(v.Fields...)
				}
			}
		}
	}
	return out
}
