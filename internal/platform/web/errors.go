package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portico/internal/platform/fault"
)

// Codes of the faults that the edge itself finds.
const (
	codeMethod    = "error.method"
	codeTooLarge  = "error.too-large"
	codeMalformed = "error.malformed"
	codeMediaType = "error.media-type"
	codeOrigin    = "error.origin"
	codeDemo      = "error.demo"
	codePlain     = "error.plain"
)

// status returns the HTTP status of a fault.
func status(f *fault.Fault) int {
	switch f.Code {
	case codeMethod:
		return http.StatusMethodNotAllowed
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeMediaType:
		return http.StatusUnsupportedMediaType
	case codeMalformed:
		return http.StatusBadRequest
	case codeDemo, codePlain:
		return http.StatusMisdirectedRequest
	}
	switch f.Kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Denied:
		return http.StatusForbidden
	case fault.SignIn:
		return http.StatusUnauthorized
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with an error: a page for people, problem details for machines.
// Whoever asked may be gone, or the portal be ending: that is no fault.
func (r *Router) fail(q *Req, err error) {
	f := fault.From(err)
	code := status(f)
	gone := errors.Is(err, context.Canceled) && q.R.Context().Err() != nil
	if gone {
		q.Log.Info("abandoned", "route", q.Route.Path)
	} else if code >= 500 {
		q.Log.Error("fault", "route", q.Route.Path, "error", Reduce(err))
	} else {
		q.Log.Info("refused", "route", q.Route.Path, "code", f.Code)
	}
	if a, ok := q.W.(*answer); ok && a.status != 0 {
		return // the answer has begun: all that is left is to end it
	}
	if gone {
		q.W.WriteHeader(code) // nobody reads it
		return
	}
	h := q.W.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Disposition")
	h.Del("ETag")
	h.Del("Last-Modified")
	if code == http.StatusTooManyRequests {
		h.Set("Retry-After", "900") // the 15 minutes that the page speaks of
	}
	if code == http.StatusServiceUnavailable {
		h.Set("Retry-After", "30")
	}
	if wantsJSON(q) {
		r.problem(q, f, code)
		return
	}
	title, text := r.words(q, f)
	page := Page{Title: title, Body: faultPage(title, text, q.Reference, r.wayOut(q, f)), Private: true}
	if err := q.Page(code, page); err != nil {
		q.Log.Error("error page", "error", Reduce(err))
		_ = q.Bytes(code, "text/plain; charset=utf-8", []byte(title+"\n"+q.Reference+"\n"))
	}
}

// words returns what a fault says to people: its own sentence if there is
// one, else that of its kind.
func (r *Router) words(q *Req, f *fault.Fault) (title, text string) {
	kind := f.Kind.String()
	title, text = q.P.T("web.fault."+kind+".title"), q.P.T("web.fault."+kind+".text")
	if key := "web." + f.Code + ".title"; q.P.Has(key) {
		title = q.P.T(key)
	}
	for _, key := range []string{"web." + f.Code + ".text", f.Code} {
		if q.P.Has(key) {
			return title, q.P.T(key)
		}
	}
	return title, text
}

// wayOut is the link that helps most after a fault.
func (r *Router) wayOut(q *Req, f *fault.Fault) Link {
	switch {
	case errors.Is(f, ErrStepUp):
		return Link{Text: q.P.T("web.fault.step-up.go"), Href: r.stepUp(q)}
	case f.Kind == fault.SignIn:
		return Link{Text: q.P.T("web.fault.sign-in.go"), Href: r.signIn(q)}
	case q.staff():
		return Link{Text: q.P.T("web.fault.home"), Href: "/staff/cases"}
	}
	return Link{Text: q.P.T("web.fault.home"), Href: q.Path("/")}
}

// wantsJSON reports whether whoever asks is a program.
func wantsJSON(q *Req) bool {
	if q.Route.Audience == Machine {
		return true
	}
	accept := q.R.Header.Get("Accept")
	return (strings.Contains(accept, "application/json") || strings.Contains(accept, "application/problem+json")) && !strings.Contains(accept, "text/html")
}

// Problem is an RFC 9457 problem document.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance"`
	Errors   []ProblemField `json:"errors,omitempty"`
}

// ProblemField says what is wrong with one input.
type ProblemField struct {
	Name   string `json:"name"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (r *Router) problem(q *Req, f *fault.Fault, code int) {
	title, text := r.words(q, f)
	p := Problem{
		Type:     "urn:portico:problem:" + f.Code,
		Title:    title,
		Status:   code,
		Detail:   text,
		Instance: "urn:portico:reference:" + q.Reference,
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{Name: field.Name, Code: field.Code, Detail: q.P.T(field.Code, field.Args...)})
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = fmt.Appendf(nil, `{"status":%d}`, code)
	}
	_ = q.Bytes(code, "application/problem+json", append(b, '\n'))
}

// Reduce returns what a log may hold of an error. The text of a database's
// error can quote what a person wrote: only its code is kept.
func Reduce(err error) string {
	var pg interface {
		error
		SQLState() string
	}
	if errors.As(err, &pg) {
		return strings.Replace(err.Error(), pg.Error(), "SQLSTATE "+pg.SQLState(), 1)
	}
	var lite interface {
		error
		Code() int
	}
	if errors.As(err, &lite) {
		return strings.Replace(err.Error(), lite.Error(), fmt.Sprintf("sqlite %d", lite.Code()), 1)
	}
	return err.Error()
}
