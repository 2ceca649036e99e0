package policy

import (
	"maps"
	"slices"
	"time"
)

// The kinds whose rule a service names where it declares itself.
const (
	KindCase  = "case"  // service.yaml: retention
	KindDraft = "draft" // service.yaml: drafts, a category
)

// RuleOf returns the rule that governs a thing of a kind, of a service and
// with an outcome (both may be empty): of the rules that keep the kind, the one
// that names
//
//  1. its service and its outcome
//  2. its outcome, for any service
//  3. its service, for any outcome; for applications and drafts that is also
//     what the service itself declares
//  4. neither
func (p *Policy) RuleOf(kind, service, outcome string) (Retention, bool) {
	for _, k := range p.RulesOf(kind, service) {
		if slices.Contains(k.Outcomes, outcome) != k.Others {
			return k.Rule, true
		}
	}
	return Retention{}, false
}

// Governed is a rule with the outcomes for which it governs things of a kind:
// those, or with Others all but those.
type Governed struct {
	Rule     Retention
	Outcomes []string
	Others   bool
}

// RulesOf returns the rules that govern things of a kind and a service, so that
// each outcome is one rule's; the one for all others is the last.
func (p *Policy) RulesOf(kind, service string) (all []Governed) {
	var named []string
	var others *Retention
	for _, ofService := range []bool{true, false} {
		for _, r := range p.declarations.Retention {
			if !slices.Contains(r.Keeps, kind) || ofService != slices.Contains(r.Services, service) || !ofService && len(r.Services) > 0 {
				continue
			}
			if len(r.Outcomes) == 0 {
				if others == nil && ofService {
					others = &r
				}
				continue
			}
			g := Governed{Rule: r}
			for _, o := range r.Outcomes {
				if !slices.Contains(named, o) {
					named, g.Outcomes = append(named, o), append(g.Outcomes, o)
				}
			}
			if len(g.Outcomes) > 0 {
				all = append(all, g)
			}
		}
	}
	if others == nil {
		others = p.ofService(kind, service)
	}
	if others == nil {
		i := slices.IndexFunc(p.declarations.Retention, func(r Retention) bool {
			return slices.Contains(r.Keeps, kind) && len(r.Services) == 0 && len(r.Outcomes) == 0
		})
		if i < 0 {
			return all
		}
		others = &p.declarations.Retention[i]
	}
	return append(all, Governed{Rule: *others, Outcomes: named, Others: true})
}

// ofService is the rule that a service itself declares for a kind, if the
// policy knows the service.
func (p *Policy) ofService(kind, service string) *Retention {
	id := ""
	switch kind {
	case KindCase:
		a, _ := p.Activity(service + ".apply")
		id = a.Retention
	case KindDraft:
		f, _ := p.Field(service + ".draft")
		c, _ := p.Category(f.Category)
		id = c.Retention
	}
	if r, ok := p.Retention(id); ok {
		return &r
	}
	return nil
}

// Ends is when a rule's period has passed, counted from its trigger in the
// zone of the instance: from then on the days of grace run.
func (r Retention) Ends(trigger time.Time, zone *time.Location) (time.Time, error) {
	return r.Period.After(trigger.In(zone))
}

// Due is when the grace has passed too.
func (r Retention) Due(trigger time.Time, zone *time.Location) (time.Time, error) {
	at, err := r.Ends(trigger, zone)
	if err != nil || r.Grace == "" {
		return at, err
	}
	return r.Grace.After(at)
}

// HandOver is the activity of the program that opens what is handed over to a
// party: its fields are what the party is given.
func HandOver(party string) string { return "archive-" + party }

// keeps checks that each kind of thing that is kept has a rule, and that each
// rule keeps something.
func (c *compiler) keeps() {
	if c.o.Kept == nil {
		return
	}
	whole := map[string]string{}
	of := map[[3]string]string{}
	for i, r := range c.d.Retention {
		path := at("retention", r.ID, i)
		if len(r.Keeps) == 0 {
			c.report(path, "keeps nothing: name the kinds of things that it governs, or remove it")
		}
		if r.Tell && (r.Grace == "" || r.Grace == PeriodNone) {
			c.report(path+"/tell", "whoever is told needs days of grace after it: declare grace")
		}
		c.archive(r, path)
		for _, kind := range r.Keeps {
			events, known := c.o.Kept[kind]
			switch {
			case r.Tell && slices.Contains([]string{"account", "draft", "evidence", "record", "registration", "staff", "upload"}, kind):
				c.report(path+"/tell", "nobody can be told that a thing of the kind %q goes, or they are told another way", kind)
			case r.Action == Archive && kind != KindCase:
				c.report(path+"/action", "a thing of the kind %q cannot be handed over: only what is kept of a case", kind)
			case !known:
				c.report(path+"/keeps", "nothing of the kind %q is kept; there are %q", kind, slices.Sorted(maps.Keys(c.o.Kept)))
			case r.Event != "" && !slices.Contains(events, r.Event):
				c.report(path+"/event", "%q never happens to a %s; there are %q", r.Event, kind, events)
			case r.Period == PeriodSession:
				c.report(path+"/period", "what is kept of people ends at a time, not with a browser")
			}
			if len(r.Services)+len(r.Outcomes) == 0 {
				whole[kind] = r.ID
			}
			for _, s := range orEmpty(r.Services) {
				for _, o := range orEmpty(r.Outcomes) {
					if other := of[[3]string{kind, s, o}]; other != "" {
						c.report(path+"/keeps", "%q keeps the same", other)
					}
					of[[3]string{kind, s, o}] = r.ID
				}
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c.o.Kept)) {
		if whole[kind] == "" {
			c.report("retention", "no rule keeps things of the kind %q, whatever their service and outcome: nobody would know until when", kind)
		}
	}
}

// archive checks that what is handed over goes to a party, under an activity.
func (c *compiler) archive(r Retention, path string) {
	if (r.Action == Archive) != (r.To != "") {
		c.report(path+"/to", "the action archive names the party to which things are handed over, and no other action does")
	}
	c.known(c.party, "party", r.To, path+"/to")
	i, ok := c.activity[HandOver(r.To)]
	if r.To != "" && (!ok || c.d.Activities[i].Relation != RelationSystem || !slices.Equal(c.d.Activities[i].Parties, []string{r.To})) {
		c.report(path+"/to", "the activity %q is missing, of the relation system and with the party %q alone: its fields are what is handed over", HandOver(r.To), r.To)
	}
}

// orEmpty is a list, or one with nothing in it.
func orEmpty(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}
