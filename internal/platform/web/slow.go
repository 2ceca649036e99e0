package web

import (
	"net/http"
	"time"

	"portico/internal/platform/clock"
)

// Patience gives whoever sent the request this long from now to send or take
// more, instead of what the server grants a whole request. A handler that
// streams calls it again with each piece, so that a slow line is served and one
// that stands still is not.
func (q *Req) Patience(d time.Duration) {
	c, until := http.NewResponseController(q.W), clock.System{}.Now().Add(d)
	// A connection that knows no deadlines has none to be moved.
	_ = c.SetReadDeadline(until)
	_ = c.SetWriteDeadline(until.Add(d))
}
