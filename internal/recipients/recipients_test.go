package recipients

import (
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestO6_WhoReceivedSomethingFollowsFromTheLog(t *testing.T) {
	declared := policytest.Declarations()
	declared.Roles[2].May = append(declared.Roles[2].May, policy.AnswerRights) // the administrator: the operator's own
	pol := policytest.CompileAs(t, declared, policy.Options{Languages: policytest.Languages()})
	access := func(kind policy.Kind, party, activity, scope, reference string, fields ...string) *audit.Event {
		return &audit.Event{
			Kind: audit.KindAccess, Actor: audit.Actor{ID: "x", Kind: kind.String(), Party: party}, Activity: activity, Scope: scope, Reference: reference, Fields: fields,
		}
	}
	denied := access(policy.Staff, "council", "road-permit.decide", "case:1", "RP-1", policy.FieldName)
	denied.Kind = audit.KindDenied
	var all []use
	for _, e := range []*audit.Event{
		access(policy.Staff, "council", "road-permit.decide", "case:1", "RP-1", policy.FieldName, "road-permit.road"),
		access(policy.Staff, "council", "road-permit.decide", "file:7", "RP-1", "road-permit.remarks"),
		access(policy.Staff, "council", "road-permit.decide", "case:2", "RP-2", "road-permit.road"),
		access(policy.System, "", policy.ActivitySignIn, "profile", "", policy.FieldEmail),
		access(policy.Person, "", policy.ActivityAccount, "profile", "", policy.FieldName),
		access(policy.Staff, "operator", "staff-directory", "profile", "", policy.FieldName),
		denied,
	} {
		all = append(all, received(pol, e)...)
	}
	for _, c := range []struct {
		name string
		act  Act
		want string
	}{
		{"everything", Act{}, "council RP-1,RP-2 person.name,road-permit.remarks,road-permit.road; mailer  person.email"},
		{"an application, with its files", Act{Scopes: []string{"case:1"}}, "council RP-1 person.name,road-permit.remarks,road-permit.road"},
		{"a field", Act{Fields: []string{policy.FieldName}}, "council RP-1 person.name"},
		{"an account", Act{Scopes: []string{"profile"}}, "mailer  person.email"},
		{"something that nobody received", Act{Scopes: []string{"case:9"}}, ""},
	} {
		var got []string
		for _, u := range c.act.concerned(slices.Clone(all)) {
			got = append(got, strings.Join([]string{u.party, strings.Join(strings.Fields(u.reference), ","), strings.Join(u.fields, ",")}, " "))
		}
		if joined := strings.Join(got, "; "); joined != c.want {
			t.Errorf("%s: %q, not %q", c.name, joined, c.want)
		}
	}
	if got := channel(pol, "council") + channel(pol, "mailer"); got != Page+None {
		t.Errorf("the council and the provider are told by %q", got)
	}
}
