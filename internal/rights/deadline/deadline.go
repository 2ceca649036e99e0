package deadline

import (
	"time"

	"portico/internal/policy"
)

// Calendar knows on which days the operator works.
type Calendar interface {
	Working(t time.Time) bool
}

// Moments are what the clock of a request goes by; zero: it did not happen.
type Moments struct {
	Received, Asked, Shown, Extended, Appealed time.Time
}

// Paused reports whether it is outstanding who asks.
func (m Moments) Paused() bool { return !m.Asked.IsZero() && m.Shown.IsZero() }

// lookAhead ends the search for a working day in a calendar without one.
const lookAhead = 60

// Due is the moment at which a request is overdue: its time, counted from
// receipt or appeal, longer by as long as it was outstanding who asks, to the
// end of the day, or of the next one on which somebody works. It is zero while
// the clock stands.
func Due(m Moments, right policy.Right, c Calendar, zone *time.Location) time.Time {
	if m.Paused() {
		return time.Time{}
	}
	since := m.Received
	if !m.Asked.IsZero() {
		since = since.Add(m.Shown.Sub(m.Asked))
	}
	extended := !m.Extended.IsZero()
	if !m.Appealed.IsZero() {
		since, extended = m.Appealed, m.Extended.After(m.Appealed)
		if m.Shown.After(since) { // who asks was outstanding until then
			since = m.Shown
		}
	}
	due, err := right.Answered(since.In(zone), extended)
	if err != nil {
		return since // a policy whose right has no time does not load
	}
	for range lookAhead {
		if c.Working(due.Add(-time.Minute)) {
			break
		}
		due = due.AddDate(0, 0, 1)
	}
	return due
}

// Standing is how many requests wait for their answer, and how many of them are
// due within soon, or overdue.
type Standing struct{ Open, Soon, Late int64 }

// Count counts one more, which is due at a moment; zero: its clock stands.
func (n *Standing) Count(due, now time.Time) {
	n.Open++
	switch {
	case due.IsZero():
	case !now.Before(due):
		n.Late++
	case !now.Add(soon).Before(due):
		n.Soon++
	}
}

// soon is how long before its time a request is at risk.
const soon = 5 * 24 * time.Hour
