package app

import (
	"portico/internal/account"
	"portico/internal/platform/web"
)

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
