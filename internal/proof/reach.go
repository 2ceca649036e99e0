package proof

import (
	"bufio"
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"portico/internal/policy"
)

// Help is how people reach the operator, and what waits for its answer.
type Help struct {
	Channels []Channel
	Taken    bool      // the portal takes requests
	Entering int       // officials who write requests down, and work
	Asked    []Asked   // what waits for its answer
	Inbox    string    // where mails come in, host:port; empty: none are declared
	Newest   time.Time // of the news that are published; zero: there are none
	// NewsEvery is how old the newest may become; empty: nobody says.
	NewsEvery policy.Period
	// Complaints is what is owed to complaints beside their answer (N15).
	Complaints Complaints
}

// Complaints is how complaints stand, where they are investigated before they
// are answered: those answered without that, those that an authority has, and
// those that it is owed.
type Complaints struct {
	Investigated           bool
	Silent, Referred, Owed int64
}

// Channel is one that the instance declares.
type Channel struct{ ID, Value string }

// Asked counts the requests by one way that wait for their answer, and those
// among them that wait longer than promised, and longer than twice as long.
type Asked struct {
	Channel              string // the id of a channel; empty: by none of them
	Open, Late, VeryLate int64
}

// answers compares the age of what people asked with the promised time (O17).
func (s *System) answers(ctx context.Context, e *examination) {
	h, err := s.Help(ctx)
	switch {
	case err != nil:
		e.failed()
		return
	case !h.Taken:
		e.risk("no-requests", "no-requests")
		return
	}
	var all Asked
	for _, a := range h.Asked {
		all.Open, all.Late, all.VeryLate = all.Open+a.Open, all.Late+a.Late, all.VeryLate+a.VeryLate
	}
	e.note("open-requests", "n", all.Open)
	if c := h.Complaints; c.Investigated {
		e.note("complaints", "n", c.Referred, "owed", c.Owed)
		if c.Silent > 0 {
			e.broken("complaints-silent", "complaints-silent", "n", c.Silent)
		}
	}
	if all.VeryLate > 0 {
		e.broken("very-late", "very-late", "n", all.VeryLate)
	}
	if all.Late > all.VeryLate {
		e.risk("late", "late", "n", all.Late-all.VeryLate)
	}
}

// reachable asks the portal for its pages of help as a visitor does, looks for
// each channel on them, and whether what comes by it can be taken and is
// answered in time (O16).
func (s *System) reachable(ctx context.Context, e *examination) {
	h, err := s.Help(ctx)
	if err != nil {
		e.failed()
		return
	}
	var values []string
	for _, c := range h.Channels {
		values = append(values, c.Value)
	}
	for _, lang := range s.InForce().Languages {
		s.shows(ctx, e, "/"+lang+"/help", values)
		if h.Taken {
			s.shows(ctx, e, "/"+lang+"/help/ask", []string{`name="kind"`, `name="text"`})
		}
	}
	if !h.Taken {
		e.risk("no-requests", "no-requests")
	} else if h.Entering == 0 {
		e.risk("nobody-enters", "nobody-enters")
	} else {
		e.note("entering", "n", h.Entering)
	}
	for _, c := range h.Channels {
		var a Asked
		if i := slices.IndexFunc(h.Asked, func(a Asked) bool { return a.Channel == c.ID }); i >= 0 {
			a = h.Asked[i]
		}
		if a.Late > 0 {
			e.risk("late", "channel-late", "channel", c.ID, "n", a.Late)
		} else if h.Taken {
			e.note("channel", "channel", c.ID, "n", a.Open)
		}
	}
	s.listens(ctx, e, h.Inbox)
	s.news(e, h)
}

// listens speaks with what takes mails.
func (s *System) listens(ctx context.Context, e *examination, address string) {
	if address == "" {
		return
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err == nil {
		defer c.Close() //nolint:errcheck // nothing was written
		var greeting string
		if err = c.SetReadDeadline(deadline(ctx)); err == nil {
			greeting, err = bufio.NewReader(c).ReadString('\n')
		}
		if err == nil && strings.HasPrefix(greeting, "220") {
			e.note("inbox", "address", address)
			return
		}
	}
	e.risk("no-inbox", "no-inbox", "address", address)
}

// deadline is when ctx ends, and no time if it does not.
func deadline(ctx context.Context) time.Time {
	at, _ := ctx.Deadline()
	return at
}

// news looks how old the newest news are.
func (s *System) news(e *examination, h Help) {
	if h.NewsEvery == "" {
		return
	}
	until, err := h.NewsEvery.After(h.Newest)
	switch {
	case err != nil:
		e.failed()
	case h.Newest.IsZero():
		e.risk("no-news", "no-news")
	case s.Clock.Now().After(until):
		e.risk("no-news", "old-news", "day", h.Newest.Format(time.DateOnly))
	default:
		e.note("news", "day", h.Newest.Format(time.DateOnly))
	}
}
