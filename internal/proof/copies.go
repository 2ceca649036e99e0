package proof

import (
	"context"
	"time"

	"portico/internal/policy"
)

// Copies is what the control looks at of backups and epochs.
type Copies struct {
	Epoch, After, Drill policy.Period // as declared; empty: not
	Every               policy.Period // how often a law requires a copy of the data (M13); empty: none does
	Made                time.Time     // when the last one was made; zero: none was
	Founded             time.Time     // the store

	Current int64     // the current epoch
	Began   time.Time // and since when
	Ended   time.Time // when the oldest epoch whose key is kept ended; zero: there is none but the current

	Drilled      time.Time // when backups were last restored in a drill and found whole; zero: never
	DrilledEpoch int64     // the oldest epoch whose key it takes to read the key backup
	Opened       int64     // how many values opened then
	Faults       int64     // of the very last drill
}

// keyBackup tells whether a copy of the keys and the data was restored in a
// drill not too long ago, and whether epochs begin and end as declared: what
// was erased is past opening from a copy only then.
func (s *System) keyBackup(ctx context.Context, e *examination) {
	e.note("epochs", "n", len(s.Ring.Epochs()), "epoch", s.Ring.Epoch())
	if s.Copies == nil {
		e.risk("never-drilled", "never-drilled")
		return
	}
	c, err := s.Copies(ctx)
	if err != nil {
		e.failed()
		return
	}
	now := s.Clock.Now()
	late := func(period policy.Period, since time.Time) bool {
		if period == "" || since.IsZero() {
			return false
		}
		until, err := period.After(since)
		return err != nil || now.After(until)
	}
	s.required(e, c, late)
	switch {
	case c.Faults > 0:
		e.risk("drill-failed", "drill-failed", "n", c.Faults)
	case c.Drilled.IsZero():
		e.risk("never-drilled", "never-drilled")
	case late(c.Drill, c.Drilled):
		e.risk("drill-old", "drill-old", "date", c.Drilled)
	case c.DrilledEpoch < c.Current:
		e.risk("drill-epoch", "drill-epoch", "epoch", c.DrilledEpoch, "current", c.Current)
	default:
		e.note("drilled", "date", c.Drilled, "n", c.Opened)
	}
	if late(c.Epoch, c.Began) {
		e.risk("epoch-old", "epoch-old", "date", c.Began)
	}
	if !c.Ended.IsZero() && late(c.After, c.Ended) {
		e.risk("epoch-kept", "epoch-kept", "date", c.Ended)
	}
}

// required tells whether the data was copied as often as a law requires: one
// copy that is missed leaves the promise at risk, the second breaks it.
func (s *System) required(e *examination, c Copies, late func(policy.Period, time.Time) bool) {
	if c.Every == "" {
		return
	}
	since := c.Made
	if since.IsZero() {
		since = c.Founded
	}
	switch {
	case late(c.Every.Plus(c.Every), since):
		e.broken("backup-missed", "backup-missed", "date", since)
	case late(c.Every, since):
		e.risk("backup-late", "backup-missed", "date", since)
	case c.Made.IsZero():
		e.risk("never-backed-up", "never-backed-up")
	default:
		e.note("backed-up", "date", c.Made)
	}
}
