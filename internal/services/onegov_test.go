package services_test

import (
	"slices"
	"testing"

	"portico/internal/policy"
	"portico/internal/services/servicestest"
)

// TestO6_RoadPermitGoesToTheCouncilOnly compiles the road permit of the
// national portal with the portal's own declarations, which runs its tests.
func TestO6_RoadPermitGoesToTheCouncilOnly(t *testing.T) {
	d := servicestest.Compile(t, servicestest.Folder(t, "services/road-permit"), "road-permit")
	for _, a := range d.Activities() {
		if a.Relation == policy.RelationSystem {
			continue // the portal examines the document, and it goes nowhere
		}
		if !slices.Equal(a.Parties, []string{"fuvahmulah-city-council"}) {
			t.Errorf("%s sends data to %v", a.ID, a.Parties)
		}
	}
	decide := d.Activities()[1]
	if decide.Relation != policy.RelationTask || !slices.Equal(decide.Who, []string{"role:permit-officer"}) {
		t.Errorf("whoever decides: %v by %s", decide.Who, decide.Relation)
	}
	if p := servicestest.Policy(t, d); p.Hash() == "" {
		t.Error("the policy with the service has no hash")
	}
}
