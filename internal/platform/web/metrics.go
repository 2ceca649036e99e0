package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"portico/internal/platform/i18n"
)

// meters count requests. Labels are enums: route patterns, known methods and
// classes of status.
type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeters(reg *prometheus.Registry, cat *i18n.Catalogue) (*meters, error) {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portico_http_seconds", Help: "Time to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route"}),
	}
	misses := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "portico_missing_sentences_total", Help: "Sentences asked for and not found."},
		func() float64 { return float64(cat.Misses()) })
	for _, c := range []prometheus.Collector{m.requests, m.seconds, misses} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *meters) answered(rt *Route, verb string, status int, took time.Duration) {
	m.requests.WithLabelValues(method(verb), rt.Path, strconv.Itoa(status/100)+"xx").Inc()
	m.seconds.WithLabelValues(rt.Path).Observe(took.Seconds())
}

// MetricsHandler serves the metrics; give it a listener of its own.
func (r *Router) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r.cfg.Metrics, promhttp.HandlerOpts{}))
	return mux
}
