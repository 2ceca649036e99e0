package proof

import "context"

// Rights is how requests of people about their own data stand.
type Rights struct {
	Offered          bool
	Open, Soon, Late int64 // that wait for their answer; of them, due within days, and overdue
	Silent           int64 // recipients who did not acknowledge in time what they were told, or cannot be told
}

// rightsAnswered compares how long requests about rights wait with the time
// that the policy promises (O14, I10).
func (s *System) rightsAnswered(ctx context.Context, e *examination) {
	r, err := s.Rights(ctx)
	switch {
	case err != nil:
		e.failed()
		return
	case !r.Offered:
		e.risk("no-rights", "no-rights")
		return
	}
	e.note("open-rights", "n", r.Open)
	if r.Late > 0 {
		e.broken("rights-late", "rights-late", "n", r.Late)
	}
	if r.Silent > 0 {
		e.risk("recipients-silent", "recipients-silent", "n", r.Silent)
	}
	if r.Soon > 0 {
		e.risk("rights-soon", "rights-soon", "n", r.Soon)
	}
}
