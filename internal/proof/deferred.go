package proof

import "context"

// deferred counts what a law lets be shown to people later, and looks whether
// anything stays hidden behind its date (I15). How many there are is said of all
// people together only.
func (s *System) deferred(ctx context.Context, e *examination) {
	if s.Deferred == nil {
		e.risk("not-running", "not-running")
		return
	}
	running, late, err := s.Deferred(ctx)
	if err != nil {
		e.failed()
		return
	}
	if late > 0 {
		e.broken("deferred-late", "deferred-late", "n", late)
	}
	e.note("deferred", "n", running)
}
