package policy_test

import (
	"strings"
	"testing"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// withRight makes the right of the declarations one that is asked for.
func withRight(change func(*policy.Declarations, *policy.Right)) *policy.Declarations {
	d := policytest.Declarations()
	r := &d.Rights[0]
	r.Kind, r.Extension, r.Refusal = policy.RightErasure, "P60D", []policy.Ground{"justifications:ProcessFrivolous"}
	r.Appeal = i18n.Text{"en": "A court.", "dv": "ކޯޓު."}
	d.Roles[0].May = append(d.Roles[0].May, policy.AnswerRights)
	change(d, r)
	return d
}

func TestI11_ARightThatCanBeRefusedSaysOnWhichGroundsAndHowToAppeal(t *testing.T) {
	if _, problems := policy.Compile(withRight(func(*policy.Declarations, *policy.Right) {}), policy.Options{Languages: policytest.Languages()}); len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, c := range map[string]struct {
		change        func(*policy.Declarations, *policy.Right)
		path, message string
	}{
		"no appeal":          {func(_ *policy.Declarations, r *policy.Right) { r.Appeal = nil }, "rights/access/appeal", "how to appeal"},
		"no time":            {func(_ *policy.Declarations, r *policy.Right) { r.Within = "none" }, "rights/access/within", "how many days"},
		"an endless one":     {func(_ *policy.Declarations, r *policy.Right) { r.Extension = "none" }, "rights/access/extension", "number of days"},
		"a made up ground":   {func(_ *policy.Declarations, r *policy.Right) { r.Refusal[0] = "justifications:Busy" }, "rights/access/refusal/0", "none of"},
		"a ground twice":     {func(_ *policy.Declarations, r *policy.Right) { r.Refusal = append(r.Refusal, r.Refusal[0]) }, "rights/access/refusal", "twice"},
		"a basis of nothing": {func(_ *policy.Declarations, r *policy.Right) { r.Bases = []policy.Term{"dpv:Consent"} }, "rights/access/bases", "nothing rests"},
		"nobody answers":     {func(d *policy.Declarations, _ *policy.Right) { d.Roles[0].May = nil }, "roles", "no role may"},
		"no kind":            {func(_ *policy.Declarations, r *policy.Right) { r.Kind = "" }, "rights/access/kind", "is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := policy.Compile(withRight(c.change), policy.Options{Languages: policytest.Languages()})
			for _, p := range problems {
				if p.Path == c.path && strings.Contains(p.Message, c.message) {
					return
				}
			}
			t.Errorf("no problem %s: …%s… among %v", c.path, c.message, problems)
		})
	}
}

func TestI10_ARightIsAnsweredByTheEndOfADay(t *testing.T) {
	zone := time.FixedZone("Maldives", 5*3600)
	r := policy.Right{Within: "P1M", Extension: "P60D"}
	received := time.Date(2026, 11, 22, 23, 30, 0, 0, zone)
	for extended, want := range map[bool]string{false: "2026-12-23T00:00:00+05:00", true: "2027-02-21T00:00:00+05:00"} {
		if got, err := r.Answered(received, extended); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("extended %t: %s, not %s, %v", extended, got.Format(time.RFC3339), want, err)
		}
	}
}

// TestI1_EveryFieldIsNoUseOfAField shows that the package with all that is held
// is no reason to hold something.
func TestI1_EveryFieldIsNoUseOfAField(t *testing.T) {
	d := policytest.Declarations()
	d.Activities = append(d.Activities, policy.Activity{ID: "package", Purpose: "access", Name: i18n.Text{"en": "Package", "dv": "ޕެކޭޖު"},
		Who: []string{"system"}, Operations: []policy.OperationName{"use"}, Relation: policy.RelationSystem, Fields: []string{policy.Every}})
	p := policytest.CompileAs(t, d, policy.Options{Languages: policytest.Languages()})
	a, _ := p.Activity("package")
	for _, f := range p.Declarations().Fields {
		want := !strings.HasPrefix(f.ID, "staff.")
		req := policy.Request{Actor: policy.Actor{Kind: policy.System}, Subject: "ali", Scope: "profile", Activity: a.ID, Operation: policy.Use, Fields: []string{f.ID}}
		if got := p.Decide(&req, nil); got.Allowed != want {
			t.Errorf("%s: %t (%s)", f.ID, got.Allowed, got.Reason)
		}
	}
	d.Fields = append(d.Fields, d.Fields[0])
	d.Fields[len(d.Fields)-1].ID = "person.religion"
	d.Activities[len(d.Activities)-1].Fields = []string{policy.Every}
	if _, problems := policy.Compile(d, policy.Options{Languages: policytest.Languages()}); len(problems) != 1 || problems[0].Path != "fields/person.religion" {
		t.Errorf("a field that nothing needs: %v", problems)
	}
}
