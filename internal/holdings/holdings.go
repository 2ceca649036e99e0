package holdings

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of this package: what each kind is called.
func Locales() fs.FS { return locales }

// The kinds on which several features hang something.
const (
	Account = "account"
	Staff   = "staff"
)

// Disposer has one thing disposed of as it is now, in the caller's transaction,
// for the feature that keeps it: package retention. It reports false if there
// is none.
type Disposer interface {
	Of(tx *db.Tx, kind, subject, id, because string) (bool, error)
}

// The reasons for a disposal.
const (
	BecauseDue       = "due"       // its time and its grace have passed
	BecauseRequest   = "request"   // the person asked for it
	BecauseOwn       = "own"       // the person did it
	BecauseAbandoned = "abandoned" // nobody goes on with it

	// BecauseTransferred: it was handed over to a party that keeps it now.
	BecauseTransferred = "transferred"
)

// OfProfile is the Within of what hangs on an account: the scope of its
// profile.
const OfProfile = "'profile'"

// Kind is one kind of thing that is kept of people. Columns are those of
// Table, which has a column subject.
type Kind struct {
	Name    string // such as case; "holdings.kind.NAME" is what people call it
	Table   string
	ID      string  // column, unique in the store; empty: a person has one
	Where   string  // which rows are of this kind; empty: all
	Events  []Event // what a period can be counted from; the first if a rule names none
	Service string  // column; empty: it belongs to no service
	Outcome string  // column; empty: how it ended makes no difference

	Reference string // column with what people call it, unique in the store; empty: nothing

	Scope string // its key: a whole scope such as profile, or what stands before the id, such as "case:"; empty: none of its own

	Within string // column that leads to the thing it is part of: it goes with that, and is kept as long, unless it has events of its own
	Prefix string // what stands before that column's value in the scope of that thing

	Parts    []Part // rows that go with it
	Revision string // column by which a change is noticed; empty: its events

	Shadow   bool // it is another key of the rows of another kind: nothing is taken with it
	Outlives bool // it is kept when nothing else of the person is: Any leaves it out

}

// Event is a moment from which a period can be counted, and its column. When
// is the condition under which the column says it; empty: where it is set.
type Event struct{ Name, Column, When string }

// Part is a table whose rows belong to a thing: its person's, with its id, or
// its scope, in the column By. Key are the columns by which such a row is known.
type Part struct {
	Table, By, Key string
	Scope          bool // By holds the scope
}

// Rows are the part of a thing in a table of the feature's own, by a column
// with its id and the columns that tell such rows apart.
func Rows(table, by, key string) Part { return Part{Table: table, By: by, Key: key} }

// Item is one thing that is kept of a person.
type Item struct {
	Kind    string
	ID      string
	Subject string
	Scope   string // its key; empty: none of its own
	Within  string // the scope of the thing it is part of; empty: of none
	Service string
	Outcome string

	Reference string // what people call it; may be empty

	Rule  string    // id of the rule that governs it; empty: the policy has none
	Since time.Time // of the rule's event; zero: it has not happened

	revision int64
	times    []time.Time // of the kind's events
}

// Sweeper removes what belongs to a thing and is no row of one of its parts, at
// most so much of it at a time, and says how much it was: 0 if nothing is left.
type Sweeper func(tx *db.Tx, i Item, limit int) (int, error)

// Registry is what all features keep. It is safe for concurrent use once it is
// whole.
type Registry struct {
	kinds    []Kind
	names    map[string]int
	sweepers map[string]Sweeper
}

// New returns the registry of these kinds. One without a table adds its parts
// to another feature's kind of the same name.
func New(kinds []Kind) *Registry {
	r := &Registry{names: make(map[string]int, len(kinds)), sweepers: map[string]Sweeper{}}
	for _, k := range kinds {
		if k.Table == "" {
			continue
		}
		if _, twice := r.names[k.Name]; twice || len(k.Events) == 0 && k.Within == "" {
			panic("holdings: the kind " + k.Name + " is there twice, or counts from nothing") // a mistake in the program's own declarations
		}
		r.names[k.Name] = len(r.kinds)
		r.kinds = append(r.kinds, k)
	}
	for _, k := range kinds {
		if k.Table == "" {
			of := &r.kinds[r.names[k.Name]]
			of.Parts = append(slices.Clone(of.Parts), k.Parts...)
		}
	}
	return r
}

