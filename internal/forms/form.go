package forms

import (
	"maps"
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/forms/rule"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Answers is what was answered: canonical text by key. A key that is not
// there was not answered.
type Answers map[string]string

// Form is a compiled form. It never changes and is safe for concurrent use.
type Form struct {
	Pages       []Page
	Declaration i18n.Text

	fields   []Field // with information blocks and warranties
	asked    []Field // of them what is no information
	index    map[string]int
	schema   *jsonschema.Schema
	zone     *time.Location
	currency string
	tasks    bool
	rules    rules
	ruled    rule.Shape // what rules read
}

// Env is what the instance gives to its forms.
type Env struct {
	Languages []string
	Zone      *time.Location
	Currency  string         // of money
	Fields    []policy.Field // those declared: how their values are written
}

// At is what answers are judged at, besides themselves.
type At struct {
	Now     time.Time
	Variant string // of the service, as rules read it
}

// Fields returns what is asked, in the order of the pages, then what is
// computed. A warranty is a field like any other; information is none. The list
// is the form's own: whoever changes it changes a copy.
func (f *Form) Fields() []Field { return slices.Clip(f.asked) }

// Field returns the question or information block with this key, or the part
// of a group by a path such as people.0.name.
func (f *Form) Field(key string) (Field, bool) {
	if i, ok := f.index[key]; ok {
		return f.fields[i], true
	}
	group, part := split(key)
	i, ok := f.index[group]
	if !ok || part == "" {
		return Field{}, false
	}
	return f.fields[i].Part(part)
}

// ByID returns the question for a declared field.
func (f *Form) ByID(id string) (Field, bool) {
	i := slices.IndexFunc(f.fields, func(g Field) bool { return g.ID == id })
	if i < 0 || id == "" {
		return Field{}, false
	}
	return f.fields[i], true
}

// Page returns the page with this id.
func (f *Form) Page(id string) (Page, bool) {
	i := slices.IndexFunc(f.Pages, func(p Page) bool { return p.ID == id })
	if i < 0 {
		return Page{}, false
	}
	return f.Pages[i], true
}

// PageOf returns the page on which a key, or a path below it, is asked. A
// computed value stands on none.
func (f *Form) PageOf(key string) (Page, bool) {
	top, _ := split(key)
	i := slices.IndexFunc(f.Pages, func(p Page) bool { return slices.Contains(p.Fields, top) })
	if i < 0 {
		return Page{}, false
	}
	return f.Pages[i], true
}

// All returns what stands on the pages, information too, then what is
// computed. The list is the form's own, too.
func (f *Form) All() []Field { return slices.Clip(f.fields) }

// Zone is that of the form's dates and times.
func (f *Form) Zone() *time.Location { return f.zone }

// Currency is that of the form's amounts.
func (f *Form) Currency() string { return f.currency }

// TaskList reports whether the pages are begun from a list of tasks rather
// than one after another: as declared, or by their number.
func (f *Form) TaskList() bool { return f.tasks }

// HasFee reports whether the form computes a fee.
func (f *Form) HasFee() bool { return len(f.rules.fee) > 0 }

// FeeReads returns the keys that the fee depends on.
func (f *Form) FeeReads() []string {
	var keys []string
	for _, r := range f.rules.fee {
		keys = append(keys, r.Asks...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// FeeAsks returns what a person has to be asked for an estimate of the fee, in
// the order of the questions: what the fee depends on, directly or by a value
// that is computed, and what decides whether that is asked.
func (f *Form) FeeAsks() []Field {
	needed := map[string]bool{}
	var need func(key string)
	need = func(key string) {
		if needed[key] {
			return
		}
		needed[key] = true
		for _, r := range slices.Concat(f.rules.visible, f.rules.value) {
			if slices.Contains(r.targets, key) || r.group == key {
				for _, other := range r.Asks {
					need(other)
				}
			}
		}
	}
	for _, key := range f.FeeReads() {
		need(key)
	}
	return slices.DeleteFunc(slices.Clone(f.asked), func(g Field) bool { return !needed[g.Key] || g.Computed })
}

// Price computes the fee for answers that were checked before, of which only
// those that the fee depends on need be there.
func (f *Form) Price(answers Answers, at At) (*Fee, error) {
	if !f.HasFee() {
		return nil, nil
	}
	return f.fee(answers, f.bind(answers, at), false)
}

// Takes reports whether a browser sends an answer, or a part of one, as name.
func (f *Form) Takes(name string) bool {
	return slices.ContainsFunc(f.fields, func(field Field) bool { return field.takes(name) })
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
