package drafts

import (
	"errors"
	"net/http"
	"strings"

	"portico/internal/platform/web"
)

// itself reports whether a page saves itself while it is being filled in: its
// script asks for JSON, and nobody has pressed a button.
func itself(q *web.Req) bool { return strings.HasPrefix(q.R.Header.Get("Accept"), "application/json") }

// keptAnswer is what a page is told that has saved itself.
type keptAnswer struct {
	Draft string `json:"draft,omitempty"` // its id
	Says  string `json:"says"`
	asked
}

// asked is what a page asks as things stand, and what it would cost.
type asked struct {
	Hidden []string `json:"hidden"` // keys of questions that are not asked, and names of parts of rows as the page has them
	Needed []string `json:"needed"` // keys of those that must be answered
	Fee    string   `json:"fee"`
}

// asked says how the questions of a page stand.
func (s *Drafts) asked(q *web.Req, w *Work) asked {
	a := asked{Hidden: []string{}, Needed: []string{}, Fee: s.estimate(q, w)}
	page, _ := w.Service.Form.Page(q.R.PathValue("page"))
	stands := func(name, at string) {
		if w.Outcome.Hidden[at] != "" {
			a.Hidden = append(a.Hidden, name)
		}
		if w.Outcome.Needed[at] {
			a.Needed = append(a.Needed, name)
		}
	}
	for _, key := range page.Fields {
		stands(key, key)
		f, _ := w.Service.Form.Field(key)
		for row, at := range w.rows {
			for _, part := range f.Parts {
				if strings.HasPrefix(row, key+".") {
					stands(row+"."+part.Key, at+"."+part.Key)
				}
			}
		}
	}
	return a
}

// estimate says what the application would cost by what is answered so far.
func (s *Drafts) estimate(q *web.Req, w *Work) string {
	fee := w.Outcome.Estimate
	switch {
	case fee == nil:
		return ""
	case len(fee.Waits) > 0:
		return q.P.T("drafts.fee.so-far", "amount", q.P.Money(fee.Total, s.Cases.Currency()))
	}
	return q.P.T("drafts.fee.is", "amount", q.P.Money(fee.Total, s.Cases.Currency()))
}

// kept answers a page that has saved itself: that it is saved and when, or a
// fault that says why it is not; and what it asks now.
func (s *Drafts) kept(q *web.Req, w *Work, err error) error {
	var gone *Sent
	var differs *Differs
	switch {
	case errors.As(err, &gone):
		return errSent
	case errors.As(err, &differs):
		return errMoved
	case err != nil:
		return err
	case w.odd:
		return errOdd
	case w.Draft == nil:
		return q.JSON(http.StatusOK, keptAnswer{asked: s.asked(q, w)}) // nothing was typed at all
	}
	return q.JSON(http.StatusOK, keptAnswer{w.Draft.ID, q.P.T("drafts.saved", "time", q.P.Time(s.Clock.Now())), s.asked(q, w)})
}
