package forms

import (
	"maps"
	"reflect"
	"slices"
)

// What differs between a question of an older form and of a newer one.
type Difference string

// The differences.
const (
	Added    Difference = "added"    // it is asked now
	Removed  Difference = "removed"  // it is not asked any more
	Retyped  Difference = "kind"     // another kind of answer
	Reworded Difference = "words"    // the question says something else
	Reoption Difference = "options"  // other answers to choose from
	Limits   Difference = "limits"   // other bounds on the answer
	Needed   Difference = "required" // it must be answered now, or need not any more
	Reparted Difference = "parts"    // the rows of a group have other parts
)

// Change is one difference between two forms.
type Change struct {
	Key  string
	What Difference
	Old  Field // empty for what was added
	New  Field // empty for what was removed
}

// Changes lists what a newer form asks otherwise than an older one, so that
// somebody whose draft is carried over can be told.
func Changes(older, newer *Form) []Change {
	var out []Change
	for _, n := range newer.Fields() {
		o, ok := older.Field(n.Key)
		if !ok || o.Kind == Info {
			if n.Asked() {
				out = append(out, Change{Key: n.Key, What: Added, New: n})
			}
			continue
		}
		for _, d := range differences(o, n) {
			out = append(out, Change{Key: n.Key, What: d, Old: o, New: n})
		}
	}
	for _, o := range older.Fields() {
		if n, ok := newer.Field(o.Key); (!ok || n.Kind == Info) && o.Asked() {
			out = append(out, Change{Key: o.Key, What: Removed, Old: o})
		}
	}
	return out
}

func differences(o, n Field) []Difference {
	if o.Kind != n.Kind || o.Computed != n.Computed || o.ID != n.ID {
		return []Difference{Retyped}
	}
	var out []Difference
	for _, d := range []struct {
		what Difference
		same bool
	}{
		{Reworded, reflect.DeepEqual(o.Label, n.Label) && reflect.DeepEqual(o.Conditions, n.Conditions)},
		{Reoption, reflect.DeepEqual(o.Options, n.Options) && slices.Equal(o.Types, n.Types)},
		{Limits, reflect.DeepEqual(o.limits(), n.limits())},
		{Needed, o.Required == n.Required},
		{Reparted, reflect.DeepEqual(o.shapes(), n.shapes())},
	} {
		if !d.same {
			out = append(out, d.what)
		}
	}
	return out
}

// limits are the bounds on an answer.
func (f Field) limits() []any {
	pattern := ""
	if f.pattern != nil {
		pattern = f.pattern.String()
	}
	return []any{f.Max, f.min, f.max, f.Decimals, f.Rows, f.Size, f.PostalCode, pattern}
}

// shapes are the parts of a group, as far as answers depend on them.
func (f Field) shapes() []any {
	var out []any
	for _, p := range f.Parts {
		out = append(out, p.Key, p.Kind, p.Required, p.Label, p.Options, p.limits())
	}
	return out
}

// Differ lists the keys whose answers differ, in order.
func Differ(a, b Answers) []string {
	var keys []string
	for key := range a {
		if a[key] != b[key] {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok && b[key] != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Adopt brings answers from elsewhere into this form: a draft of an older
// version, or what a profile offers. What is asked no more, or does not fit
// any more, is left out and named. An address in free text becomes the lines
// of one.
func (f *Form) Adopt(given Answers) (kept Answers, dropped []string) {
	kept = Answers{}
	for key, text := range given {
		field, ok := f.Field(key)
		if !ok || !field.Asked() || text == "" || !f.has(key) {
			continue
		}
		if _, err := field.Typed(text); err != nil && field.Kind == Address {
			continue // its lines would be there without a place: it is asked again
		}
		kept[key] = text
	}
	unfit, err := f.unfit(kept)
	if err != nil {
		return Answers{}, slices.Sorted(maps.Keys(given))
	}
	for _, e := range unfit {
		key, _ := split(e.Key)
		delete(kept, key)
	}
	for key := range given {
		if _, ok := kept[key]; !ok && given[key] != "" {
			dropped = append(dropped, key)
		}
	}
	slices.Sort(dropped)
	return kept, dropped
}
