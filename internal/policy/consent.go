package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"
)

// IsConsent reports whether the basis is the person's own consent.
func (b Basis) IsConsent() bool {
	term := string(b.DPV)
	return strings.HasPrefix(term, "dpv:") && strings.HasSuffix(term, "Consent") ||
		strings.HasPrefix(term, "eu-gdpr:A6-1-a") || strings.HasPrefix(term, "eu-gdpr:A9-2-a")
}

// Asked is what people are asked to consent to: a purpose with everything
// that is done for it. Terms stand for exactly that; a consent to other terms
// covers nothing (I13). Wording is not part of them.
type Asked struct {
	Purpose    Purpose
	Activities []Activity
	Fields     []Field
	Recipients []Party
	Retention  []Retention
	Terms      string
}

// Asked lists the purposes that rest on consent, in the order of declaration.
func (p *Policy) Asked() []Asked {
	var out []Asked
	for _, u := range p.declarations.Purposes {
		if a, ok := p.AskedFor(u.ID); ok {
			out = append(out, a)
		}
	}
	return out
}

// AskedFor returns what people are asked to consent to for a purpose, if it
// rests on consent.
func (p *Policy) AskedFor(purpose string) (Asked, bool) {
	u, ok := p.Purpose(purpose)
	if !ok || !u.Basis.IsConsent() {
		return Asked{}, false
	}
	a := Asked{Purpose: u, Terms: p.terms[purpose]}
	for _, row := range p.Record() {
		if row.Purpose.ID != purpose {
			continue
		}
		a.Activities = append(a.Activities, row.Activity)
		a.Fields = once(a.Fields, row.Fields, func(v Field) string { return v.ID })
		a.Recipients = once(a.Recipients, row.Recipients, func(v Party) string { return v.ID })
		a.Retention = once(a.Retention, row.Retention, func(v Retention) string { return v.ID })
	}
	return a, true
}

// once appends to list what is not in it yet.
func once[T any](list, more []T, id func(T) string) []T {
	for _, v := range more {
		if !slices.ContainsFunc(list, func(w T) bool { return id(w) == id(v) }) {
			list = append(list, v)
		}
	}
	return list
}

// termsOf is the SHA-256 of what is done for a purpose: who uses which fields
// for which activity, whom they go to and how long they are kept.
func (p *Policy) termsOf(purpose string) (string, error) {
	type use struct {
		ID         string   `json:"id"`
		Who        []string `json:"who"`
		Operations []string `json:"operations"`
		Fields     []string `json:"fields"`
		Parties    []string `json:"parties"`
		Kept       []string `json:"kept"`
		Relation   Relation `json:"relation"`
	}
	var uses []use
	for _, a := range p.declarations.Activities {
		if a.Purpose != purpose {
			continue
		}
		u := use{ID: a.ID, Relation: a.Relation, Who: sorted(a.Who), Operations: sorted(terms(a.Operations)), Fields: sorted(a.Fields), Parties: sorted(a.Parties)}
		for _, f := range u.Fields {
			r, _ := p.RetentionOf(a, f)
			u.Kept = append(u.Kept, fmt.Sprintf("%s %s %s", f, r.Period, r.Grace))
		}
		uses = append(uses, u)
	}
	slices.SortFunc(uses, func(a, b use) int { return strings.Compare(a.ID, b.ID) })
	b, err := json.Marshal(map[string]any{"purpose": purpose, "activities": uses})
	if err == nil {
		b, err = jcs.Transform(b)
	}
	if err != nil {
		return "", fmt.Errorf("write what a consent is for: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// consents checks what rests on consent: a purpose does as a whole or not at
// all, and nothing that somebody else depends on does (I7).
func (c *compiler) consents() {
	for i := range c.d.Activities {
		a := &c.d.Activities[i]
		u, ok := c.purpose[a.Purpose]
		if !ok {
			continue
		}
		path, whole := at("activities", a.ID, i)+"/basis", c.d.Purposes[u].Basis.IsConsent()
		if a.Basis != nil && a.Basis.IsConsent() != whole {
			c.report(path, "a purpose rests on consent as a whole or not at all: %q does otherwise", a.Purpose)
		}
		if !whole {
			continue
		}
		if strings.Contains(a.ID, ".") {
			c.report(path, "a service never depends on a consent: give %q a purpose that has another basis", a.ID)
		}
		if slices.Contains([]string{ActivityAccount, ActivitySignIn, ActivityStaffAccount}, a.ID) {
			c.report(path, "the program needs %q, so that it cannot rest on a consent", a.ID)
		}
	}
}
