package web

import (
	"net/url"
	"time"

	"portico/internal/platform/fault"
)

// Stepping up: some acts need a proof of who somebody is that is younger than
// their sign-in.
const (
	// StepUpAge is how long a proof counts for what changes an account or
	// binds its holder, where nothing else is declared.
	StepUpAge = 10 * time.Minute
	// formTime is how much longer it counts for sending a form: its page
	// demanded the proof before anything was typed, and nothing typed is lost.
	formTime = 30 * time.Minute
)

// Faults of acts that need more than being signed in.
var (
	// ErrStepUp says that whoever is signed in must prove again who they are.
	// A handler that answers it leads there and back.
	ErrStepUp = fault.New(fault.SignIn, "error.step-up")
	// ErrFresh says that what somebody signed in with is too new for this.
	ErrFresh = fault.New(fault.Denied, "error.fresh")
)

// NeedStepUp answers ErrStepUp unless whoever is signed in proved within
// maxAge who they are. A handler returns it as it is: a page is then led to
// the step-up and comes back with its whole address. The page of a form calls
// it before it shows the form, and the form's POST again.
func (q *Req) NeedStepUp(maxAge time.Duration) error {
	if !safe(q.R.Method) {
		maxAge += formTime
	}
	if q.Session == nil || q.router.cfg.Clock.Now().Sub(q.Session.Stepped) > maxAge {
		return ErrStepUp
	}
	return nil
}

// NeedSeasoned answers ErrFresh if what whoever is signed in proved it with
// was added to the account too short a time ago. Every download of somebody's
// data and every consent asks for it, most of them by declaring their route so.
func (q *Req) NeedSeasoned() error {
	if q.Session == nil || q.router.cfg.Clock.Now().Before(q.Session.Seasoned) {
		return ErrFresh
	}
	return nil
}

// stepUp is the address where somebody proves again who they are, and comes
// back from: to this page, or to the page that sent this form.
func (r *Router) stepUp(q *Req) string {
	to := q.Path("/step-up")
	if q.staff() {
		to = "/staff/step-up"
	}
	back := q.R.URL.RequestURI()
	if !safe(q.R.Method) {
		back = ""
		if from, err := url.Parse(q.R.Header.Get("Referer")); err == nil && from.Host == q.R.Host {
			back = from.RequestURI()
		}
	}
	with := to + "?" + url.Values{"next": {back}}.Encode()
	if !LocalPath(back) || !LocalPath(with) {
		return to
	}
	return with
}
