package proof

import "context"

// StaysOut is how it stands with who opted out. Package staysout says.
type StaysOut struct {
	Lists    int   // newsletters and marketing that there are
	Declared bool  // the policy declares that an address is hashed for it
	Kept     int64 // hashes
	Works    bool  // an address that is kept is recognised, and another is not
	Stuck    int64 // opt-outs whose hash could not be made
}

// staysOut tries whether somebody who opted out would be recognised under
// another account, and looks for opt-outs that were not kept (N9).
func (s *System) staysOut(ctx context.Context, e *examination) {
	if s.StaysOut == nil {
		e.risk("not-running", "not-running")
		return
	}
	st, err := s.StaysOut(ctx)
	switch {
	case err != nil:
		e.failed()
		return
	case !st.Works:
		e.broken("stays-out-blind", "stays-out-blind")
	case st.Lists == 0:
		e.note("stays-out-nothing")
		return
	case !st.Declared:
		e.broken("stays-out-undeclared", "stays-out-undeclared")
	}
	e.note("stays-out", "n", st.Kept, "lists", st.Lists)
	if st.Stuck > 0 {
		e.broken("stays-out-stuck", "stays-out-stuck", "n", st.Stuck)
	}
}
