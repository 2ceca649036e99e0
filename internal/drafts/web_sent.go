package drafts

import (
	"errors"
	"net/http"

	"portico/internal/cases"
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

// begun serves a page of what an official has begun to enter. What was sent
// already leads to its receipt.
func (s *Drafts) begun(h web.Handler) web.Handler {
	return func(q *web.Req) error {
		if place(q).Draft == "" {
			return q.Redirect("/staff/apply")
		}
		err := h(q)
		var gone *Sent
		if errors.As(err, &gone) {
			return q.Redirect(sentAt(q, gone.Case))
		}
		return err
	}
}

// sentAt is where what was sent is confirmed.
func sentAt(q *web.Req, row *cases.Case) string {
	if q.Session.Realm == web.RealmStaff {
		return "/staff/entered/" + row.ID
	}
	return q.Path("/cabinet/applications/" + row.ID + "/sent")
}

// before is where an application begins.
func before(q *web.Req, service string) string {
	if q.Session.Realm == web.RealmStaff {
		return "/staff/apply"
	}
	return q.Path("/services/" + service)
}

// Begun shows where an official goes on with what they have begun to enter.
func (s *Drafts) Begun(q *web.Req) error { return s.begun(s.start)(q) }
