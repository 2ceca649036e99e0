package own

import (
	"io"
	"net/http"
	"strconv"

	"portico/internal/platform/web"
	"portico/internal/rights"
	"portico/internal/rights/pages"
)

// packaged says how it is with the package of a request.
func (s *Site) packaged(q *web.Req, r *rights.Request, page *pages.Request) error {
	p, err := s.PackageOf(q.R.Context(), r)
	switch now := s.Clock.Now(); {
	case err != nil:
		return err
	case p == nil:
		page.Package = q.P.T("rights.package.waiting")
	case p.Made.IsZero():
		page.Package = q.P.T("rights.package.making", "done", p.Done, "total", p.Total)
	case !p.Gone.IsZero() || !now.Before(p.Expires):
		page.Package = q.P.T("rights.package.expired", "date", q.P.Date(p.Expires))
	default:
		page.Package = q.P.T("rights.package.ready", "date", q.P.DateTime(p.Expires), "kilobytes", max(1, p.Size>>10))
		page.Download = page.Action + "/package"
	}
	return nil
}

func (s *Site) give(q *web.Req) error {
	return s.Give(q, q.Session.Subject, q.R.PathValue("id"))
}

// Give sends the package of a request of somebody's.
func (s *Site) Give(q *web.Req, subject, request string) error {
	p, content, err := s.Download(q.R.Context(), subject, request)
	if err != nil {
		return err
	}
	defer content.Close() //nolint:errcheck // read only
	h := q.W.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Length", strconv.FormatInt(p.Size, 10))
	h.Set("Content-Disposition", `attachment; filename="my-data.zip"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Del("Content-Language")
	q.W.WriteHeader(http.StatusOK)
	if q.R.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(q.W, content); err != nil {
		q.Log.Error("a package broke off", "error", web.Reduce(err))
		panic(http.ErrAbortHandler) // what came must not look whole
	}
	return nil
}
