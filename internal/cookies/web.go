package cookies

import (
	"net/http"

	"github.com/a-h/templ"

	"portico/internal/cookies/pages"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// life is how long a choice is kept, in seconds: half a year.
const life = 182 * 24 * 3600

// Config is what the choice of cookies needs.
type Config struct {
	// Declared are the cookies of the policy in force.
	Declared func() []policy.Cookie
	// Tables shows the declared cookies, a table for each class.
	Tables func(q *web.Req) []ui.Grid
}

// Cookies is the choice of cookies. It keeps nothing between requests.
type Cookies struct{ Config }

// New returns the choice of cookies of a portal.
func New(c Config) *Cookies { return &Cookies{c} }

// Mount declares the page.
func (c *Cookies) Mount(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Path: "/cookies", Activity: "public", Handler: c.show})
	r.Handle(web.Route{Method: http.MethodPost, Path: "/cookies", Activity: "none: keeps a choice in the browser and nowhere else", Handler: c.choose, Limit: 4 << 10})
}

func chosen(q *web.Req) Choices { return Parse(q.Cookie(policy.CookieChoices)) }

// Granted reports whether this browser granted a class (web.Config).
func (c *Cookies) Granted(q *web.Req, class string) bool { return chosen(q)[class] }

// Banner asks for a choice where one is to be made (web.Config).
func (c *Cookies) Banner(q *web.Req) templ.Component {
	if q.Private() || q.R.Method != http.MethodGet || q.R.URL.Path == q.Path("/cookies") {
		return nil
	}
	made := chosen(q)
	var open []string
	for _, class := range optional(c.Declared()) {
		if _, answered := made[class]; !answered {
			open = append(open, q.P.T("cookies.class."+class))
		}
	}
	if open == nil {
		return nil
	}
	next := q.R.URL.RequestURI()
	if !web.LocalPath(next) {
		next = q.Path("/")
	}
	return pages.Banner(pages.Ask{Classes: open, Action: q.Path("/cookies"), Next: next})
}

func (c *Cookies) show(q *web.Req) error {
	made, declared := chosen(q), c.Declared()
	page := pages.Choice{
		Action: q.Path("/cookies"), Tables: c.Tables(q), Private: q.Private(),
		Saved:   q.Value("saved") == "yes" && q.Cookie(policy.CookieChoices) != "",
		Blocked: q.Value("saved") == "yes" && q.Cookie(policy.CookieChoices) == "",
	}
	for _, class := range optional(declared) {
		f := ui.Field{
			ID: class, Name: class, Label: q.P.T("cookies.class." + class), Hint: q.P.T("cookies.class." + class + ".costs"), Inline: true, Value: "no",
			Options: []ui.Option{{Value: "yes", Label: q.P.T("cookies.yes")}, {Value: "no", Label: q.P.T("cookies.no")}},
		}
		if made[class] {
			f.Value = "yes"
		}
		page.Classes = append(page.Classes, f)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cookies.title"), Body: pages.ChoicePage(page)})
}

// choose keeps a choice: one button for all classes, or an answer for each.
func (c *Cookies) choose(q *web.Req) error {
	classes := optional(c.Declared())
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(append([]string{"all", "next"}, classes...)...); err != nil {
		return err
	}
	made, all := Choices{}, q.Value("all")
	for _, class := range classes {
		made[class] = all == "yes" || all == "" && q.Value(class) == "yes"
	}
	if len(classes) > 0 && !q.Private() {
		if err := q.SetCookie(policy.CookieChoices, made.String(), life); err != nil {
			return err
		}
	}
	for _, cookie := range c.Declared() {
		if granted, asked := made[string(cookie.Class)]; asked && (!granted || q.Private()) && q.Cookie(cookie.Name) != "" {
			if err := q.SetCookie(cookie.Name, "", -1); err != nil {
				return err
			}
		}
	}
	if next := q.Value("next"); next != "" && web.LocalPath(next) {
		return q.Redirect(next)
	}
	return q.Redirect(q.Path("/cookies") + "?saved=yes")
}
