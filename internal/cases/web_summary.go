package cases

import (
	"time"

	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/services"
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
	Waiting   bool // for the person: something was asked, or written to them
	Changed   time.Time
	Expires   time.Time // of a draft: when it is deleted, unless it changes
	Left      string    // how long there is, for whom and until when; empty where nothing ends
}

// Drafts is what the cases need of the applications that were not sent yet.
type Drafts interface {
	Summaries(q *web.Req) ([]Summary, error)
}

// Summaries lists the applications of whoever is signed in, as Of does.
func (c *Cases) Summaries(q *web.Req) ([]Summary, error) {
	rows, err := c.Of(q.R.Context(), q.Session.Subject)
	if err != nil {
		return nil, err
	}
	var out []Summary
	if c.Drafts != nil {
		if out, err = c.Drafts.Summaries(q); err != nil {
			return nil, err
		}
	}
	return append(out, c.summaries(q, rows)...), nil
}

func (c *Cases) summaries(q *web.Req, rows []*Case) (out []Summary) {
	for _, row := range rows {
		d, err := c.Version(row)
		if err != nil {
			continue // a service that this store no longer knows
		}
		s, _ := d.Workflow.State(row.State)
		left := ""
		if due := c.Due(row); row.Open() && !due.IsZero() {
			whose := "office"
			if _, pays := s.Paid(); pays || s.Turn() == services.Applicant {
				whose = "yours"
			}
			left = q.P.DaysLeft("cases.left."+whose, c.Config.Clock.Now(), due)
		}
		out = append(out, Summary{
			Left: left,
			ID:   row.ID, Service: q.P.In(d.Name), Reference: row.Reference, State: Tag(q.P, d, row), Open: row.Open(), ServiceID: row.Service,
			Waiting: row.Open() && (row.Unread || s.Turn() == services.Applicant),
			Changed: row.Changed, Href: q.Path("/cabinet/applications/" + row.ID),
		})
	}
	return out
}
