// Package paper is the template of a document that a service issues, and what
// it says of one case.
//
// It promises:
//   - A template holds words and references, and no markup: what a reference
//     stands for is data, whatever characters are in it.
//   - A reference is to an answer of the form, or to a fact of the portal's own
//     (see Own); Check finds every other one, with its place.
//   - Nothing is said of what was not answered: a line of facts without a value
//     is not there, and neither is a paragraph that refers to one.
//
// # A template
//
//	title: {en: Permit to close a road, dv: …}
//	blocks:
//	  - text:
//	      en: "{service.responsible} permits {name} to close {road}."
//	      dv: …
//	  - heading: {en: The work, dv: …}
//	    facts: [road, section, start, end]
//
// It owns no tables and does no I/O.
package paper

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/say"
	"portico/internal/platform/i18n"
)

// Template is what a document says.
type Template struct {
	Title  i18n.Text `yaml:"title" doc:"what stands above everything"`
	Blocks []Block   `yaml:"blocks" doc:"its parts, from the top"`
}

// Block is a part of a document: a text, or a list of facts.
type Block struct {
	Heading i18n.Text `yaml:"heading,omitempty" doc:"what stands above it"`
	Text    i18n.Text `yaml:"text,omitempty" doc:"sentences, a paragraph a line; {KEY} stands for an answer"`
	Facts   []string  `yaml:"facts,omitempty" doc:"keys of the form, or facts of the portal: each with what it is called"`
}

// The facts that are no answers.
const (
	Number      = "document.number"
	Issued      = "document.issued"
	Until       = "document.until"
	Reference   = "case.reference"
	Received    = "case.received"
	Service     = "service.name"
	Responsible = "service.responsible"
)

// Own lists the facts that are no answers.
func Own() []string {
	return []string{Number, Issued, Until, Reference, Received, Service, Responsible}
}

var reference = regexp.MustCompile(`\{[^{}]*\}`)

// Problem is a place in a template, as package strict writes paths, and what
// is wrong there.
type Problem struct {
	Path    string
	Message string
}

// References lists the answers that the template says something of, in order.
func (t *Template) References() (keys []string) {
	add := func(key string) {
		if !slices.Contains(Own(), key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	t.each(func(_, key string) { add(key) })
	return keys
}

// each calls fn with every reference and its path.
func (t *Template) each(fn func(path, key string)) {
	texts := func(path string, text i18n.Text) {
		for _, lang := range slices.Sorted(maps.Keys(text)) {
			for _, ref := range reference.FindAllString(text[lang], -1) {
				fn(path+"/"+lang, strings.Trim(ref, "{}"))
			}
		}
	}
	texts("title", t.Title)
	for i, b := range t.Blocks {
		at := fmt.Sprintf("blocks/%d", i)
		texts(at+"/heading", b.Heading)
		texts(at+"/text", b.Text)
		for j, key := range b.Facts {
			fn(fmt.Sprintf("%s/facts/%d", at, j), key)
		}
	}
}

// check holds a template against the form that it refers to.
func (t *Template) check(form *forms.Form) (wrong []Problem) {
	fail := func(path, format string, args ...any) {
		wrong = append(wrong, Problem{path, fmt.Sprintf(format, args...)})
	}
	t.each(func(path, key string) {
		if slices.Contains(Own(), key) {
			return
		}
		f, ok := form.Field(key)
		switch {
		case !ok || f.ID == "":
			fail(path, "{%s}: the form asks no such thing, and the portal's own facts are %s", key, strings.Join(Own(), ", "))
		case f.Kind == forms.Files:
			fail(path, "{%s}: a document does not hold files", key)
		case f.Kind == forms.Group && !strings.Contains(path, "/facts/"):
			fail(path, "{%s}: a group stands among the facts, not in a sentence", key)
		}
	})
	for i, b := range t.Blocks {
		at := fmt.Sprintf("blocks/%d", i)
		if (len(b.Text) > 0) == (len(b.Facts) > 0) {
			fail(at, "a block has either text or facts")
		}
		for lang, text := range b.Text {
			if strings.ContainsAny(reference.ReplaceAllString(text, ""), "{}") {
				fail(at+"/text/"+lang, "a brace stands open: references are written {KEY}")
			}
		}
	}
	if len(t.Blocks) == 0 {
		fail("blocks", "the document says nothing")
	}
	return wrong
}

// Data is what a document is made from.
type Data struct {
	Form    *forms.Form
	Answers forms.Answers
	Own     func(p *i18n.Printer, fact string) string // a fact of Own in words; empty: there is none
}

// Content is a document in one language, for ever as it was issued.
type Content struct {
	Name   string `json:"name"`   // what people call such a document
	Office string `json:"office"` // who issued it
	Title  string `json:"title"`
	Parts  []Part `json:"parts"`
}

// Part is a block of a document that was issued.
type Part struct {
	Heading string   `json:"heading,omitempty"`
	Lines   []string `json:"lines,omitempty"` // paragraphs
	Facts   []Fact   `json:"facts,omitempty"`
}

// Fact is a value with what it is called.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`         // line breaks are kept
	LTR   bool   `json:"ltr,omitempty"` // an identifier
}

// Write says what the template says of this data, in the printer's language.
func (t *Template) Write(p *i18n.Printer, d Data) (title string, parts []Part) {
	w := writer{p, d}
	title, _ = w.fill(p.In(t.Title))
	for _, b := range t.Blocks {
		part := Part{}
		part.Heading, _ = w.fill(p.In(b.Heading))
		for line := range strings.SplitSeq(p.In(b.Text), "\n") {
			if line, whole := w.fill(strings.TrimSpace(line)); whole && line != "" {
				part.Lines = append(part.Lines, line)
			}
		}
		for _, key := range b.Facts {
			if f := w.fact(key); f.Value != "" {
				part.Facts = append(part.Facts, f)
			}
		}
		if len(part.Lines) > 0 || len(part.Facts) > 0 {
			parts = append(parts, part)
		}
	}
	return title, parts
}

// writer writes one document in one language.
type writer struct {
	p *i18n.Printer
	d Data
}

// fill puts values in the place of references. What a value holds is never
// read again. whole is false if one of them has no value.
func (w writer) fill(text string) (filled string, whole bool) {
	whole = true
	filled = reference.ReplaceAllStringFunc(text, func(ref string) string {
		f := w.fact(strings.Trim(ref, "{}"))
		whole = whole && f.Value != ""
		return w.p.Isolate(strings.Join(strings.Fields(f.Value), " "))
	})
	return filled, whole
}

// fact is an answer, or a fact of the portal's own, in words.
func (w writer) fact(key string) Fact {
	if slices.Contains(Own(), key) {
		return Fact{
			Label: w.p.T("documents.fact." + key), Value: w.d.Own(w.p, key),
			LTR: key == Number || key == Reference,
		}
	}
	f, ok := w.d.Form.Field(key)
	text := w.d.Answers[key]
	if !ok || text == "" {
		return Fact{}
	}
	out := Fact{Label: w.p.In(f.Label)}
	if f.Kind == forms.Party {
		// Whoever applies for themselves is named by other answers.
		if a, ok := answer.PartyOf(text); ok && a.As == answer.Company {
			out.Value = a.Name
		}
		return out
	}
	out.Value, out.LTR = say.Answer(w.d.Form, w.p, key, text)
	return out
}
