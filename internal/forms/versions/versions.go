package versions

import (
	"reflect"
	"slices"

	"portico/internal/forms"
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
	Old  forms.Field // empty for what was added
	New  forms.Field // empty for what was removed
}

// Changes lists what a newer form asks otherwise than an older one, so that
// somebody whose draft is carried over can be told.
func Changes(older, newer *forms.Form) []Change {
	var out []Change
	for _, n := range newer.Fields() {
		o, ok := older.Field(n.Key)
		if !ok || o.Kind == forms.Info {
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
		if n, ok := newer.Field(o.Key); (!ok || n.Kind == forms.Info) && o.Asked() {
			out = append(out, Change{Key: o.Key, What: Removed, Old: o})
		}
	}
	return out
}

func differences(o, n forms.Field) []Difference {
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
		{Limits, reflect.DeepEqual(limits(o), limits(n))},
		{Needed, o.Required == n.Required},
		{Reparted, reflect.DeepEqual(shapes(o), shapes(n))},
	} {
		if !d.same {
			out = append(out, d.what)
		}
	}
	return out
}

// limits are the bounds on an answer.
func limits(f forms.Field) []any {
	pattern := ""
	if f.Pattern() != nil {
		pattern = f.Pattern().String()
	}
	return []any{f.Max, f.Least, f.Most, f.Decimals, f.Rows, f.Size, f.PostalCode, pattern}
}

// shapes are the parts of a group, as far as answers depend on them.
func shapes(f forms.Field) []any {
	var out []any
	for _, p := range f.Parts {
		out = append(out, p.Key, p.Kind, p.Required, p.Label, p.Options, limits(p))
	}
	return out
}
