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
}

// kept answers a page that has saved itself: that it is saved and when, or a
// fault that says why it is not.
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
		return q.JSON(http.StatusOK, keptAnswer{}) // nothing was typed at all
	}
	return q.JSON(http.StatusOK, keptAnswer{Draft: w.Draft.ID, Says: q.P.T("drafts.saved", "time", q.P.Time(s.Clock.Now()))})
}
