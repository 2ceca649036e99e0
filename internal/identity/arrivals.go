package identity

import (
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// Arrivals is told of each person who signs in, in that transaction, and says
// where somebody goes who has just signed in and wanted to go to next: package
// account is one.
type Arrivals interface {
	Arrived(tx *db.Tx, subject string) error
	Welcome(q *web.Req, next string) string
}

// SetArrivals says who is told; it is called before anybody signs in. Without
// it, people go where they wanted to.
func (s *Service) SetArrivals(a Arrivals) { s.arrivals = a }

// Afterwards is where a person goes who has signed in: where they wanted to,
// or their cabinet.
func (s *Service) Afterwards(q *web.Req) string {
	next := q.Next(q.Path("/cabinet/"))
	if s.arrivals == nil {
		return next
	}
	return s.arrivals.Welcome(q, next)
}
