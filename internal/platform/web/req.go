package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
)

// Page is what a handler shows: the shell around it is the router's.
type Page struct {
	Title   string          // of the page; the h1 is in Body
	Service string          // what the page is a step of, such as a service's name; may be empty
	Body    templ.Component // holds exactly one h1 (ui.Title, ui.Panel or a Field with Heading)
	Invalid bool            // the title begins with "Error:"
	Back    string          // address of the page before, shown as a back link; may be empty
	Wide    bool            // tables and dashboards: the full width instead of a text column
	Private bool            // not for search engines, though public
}

// Req is one request and its answer.
type Req struct {
	W         http.ResponseWriter
	R         *http.Request
	Lang      string
	P         *i18n.Printer
	Session   *Session // nil when nobody is signed in in the route's realm
	Route     *Route
	Reference string // names this request to people and in the log
	Log       *slog.Logger

	router   *Router
	form     url.Values
	formed   bool
	formOK   error
	rendered time.Duration // what making the page took, without what it shows
}

// Path returns the address of path, which begins with a slash, in the
// language of the request.
func (q *Req) Path(path string) string { return "/" + q.Lang + path }

// Page shows a page in the shell. The page is rendered whole before the first
// byte leaves, so that a failing template is an error and not half a page.
func (q *Req) Page(status int, p Page) error {
	var b bytes.Buffer
	ctx := i18n.With(q.R.Context(), q.P)
	began := q.router.cfg.Clock.Now()
	defer func() { q.rendered = q.router.cfg.Clock.Now().Sub(began) }()
	if err := q.router.shell(q, status, p).Render(ctx, &b); err != nil {
		return fmt.Errorf("render %q: %w", q.Route.Path, err)
	}
	if p.Private {
		q.W.Header().Set("X-Robots-Tag", "noindex")
	}
	return q.Bytes(status, "text/html; charset=utf-8", b.Bytes())
}

// Bytes answers with b.
func (q *Req) Bytes(status int, contentType string, b []byte) error {
	h := q.W.Header()
	h.Set("Content-Type", contentType)
	if q.squeezable(contentType, len(b)) {
		h.Set("Content-Encoding", "gzip")
		b = q.router.squeeze(b)
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	q.W.WriteHeader(status)
	if q.R.Method == http.MethodHead {
		return nil
	}
	_, _ = q.W.Write(b) // whoever asked has gone if this fails
	return nil
}

// squeezable reports whether to compress a page. A page of somebody who is
// signed in is never compressed: its length could tell what it holds.
func (q *Req) squeezable(contentType string, size int) bool {
	return size > 1200 && q.Session == nil && q.Route.Audience == Public &&
		strings.HasPrefix(contentType, "text/") && q.W.Header().Get("Content-Encoding") == "" && acceptsGzip(q.R)
}

// Attachment answers with a file to keep, which a browser never shows.
func (q *Req) Attachment(name, contentType string, b []byte) error {
	q.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	q.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return q.Bytes(http.StatusOK, contentType, b)
}

// JSON answers with v.
func (q *Req) JSON(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return q.Bytes(status, "application/json", append(b, '\n'))
}

// Redirect sends the browser to another address of the portal with GET (303).
// Use q.Path for addresses with a language. Only local paths are accepted.
func (q *Req) Redirect(path string) error {
	if !LocalPath(path) {
		return fmt.Errorf("redirect: %q is not a path of the portal", path)
	}
	q.W.Header().Set("Location", path)
	return q.Bytes(http.StatusSeeOther, "text/plain; charset=utf-8", nil)
}

// LocalPath reports whether p is a path of this portal, fit to be sent to:
// no other host, no scheme, no backslash or control character.
func LocalPath(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || len(p) > 2000 {
		return false
	}
	for _, c := range p {
		if c <= ' ' || c == '\\' || c == 0x7f || c == utf8.RuneError {
			return false
		}
	}
	u, err := url.Parse(p)
	return err == nil && u.Host == "" && u.Scheme == "" && u.User == nil && !strings.HasPrefix(u.Path, "//") && !slices.Contains(strings.Split(u.Path, "/"), "..")
}

// Next returns where to go after signing in: the "next" of the query or form
// if it is a path of the portal, else otherwise.
func (q *Req) Next(otherwise string) string {
	if n := q.Value("next"); LocalPath(n) {
		return n
	}
	return otherwise
}

// Form returns the fields of a form that was sent. A value that is no valid
// UTF-8, or that holds control or direction-overriding characters, is left
// out and the error, an Invalid fault, names its field: a handler that shows
// the form again keeps everything else. Line ends become "\n".
func (q *Req) Form() (url.Values, error) {
	if !q.formed {
		q.formed = true
		q.form, q.formOK = q.readForm()
	}
	return q.form, q.formOK
}

// Once returns an Invalid fault that names those fields of the form which were
// sent more than once: nobody can tell which value is meant.
func (q *Req) Once(names ...string) error {
	form, _ := q.Form()
	var twice []fault.Field
	for _, name := range names {
		if len(form[name]) > 1 {
			twice = append(twice, fault.Field{Name: name, Code: "web.error.twice"})
		}
	}
	if len(twice) > 0 {
		return fault.Input(twice...)
	}
	return nil
}

// maxFields bounds how many fields a form may send.
const maxFields = 1000

func (q *Req) readForm() (url.Values, error) {
	kind, _, err := mime.ParseMediaType(q.R.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return url.Values{}, fault.New(fault.Invalid, codeMediaType)
	}
	b, err := io.ReadAll(q.R.Body)
	if err != nil {
		return url.Values{}, bodyFault(err)
	}
	if bytes.Count(b, []byte("&")) >= maxFields {
		return url.Values{}, fault.New(fault.Invalid, codeTooLarge)
	}
	raw, err := url.ParseQuery(string(b))
	if err != nil {
		return url.Values{}, fault.New(fault.Invalid, codeMalformed)
	}
	return clean(raw)
}

// clean keeps the values that are plain text.
func clean(raw url.Values) (url.Values, error) {
	out := url.Values{}
	var bad []fault.Field
	for name, values := range raw {
		if !PlainText(name) {
			return url.Values{}, fault.New(fault.Invalid, codeMalformed)
		}
		for _, v := range values {
			v = strings.ReplaceAll(v, "\r\n", "\n")
			if !PlainText(v) {
				bad = append(bad, fault.Field{Name: name, Code: "web.error.text"})
				out[name] = nil
				break
			}
			out.Add(name, v)
		}
	}
	if len(bad) > 0 {
		slices.SortFunc(bad, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
		return out, fault.Input(bad...)
	}
	return out, nil
}

// PlainText reports whether s is valid UTF-8 without control characters
// (but tabs and line feeds) and without characters that override the
// direction of text.
func PlainText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		switch {
		case c == '\t' || c == '\n':
		case c < ' ', c >= 0x7f && c < 0xa0, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x2028, c == 0x2029, c == 0xfeff, c&0xfffe == 0xfffe:
			return false
		}
	}
	return true
}

