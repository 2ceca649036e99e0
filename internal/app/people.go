package app

import (
	"slices"

	"portico/internal/account"
	"portico/internal/mandates"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// levels is mandates.Levels over accounts, which are built after it.
type levels struct{ p *portal }

// Level is how well somebody is known.
func (l levels) Level(tx *db.Tx, subject string) (web.Level, error) {
	return l.p.account.Level(tx, subject)
}

// forCompanies are the services that a company can apply for.
func (p *portal) forCompanies() (out []mandates.Offer) {
	for _, d := range p.live.Catalogue().Services() {
		if slices.Contains(d.Audience, "company") {
			out = append(out, mandates.Offer{ID: d.ID, Name: d.Name})
		}
	}
	return out
}

// Of lists what whoever is signed in has applied for (account.Applications).
func (p *portal) Of(q *web.Req) ([]account.Application, error) {
	list, err := p.cases.Summaries(q)
	if err != nil {
		return nil, err
	}
	out := make([]account.Application, len(list))
	for i, s := range list {
		out[i] = account.Application{
			Title: s.Service, Reference: s.Reference, Href: s.Href, Draft: s.Draft, Open: s.Open, Service: s.ServiceID,
		}
	}
	return out, nil
}
