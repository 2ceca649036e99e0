package policy

import "strings"

// Widening is a use of data that people gave before they were told of it: an
// activity of the newer declarations that uses a known field for a purpose, or
// gives it to a recipient, that it was not declared for.
type Widening struct {
	Activity  Activity
	Fields    []Field // those that are used for more than before
	Purpose   Purpose
	Recipient *Party // the new recipient; nil: the purpose is what is new
	Asked     bool   // it rests on consent, so that people are asked apart
}

// Widened lists what b does with the fields of a beyond what a said. A new
// field is none of it: people are told where they give it. Neither is a new
// service, which has nothing but what somebody gives it (M6), nor a person's
// own use of their data, as long as it goes to nobody new.
func Widened(a, b *Declarations) []Widening {
	purposes, recipients, services := map[[2]string]bool{}, map[[2]string]bool{}, map[string]bool{}
	fields := map[string]bool{}
	for _, f := range a.Fields {
		fields[f.ID] = true
	}
	for _, v := range a.Activities {
		if service, _, ok := strings.Cut(v.ID, "."); ok {
			services[service] = true
		}
		for _, f := range v.Fields {
			purposes[[2]string{f, v.Purpose}] = true
			for _, p := range v.Parties {
				recipients[[2]string{f, p}] = true
			}
		}
	}
	var out []Widening
	for _, v := range b.Activities {
		if service, _, ok := strings.Cut(v.ID, "."); ok && !services[service] {
			continue
		}
		purpose := named(b.Purposes, v.Purpose, func(u Purpose) string { return u.ID })
		basis := purpose.Basis
		if v.Basis != nil {
			basis = *v.Basis
		}
		add := func(party *Party, known func(field string) bool) {
			w := Widening{Activity: v, Purpose: purpose, Recipient: party, Asked: basis.IsConsent()}
			for _, f := range v.Fields {
				if fields[f] && !known(f) {
					w.Fields = append(w.Fields, named(b.Fields, f, func(u Field) string { return u.ID }))
				}
			}
			if len(w.Fields) > 0 {
				out = append(out, w)
			}
		}
		if v.Relation != RelationSelf {
			add(nil, func(f string) bool { return purposes[[2]string{f, v.Purpose}] })
		}
		for _, id := range v.Parties {
			party := named(b.Parties, id, func(u Party) string { return u.ID })
			add(&party, func(f string) bool { return recipients[[2]string{f, id}] })
		}
	}
	return out
}

func named[T any](list []T, id string, of func(T) string) T {
	one, _ := first(list, func(v T) bool { return of(v) == id })
	return one
}
