package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"portico/internal/platform/i18n"
)

// shell returns a page with everything around it.
func (r *Router) shell(q *Req, status int, p Page) templ.Component {
	portal := r.cfg.Portal()
	l := r.assets.of(portal.Brand)
	f := frame{
		page:     p,
		title:    title(q.P, p, q.P.In(portal.Name)),
		lang:     q.Lang,
		dir:      q.P.Dir(),
		portal:   q.P.In(portal.Name),
		operator: q.P.In(portal.Operator),
		style:    l.style,
		icon:     l.icon,
		script:   r.assets.script,
		font:     r.assets.names[preloaded(q.Lang)],
		here:     q.R.URL.Path,
		staff:    q.staff(),
		session:  q.Session,
		demo:     r.cfg.Demo,
	}
	f.home = q.Path("/")
	if f.staff {
		f.home = "/staff/cases"
	}
	// Where no route was found nobody asked who is signed in.
	f.account = !f.staff && status < 500 && q.Route != &unrouted && !strings.HasSuffix(f.here, "/sign-in")
	f.langs = r.tongues(q, f.staff)
	f.menu = r.menu(q, f)
	if f.staff || q.Route.Unprefixed || q.Route == &unrouted || status >= 500 {
		return shell(f)
	}
	if r.cfg.Banner != nil {
		f.banner = r.cfg.Banner(q)
	}
	if r.cfg.Told != nil && q.Session != nil && status == http.StatusOK && q.R.Method == http.MethodGet {
		f.told = r.cfg.Told(q)
	}
	if r.cfg.Visited != nil && status == http.StatusOK && q.R.Method == http.MethodGet {
		f.measure = r.cfg.Visited(q)
	}
	return shell(f)
}

// title joins the parts of a title: "Error: page – service – portal".
func title(p *i18n.Printer, page Page, portal string) string {
	t := page.Title
	if page.Invalid {
		t = p.T("web.error") + ": " + t
	}
	if page.Service != "" {
		t += " – " + page.Service
	}
	return t + " – " + portal
}

// tongues returns this page's address in each language.
func (r *Router) tongues(q *Req, staff bool) []tongue {
	out := make([]tongue, 0, len(r.cfg.Langs))
	rest, prefixed := strings.CutPrefix(q.R.URL.EscapedPath(), "/"+q.Lang+"/")
	for _, l := range r.cfg.Langs {
		t := tongue{lang: l, dir: i18n.Dir(l), name: i18n.Name(l), here: l == q.Lang}
		switch {
		case staff || !prefixed && q.Route.Unprefixed && q.Route.Audience != Machine && safe(q.R.Method):
			query := q.R.URL.Query()
			query.Set("lang", l)
			t.href = q.R.URL.EscapedPath() + "?" + query.Encode()
		case prefixed:
			t.href = "/" + l + "/" + rest
			if q.R.URL.RawQuery != "" && q.R.Method == http.MethodGet {
				t.href += "?" + q.R.URL.RawQuery
			}
		default:
			t.href = "/" + l + "/"
		}
		out = append(out, t)
	}
	return out
}

// menu returns the main menu: the configured one for officials, the portal's
// own for everybody else.
func (r *Router) menu(q *Req, f frame) []Link {
	if f.staff {
		if r.cfg.Menu == nil {
			return nil
		}
		return r.cfg.Menu(q)
	}
	links := []Link{{q.P.T("web.menu.services"), q.Path("/services")}}
	if q.Session != nil {
		links = append(links,
			Link{q.P.T("web.menu.cabinet"), q.Path("/cabinet/")},
			Link{q.P.T("web.menu.access"), q.Path("/cabinet/access")})
	}
	return append(links, Link{q.P.T("web.menu.help"), q.Path("/help")})
}
