package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/prometheus/client_golang/prometheus"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
)

// Link is an entry of a menu.
type Link struct {
	Text string
	Href string
}

// Portal is what the shell says about the portal. It may change while the
// program runs (serve --watch).
type Portal struct {
	Name     i18n.Text // of the portal
	Operator i18n.Text // who runs it
	Brand    Brand
	Zone     *time.Location
}

// Config is what a Router needs.
type Config struct {
	Langs     []string // the portal's languages, the first is its own
	Catalogue *i18n.Catalogue
	Portal    func() *Portal
	Sessions  Sessions
	Cookies   func() []Cookie // declared by the policy
	// Granted says whether this browser granted a class of cookies; nil: none.
	Granted func(q *Req, class string) bool
	// Offered reports whether a portal declares an activity: a route of one that
	// it does not declare is not there. nil: every route is.
	Offered func(activity string) bool
	// Banner is what people are asked above a page, such as their choice of
	// cookies; nil, or no component: nothing.
	Banner func(q *Req) templ.Component
	// Told is what whoever is signed in is told once, above the page that they
	// open next; nil, or no component: nothing.
	Told func(q *Req) templ.Component
	// Visited is told of each page that people are shown, and returns by which
	// name the page may tell how long it was open; empty: it does not. nil: nobody.
	Visited func(q *Req) string
	// Menu returns the menu of officials; nil: none.
	Menu    func(q *Req) []Link
	Clock   clock.Clock
	Log     *slog.Logger
	Metrics *prometheus.Registry
	Demo    bool // refuse what does not come from this machine
}

// Router serves the declared routes. Declare all before serving.
type Router struct {
	cfg        Config
	mux        *http.ServeMux
	routes     []Route
	origin     *http.CrossOriginProtection
	checks     []check
	assets     *assets
	meters     *meters
	crowd      crowd
	networkKey [32]byte
	packers    sync.Pool // of *gzip.Writer
}

// New returns a router with the routes that belong to no feature: the choice
// of a language at "/", style and script below "/_/", /healthz and /readyz.
func New(cfg Config) (*Router, error) {
	if len(cfg.Langs) == 0 || cfg.Catalogue == nil || cfg.Portal == nil || cfg.Sessions == nil || cfg.Cookies == nil || cfg.Clock == nil || cfg.Log == nil {
		return nil, errors.New("web: Langs, Catalogue, Portal, Sessions, Cookies, Clock and Log are needed")
	}
	for _, l := range cfg.Langs {
		if !i18n.Valid(l) {
			return nil, fmt.Errorf("web: %q is no language", l)
		}
	}
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	r := &Router{cfg: cfg, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	_, _ = rand.Read(r.networkKey[:])
	var err error
	if r.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if r.meters, err = newMeters(cfg.Metrics, cfg.Catalogue); err != nil {
		return nil, err
	}
	r.mountOwn()
	return r, nil
}

// Handle declares a route. A route that is malformed, has no activity, or
// overlaps another is a mistake of ours: it panics.
func (r *Router) Handle(rt Route) {
	if err := rt.fault(); err != nil {
		panic(fmt.Sprintf("route %s %s: %v", rt.Method, rt.Path, err))
	}
	if rt.Limit == 0 {
		rt.Limit = DefaultLimit
	}
	if a := rt.Activity; r.cfg.Offered != nil && a != "public" && !strings.HasPrefix(a, "none:") && !r.cfg.Offered(a) {
		return
	}
	r.routes = append(r.routes, rt)
	if rt.Unprefixed {
		r.mux.Handle(pattern(rt, ""), &endpoint{router: r, route: &rt})
		return
	}
	for _, l := range r.cfg.Langs {
		r.mux.Handle(pattern(rt, l), &endpoint{router: r, route: &rt, lang: l})
	}
}

// pattern returns the pattern of rt for the mux.
func pattern(rt Route, lang string) string {
	p := rt.Path
	if strings.HasSuffix(p, "/") {
		p += "{$}"
	}
	if lang != "" {
		p = "/" + lang + p
	}
	return rt.Method + " " + p
}

// methods that a route may have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// fault says what is wrong with a declaration.
func (rt Route) fault() error {
	switch {
	case !slices.Contains(methods, rt.Method):
		return fmt.Errorf("method %q", rt.Method)
	case !strings.HasPrefix(rt.Path, "/"):
		return fmt.Errorf("the path does not begin with a slash")
	case rt.Activity == "" || rt.Activity == "none" || strings.TrimSpace(strings.TrimPrefix(rt.Activity, "none:")) == "":
		return fmt.Errorf(`no activity: name one of the policy, or "public", or "none: REASON"`)
	case rt.Handler == nil:
		return fmt.Errorf("no handler")
	case rt.Audience > Machine:
		return fmt.Errorf("unknown audience")
	case len(rt.Roles) > 0 && rt.Audience != Staff:
		return fmt.Errorf("roles are for staff")
	case rt.StepUp < 0 || rt.StepUp > 0 && rt.Audience != Person && rt.Audience != Staff:
		return fmt.Errorf("stepping up is for whoever is signed in")
	case rt.Limit < 0:
		return fmt.Errorf("negative limit")
	}
	return nil
}

// Routes returns every declared route.
func (r *Router) Routes() []Route { return slices.Clone(r.routes) }

// squeeze returns b compressed.
func (r *Router) squeeze(b []byte) []byte {
	var out bytes.Buffer
	w, ok := r.packers.Get().(*gzip.Writer)
	if ok {
		w.Reset(&out)
	} else {
		w = gzip.NewWriter(&out)
	}
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	r.packers.Put(w)
	return out.Bytes()
}

// Silence are the classes that a browser has granted which chose nothing: none,
// unless something is wrong.
func (r *Router) Silence() (classes []string) {
	blank := &Req{R: &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}}, router: r, Route: &unrouted}
	seen := map[string]bool{Necessary: true}
	for _, c := range r.cfg.Cookies() {
		if !seen[c.Class] && blank.Granted(c.Class) {
			classes = append(classes, c.Class)
		}
		seen[c.Class] = true
	}
	return classes
}

// Cookies are those that may be set; SetCookie refuses all others.
func (r *Router) Cookies() []Cookie { return r.cfg.Cookies() }

// cookie returns the declaration of a cookie.
func (r *Router) cookie(name string) (Cookie, bool) {
	for _, c := range r.cfg.Cookies() {
		if c.Name == name {
			return c, true
		}
	}
	return Cookie{}, false
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
