package forms

import "slices"

// State is how far a page is.
type State string

// The states of a page.
const (
	NotStarted State = "not-started"
	InProgress State = "in-progress"
	Done       State = "done"
	NotYet     State = "not-yet" // it waits for an answer or a page before it
)

// Task is a page as a task, and how far it is.
type Task struct {
	Page     Page
	State    State
	Optional bool     // nothing on it must be answered
	Waits    []string // ids of pages that must be done first
}

// Tasks says how far each page is, for what Check found and the errors that
// decoding had. A page all of whose questions are hidden is left out, unless
// what hides it waits for an answer: then it cannot be begun yet.
func (f *Form) Tasks(o *Outcome, before ...Error) []Task {
	var tasks []Task
	done := map[string]bool{}
	for _, page := range f.Pages {
		shown := slices.ContainsFunc(page.Fields, func(key string) bool { return o.Hidden[key] == "" })
		waits := f.waits(page, o)
		if !shown && len(waits) == 0 {
			done[page.ID] = true // nothing to do
			continue
		}
		t := f.task(page, o, before)
		if !shown {
			t.State, t.Waits = NotYet, waits
		}
		for _, id := range page.After {
			if !done[id] && !slices.Contains(t.Waits, id) {
				t.State, t.Waits = NotYet, append(t.Waits, id)
			}
		}
		done[page.ID] = t.State == Done || t.State == NotStarted && t.Optional
		tasks = append(tasks, t)
	}
	return tasks
}

// waits lists the pages whose answers the rule that hides a page waits for.
func (f *Form) waits(page Page, o *Outcome) []string {
	var ids []string
	for _, key := range page.Fields {
		r := f.rule(o.Hidden[key])
		if r == nil {
			continue
		}
		for _, missing := range r.waits(o.Answers, nil) {
			if on, ok := f.PageOf(missing); ok && on.ID != page.ID && o.Hidden[missing] == "" && !slices.Contains(ids, on.ID) {
				ids = append(ids, on.ID)
			}
		}
	}
	return ids
}

func (f *Form) task(page Page, o *Outcome, before []Error) Task {
	t := Task{Page: page, Optional: true}
	begun, asks := false, false
	for _, key := range page.Fields {
		field, _ := f.Field(key)
		if o.Hidden[key] != "" || !field.Asked() {
			continue
		}
		asks = true
		_, answered := o.Answers[key]
		wrong := slices.ContainsFunc(before, func(e Error) bool { top, _ := split(e.Key); return top == key })
		begun = begun || answered || wrong
		t.Optional = t.Optional && !o.Needed[key]
	}
	wrong := slices.ContainsFunc(o.Errors, func(e Error) bool {
		on, ok := f.PageOf(e.Key)
		return ok && on.ID == page.ID
	})
	switch {
	case !asks, begun && !wrong:
		t.State = Done
	case begun:
		t.State = InProgress
	default:
		t.State = NotStarted
	}
	return t
}

// rule returns the visible rule with this id.
func (f *Form) rule(id string) *compiled {
	i := slices.IndexFunc(f.rules.visible, func(r compiled) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return &f.rules.visible[i]
}