// Value returns the first value of a field: of the form for requests that
// change something, else of the query. It is empty if it is no plain text.
func (q *Req) Value(name string) string {
	if safe(q.R.Method) {
		if v := q.R.URL.Query().Get(name); PlainText(v) {
			return v
		}
		return ""
	}
	form, _ := q.Form()
	return form.Get(name)
}

// Body returns the whole body, bounded by the route's limit.
func (q *Req) Body() ([]byte, error) {
	b, err := io.ReadAll(q.R.Body)
	if err != nil {
		return nil, bodyFault(err)
	}
	return b, nil
}

// SetCookie sets a cookie for maxAge seconds; 0 is until the browser closes,
// negative deletes it. A name that is not declared, or whose class this
// browser has not granted, is refused.
func (q *Req) SetCookie(name, value string, maxAge int) error {
	c, ok := q.router.cookie(name)
	if !ok {
		return fmt.Errorf("cookie %q is not declared", name)
	}
	if maxAge >= 0 && !q.Granted(c.Class) {
		return fmt.Errorf("cookie %q: its class %q is not granted", name, c.Class)
	}
	http.SetCookie(q.W, &http.Cookie{
		Name:     q.cookieName(name),
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   q.Secure(),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	return nil
}

// Granted reports whether this browser granted a class of cookies, or of what
// else is done with it. Global Privacy Control refuses all that are not
// necessary.
func (q *Req) Granted(class string) bool {
	granted := q.router.cfg.Granted
	return class == Necessary || !q.Private() && granted != nil && granted(q, class)
}

// Private reports whether the browser asks not to be followed (Sec-GPC: 1).
func (q *Req) Private() bool { return q.R.Header.Get("Sec-GPC") == "1" }

// Cookie returns the value of a cookie, empty if the browser sent none.
func (q *Req) Cookie(name string) string {
	c, err := q.R.Cookie(q.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// cookieName adds the prefix that binds a cookie to this host (RFC 6265bis).
func (q *Req) cookieName(name string) string {
	if q.Secure() {
		return "__Host-" + name
	}
	return name
}

// Secure reports whether the browser speaks TLS with the portal.
func (q *Req) Secure() bool { return peerOf(q.R).secure }

// Origin returns the origin under which the browser asked, as a content
// security policy writes it. One that no browser asks under is nobody's.
func (q *Req) Origin() string {
	scheme := "http://"
	if q.Secure() {
		scheme = "https://"
	}
	odd := func(r rune) bool {
		return !strings.ContainsRune("-.:[]", r) && (r < '0' || r > '9') && (r|' ' < 'a' || r|' ' > 'z')
	}
	if strings.ContainsFunc(q.R.Host, odd) {
		return "'none'"
	}
	return scheme + q.R.Host
}

// Frame lets the page show one document of the portal in a frame, and that
// frame never be anything else.
func (q *Req) Frame(path string) {
	q.W.Header().Set("Content-Security-Policy", contentPolicy+"; frame-src "+q.Origin()+path)
}

// Network returns the network that the request comes from as a keyed hash,
// for limits: it names nobody and changes with each start.
func (q *Req) Network() string { return q.router.network(peerOf(q.R).addr) }
