package services_test

import (
	"slices"
	"testing"

	"portico/internal/policy"
	"portico/internal/services/servicestest"
)

func TestI2_ThePortalExaminesTheFilesOfAServiceAndNothingElse(t *testing.T) {
	d := servicestest.Compile(t, servicestest.Folder(t, "services/road-permit"), "road-permit")
	p := servicestest.Policy(t, d)
	a, ok := p.Activity(d.ExamineActivity())
	if !ok || !slices.Equal(a.Fields, []string{"road-permit.consent"}) || !slices.Equal(a.Who, []string{"system"}) {
		t.Errorf("files are examined as %+v", a)
	}
	req := policy.Request{
		Actor: policy.Actor{Kind: policy.System}, Subject: "p", Activity: d.ExamineActivity(), Scope: "case:1",
		Operation: policy.Use, Fields: []string{"road-permit.road"},
	}
	if got := p.Decide(&req, nil); got.Allowed {
		t.Error("the portal itself may read an answer that is no file")
	}
	without := servicestest.RoadPermit(t)
	if _, ok := servicestest.Policy(t, without).Activity(without.ExamineActivity()); ok {
		t.Error("a service that asks for no file has files examined")
	}
}