// Sweeper registers who removes what belongs to things of a kind and is no row.
// Call it before anything is swept.
func (r *Registry) Sweeper(kind string, s Sweeper) { r.sweepers[kind] = s }

// Kinds are all kinds, in the order of their declaration.
func (r *Registry) Kinds() []Kind { return r.kinds }

// Events are the events of each kind that has a rule of its own: what
// the policy is checked against.
func Events(kinds []Kind) map[string][]string {
	all := map[string][]string{}
	for _, k := range kinds {
		for _, e := range k.Events {
			all[k.Name] = append(all[k.Name], e.Name)
		}
	}
	return all
}

func (r *Registry) kind(name string) (*Kind, error) {
	i, ok := r.names[name]
	if !ok {
		return nil, fmt.Errorf("nothing of the kind %q is kept", name)
	}
	return &r.kinds[i], nil
}

// govern finds the rule of an item and the time that it counts from.
func (k *Kind) govern(pol *policy.Policy, i *Item) {
	if len(k.Events) == 0 {
		return
	}
	rule, ok := pol.RuleOf(i.Kind, i.Service, i.Outcome)
	if !ok {
		return
	}
	i.Rule, i.Since = rule.ID, i.times[k.event(rule)]
}

// event is the index of the event that a rule counts from.
func (k *Kind) event(rule policy.Retention) int {
	return max(0, slices.IndexFunc(k.Events, func(e Event) bool { return e.Name == rule.Event }))
}

// Held is everything that is kept of a person, by kind and id. What is part of
// something else says its rule and its time.
func (r *Registry) Held(tx *db.Tx, pol *policy.Policy, subject string) (all []Item, err error) {
	for j := range r.kinds {
		items, err := r.kinds[j].of(tx, pol, subject)
		if err != nil {
			return nil, fmt.Errorf("list what is kept of a person, %s: %w", r.kinds[j].Name, err)
		}
		all = append(all, items...)
	}
	whole := map[string]Item{}
	for _, i := range all {
		if i.Within == "" && i.Scope != "" {
			whole[i.Scope] = i
		}
	}
	for j := range all {
		if w, ok := whole[all[j].Within]; ok && all[j].Rule == "" {
			all[j].Rule, all[j].Since = w.Rule, w.Since
		}
	}
	return all, nil
}

// Find returns a thing as it is now, if it is there.
func (r *Registry) Find(tx *db.Tx, pol *policy.Policy, kind, subject, id string) (Item, bool, error) {
	k, err := r.kind(kind)
	if err != nil {
		return Item{}, false, err
	}
	items, err := k.one(tx, subject, id)
	if err != nil || len(items) == 0 {
		return Item{}, false, wrap("find", k, err)
	}
	k.govern(pol, &items[0])
	return items[0], true, nil
}

// Under is what stands under a key of a person, as it is now, whatever it was
// before: the same key is that of a draft, and of the case that it became.
func (r *Registry) Under(tx *db.Tx, pol *policy.Policy, subject, scope string) (all []Item, err error) {
	for j := range r.kinds {
		k := &r.kinds[j]
		id, under := strings.CutPrefix(scope, k.Scope)
		if k.ID == "" {
			id, under = subject, scope == k.Scope
		}
		if k.Scope == "" || k.Shadow || !under {
			continue
		}
		items, err := k.one(tx, subject, id)
		if err != nil {
			return nil, wrap("find", k, err)
		}
		for _, i := range items {
			k.govern(pol, &i)
			all = append(all, i)
		}
	}
	return all, nil
}

