package identity

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"portico/internal/identity/credential"
	"portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// formLimit bounds what these pages take: their longest answers are an address
// and what an authenticator signs.
const formLimit = 16 << 10

// Handle declares a route of an account: its answers are kept by nobody.
func Handle(r *web.Router, rt web.Route) {
	rt.Limit = formLimit
	handler := rt.Handler
	rt.Handler = func(q *web.Req) error {
		q.W.Header().Set("Cache-Control", "no-store")
		return handler(q)
	}
	r.Handle(rt)
}

// FromOf is where a request comes from.
func FromOf(q *web.Req) From {
	return From{Network: q.Network(), Browser: credential.BrowserLabel(q.R.UserAgent())}
}

// Typed is what somebody sent with a form, and what is wrong with it.
type Typed struct {
	q      *web.Req
	errors map[string]string
	order  []string
	whole  string
	edge   error // what no form can show again
}

// Whole is something wrong that is not about a field.
func Whole(q *web.Req, text string) *Typed {
	return &Typed{q: q, errors: map[string]string{}, whole: text}
}

// ReadForm reads the fields of a form that are expected once each.
func ReadForm(q *web.Req, names ...string) *Typed {
	t := &Typed{q: q, errors: map[string]string{}}
	_, err := q.Form()
	t.Add(err)
	t.Add(q.Once(names...))
	return t
}

// Add takes what an Invalid fault says about fields.
func (t *Typed) Add(err error) {
	if err == nil {
		return
	}
	f := fault.From(err)
	for _, field := range f.Fields {
		t.No(field.Name, t.q.P.T(field.Code, field.Args...))
	}
	if len(f.Fields) == 0 {
		t.edge = err
	}
}

// No says what is wrong with a field.
func (t *Typed) No(name, text string) {
	if t.errors[name] == "" {
		t.errors[name] = text
		t.order = append(t.order, name)
	}
}

// Bad reports whether anything is wrong.
func (t *Typed) Bad() bool { return t != nil && (len(t.errors) > 0 || t.whole != "" || t.edge != nil) }

// Edge is what no form can show again, nil if there is nothing.
func (t *Typed) Edge() error {
	if t == nil {
		return nil
	}
	return t.edge
}

// Error is what is wrong with a field.
func (t *Typed) Error(name string) string {
	if t == nil {
		return ""
	}
	return t.errors[name]
}

// Problems are the lines of the error summary, in the order of the page.
func (t *Typed) Problems(names ...string) (list []ui.Problem) {
	if t == nil {
		return nil
	}
	if t.whole != "" {
		list = append(list, ui.Problem{Text: t.whole})
	}
	for _, name := range names {
		if text := t.errors[name]; text != "" {
			list = append(list, ui.Problem{ID: name, Text: text})
		}
	}
	for _, name := range t.order {
		if !slices.Contains(names, name) { // a field that the page does not have
			list = append(list, ui.Problem{Text: t.errors[name]})
		}
	}
	return list
}

// Shown reports whether an error belongs beside the fields of the page that
// was sent; others are the edge's.
func Shown(err error) bool {
	return fault.KindOf(err) == fault.Invalid
}

// Answer shows a form, again with what was wrong.
func Answer(q *web.Req, t *Typed, back string, f pages.Form, names ...string) error {
	status := http.StatusOK
	if t != nil && t.edge != nil {
		return t.edge
	}
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	f.Problems = t.Problems(names...)
	if f.Next == "" {
		if n := q.Value("next"); web.LocalPath(n) {
			f.Next = n
		}
	}
	return q.Page(status, web.Page{Title: f.Title, Body: pages.Ask(f), Invalid: t.Bad(), Back: back, Private: true})
}

// Value is what was typed into a field, to be shown again.
func Value(q *web.Req, name string) string {
	if q.R.Method != http.MethodPost {
		return ""
	}
	return q.Value(name)
}

// WithNext carries the address to go to afterwards on.
func WithNext(q *web.Req, path string) string {
	if n := q.Value("next"); web.LocalPath(n) {
		return path + "?next=" + url.QueryEscape(n)
	}
	return path
}

// CodeField asks for a code of six figures.
func CodeField(q *web.Req, t *Typed, label, hint string) templ.Component {
	return ui.Input(ui.Field{
		Name: "code", Label: q.P.T(label), Hint: q.P.T(hint), Error: t.Error("code"),
		InputMode: "numeric", Autocomplete: "one-time-code", Width: 10, LTR: true,
	})
}

// PasswordField asks for a new password.
func PasswordField(q *web.Req, t *Typed) templ.Component {
	return ui.Password(ui.Field{
		Name: "password", Label: q.P.T("identity.password.new"), Hint: q.P.T("identity.password.hint", "min", credential.PasswordMin),
		Error: t.Error("password"), Autocomplete: "new-password",
	})
}

// CurrentField asks for the password that is in force.
func CurrentField(q *web.Req, t *Typed) templ.Component {
	return ui.Password(ui.Field{
		Name: "current", Label: q.P.T("identity.current"), Error: t.Error("current"), Autocomplete: "current-password",
	})
}

// Ended says to whoever is led to a sign-in why they have to sign in again.
func Ended(q *web.Req) []string {
	if q.R.Method == http.MethodPost || q.Value("ended") == "" {
		return nil
	}
	return []string{q.P.T(ErrSignIn.Code)}
}
