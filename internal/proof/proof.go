package proof

import (
	"context"
	"time"

	"portico/internal/policy"
)

// Status is how a promise stands.
type Status string

// The states of a promise. The zero Status is none of them and never shown.
const (
	Kept       Status = "kept"         // a control examined the running system and found it so
	AtRisk     Status = "at-risk"      // it holds, but something that should secure it is missing
	Broken     Status = "broken"       // a control, or the evidence, says that it does not hold
	Attested   Status = "attested"     // nobody examined it; somebody vouches for it
	NotYetKept Status = "not-yet-kept" // neither: the policy says so itself
)

// Finding is what a control found. Reason is a code: "proof.reason.CODE" is
// its sentence. A finding of Kept without evidence is not believed.
type Finding struct {
	Status   Status
	Reason   string
	Evidence []Line
	At       time.Time
}

// Line is one line of evidence, for staff: "proof.evidence.CODE" is its
// sentence, Args its values, which are never about a person.
type Line struct {
	Code string
	Args []any
}

// Control examines one thing of the running system.
type Control interface {
	ID() string
	Examine(ctx context.Context) Finding
}

// Result is a promise and how it stands.
type Result struct {
	Promise policy.Promise
	Finding
	Since time.Time // from when on the status was this one
}

// Report is how all promises stand.
type Report struct {
	At      time.Time
	Results []Result
}

// Broken reports whether a promise is broken.
func (r Report) Broken() bool {
	for _, one := range r.Results {
		if one.Status == Broken {
			return true
		}
	}
	return false
}

// Counts is how many promises stand how.
func (r Report) Counts() map[Status]int {
	n := map[Status]int{}
	for _, one := range r.Results {
		n[one.Status]++
	}
	return n
}

// Result returns the result for a promise.
func (r Report) Result(promise string) (Result, bool) {
	for _, one := range r.Results {
		if one.Promise.ID == promise {
			return one, true
		}
	}
	return Result{}, false
}

// examination collects what a control finds. It is kept until something says
// otherwise, and the worst that was said counts.
type examination struct{ f Finding }

// note adds a line of evidence.
func (e *examination) note(code string, args ...any) {
	e.f.Evidence = append(e.f.Evidence, Line{Code: code, Args: args})
}

// risk says that what was noted leaves the promise at risk.
func (e *examination) risk(reason, code string, args ...any) {
	e.note(code, args...)
	if e.f.Status == "" {
		e.f.Status, e.f.Reason = AtRisk, reason
	}
}

// broken says that what was noted breaks the promise.
func (e *examination) broken(reason, code string, args ...any) {
	e.note(code, args...)
	if e.f.Status != Broken {
		e.f.Status, e.f.Reason = Broken, reason
	}
}

// failed says that nothing could be examined. The cause is for the log of
// whoever runs the portal, not for a page: it may hold an address.
func (e *examination) failed() {
	if e.f.Status != Broken {
		e.f.Status, e.f.Reason = AtRisk, ReasonNotExamined
	}
}

func (e *examination) finding() Finding {
	if e.f.Status == "" {
		e.f.Status, e.f.Reason = Kept, ReasonExamined
	}
	return e.f
}

// Reasons that do not belong to one control.
const (
	ReasonExamined      = "examined"         // a control looked and found nothing wrong
	ReasonNotExamined   = "not-examined"     // it could not look
	ReasonNoEvidence    = "no-evidence"      // it said kept and showed nothing
	ReasonNoControl     = "no-control"       // the promise names a control that this program does not have
	ReasonDemo          = "demo"             // the demo relaxes it
	ReasonAttested      = "attested"         // somebody vouches
	ReasonSample        = "sample"           // the evidence is a sample
	ReasonLapsed        = "lapsed"           // the attestation's last day has passed
	ReasonEvidenceGone  = "evidence-missing" // the file is not there
	ReasonEvidenceOther = "evidence-changed" // the file is not the one attested
	ReasonOverdue       = "review-overdue"   // a measure behind it was to be reviewed
	ReasonNotYet        = "not-yet"          // the policy says that it is not yet kept
)
