package services

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portico/internal/platform/i18n"
)

// Offer is a service as one can apply for it: a variant in its own words, and
// in the service's where it has none. A service without variants has one
// offer, whose variant is empty.
type Offer struct {
	Variant     string
	Name        i18n.Text // of the variant; empty for a service without variants
	Summary     i18n.Text
	Eligibility i18n.Text
	Documents   []i18n.Text
	Needs       []Need // the service's and the variant's
	Cost        i18n.Text
}

// Offers are the ways of applying, in the order of the declaration.
func (d *Definition) Offers() []Offer {
	whole := Offer{Summary: d.Summary, Eligibility: d.Eligibility, Documents: d.Documents, Needs: d.Needs, Cost: d.Cost}
	if len(d.Variants) == 0 {
		return []Offer{whole}
	}
	var all []Offer
	for _, v := range d.Variants {
		o := whole
		o.Variant, o.Name, o.Summary = v.ID, v.Name, v.Summary
		if len(v.Eligibility) > 0 {
			o.Eligibility = v.Eligibility
		}
		if len(v.Documents) > 0 {
			o.Documents = v.Documents
		}
		if len(v.Cost) > 0 {
			o.Cost = v.Cost
		}
		o.Needs = append(slices.Clone(d.Needs), v.Needs...)
		all = append(all, o)
	}
	return all
}

// Offer returns the variant with this id, or false if there is none. The
// empty id is the only one of a service without variants.
func (d *Definition) Offer(variant string) (Offer, bool) {
	for _, o := range d.Offers() {
		if o.Variant == variant {
			return o, true
		}
	}
	return Offer{}, false
}

// Reached knows how far people have got with their applications. Whoever owns
// applications implements it.
type Reached interface {
	// Reached returns when an application of the person for the service last
	// came into the state: zero if none ever did. An empty variant is any.
	Reached(ctx context.Context, subject, service, variant, state string) (time.Time, error)
}

// Progress is a need, and when the person met it.
type Progress struct {
	Need
	Met bool
	At  time.Time // of the application that counts, or that is too old; zero if there is none
}

// Progress says which of the offer's needs a person meets at a moment. A need
// within N days is met until the end of the N-th day after it was reached.
func (d *Definition) Progress(ctx context.Context, r Reached, subject string, o Offer, now time.Time) ([]Progress, error) {
	var all []Progress
	for _, n := range o.Needs {
		at, err := r.Reached(ctx, subject, n.Service, n.Variant, n.State)
		if err != nil {
			return nil, fmt.Errorf("see whether %s is %s: %w", n.Service, n.State, err)
		}
		p := Progress{Need: n, At: at, Met: !at.IsZero()}
		if p.Met && n.Within > 0 {
			y, m, day := at.In(d.zone).Date()
			p.Met = now.Before(time.Date(y, m, day+n.Within+1, 0, 0, 0, 0, d.zone))
		}
		all = append(all, p)
	}
	return all, nil
}

// Missing are those of the needs that are not met.
func Missing(all []Progress) []Progress {
	return slices.DeleteFunc(slices.Clone(all), func(p Progress) bool { return p.Met })
}

// Stage says whether one can apply at a moment.
type Stage string

// The stages.
const (
	Open   Stage = "open"
	NotYet Stage = "not-yet"
	Closed Stage = "closed"
)

// Values lists the stages.
func (Stage) Values() []string { return []string{string(Open), string(NotYet), string(Closed)} }

// Stage returns whether one can apply at a moment: from the beginning of the
// day on which the service opens to the end of the day on which it closes.
func (d *Definition) Stage(now time.Time) Stage {
	today := Day(now.In(d.zone).Format(time.DateOnly))
	switch {
	case d.Opens != "" && today < d.Opens:
		return NotYet
	case d.Closes != "" && today > d.Closes:
		return Closed
	}
	return Open
}

