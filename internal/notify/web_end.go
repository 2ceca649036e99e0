package notify

import (
	"mime"
	"net/http"

	"portico/internal/notify/kinds"
	"portico/internal/notify/pages"
	"portico/internal/platform/web"
)

// endLimit bounds what a mail service sends to end messages.
const endLimit = 4 << 10

func (s *Service) mountEnd(r *web.Router) {
	const none = "none: reads no value, ends messages by the secret in one"
	path := pathEnd + "{token}"
	r.Handle(web.Route{Method: http.MethodGet, Path: path, Audience: web.Public, Activity: none, Handler: s.showEnd})
	r.Handle(web.Route{Method: http.MethodPost, Path: path, Audience: web.Public, Activity: none, Limit: endLimit, Handler: s.takeEnd})
}

// showEnd asks: mail services open links by themselves, so that opening one ends
// nothing.
func (s *Service) showEnd(q *web.Req) error {
	_, k, err := s.linked(q.R.Context(), q.R.PathValue("token"))
	if err != nil {
		return err
	}
	return s.endPage(q, k, false)
}

// takeEnd takes the button of the page, and the one click of a mail service,
// which follows no redirect.
func (s *Service) takeEnd(q *web.Req) error {
	click, err := oneClick(q)
	if err != nil {
		return err
	}
	if !click && q.Value("do") != "end" {
		return errNoEnd
	}
	k, err := s.End(q.R.Context(), q.R.PathValue("token"))
	if err != nil {
		return err
	}
	return s.endPage(q, k, true)
}

// oneClick reports whether a mail service asks, in either encoding of a form
// (RFC 8058, 3.2).
func oneClick(q *web.Req) (bool, error) {
	const name, value = "List-Unsubscribe", "One-Click"
	if kind, _, _ := mime.ParseMediaType(q.R.Header.Get("Content-Type")); kind == "multipart/form-data" {
		if err := q.R.ParseMultipartForm(endLimit); err != nil {
			return false, errNoEnd
		}
		return q.R.PostForm.Get(name) == value, nil
	}
	_, err := q.Form()
	return q.Value(name) == value, err
}

func (s *Service) endPage(q *web.Req, k *kinds.Kind, ended bool) error {
	q.W.Header().Set("Cache-Control", "no-store")
	title := q.P.T("notify.end.title")
	if ended {
		title = q.P.T("notify.end.done")
	}
	return q.Page(http.StatusOK, web.Page{Title: title, Body: pages.EndPage(q.P.In(k.Name), q.R.URL.Path, ended)})
}
