package viewer

import (
	"bytes"
	"net/http"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/uploads/viewer/pages"
)

// Mount declares the routes, if the program was built with pdf.js.
func Mount(r *web.Router) {
	if !Built() {
		return
	}
	all, set := load()
	s := site{all, set, "/_/viewer/" + set + "/"}
	r.Handle(web.Route{Method: http.MethodGet, Path: Path, Audience: web.Staff, Activity: "none: shows nothing until a page hands it a file", Unprefixed: true, Handler: s.document})
	r.Handle(web.Route{Method: http.MethodGet, Path: "/_/viewer/{set}/{file}", Activity: "none: style and script", Unprefixed: true, Handler: s.file})
}

// site serves the viewer: its document, and its files in a folder that is named
// by what they are.
type site struct {
	files       files
	set, folder string
}

var errNotFound = fault.New(fault.NotFound, "error.not-found")

// document is the empty document of the frame. It is nothing to look at by
// itself.
func (s site) document(q *web.Req) error {
	if to := q.R.Header.Get("Sec-Fetch-Dest"); to != "" && to != "iframe" {
		return errNotFound
	}
	var b bytes.Buffer
	if err := pages.Viewer(s.folder, q.Lang).Render(i18n.With(q.R.Context(), q.P), &b); err != nil {
		return err
	}
	own := q.Origin() + s.folder
	q.W.Header().Set("Content-Security-Policy", "sandbox allow-scripts; default-src 'none'; script-src "+own+"; style-src "+own+
		"; worker-src blob: "+own+"; base-uri 'none'; form-action 'none'; frame-ancestors "+q.Origin())
	return q.Bytes(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

// file serves a file that never changes under its address, to an origin that
// is nobody's too. What runs it takes gzip.
func (s site) file(q *web.Req) error {
	b, there := s.files[q.R.PathValue("file")]
	if !there || q.R.PathValue("set") != s.set {
		return errNotFound
	}
	h := q.W.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Encoding", "gzip")
	h.Del("Vary")
	h.Del("Content-Language")
	return q.Bytes(http.StatusOK, media(q.R.PathValue("file")), b)
}
