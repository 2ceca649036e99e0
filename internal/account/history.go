package account

import (
	"context"
	"fmt"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/policy"
)

// Moment is one line of the history of an account.
type Moment struct {
	N        int64
	At       time.Time
	Kind     string // audit's kind; "service" for the use of one
	Reason   string // means or cause, a part of a catalogue key
	Activity string // of the use of a service
	Scope    string
	Ref      string
	Role     string // of an official who did it
	Party    string
}

// A page of the history has so many lines, and about so many events are looked
// at for them: many of them can be one line.
const (
	historyPage = 25
	historyScan = 2000
	historyRead = 250
)

// kindService is the use of a service by the person.
const kindService = "service"

// Filters are the parts of a history, as its page names them.
func Filters() []string { return []string{"all", "sign-ins", "services", "changes"} }

// in reports whether a filter shows a kind of line.
func in(filter, kind string) bool {
	switch filter {
	case "sign-ins":
		return kind == audit.KindSignIn || kind == audit.KindSignInFailed || kind == audit.KindSignOut
	case "services":
		return kind == kindService
	case "changes":
		return kind == audit.KindAccount || kind == audit.KindStaff
	}
	return true
}

// lineOf is an event as a line of the history, if it is one: a sign-in, a
// change, or that the person used a service.
func lineOf(e *audit.Event) (Moment, bool) {
	m := Moment{N: e.N, At: clock.FromMicros(e.At), Kind: e.Kind, Reason: e.Reason, Ref: e.Reference}
	if e.Actor.Kind == policy.Staff.String() {
		m.Role, m.Party = e.Actor.Role, e.Actor.Party
	}
	switch e.Kind {
	case audit.KindSignIn, audit.KindSignOut, audit.KindSignInFailed, audit.KindAccount, audit.KindStaff:
		return m, true
	}
	m.Kind, m.Activity, m.Scope = kindService, e.Activity, e.Scope
	return m, e.Own()
}

// History are the sign-ins, services used, changes and sign-outs of an account
// (M25), from the log, the newest first. What follows on each other in one
// application is one line. next is where the page after begins, 0 for none.
func (s *Service) History(ctx context.Context, subject, filter string, before int64) (list []Moment, next int64, err error) {
	from, err := s.Log.Unnoted(ctx, subject)
	if err != nil {
		return nil, 0, fmt.Errorf("read the history of an account: %w", err)
	}
	noted := before == 0 || before > from+1 // which events are lines; others are found by reading all
	for scanned := 0; scanned < historyScan; {
		read, limit := s.Log.History, historyRead
		switch {
		case !noted:
			read = s.Log.Events
		case filter == "services":
			read = s.Log.Uses
		case filter != "all":
			read, limit = s.Log.Moments, 2*historyPage
		}
		events, err := read(ctx, subject, before, limit)
		if err != nil {
			return nil, 0, fmt.Errorf("read the history of an account: %w", err)
		}
		more := len(events) == limit
		for i := range events {
			e := &events[i]
			if noted && e.N <= from {
				more = false
				break
			}
			m, ok := lineOf(e)
			if ok && in(filter, m.Kind) {
				last := len(list) - 1
				switch {
				case m.Kind == kindService && last >= 0 && list[last].Scope == m.Scope:
					if list[last].Ref == "" {
						list[last].Ref = m.Ref
					}
				case len(list) == historyPage:
					return list, before, nil
				default:
					list = append(list, m)
				}
			}
			if before = e.N; e.N == 1 {
				return list, 0, nil
			}
		}
		if !more && (!noted || from == 0) {
			return list, 0, nil
		}
		if !more {
			noted, before = false, from+1
		}
		scanned += len(events)
	}
	return list, before, nil
}
