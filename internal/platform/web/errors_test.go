package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"portico/internal/platform/fault"
)

// A page that is given up while it is made, since whoever asked is gone or the
// portal ends, is no fault of the portal's.
func TestWhatIsAbandonedIsNoFault(t *testing.T) {
	var logged bytes.Buffer
	r := mounted(t, func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(&logged, nil)) })
	ctx, leave := context.WithCancel(t.Context())
	r.Handle(Route{Method: "GET", Path: "/slow", Activity: "public", Handler: func(q *Req) error {
		leave()
		return q.Page(http.StatusOK, Page{Title: "Slow", Body: templ.ComponentFunc(func(ctx context.Context, _ io.Writer) error { return ctx.Err() })})
	}})
	fetch(t, r, get("/en/slow").WithContext(ctx))
	if said := logged.String(); strings.Contains(said, "ERROR") || !strings.Contains(said, "abandoned") {
		t.Errorf("of somebody who left it says: %s", said)
	}
}

func TestWhatTheProgramAsksOfItselfIsNoVisit(t *testing.T) {
	var logged bytes.Buffer
	r := mounted(t, func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(&logged, nil)) })
	r.Handle(Route{Method: "GET", Path: "/thing", Activity: "public", Handler: ok})
	r.Handle(Route{Method: "GET", Path: "/broken", Activity: "public", Handler: func(*Req) error { return fault.New(fault.Internal, "error.internal") }})
	own := func(path string) *http.Request { req := get(path); return req.WithContext(Own(req.Context())) }
	if fetch(t, r, own("/en/thing")).Code != 200 || logged.Len() > 0 || strings.Contains(fetch(t, r.MetricsHandler(), get("/metrics")).Body.String(), "/thing") {
		t.Errorf("it is logged or counted: %s", logged.String())
	}
	fetch(t, r, own("/en/broken"))
	if !strings.Contains(logged.String(), "/broken") {
		t.Error("that it fails is said nowhere")
	}
}
