package text

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"portico/internal/policy"
)

// Chapters are the anchors of the chapters that every policy has (O1): how
// data is collected, used, stored, secured and disclosed.
func Chapters() []string { return []string{"collected", "used", "stored", "secured", "disclosed"} }

// secured is the chapter in which every paragraph is a claim.
const secured = "secured"

// Check compares the policy texts, one a language, with the declarations, and
// returns the problems of each language. services are the ids that
// {recipients:SERVICE} may name.
func Check(texts map[string]*Document, d *policy.Declarations, services []string) map[string][]Problem {
	found := map[string][]Problem{}
	for lang, doc := range texts {
		c := &checker{doc: doc, d: d, services: services}
		c.references()
		c.chapters()
		c.unsaid()
		found[lang] = c.problems
	}
	agree(texts, found)
	return tidy(found)
}

// CheckTerms compares terms of use with the declarations: their references
// must lead somewhere. Nothing must be said in them.
func CheckTerms(texts map[string]*Document, d *policy.Declarations, services []string) map[string][]Problem {
	found := map[string][]Problem{}
	for lang, doc := range texts {
		c := &checker{doc: doc, d: d, services: services}
		c.references()
		found[lang] = c.problems
	}
	return tidy(found)
}

func tidy(found map[string][]Problem) map[string][]Problem {
	for lang, ps := range found {
		if len(ps) == 0 {
			delete(found, lang)
			continue
		}
		slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	}
	return found
}

type checker struct {
	doc      *Document
	d        *policy.Declarations
	services []string
	problems []Problem
}

func (c *checker) report(line int, format string, args ...any) {
	c.problems = append(c.problems, Problem{Line: line, Message: fmt.Sprintf(format, args...)})
}

func ids[T any](items []T, id func(T) string) []string {
	out := make([]string, len(items))
	for i, v := range items {
		out[i] = id(v)
	}
	return out
}

// declared are the ids that a reference of this name may name.
func (c *checker) declared(name string) []string {
	switch name {
	case "fields":
		return ids(c.d.Categories, func(v policy.Category) string { return v.ID })
	case "purposes":
		return ids(c.d.Purposes, func(v policy.Purpose) string { return v.ID })
	case "parties":
		return ids(c.d.Parties, func(v policy.Party) string { return v.ID })
	case "retention":
		return ids(c.d.Retention, func(v policy.Retention) string { return v.ID })
	case "promise":
		return ids(c.d.Promises, func(v policy.Promise) string { return v.ID })
	case "recipients":
		return c.services
	}
	return nil
}

// references finds those that lead nowhere.
func (c *checker) references() {
	for _, r := range c.doc.References {
		if r.ID != "" && !slices.Contains(c.declared(r.Name), r.ID) {
			c.report(r.Line, "%s leads nowhere: nothing of this id is declared", r)
		}
	}
}

// chapters finds missing ones and claims without a promise.
func (c *checker) chapters() {
	for _, id := range Chapters() {
		i := slices.IndexFunc(c.doc.Chapters, func(ch Chapter) bool { return ch.ID == id })
		if i < 0 {
			c.report(1, "the chapter {#%s} is missing: a policy says how data is %s", id, strings.Join(Chapters(), ", "))
			continue
		}
		if !slices.ContainsFunc(c.doc.References, func(r Reference) bool { return r.Name == "promise" && r.Chapter == id }) {
			c.report(c.doc.Chapters[i].Line, "the chapter {#%s} claims something and carries no promise: {promise:ID}", id)
		}
	}
	in := false
	for n := c.doc.root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			id, _ := h.AttributeString("id")
			b, _ := id.([]byte)
			in = string(b) == secured
		}
		if p, ok := n.(*ast.Paragraph); ok && in && !proven(p) {
			r := reading{doc: c.doc}
			c.report(r.line(offset(p)), "this paragraph of {#%s} carries no promise: {promise:ID}", secured)
		}
	}
}

// proven reports whether a paragraph has a promise or is a reference itself.
func proven(p ast.Node) bool {
	for n := p.FirstChild(); n != nil; n = n.NextSibling() {
		if r, ok := n.(*node); ok && (r.ref.Name == "promise" || r.ref.Block) {
			return true
		}
	}
	return false
}

// unsaid finds what is declared but nowhere in the text.
func (c *checker) unsaid() {
	said := map[string]bool{}
	for _, r := range c.doc.References {
		name := r.Name
		if name == "recipients" && r.ID == "" {
			name = "parties"
		}
		said[Reference{Name: name, ID: r.ID}.String()] = true
	}
	for _, id := range c.declared("promise") {
		if !said["{promise:"+id+"}"] {
			c.report(1, "the promise %q is declared, but the text never says it: {promise:%s}", id, id)
		}
	}
	for _, name := range []string{"fields", "purposes", "parties", "retention"} {
		if said["{"+name+"}"] {
			continue
		}
		for _, id := range c.declared(name) {
			if !said["{"+name+":"+id+"}"] {
				c.report(1, "%q is declared, but the text says neither {%s} nor {%s:%s}", id, name, name, id)
			}
		}
	}
	for _, whole := range []struct {
		name string
		any  bool
	}{
		{"cookies", len(c.d.Cookies) > 0}, {"rights", len(c.d.Rights) > 0}, {"contact", true},
		{"deferrals", len(c.d.Deferrals) > 0},
		{"automated", slices.ContainsFunc(c.d.Rights, func(r policy.Right) bool { return r.Kind == policy.RightAutomated }) ||
			slices.ContainsFunc(c.d.Activities, func(a policy.Activity) bool { return len(a.Automated) > 0 })},
	} {
		if whole.any && !said["{"+whole.name+"}"] {
			c.report(1, "the text never says {%s}", whole.name)
		}
	}
}

// agree finds languages that say less than another: the same chapters in the
// same order, the same references.
func agree(texts map[string]*Document, found map[string][]Problem) {
	langs := slices.Sorted(maps.Keys(texts))
	for _, a := range langs {
		for _, b := range langs {
			if a == b {
				continue
			}
			has := map[string]bool{}
			for _, r := range texts[b].References {
				has[r.String()] = true
			}
			for _, ch := range texts[b].Chapters {
				has["#"+ch.ID] = true
			}
			for _, r := range texts[a].References {
				if !has[r.String()] {
					found[b] = append(found[b], Problem{Line: 1, Message: fmt.Sprintf("%s stands in the text in %q, line %d, but not here", r, a, r.Line)})
					has[r.String()] = true
				}
			}
			for _, ch := range texts[a].Chapters {
				if !has["#"+ch.ID] {
					found[b] = append(found[b], Problem{Line: 1, Message: fmt.Sprintf("the chapter {#%s} stands in the text in %q, line %d, but not here", ch.ID, a, ch.Line)})
				}
			}
		}
	}
}
