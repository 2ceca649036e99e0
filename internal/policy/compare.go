package policy

import (
	"reflect"
	"slices"
	"strconv"

	"portico/internal/platform/i18n"
)

// Verb says what happened to a declaration between two versions.
type Verb string

// The verbs.
const (
	Added   Verb = "added"
	Removed Verb = "removed"
	Changed Verb = "changed"
)

// Change is one difference between two versions of the declarations. What is
// the kind of declaration (field, purpose …), Name its name in the newer
// version, or in the older one if it is gone. When only a part of it was
// touched, Part says which and Item what was added to or removed from it, or
// Before and After what it was and is; a change of wording has neither.
type Change struct {
	Verb          Verb
	What          string
	ID            string
	Name          i18n.Text
	Part          string
	Item          i18n.Text
	Before, After string
}

// Compare returns what changed from the declarations a to b, in the order in
// which a reader cares: data, purposes, uses, recipients, periods, the rest.
func Compare(a, b *Declarations) []Change {
	c := &comparison{a: a, b: b}
	compare(c, "category", a.Categories, b.Categories, func(v *Category) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Category) {
		c.value("retention", v.Retention, w.Retention)
		c.value("sensitivity", string(v.Sensitivity), string(w.Sensitivity))
	})
	compare(c, "field", a.Fields, b.Fields, func(v *Field) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Field) {
		c.value("category", v.Category, w.Category)
		c.value("reuse", string(v.Reuse), string(w.Reuse))
		c.list("source", v.Sources, w.Sources, plain)
	})
	compare(c, "purpose", a.Purposes, b.Purposes, func(v *Purpose) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Purpose) {
		c.value("basis", string(v.Basis.DPV), string(w.Basis.DPV))
	})
	compare(c, "activity", a.Activities, b.Activities, func(v *Activity) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Activity) {
		c.value("purpose", v.Purpose, w.Purpose)
		c.value("relation", string(v.Relation), string(w.Relation))
		c.value("retention", v.Retention, w.Retention)
		c.value("basis", basisOf(v), basisOf(w))
		c.list("field", v.Fields, w.Fields, c.fieldName)
		c.list("party", v.Parties, w.Parties, c.partyName)
		c.list("who", v.Who, w.Who, plain)
		c.list("operation", terms(v.Operations), terms(w.Operations), plain)
		c.list("automated", rulesOf(v), rulesOf(w), plain)
	})
	compare(c, "party", a.Parties, b.Parties, func(v *Party) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Party) {
		c.value("country", v.Country, w.Country)
		c.list("purpose", v.Purposes, w.Purposes, c.purposeName)
	})
	compare(c, "retention", a.Retention, b.Retention, func(v *Retention) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Retention) {
		c.value("period", string(v.Period), string(w.Period))
		c.value("grace", string(v.Grace), string(w.Grace))
		c.value("tell", strconv.FormatBool(v.Tell), strconv.FormatBool(w.Tell))
		c.value("event", v.Event, w.Event)
		c.value("action", string(v.Action), string(w.Action))
		c.value("to", v.To, w.To)
		c.list("kind", v.Keeps, w.Keeps, plain)
		c.list("service", v.Services, w.Services, plain)
		c.list("outcome", v.Outcomes, w.Outcomes, plain)
	})
	compare(c, "cookie", a.Cookies, b.Cookies, func(v *Cookie) (string, i18n.Text) { return v.Name, plain(v.Name) }, func(v, w *Cookie) {
		c.value("class", string(v.Class), string(w.Class))
		c.value("period", string(v.Period), string(w.Period))
	})
	compare(c, "right", a.Rights, b.Rights, func(v *Right) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Right) {
		c.value("within", string(v.Within), string(w.Within))
		c.value("extension", string(v.Extension), string(w.Extension))
		c.list("refusal", terms(v.Refusal), terms(w.Refusal), plain)
		c.list("basis", terms(v.Bases), terms(w.Bases), plain)
	})
	compare(c, "promise", a.Promises, b.Promises, func(v *Promise) (string, i18n.Text) { return v.ID, v.Text }, func(v, w *Promise) {
		c.value("proof", proofOf(v), proofOf(w))
	})
	compare(c, "role", a.Roles, b.Roles, func(v *Role) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Role) {
		c.value("party", v.Party, w.Party)
	})
	compare(c, "deferral", a.Deferrals, b.Deferrals, func(v *Deferral) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Deferral) {
		c.value("longest", string(v.Longest), string(w.Longest))
		c.value("asks", v.Asks, w.Asks)
		c.value("allows", v.Allows, w.Allows)
		c.list("activity", v.Activities, w.Activities, plain)
	})
	compare(c, "measure", a.Measures, b.Measures, func(v *Measure) (string, i18n.Text) { return v.ID, v.Name }, func(v, w *Measure) {
		c.value("review", string(v.NextReview), string(w.NextReview))
	})
	return c.changes
}

