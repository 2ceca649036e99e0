package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
)

// endpoint is one route under one language.
type endpoint struct {
	router *Router
	route  *Route
	lang   string // empty: no language in the path
}

// unrouted stands for requests that no route answers, in logs and metrics.
var unrouted = Route{Path: "-", Activity: "none: no such address"}

// answer records what was answered, for the log.
type answer struct {
	http.ResponseWriter
	status int
	size   int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// ServeHTTP answers a request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.crowd.enter()
	defer r.crowd.leave()
	began := r.cfg.Clock.Now()
	a := &answer{ResponseWriter: w}
	q := &Req{W: a, R: req, Route: &unrouted, Reference: id.Reference("E"), router: r}
	q.Log = r.cfg.Log.With("reference", q.Reference)
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			q.Log.Error("panic", "route", q.Route.Path, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			if a.status == 0 {
				r.fail(q, fault.New(fault.Internal, "error.internal"))
			}
		}
		took := r.cfg.Clock.Now().Sub(began)
		if req.Context().Value(ownKey{}) != nil && a.status < http.StatusInternalServerError {
			return
		}
		r.meters.answered(q.Route, req.Method, a.status, took)
		q.Log.Info("request", "method", method(req.Method), "route", q.Route.Path, "status", a.status, "bytes", a.size, "microseconds", took.Microseconds(), "rendering", q.rendered.Microseconds())
	}()
	peer, err := r.admit(req)
	q.R = req.WithContext(context.WithValue(req.Context(), peerKey{}, peer))
	r.headers(q)
	r.speak(q, "")
	if err != nil {
		r.fail(q, err)
		return
	}
	if err := r.origin.Check(q.R); err != nil {
		r.fail(q, fault.New(fault.Denied, codeOrigin))
		return
	}
	h, _ := r.mux.Handler(q.R)
	if _, ok := h.(*endpoint); !ok {
		r.astray(q, h)
		return
	}
	q.R = q.R.WithContext(context.WithValue(q.R.Context(), reqKey{}, q))
	r.mux.ServeHTTP(a, q.R)
}

type (
	reqKey struct{}
	ownKey struct{}
)

// Own marks what the program asks of itself: it is no visit, so neither the log
// nor the metrics say anything of it unless it fails.
func Own(ctx context.Context) context.Context { return context.WithValue(ctx, ownKey{}, true) }

// ServeHTTP is called by the mux only, within Router.ServeHTTP.
func (e *endpoint) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	q := req.Context().Value(reqKey{}).(*Req)
	q.R, q.Route = req, e.route
	e.router.speak(q, e.lang)
	err := e.router.serve(q)
	if errors.Is(err, ErrStepUp) && safe(q.R.Method) && !wantsJSON(q) {
		err = q.Redirect(e.router.stepUp(q))
	}
	if err != nil {
		e.router.fail(q, err)
	}
}

// serve enforces what the route declares, then calls its handler.
func (r *Router) serve(q *Req) error {
	q.R.Body = http.MaxBytesReader(q.W, q.R.Body, q.Route.Limit)
	token, err := r.identify(q)
	if err != nil {
		return err
	}
	if q.Route.Audience != Public || q.Session != nil {
		q.W.Header().Set("Cache-Control", "no-store")
	}
	if q.Route.Audience == Person || q.Route.Audience == Staff {
		if q.Session == nil {
			return r.toSignIn(q, token)
		}
		if len(q.Route.Roles) > 0 && !slices.ContainsFunc(q.Route.Roles, func(role string) bool { return slices.Contains(q.Session.Roles, role) }) {
			return fault.New(fault.Denied, "error.denied")
		}
		if q.Route.StepUp > 0 {
			if err := q.NeedStepUp(q.Route.StepUp); err != nil {
				return err
			}
		}
		if q.Route.Seasoned {
			if err := q.NeedSeasoned(); err != nil {
				return err
			}
		}
	}
	return q.Route.Handler(q)
}

// identify finds who is signed in in the realm of the route, and returns
// whether the browser sent a token at all. Routes that are nobody's business
// ("none: …") ask nobody.
func (r *Router) identify(q *Req) (token bool, err error) {
	if q.Route.Audience == Machine || q.Route.Audience == Public && strings.HasPrefix(q.Route.Activity, "none:") {
		return false, nil
	}
	realm, cookie := RealmPerson, SessionCookie
	if q.staff() {
		realm, cookie = RealmStaff, StaffCookie
	}
	t := q.Cookie(cookie)
	if t == "" || len(t) > 128 {
		return t != "", nil
	}
	s, err := r.cfg.Sessions.Session(q.R.Context(), t, realm)
	if errors.Is(err, ErrUnderway) {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("look up session: %w", err)
	}
	if s != nil && s.Realm == realm {
		q.Session = s
	}
	return true, nil
}

