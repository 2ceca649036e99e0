package cases

import (
	"time"

	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// Summary is one of a person's applications, for the pages of other features:
// nothing of what it is about.
type Summary struct {
	ID        string
	Service   string // its name
	Reference string // empty for a draft
	Href      string // where it goes on, or is shown
	State     ui.Label
	Draft     bool
	Open      bool // sent, and neither decided nor withdrawn
	ServiceID string
	Changed   time.Time
}

// Summaries lists the applications of whoever is signed in, as Of does.
func (c *Cases) Summaries(q *web.Req) ([]Summary, error) {
	rows, err := c.Of(q.R.Context(), q.Session.Subject)
	if err != nil {
		return nil, err
	}
	var out []Summary
	for _, row := range rows {
		d, err := c.Version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		s := Summary{
			ID: row.ID, Service: q.P.In(d.Name), Reference: row.Reference, State: Tag(q.P, d, row), Draft: row.Draft(), Open: row.Open(), ServiceID: row.Service,
			Changed: row.Changed, Href: q.Path("/cabinet/applications/" + row.ID),
		}
		if s.Draft {
			s.Href = q.Path("/services/" + row.Service + "/apply")
		}
		out = append(out, s)
	}
	return out, nil
}