// Rest is what is kept of a person but what outlives the rest.
func (r *Registry) Rest(tx *db.Tx, pol *policy.Policy, subject string) ([]Item, error) {
	all, err := r.Held(tx, pol, subject)
	return slices.DeleteFunc(all, func(i Item) bool { return r.kinds[r.names[i.Kind]].Outlives }), err
}

// Parts are the things that are part of others: of each of them its own.
func (r *Registry) Parts(tx *db.Tx, items []Item) (parts [][]Item, err error) {
	parts = make([][]Item, len(items))
	whole := make(map[[2]string]int, len(items))
	for n, i := range items {
		whole[[2]string{i.Subject, i.Scope}] = n
	}
	for j := range r.kinds {
		k := &r.kinds[j]
		if k.Within == "" {
			continue
		}
		var people, values []any
		for _, i := range items {
			if value, of := strings.CutPrefix(i.Scope, k.Prefix); of && i.Scope != "" && !k.elsewhere(value) {
				people, values = append(people, i.Subject), append(values, value)
			}
		}
		found, err := k.within(tx, people, values)
		if err != nil {
			return nil, wrap("find the parts of", k, err)
		}
		var deeper []Item
		var of []int
		for _, part := range found {
			n, there := whole[[2]string{part.Subject, part.Within}]
			if !there { // it is part of the like of somebody else
				continue
			}
			part.Rule, part.Since = items[n].Rule, items[n].Since
			parts[n] = append(parts[n], part)
			if part.Scope != "" && part.Scope != items[n].Scope {
				deeper, of = append(deeper, part), append(of, n)
			}
		}
		if len(deeper) == 0 {
			continue
		}
		more, err := r.Parts(tx, deeper)
		if err != nil {
			return nil, err
		}
		for m, n := range of {
			parts[n] = append(parts[n], more[m]...)
		}
	}
	return parts, nil
}

// Whole adds to each list of things of one person what is part of them, and
// leaves out what is in it twice.
func (r *Registry) Whole(tx *db.Tx, lists [][]Item) (all [][]Item, err error) {
	parts, err := r.Parts(tx, slices.Concat(lists...))
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		seen := map[[2]string]bool{}
		var one []Item
		for _, i := range slices.Concat(list, slices.Concat(parts[:len(list)]...)) {
			if i.Subject != list[0].Subject {
				return nil, errors.New("the things are of several people")
			}
			if name := [2]string{i.Kind, i.ID}; !seen[name] {
				seen[name], one = true, append(one, i)
			}
		}
		parts, all = parts[len(list):], append(all, one)
	}
	return all, nil
}

// elsewhere reports whether all things of the kind are part of one whole, such
// as a profile, and this is another.
func (k *Kind) elsewhere(whole string) bool {
	return k.Within[0] == '\'' && strings.Trim(k.Within, "'") != whole
}

// Refer finds what people call so, of whatever kind it is.
func (r *Registry) Refer(tx *db.Tx, pol *policy.Policy, reference string) (Item, bool, error) {
	for j := range r.kinds {
		k := &r.kinds[j]
		if k.Reference == "" {
			continue
		}
		items, err := k.called(tx, reference)
		if err != nil {
			return Item{}, false, wrap("look for", k, err)
		}
		if len(items) > 0 {
			k.govern(pol, &items[0])
			return items[0], true, nil
		}
	}
	return Item{}, false, nil
}

// Called is what people call a thing of somebody or, without an id, one of their
// things that is called anything; empty if there is none.
func (r *Registry) Called(tx *db.Tx, subject, id string) (string, error) {
	for j := range r.kinds {
		k := &r.kinds[j]
		if k.Reference == "" || subject == "" {
			continue
		}
		var items []Item
		var err error
		if id != "" {
			items, err = k.one(tx, subject, id)
		} else {
			items, err = k.named(tx, subject)
		}
		if err != nil {
			return "", wrap("look what people call", k, err)
		}
		if i := slices.IndexFunc(items, func(i Item) bool { return i.Reference != "" }); i >= 0 {
			return items[i].Reference, nil
		}
	}
	return "", nil
}

