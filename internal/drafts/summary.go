package drafts

import (
	"portico/internal/cases"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// Summaries lists the drafts of whoever is signed in, for the pages on which
// their applications stand.
func (s *Drafts) Summaries(q *web.Req) ([]cases.Summary, error) {
	rows, err := s.Of(q.R.Context(), q.Session.Subject)
	if err != nil {
		return nil, err
	}
	var out []cases.Summary
	for _, row := range rows {
		d := s.Catalogue.Service(row.Service)
		if d == nil {
			d = s.Catalogue.Version(row.Instance, row.Service)
		}
		if d == nil {
			continue // a service that this store no longer knows
		}
		until := d.Expires(s.Policy(), row.Changed)
		out = append(out, cases.Summary{
			Left: q.P.DaysLeft("drafts.left", s.Clock.Now(), until),
			ID:   row.ID, Service: d.Title(row.Variant, q.P), Draft: true, Changed: row.Changed, Expires: until,
			State: ui.Label{Text: q.P.T("drafts.state"), Kind: ui.Neutral},
			Href:  address(q, Place{Service: row.Service, Variant: row.Variant}, "", false),
		})
	}
	return out, nil
}
