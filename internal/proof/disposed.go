package proof

import (
	"context"
	"time"
)

// Disposal is how what has had its time is disposed of. Package retention says.
type Disposal struct {
	Begun    time.Time // the last daily run; zero: there was none
	Overdue  bool      // the last one that ended is too long ago
	Late     int64     // things that are past their time, their grace and two days, and not held back
	Refused  int64     // disposals that failed in the last run
	Stuck    bool      // rows of a disposal wait for longer than two days to be swept
	Left     int64     // rows, keys and values that are there although they were swept
	Looked   int64     // disposals that were looked at again for that
	Disposed int64     // by the last run
	Reviews  int       // schedules and holds whose review is overdue
}

// disposed asks whether the daily run runs, whether anything is past its time,
// and looks again for what was disposed of (O7).
func (s *System) disposed(ctx context.Context, e *examination) {
	if s.Disposal == nil {
		e.risk("not-running", "not-running")
		return
	}
	d, err := s.Disposal(ctx)
	if err != nil {
		e.failed()
		return
	}
	e.note("disposed", "n", d.Disposed)
	e.note("disposal-looked", "n", d.Looked)
	if d.Left > 0 {
		e.broken("disposal-left", "disposal-left", "n", d.Left)
	}
	if d.Refused > 0 {
		e.broken("disposal-refused", "disposal-refused", "n", d.Refused)
	}
	if d.Begun.IsZero() || d.Overdue {
		e.risk("disposal-overdue", "disposal-overdue")
	}
	if d.Late > 0 {
		e.risk("disposal-late", "disposal-late", "n", d.Late)
	}
	if d.Stuck {
		e.risk("disposal-stuck", "disposal-stuck")
	}
	if d.Reviews > 0 {
		e.risk("disposal-reviews", "disposal-reviews", "n", d.Reviews)
	}
}