// toSignIn leads a person to the sign-in of the route's realm and, once
// signed in, back. What a form sent cannot be sent again by a redirect: that
// gets a page which says so. The cookie stays: a token that signs nobody in may
// stand for a registration, or for a second factor that is awaited.
func (r *Router) toSignIn(q *Req, hadToken bool) error {
	if !safe(q.R.Method) || wantsJSON(q) {
		return fault.New(fault.SignIn, "error.sign-in")
	}
	v := url.Values{"next": {q.R.URL.RequestURI()}}
	if hadToken {
		v.Set("ended", "1")
	}
	if to := r.signIn(q) + "?" + v.Encode(); LocalPath(to) {
		return q.Redirect(to)
	}
	v.Del("next") // an address that is too long, or none of ours, to come back to
	return q.Redirect(r.signIn(q) + "?" + v.Encode())
}

// staff reports whether a request is in the realm of officials.
func (q *Req) staff() bool {
	return q.Route.Audience == Staff || strings.HasPrefix(q.R.URL.Path, "/staff/")
}

// signIn returns the address of the sign-in page of the request's realm.
func (r *Router) signIn(q *Req) string {
	if q.staff() {
		return "/staff/sign-in"
	}
	return q.Path("/sign-in")
}

// speak sets the language of the answer: that of the path, or what was chosen
// or negotiated where the path has none.
func (r *Router) speak(q *Req, lang string) {
	if lang == "" {
		lang = r.chosen(q)
	}
	q.Lang = lang
	q.P = r.cfg.Catalogue.Printer(lang, r.cfg.Portal().Zone)
	q.W.Header().Set("Content-Language", lang)
}

// chosen returns the language for a path that may have none.
func (r *Router) chosen(q *Req) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(q.R.URL.Path, "/"), "/")
	if slices.Contains(r.cfg.Langs, first) {
		return first
	}
	if l := q.R.URL.Query().Get("lang"); slices.Contains(r.cfg.Langs, l) {
		if _, ok := r.cookie(LangCookie); ok && q.Route != &unrouted && q.Cookie(LangCookie) != l {
			// A class that is not granted leaves the choice to the address.
			if err := q.SetCookie(LangCookie, l, 180*24*3600); err != nil {
				q.Log.Debug("language not kept")
			}
		}
		return l
	}
	if l := q.Cookie(LangCookie); slices.Contains(r.cfg.Langs, l) {
		return l
	}
	return i18n.Negotiate(q.R.Header.Get("Accept-Language"), r.cfg.Langs)
}

// astray answers what no route does: a redirect to the clean path, a method
// that the path does not have, or nothing there.
func (r *Router) astray(q *Req, h http.Handler) {
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, q.R)
	switch {
	case rec.status >= 300 && rec.status < 400 && LocalPath(rec.header.Get("Location")):
		q.W.Header().Set("Location", rec.header.Get("Location"))
		_ = q.Bytes(http.StatusPermanentRedirect, "text/plain; charset=utf-8", nil)
	case rec.status == http.StatusMethodNotAllowed:
		q.W.Header().Set("Allow", rec.header.Get("Allow"))
		r.fail(q, fault.New(fault.Invalid, codeMethod))
	default:
		r.fail(q, fault.New(fault.NotFound, "error.not-found"))
	}
}

// recorder keeps what the mux would have answered.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// headers sets what every answer carries.
func (r *Router) headers(q *Req) {
	h := q.W.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Cookie, Accept-Language, Accept, Accept-Encoding")
	h.Set("X-Reference", q.Reference)
	if q.Secure() {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

// contentPolicy allows what this program serves and nothing else.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// method keeps what a client made up out of logs and metrics.
func method(m string) string {
	if m == http.MethodHead || m == http.MethodOptions || slices.Contains(methods, m) {
		return m
	}
	return "OTHER"
}

// bodyFault says why a body could not be read.
func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.Invalid, codeTooLarge)
	}
	return fault.New(fault.Invalid, codeMalformed).Because(err)
}
