package proof

import (
	"context"

	"portico/internal/policy"
)

// Notices is what became of the notices of late, by what people may choose.
type Notices struct {
	Important, Off int64 // important ones, and those of them that were not sent because somebody did not want them
	Asked, Unasked int64 // newsletters and marketing that were sent, and those of them that nobody had asked for when they were
}

// notices looks whether anybody could switch important notices off, and
// whether newsletters and marketing went to who asked for them (I12, N8, N9).
func (s *System) notices(ctx context.Context, e *examination) {
	n, err := s.Notices(ctx)
	if err != nil {
		e.failed()
		return
	}
	e.note("notices-important", "n", n.Important)
	e.note("notices-asked", "n", n.Asked)
	if n.Off > 0 {
		e.broken("notices-off", "notices-off", "n", n.Off)
	}
	if n.Unasked > 0 {
		e.broken("notices-unasked", "notices-unasked", "n", n.Unasked)
	}
}

// Contacts is how current the contact data of people is.
type Contacts struct {
	Asked         policy.Period // after how long people are asked about it; empty: never
	People, Right int64         // and those whose word is not older than that
	Marked, Used  int64         // contacts that messages do not reach, and messages that were sent to one all the same
}

// contacts looks whether people are asked about their contact data from time
// to time, and whether what bounces is written to no more (N18).
func (s *System) contacts(ctx context.Context, e *examination) {
	c, err := s.Contacts(ctx)
	if err != nil {
		e.failed()
		return
	}
	e.note("contacts-right", "n", c.Right, "people", c.People)
	e.note("contacts-marked", "n", c.Marked)
	if c.Used > 0 {
		e.broken("contacts-used", "contacts-used", "n", c.Used)
	}
	if c.Asked == "" || c.Asked == policy.PeriodNone {
		e.risk("contacts-unasked", "contacts-unasked")
	}
}

// Agreements is who accepted policy and terms, and who agreed to what is asked
// of whoever opens an account.
type Agreements struct {
	Accepted          int64 // people who accepted the version of policy and terms in force
	Asked             bool  // something is asked of whoever opens an account
	Accounts, Without int64 // those opened since the first agreement, and those of them that have none
}

// agreed looks what is recorded of acceptances, and whether whoever has an
// account agreed, in its own words, to where data is stored (O15, N11).
func (s *System) agreed(ctx context.Context, e *examination) {
	a, err := s.Agreements(ctx)
	switch {
	case err != nil:
		e.failed()
		return
	case a.Asked && a.Without > 0:
		e.broken("agreements-missing", "agreements-missing", "n", a.Without)
	case a.Asked:
		e.note("agreements", "n", a.Accounts)
	}
	e.note("accepted", "n", a.Accepted)
}
