package proof

import (
	"strings"

	"portico/internal/platform/web"
	"portico/internal/policy"
)

// routes looks whether every address has an audience and an activity that the
// policy knows, and whether what is for everybody opens nobody's data.
func (s *System) routes(e *examination, p *policy.Policy) {
	if s.Routes == nil {
		e.risk("not-running", "not-running")
		return
	}
	routes := s.Routes()
	data := 0
	for _, r := range routes {
		name := r.Method + " " + r.Path
		reason, none := strings.CutPrefix(r.Activity, "none:")
		switch {
		case none && strings.TrimSpace(reason) == "", r.Activity == "":
			e.broken("route", "route-silent", "route", name)
		case none, r.Activity == "public":
			if r.Activity == "public" && r.Audience == web.Staff {
				e.broken("route", "route-silent", "route", name)
			}
		case !s.knows(p, r.Activity):
			e.broken("route", "route-unknown", "route", name, "activity", r.Activity)
		default:
			data++
		}
	}
	e.note("routes", "n", len(routes), "data", data)
}

// knows reports whether the policy declares an activity. A route below a
// service's address serves the activity of whichever service it is: its
// activity is written {service}.apply.
func (s *System) knows(p *policy.Policy, activity string) bool {
	if kind, ok := strings.CutPrefix(activity, "{service}."); ok {
		for _, a := range p.Declarations().Activities {
			if _, k, _ := strings.Cut(a.ID, "."); k == kind {
				return true
			}
		}
		return false
	}
	_, ok := p.Activity(activity)
	return ok
}
