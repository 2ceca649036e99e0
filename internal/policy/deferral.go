package policy

import (
	"slices"
	"time"

	"portico/internal/platform/i18n"
)

// Deferral is a ground on which a law lets the operator show people some uses
// of their data only later (I15). For one person and until one day, no later
// than Longest after it was allowed, uses by Activities are left out of what
// that person sees: an official of the role Asks asks for it, and another
// person, of the role Allows, allows it. Afterwards each use is shown, with
// proof.
type Deferral struct {
	ID         string    `yaml:"id" json:"id"`
	Name       i18n.Text `yaml:"name" json:"name"` // the ground
	Law        i18n.Text `yaml:"law" json:"law"`   // the provision
	Activities []string  `yaml:"activities" json:"activities"`
	Longest    Period    `yaml:"longest" json:"longest"`
	Asks       string    `yaml:"asks" json:"asks"`
	Allows     string    `yaml:"allows" json:"allows"`
}

// longestDeferral is the longest that anything may be deferred, in years.
const longestDeferral = 5

// ControlDeferred is the control that needs a promise only where something may
// be shown later: that every use is, when its time is over.
const ControlDeferred = "deferred"

// Deferrals are the grounds on which uses may be shown later, in the order of
// declaration.
func (p *Policy) Deferrals() []Deferral { return p.declarations.Deferrals }

// Deferral returns a ground.
func (p *Policy) Deferral(id string) (Deferral, bool) {
	return first(p.declarations.Deferrals, func(d Deferral) bool { return d.ID == id })
}

// Deferrable reports whether uses by an activity may be shown later on any
// ground.
func (p *Policy) Deferrable(activity string) bool {
	a := p.activities[activity]
	return a != nil && a.deferrable
}

// Latest is the last moment until which uses may be left out that are allowed
// to be at a moment: in that moment's zone.
func (d Deferral) Latest(allowed time.Time) (time.Time, error) { return d.Longest.After(allowed) }

// deferrals checks that what may be shown later is an official's reading, for a
// time that ends, by two people who can be there.
func (c *compiler) deferrals() {
	for i, v := range c.d.Deferrals {
		path := at("deferrals", v.ID, i)
		c.known(c.role, "role", v.Asks, path+"/asks")
		c.known(c.role, "role", v.Allows, path+"/allows")
		from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		if end, err := v.Latest(from); v.Longest != "" && (!days(v.Longest) || err == nil && end.After(from.AddDate(longestDeferral, 0, 0))) {
			c.report(path+"/longest", "says after how long at the latest every use is shown, such as P6M, and never more than %d years", longestDeferral)
		}
		if len(v.Activities) == 0 {
			c.report(path+"/activities", "names no use of data")
		}
		for j, id := range v.Activities {
			c.known(c.activity, "activity", id, path+"/activities")
			k, ok := c.activity[id]
			if !ok {
				continue
			}
			a := c.d.Activities[k]
			switch {
			case slices.Index(v.Activities, id) != j:
				c.report(path+"/activities", "%q stands here twice", id)
			case a.Relation != RelationTask && a.Relation != RelationReason:
				c.report(path+"/activities", "%q is no official's use of somebody's data: only of those does a person learn later", id)
			case slices.Contains(a.Operations, "collect"):
				c.report(path+"/activities", "%q writes data: only a reading can be shown later", id)
			case v.Asks != "" && !slices.Contains(a.Who, "role:"+v.Asks):
				c.report(path+"/asks", "the role %q asks for what it may not do: name it in the activity %q", v.Asks, id)
			}
		}
	}
}
