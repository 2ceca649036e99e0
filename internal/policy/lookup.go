package policy

import (
	"slices"
	"strings"
)

// Hash is the hash of the declarations: see the function Hash.
func (p *Policy) Hash() string { return p.hash }

// Demo reports whether the policy was compiled for a demo store.
func (p *Policy) Demo() bool { return p.demo }

// Declarations returns what was compiled. It must not be changed.
func (p *Policy) Declarations() *Declarations { return p.declarations }

// Field returns the declaration of a field.
func (p *Policy) Field(id string) (Field, bool) { return find(p.declarations.Fields, p.fields, id) }

// Category returns the declaration of a category.
func (p *Policy) Category(id string) (Category, bool) {
	return find(p.declarations.Categories, p.categories, id)
}

// Party returns the declaration of a party.
func (p *Policy) Party(id string) (Party, bool) { return find(p.declarations.Parties, p.parties, id) }

// Role returns the declaration of a role.
func (p *Policy) Role(id string) (Role, bool) { return find(p.declarations.Roles, p.roles, id) }

// Purpose returns the declaration of a purpose.
func (p *Policy) Purpose(id string) (Purpose, bool) {
	return find(p.declarations.Purposes, p.purposes, id)
}

// Retention returns a retention rule.
func (p *Policy) Retention(id string) (Retention, bool) {
	return find(p.declarations.Retention, p.retention, id)
}

// Activity returns the declaration of an activity.
func (p *Policy) Activity(id string) (Activity, bool) {
	return first(p.declarations.Activities, func(a Activity) bool { return a.ID == id })
}

func first[T any](items []T, is func(T) bool) (one T, found bool) {
	if i := slices.IndexFunc(items, is); i >= 0 {
		return items[i], true
	}
	return one, false
}

func find[T any](items []T, table map[string]int, id string) (T, bool) {
	i, ok := table[id]
	if !ok {
		var zero T
		return zero, false
	}
	return items[i], true
}

// HasSource reports whether a value of the field may come from source, one of
// form, browser, staff, system and party:ID (O3).
func (p *Policy) HasSource(field, source string) bool {
	f, ok := p.Field(field)
	return ok && slices.Contains(f.Sources, source)
}

// BasisOf is the legal basis of an activity: its own or its purpose's.
func (p *Policy) BasisOf(a Activity) Basis {
	if a.Basis != nil {
		return *a.Basis
	}
	purpose, _ := p.Purpose(a.Purpose)
	return purpose.Basis
}

// Terms are those of the consent on which an activity rests; empty: it rests
// on none, or is none.
func (p *Policy) Terms(activity string) string {
	if a := p.activities[activity]; a != nil {
		return a.consent
	}
	return ""
}

// Service returns the activities that belong to a service, those whose id
// begins with the service's and a dot.
func (p *Policy) Service(id string) []Activity {
	var as []Activity
	for _, a := range p.declarations.Activities {
		if s, _, ok := strings.Cut(a.ID, "."); ok && s == id {
			as = append(as, a)
		}
	}
	return as
}

// RetentionOf returns the rules that govern a field in an activity: the
// activity's own, else that of the field's category.
func (p *Policy) RetentionOf(a Activity, field string) (Retention, bool) {
	if a.Retention != "" {
		return p.Retention(a.Retention)
	}
	f, ok := p.Field(field)
	if !ok {
		return Retention{}, false
	}
	c, ok := p.Category(f.Category)
	if !ok {
		return Retention{}, false
	}
	return p.Retention(c.Retention)
}

// Recipients returns the parties that the given activities send data to, each
// once, in the order of declaration.
func (p *Policy) Recipients(as ...Activity) []Party {
	var ps []Party
	for _, party := range p.declarations.Parties {
		if slices.ContainsFunc(as, func(a Activity) bool { return slices.Contains(a.Parties, party.ID) }) {
			ps = append(ps, party)
		}
	}
	return ps
}

// May reports whether any of the roles has the capability.
func (p *Policy) May(roles []string, c Capability) bool {
	return slices.ContainsFunc(roles, func(id string) bool {
		r, ok := p.Role(id)
		return ok && slices.Contains(r.May, c)
	})
}

// Destination returns the party to which an outgoing connection belongs.
func (p *Policy) Destination(name string) (Party, bool) {
	return first(p.declarations.Parties, func(v Party) bool { return slices.Contains(v.Destinations, name) })
}
