package services

import (
	"portico/internal/platform/i18n"
	"portico/internal/services/search"
)

// How much a word counts, by where it stands.
const (
	inName     = 12
	inKeywords = 10
	inVariant  = 6
	inSummary  = 4
	inOther    = 2
)

// index gathers the words of a service in every language.
func (c *compiler) index(d *Definition) {
	d.index = search.Index{}
	for _, lang := range c.env.Languages {
		add := func(text i18n.Text, weight int) { d.index.Add(lang, text[lang], weight) }
		add(d.Name, inName)
		add(d.Keywords, inKeywords)
		for _, v := range d.Variants {
			add(v.Name, inVariant)
		}
		add(d.Summary, inSummary)
		for _, v := range d.Variants {
			add(v.Summary, inSummary)
		}
		add(d.category.Name, inOther)
		for _, p := range c.env.Declarations.Parties {
			if p.ID == d.Responsible {
				add(p.Name, inOther)
			}
		}
		add(d.Eligibility, inOther)
	}
}

// Find searches services, see package search.
func Find(list []*Definition, query, lang, ignored string) search.Result[*Definition] {
	return search.Find(list, func(d *Definition) search.Index { return d.index }, query, lang, ignored)
}
