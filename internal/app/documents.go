package app

import (
	"slices"

	"portico/internal/documents"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// papers makes what issues documents, and has it follow the cases.
func (p *portal) papers(catalogue *i18n.Catalogue) {
	p.issued = documents.New(documents.Config{
		DB: p.db, Vault: p.vault, Cases: p.cases, Jobs: p.queue, Codes: p.ring, Policy: p.policy, Clock: p.clock, Address: p.address,
		Languages: func() []string { return p.live.Current().Portal.Langs() },
		Printer: func(lang string) *i18n.Printer {
			return catalogue.Printer(lang, p.live.Current().Portal.Timezone.Location())
		},
	})
	p.cases.Followers = append(p.cases.Followers, p.issued.Follow)
	p.cases.Documents = p.issued.Items
}

// menu is the menu of officials.
func (p *portal) menu(q *web.Req) []web.Link {
	links := p.staff.Menu(q)
	if len(links) == 0 || !p.issued.Revokes(q.Session.Roles) {
		return links
	}
	return slices.Insert(links, 1, web.Link{Text: q.P.T("documents.staff.title"), Href: "/staff/documents"})
}
