package drafts

import (
	"net/http"

	"portico/internal/drafts/pages"
	"portico/internal/platform/web"
)

// sent confirms that an application was received, whenever it is asked.
func (s *Drafts) sentPage(q *web.Req) error {
	row, d, err := s.Cases.Row(q.R.Context(), place(q).Actor, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Sent{
		Service: q.P.In(d.Name), Reference: row.Reference, After: q.P.In(d.After),
		Expected: q.P.T("drafts.sent.expected", "date", q.P.Date(s.Cases.Expected(d, row))),
		Href:     q.Path("/cabinet/applications/" + row.ID),
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("drafts.sent"), Service: page.Service, Body: pages.SentPage(page)})
}
