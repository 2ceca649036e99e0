package staff_test

import (
	"testing"

	"portico/internal/audit"
	"portico/internal/policy"
	"portico/internal/staff"
)

func TestO10_NamesOfColleaguesOpenThroughTheGateOnly(t *testing.T) {
	each(t, func(t *testing.T, p *portal) {
		admin := p.start(t)
		p.colleague(t, admin, "ahmed@one.gov.mv", "permit-officer")
		_, page := p.colleague(t, admin, "ali@one.gov.mv", "permit-officer", "administrator")
		ahmed, ali := p.whose(t, "ahmed@one.gov.mv"), p.whose(t, "ali@one.gov.mv")
		status(t, admin.Post(page, form("do", "suspend")), 303)

		list, err := p.Colleagues(t.Context(), []string{"permit-officer"})
		if err != nil {
			t.Fatal(err)
		}
		working := map[string]bool{}
		for _, c := range list {
			working[c.Subject] = c.Working
			if c.Reference == "" {
				t.Errorf("a colleague without a reference: %+v", c)
			}
		}
		if len(list) != 2 || !working[ahmed] || working[ali] {
			t.Errorf("permit officers: %+v; a suspended one works, or one is missing", list)
		}
		if list, err = p.Colleagues(t.Context(), []string{"nobody"}, p.first); err != nil || len(list) != 1 || list[0].Subject != p.first {
			t.Errorf("asked for one in particular: %+v %v", list, err)
		}

		officer := policy.Actor{Kind: policy.Staff, ID: ahmed, Roles: []string{"permit-officer"}, Strong: true}
		names, err := p.Names(t.Context(), officer, []string{ali})
		if err != nil || names[ali] != "Ahmed Shareef" {
			t.Errorf("the name of a colleague: %v %v", names, err)
		}
		events := p.Events(t, ali)
		if last := events[len(events)-1]; last.Kind != audit.KindAccess || last.Activity != staff.ActivityColleagues || last.Actor.ID != ahmed {
			t.Errorf("the look is recorded as %+v", last)
		}
		for name, who := range map[string]policy.Actor{
			"without a second factor": {Kind: policy.Staff, ID: ahmed, Roles: []string{"permit-officer"}},
			"of another role":         {Kind: policy.Staff, ID: p.first, Roles: []string{"administrator"}, Strong: true},
		} {
			if names, err := p.Names(t.Context(), who, []string{ali}); err != nil || len(names) > 0 {
				t.Errorf("somebody %s sees %v (%v)", name, names, err)
			}
		}
	})
}
