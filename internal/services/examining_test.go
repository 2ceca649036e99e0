package services_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/policy"
	"portico/internal/services/servicestest"
)

const consent = `    consent:
      type: array
      format: file
      maxItems: 2
      x-portico-accept: [pdf, jpeg, png]
      x-portico-label: {en: Consent, dv: ހުއްދަ}
      x-portico-why: {en: The council asks for it., dv: ކައުންސިލުން އެދޭތީ.}
      x-portico-category: application
    end:
`

func TestI2_ThePortalExaminesTheFilesOfAServiceAndNothingElse(t *testing.T) {
	files := permit(t)
	form := strings.Replace(string(files["form.yaml"].Data), "    end:\n", consent, 1)
	form = strings.Replace(form, "declaration:", "  - id: consent\n    title: {en: Consent, dv: ހުއްދަ}\n    fields: [consent]\ndeclaration:", 1)
	files["form.yaml"] = &fstest.MapFile{Data: []byte(form)}
	d := servicestest.Compile(t, files, "road-permit")
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