// Any says of whom anything is kept but what outlives the rest.
func (r *Registry) Any(tx *db.Tx, people []string) (map[string]bool, error) {
	there, err := r.any(tx, people)
	if err != nil {
		return nil, fmt.Errorf("look for what is kept of people: %w", err)
	}
	return there, nil
}

// Due asks for things of one kind by the time of an event, the oldest first.
type Due struct {
	Kind     string
	Event    string // empty: the kind's first
	Service  string // only of this one; empty: of all
	Outcomes []string
	Others   bool      // those with another outcome than Outcomes, else with one of them; without Outcomes: all
	Before   time.Time // the event happened before
	After    time.Time // and is behind this one,
	AfterID  string    // or happened at the same time to a later id
	Limit    int
}

// Due returns what an event happened to.
func (r *Registry) Due(tx *db.Tx, pol *policy.Policy, q Due) ([]Item, error) {
	k, err := r.kind(q.Kind)
	if err != nil {
		return nil, err
	}
	items, err := k.due(tx, q)
	for j := range items {
		k.govern(pol, &items[j])
	}
	return items, wrap("look for", k, err)
}

// Count is how many things there are of which Due would tell, without a limit.
func (r *Registry) Count(tx *db.Tx, q Due) (int64, error) {
	k, err := r.kind(q.Kind)
	if err != nil {
		return 0, err
	}
	n, err := k.count(tx, q)
	return n, wrap("count", k, err)
}

// Services are those of which something of a kind is kept; one without a name
// if it belongs to none.
func (r *Registry) Services(tx *db.Tx, kind string) ([]string, error) {
	k, err := r.kind(kind)
	if err != nil {
		return nil, err
	}
	if k.Service == "" {
		return []string{""}, nil
	}
	list, err := k.services(tx)
	return list, wrap("list the services of", k, err)
}

// Take removes things as they were last seen: the row of each, and no more. It
// reports false if one of them changed or went since.
func (r *Registry) Take(tx *db.Tx, items []Item) (bool, error) {
	for len(items) > 0 {
		k, err := r.kind(items[0].Kind)
		if err != nil {
			return false, err
		}
		n := slices.IndexFunc(items, func(i Item) bool { return i.Kind != k.Name })
		if n < 0 {
			n = len(items)
		}
		for some := range slices.Chunk(items[:n], atOnce) {
			if k.Shadow {
				break
			}
			if ok, err := k.take(tx, some); err != nil || !ok {
				return false, wrap("take away", k, err)
			}
		}
		items = items[n:]
	}
	return true, nil
}

// Sweep removes at most limit rows of what is left of a thing that was taken. It
// says how many it removed, and whether there may be more.
func (r *Registry) Sweep(tx *db.Tx, i Item, limit int) (n int, more bool, err error) {
	k, err := r.kind(i.Kind)
	if err != nil {
		return 0, false, err
	}
	for _, p := range k.Parts {
		some, err := p.sweep(tx, i, limit-n)
		if err != nil {
			return 0, false, wrap("sweep", k, err)
		}
		if n += some; n >= limit {
			return n, true, nil
		}
	}
	sweep := r.sweepers[k.Name]
	if sweep == nil {
		return n, false, nil
	}
	some, err := sweep(tx, i, limit-n)
	return n + some, some > 0, wrap("sweep", k, err)
}

// Left counts the rows of a thing that was taken which are still there.
func (r *Registry) Left(tx *db.Tx, i Item) (n int64, err error) {
	k, err := r.kind(i.Kind)
	if err != nil {
		return 0, err
	}
	for _, p := range k.Parts {
		more, err := p.left(tx, i)
		if err != nil {
			return 0, wrap("count what is left of", k, err)
		}
		n += more
	}
	return n, nil
}

func wrap(what string, k *Kind, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s what is kept, %s: %w", what, k.Name, err)
}

func fromMicros(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}