type comparison struct {
	a, b    *Declarations
	changes []Change
	now     Change // what is being compared
}

// compare matches two lists by id and calls parts for what is in both. What
// differs in no part that has a name is a change of wording.
func compare[T any](c *comparison, what string, a, b []T, name func(*T) (string, i18n.Text), parts func(v, w *T)) {
	find := func(list []T, id string) *T {
		i := slices.IndexFunc(list, func(v T) bool { other, _ := name(&v); return other == id })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	for i := range b {
		id, n := name(&b[i])
		old := find(a, id)
		c.now = Change{Verb: Changed, What: what, ID: id, Name: n}
		if old == nil {
			c.now.Verb = Added
			c.changes = append(c.changes, c.now)
			continue
		}
		if reflect.DeepEqual(*old, b[i]) {
			continue
		}
		before := len(c.changes)
		parts(old, &b[i])
		if len(c.changes) == before {
			c.changes = append(c.changes, c.now)
		}
	}
	for i := range a {
		if id, n := name(&a[i]); find(b, id) == nil {
			c.changes = append(c.changes, Change{Verb: Removed, What: what, ID: id, Name: n})
		}
	}
}

func (c *comparison) value(part, before, after string) {
	if before == after {
		return
	}
	change := c.now
	change.Part, change.Before, change.After = part, before, after
	c.changes = append(c.changes, change)
}

func (c *comparison) list(part string, before, after []string, name func(string) i18n.Text) {
	once := func(verb Verb, in, notIn []string) {
		for _, v := range in {
			if !slices.Contains(notIn, v) {
				change := c.now
				change.Verb, change.Part, change.Item = verb, part, name(v)
				c.changes = append(c.changes, change)
			}
		}
	}
	once(Added, after, before)
	once(Removed, before, after)
}

// plain is a word of the program rather than of a language.
func plain(s string) i18n.Text { return i18n.Text{"": s} }

func (c *comparison) fieldName(id string) i18n.Text {
	for _, list := range [][]Field{c.b.Fields, c.a.Fields} {
		for _, v := range list {
			if v.ID == id {
				return v.Name
			}
		}
	}
	return plain(id)
}

func (c *comparison) partyName(id string) i18n.Text {
	for _, list := range [][]Party{c.b.Parties, c.a.Parties} {
		for _, v := range list {
			if v.ID == id {
				return v.Name
			}
		}
	}
	return plain(id)
}

func (c *comparison) purposeName(id string) i18n.Text {
	for _, list := range [][]Purpose{c.b.Purposes, c.a.Purposes} {
		for _, v := range list {
			if v.ID == id {
				return v.Name
			}
		}
	}
	return plain(id)
}

func basisOf(a *Activity) string {
	if a.Basis == nil {
		return ""
	}
	return string(a.Basis.DPV)
}

// rulesOf are the rules by which an activity decides without a person.
func rulesOf(a *Activity) (ids []string) {
	for _, v := range a.Automated {
		ids = append(ids, v.Rule)
	}
	return ids
}

// proofOf says how a promise is shown to be kept.
func proofOf(p *Promise) string {
	switch {
	case p.Control != "":
		return "control"
	case p.Attestation != nil:
		return "attestation"
	}
	return "not-yet-kept"
}
