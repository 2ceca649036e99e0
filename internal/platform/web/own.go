package web

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// check is one condition of being ready.
type check struct {
	name string
	run  func(context.Context) error
}

// Ready adds a condition without which the program does not want requests.
// The name is shown; what is wrong goes to the log only.
func (r *Router) Ready(name string, run func(context.Context) error) {
	r.checks = append(r.checks, check{name, run})
}

// mountOwn declares the routes that belong to no feature.
func (r *Router) mountOwn() {
	r.Handle(Route{Method: "GET", Path: "/", Unprefixed: true, Activity: "none: leads to a language", Handler: func(q *Req) error {
		return q.Redirect(q.Path("/"))
	}})
	r.Handle(Route{Method: "GET", Path: "/accessibility", Activity: "public", Handler: func(q *Req) error {
		return q.Page(http.StatusOK, Page{Title: q.P.T("web.accessibility.title"), Body: accessibility()})
	}})
	r.Handle(Route{Method: "GET", Path: "/_/{file}", Unprefixed: true, Activity: "none: style, script and fonts", Handler: r.asset})
	r.Handle(Route{Method: "GET", Path: "/healthz", Unprefixed: true, Activity: "none: says that the program runs", Handler: func(q *Req) error {
		return q.JSON(http.StatusOK, map[string]string{"status": "ok"})
	}})
	r.Handle(Route{Method: "GET", Path: "/readyz", Unprefixed: true, Activity: "none: says whether the program is ready", Handler: r.readyz})
}

// readyz runs all checks at once, for at most two seconds.
func (r *Router) readyz(q *Req) error {
	ctx, cancel := context.WithTimeout(q.R.Context(), 2*time.Second)
	defer cancel()
	errs := make([]error, len(r.checks))
	var wg sync.WaitGroup
	for i, c := range r.checks {
		wg.Go(func() { errs[i] = c.run(ctx) })
	}
	wg.Wait()
	out, code := map[string]string{}, http.StatusOK
	for i, c := range r.checks {
		out[c.name] = "ok"
		if errs[i] != nil {
			out[c.name], code = "failing", http.StatusServiceUnavailable
			q.Log.Warn("not ready", "check", c.name, "error", Reduce(errs[i]))
		}
	}
	return q.JSON(code, map[string]any{"ready": code == http.StatusOK, "checks": out})
}
