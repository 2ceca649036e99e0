package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Cedar writes the policy in the Cedar language, for outsiders who want to
// examine it with their own tools; Decide is what the program obeys, and a
// test holds the two together over generated requests.
//
// The principal is Person::"ID", Staff::"ID" or System::"ID", the action
// Action::"ACTIVITY", the resource Data::"SCOPE". The context has what the
// request and the store say: actor, subject, scope, operation, party (text);
// fields, roles (sets of text); strong, erased, restricted, objected, taskOpen (truth);
// taskScope, taskHolder, because, consent (text). Whoever evaluates it must count an error as a
// denial.
func (p *Policy) Cedar() string {
	var b strings.Builder
	fmt.Fprintf(&b, "// Policy %s. Whatever no rule permits is denied.\n", p.hash)
	for i := range p.declarations.Activities {
		a := p.activities[p.declarations.Activities[i].ID]
		if a.person {
			p.cedarRule(&b, a, "Person", "", nil)
		}
		if a.staff {
			p.cedarRule(&b, a, "Staff", "", nil)
		}
		for _, g := range a.grants {
			p.cedarRule(&b, a, "Staff", g.role, []string{
				fmt.Sprintf("context.roles.contains(%q)", g.role),
				fmt.Sprintf("[\"\", %q].contains(context.party)", g.party),
			})
		}
		if a.system {
			p.cedarRule(&b, a, "System", "", nil)
		}
	}
	return b.String()
}

// cedarRule writes one permit. Ids hold small letters, digits, dots and
// hyphens only, so that quoting cannot go wrong.
func (p *Policy) cedarRule(b *strings.Builder, a *activity, principal, role string, conditions []string) {
	if principal != "System" {
		conditions = append(conditions, `context.actor != ""`)
	}
	conditions = append(conditions, `context.subject != ""`, `context.scope != ""`, `!context.erased`)
	if principal == "Staff" && !p.demo {
		conditions = append(conditions, `context.strong`)
	}
	var operations []string
	if a.use {
		operations = append(operations, `"use"`)
	}
	if a.collect {
		operations = append(operations, `"collect"`)
	}
	quoted := make([]string, len(a.fields))
	for i, f := range slices.Sorted(slices.Values(a.fields)) {
		quoted[i] = `"` + f + `"`
	}
	conditions = append(conditions,
		"["+strings.Join(operations, ", ")+"].contains(context.operation)",
		"!context.fields.isEmpty()",
		"["+strings.Join(quoted, ", ")+"].containsAll(context.fields)")
	if a.consent != "" && !(principal == "Person" && a.relation == relationSelf) {
		conditions = append(conditions, fmt.Sprintf("context.consent == %q", a.consent))
	}
	own := principal != "System" && a.relation == relationSelf
	switch {
	case principal == "System":
	case own:
		conditions = append(conditions, `context.actor == context.subject`)
	case a.relation == relationTask:
		conditions = append(conditions, `context.taskScope != ""`, `context.taskScope == context.scope`,
			`context.taskHolder == context.actor`, `context.taskOpen`)
	case a.relation == relationReason:
		conditions = append(conditions, `context.because != ""`)
	}
	if !own && !a.whileRestricted {
		conditions = append(conditions, `!context.restricted`, `!context.objected`)
	}
	id := a.id + "/" + strings.ToLower(principal)
	if role != "" {
		id += "/" + role
	}
	fmt.Fprintf(b, "\n@id(%q)\n@purpose(%q)\n@basis(%q)\npermit (principal is %s, action == Action::%q, resource)\nwhen {\n  %s\n};\n",
		id, a.purpose, a.basis, principal, a.id, strings.Join(conditions, " &&\n  "))
}
