package cabinet

import (
	"context"
	"slices"
	"strings"

	"portico/internal/audit"
	"portico/internal/identity/security"
	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"

	"portico/internal/cabinet/pages"
)

// A page of the list ends after so many uses by others, or when so many events
// were looked at: one's own visits must not fill pages.
const (
	pageUses   = 20
	pageEvents = 50
	caseEvents = 3000 // the same where only one case is asked for
	batch      = 100
)

// span is a part of a person's events, the newest first.
type span struct {
	events []audit.Event
	next   int64 // the number to go on below; 0 at the end
}

// collect reads events below a number until a page is full. With a scope, only
// events of that scope count and are returned.
func collect(ctx context.Context, log Log, subject string, before int64, scope string) (span, error) {
	var s span
	uses, seen, most := 0, 0, pageEvents
	if scope != "" {
		most = caseEvents
	}
	for {
		events, err := log.Events(ctx, subject, before, batch)
		if err != nil {
			return span{}, err
		}
		for _, e := range events {
			before = e.N
			seen++
			if scope == "" || e.Scope == scope {
				s.events = append(s.events, e)
				if !folded(&e) {
					uses++
				}
			}
			if uses == pageUses || seen == most {
				if e.N > 1 {
					s.next = e.N
				}
				return s, nil
			}
		}
		if len(events) < batch {
			return s, nil
		}
	}
}

// folded reports whether an event is the person's own visit, or something the
// program did by itself: these stand behind a line that opens them.
func folded(e *audit.Event) bool {
	return e.Actor.Kind == policy.System.String() || e.Actor.Kind == policy.Person.String() && e.Actor.ID == e.Subject
}

// groups sorts events by case, in the order in which each case comes first.
func (c *Cabinet) groups(p *i18n.Printer, events []audit.Event) []pages.Group {
	var out []pages.Group
	at := map[string]int{}
	names := references(events)
	for i := range events {
		e := &events[i]
		key := ""
		if strings.HasPrefix(e.Scope, "case:") {
			key = e.Scope
		}
		g, ok := at[key]
		if !ok {
			g = len(out)
			at[key] = g
			group := pages.Group{Title: p.T("cabinet.access.account")}
			if key != "" {
				group.Title, group.Reference = p.T("cabinet.access.draft"), names[key]
				if group.Reference != "" {
					group.Title = p.T("cabinet.access.case")
				}
			}
			out = append(out, group)
		}
		line := c.line(p, e)
		if folded(e) {
			out[g].Folded = append(out[g].Folded, line)
		} else {
			out[g].Uses = append(out[g].Uses, line)
		}
	}
	return out
}

// references finds what people call each case: a draft had no reference when
// its first events were written.
func references(events []audit.Event) map[string]string {
	names := map[string]string{}
	for _, e := range events {
		if e.Reference != "" && names[e.Scope] == "" {
			names[e.Scope] = e.Reference
		}
	}
	return names
}

// line says an event in words.
func (c *Cabinet) line(p *i18n.Printer, e *audit.Event) pages.Line {
	pol := c.Policy()
	at := clock.FromMicros(e.At)
	l := pages.Line{N: e.N, Who: c.who(p, pol, e), What: c.what(p, pol, e), When: p.DateTime(at)}
	if e.Kind == audit.KindRevealed {
		l.Later = p.T("cabinet.access.later", "time", p.DateTime(e.Happened()))
		if ground, ok := pol.Deferral(e.Facts["deferral"]); ok {
			l.Ground = p.T("cabinet.access.ground.of", "ground", ground.Name, "law", ground.Law)
		}
	}
	if kindOf(e) == audit.KindDenied {
		l.Tag = &ui.Label{Text: p.T("cabinet.access.refused"), Kind: ui.Bad}
		l.Reason = p.T("cabinet.reason.other")
		if key := "cabinet.reason." + e.Reason; p.Has(key) {
			l.Reason = p.T(key)
		}
	}
	if a, ok := pol.Activity(e.Activity); ok {
		l.Why = p.In(a.Name)
	}
	l.Because = e.Facts["because"]
	if purpose, ok := pol.Purpose(e.Purpose); ok {
		l.Purpose = p.In(purpose.Name)
	}
	l.Basis = basis(p, pol, e)
	return l
}

// basis is the law in words where the policy says it of the activity, or of the
// purpose where no activity stands in the event; else the term.
func basis(p *i18n.Printer, pol *policy.Policy, e *audit.Event) string {
	if a, ok := pol.Activity(e.Activity); ok {
		if b := pol.BasisOf(a); string(b.DPV) == e.Basis && len(b.Law) > 0 {
			return p.In(b.Law)
		}
	}
	if u, ok := pol.Purpose(e.Purpose); ok && string(u.Basis.DPV) == e.Basis && len(u.Basis.Law) > 0 {
		return p.In(u.Basis.Law)
	}
	return e.Basis
}

// who is the role and the institution, never the name of an official.
func (c *Cabinet) who(p *i18n.Printer, pol *policy.Policy, e *audit.Event) string {
	party := e.Actor.Party
	if declared, ok := pol.Party(party); ok {
		party = p.In(declared.Name)
	}
	switch e.Actor.Kind {
	case policy.Person.String():
		if e.Actor.ID == e.Subject {
			return p.T("cabinet.who.you")
		}
		return p.T("cabinet.who.other")
	case policy.System.String():
		if party != "" {
			return p.T("cabinet.who.program-for", "party", party)
		}
		return p.T("cabinet.who.program")
	}
	role := e.Actor.Role
	if declared, ok := pol.Role(role); ok {
		role = p.In(declared.Name)
	}
	switch {
	case role == "" && party == "":
		return p.T("cabinet.who.official")
	case role == "":
		return p.T("cabinet.who.official-of", "party", party)
	case party == "":
		return role
	}
	return p.T("cabinet.who.role", "role", role, "party", party)
}

// kindOf is what an event was: of one that was revealed, what the original was.
func kindOf(e *audit.Event) string {
	if e.Kind == audit.KindRevealed {
		return e.Facts[audit.FactWas]
	}
	return e.Kind
}

// what says what was done with which data, or with the account.
func (c *Cabinet) what(p *i18n.Printer, pol *policy.Policy, e *audit.Event) string {
	if e.Kind == audit.KindAccount {
		if cause, ok := security.Known(p, e.Reason); ok {
			return p.T("cabinet.what.cause", "cause", cause)
		}
	}
	var names []string
	for _, id := range e.Fields {
		name := id
		if f, ok := pol.Field(id); ok {
			name = p.In(f.Name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	kind := kindOf(e)
	key := "cabinet.what." + kind
	switch {
	case kind == audit.KindSearch && e.Kind == audit.KindRevealed:
		key = "cabinet.what.search-person"
	case kind == audit.KindSearch && len(names) == 0:
		key = "cabinet.what.search-reference"
	case len(names) == 0 && (kind == audit.KindAccess || kind == audit.KindCollect || kind == audit.KindDenied):
		key = "cabinet.what.nothing"
	case !p.Has(key):
		key = "cabinet.what.other"
	}
	return p.T(key, "fields", p.List(names))
}
