package proof

import (
	"context"
	"strings"
)

// Automated is what the program has decided without a person, and whether that
// was as promised (N13). Package cases/automatic says.
type Automated struct {
	Rules     int // by which it decides, as the policy lists them
	Decided   int
	Contested int
	Waiting   int      // contested, and no person has decided in time
	Wrong     []string // references of those that are not as promised
}

// automated looks whether each decision of the program has its rule and what
// was read for it, did not stand before it could be contested, and was decided
// by a person where it was (N13).
func (s *System) automated(ctx context.Context, e *examination) {
	n, err := s.Automated(ctx)
	if err != nil {
		e.failed()
		return
	}
	if n.Rules == 0 {
		e.note("automated-none")
	} else {
		e.note("automated-rules", "n", n.Rules)
	}
	e.note("automated", "n", n.Decided, "contested", n.Contested)
	if len(n.Wrong) > 0 {
		e.broken("automated-wrong", "automated-wrong", "references", strings.Join(listed(n.Wrong), ", "))
	}
	if n.Waiting > 0 {
		e.risk("automated-waiting", "automated-waiting", "n", n.Waiting)
	}
}