// In returns the beginning of the day, for printing it.
func (d Day) In(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// offers checks opening days, variants and what is needed first, as far as
// one service can tell; Link checks what only all of them can.
func (c *compiler) offers(d *Definition) {
	if d.Opens != "" && d.Closes != "" && d.Closes < d.Opens {
		c.fail(serviceFile, "closes", "it would close before it opens")
	}
	if len(d.Variants) == 1 {
		c.fail(serviceFile, "variants", "a single variant is the service itself: leave variants out")
	}
	seen := map[string]bool{}
	c.needs(d, "needs", d.Needs)
	for i, v := range d.Variants {
		at := fmt.Sprintf("variants/%d/", i)
		if !idForm.MatchString(v.ID) || seen[v.ID] {
			c.fail(serviceFile, at+"id", "a variant has an id of its own, in small letters and digits joined by -")
		}
		seen[v.ID] = true
		c.needs(d, at+"needs", v.Needs)
	}
}

func (c *compiler) needs(d *Definition, path string, needs []Need) {
	for i, n := range needs {
		at := fmt.Sprintf("%s/%d", path, i)
		d.lines[at] = c.docs[serviceFile].Line(at)
		if n.Within < 0 || n.Within > 36600 {
			c.fail(serviceFile, at+"/within", "%d is no number of days", n.Within)
		}
	}
}

// Link checks what services need of each other. It takes all that compiled,
// by id, and those that did not with nil, of which nothing can be said.
func Link(all map[string]*Definition) map[string][]Problem {
	found := map[string][]Problem{}
	for id, d := range all {
		if d == nil {
			continue
		}
		d.eachNeed(func(path string, _ string, n Need) {
			if wrong := wrongNeed(all, n); wrong != "" {
				found[id] = append(found[id], Problem{File: serviceFile, Line: d.lines[path], Path: path, Message: wrong})
			}
		})
	}
	if len(found) > 0 {
		return found
	}
	got := attainable(all)
	for id, d := range all {
		if d == nil {
			continue
		}
		d.eachNeed(func(path, variant string, n Need) {
			if !got[[2]string{id, variant}] && !met(all, got, n) {
				found[id] = append(found[id], Problem{File: serviceFile, Line: d.lines[path], Path: path,
					Message: fmt.Sprintf("nobody can ever complete this first: %q needs what needs it", n.Service)})
			}
		})
	}
	return found
}

// eachNeed calls f with the place of each need and the variant that has it;
// what the whole service needs is told of its first variant.
func (d *Definition) eachNeed(f func(path, variant string, n Need)) {
	for i, n := range d.Needs {
		f(fmt.Sprintf("needs/%d", i), d.Offers()[0].Variant, n)
	}
	for i, v := range d.Variants {
		for j, n := range v.Needs {
			f(fmt.Sprintf("variants/%d/needs/%d", i, j), v.ID, n)
		}
	}
}

func wrongNeed(all map[string]*Definition, n Need) string {
	other, ok := all[n.Service]
	switch {
	case !ok:
		return fmt.Sprintf("there is no service %q", n.Service)
	case other == nil:
		return ""
	}
	if _, ok := other.Workflow.State(n.State); !ok {
		return fmt.Sprintf("the service %q has no state %q", n.Service, n.State)
	}
	if _, ok := other.Offer(n.Variant); n.Variant != "" && !ok {
		return fmt.Sprintf("the service %q has no variant %q", n.Service, n.Variant)
	}
	return ""
}

// attainable returns the offers, by service and variant, that somebody who
// begins with nothing can apply for sooner or later.
func attainable(all map[string]*Definition) map[[2]string]bool {
	got := map[[2]string]bool{}
	for more := true; more; {
		more = false
		for id, d := range all {
			if d == nil {
				continue
			}
			for _, o := range d.Offers() {
				key := [2]string{id, o.Variant}
				if !got[key] && !slices.ContainsFunc(o.Needs, func(n Need) bool { return !met(all, got, n) }) {
					got[key], more = true, true
				}
			}
		}
	}
	return got
}

func met(all map[string]*Definition, got map[[2]string]bool, n Need) bool {
	other := all[n.Service]
	if other == nil {
		return true // it has faults of its own
	}
	return slices.ContainsFunc(other.Offers(), func(o Offer) bool {
		return (n.Variant == "" || n.Variant == o.Variant) && got[[2]string{n.Service, o.Variant}]
	})
}
