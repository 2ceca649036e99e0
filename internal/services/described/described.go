package described

import (
	"slices"
	"strings"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/services"
)

// Lacks names what O18 lists of a service and this one leaves out. What is not
// looked for here no declaration can leave out: without it none compiles.
func Lacks(d *services.Definition) (list []string) {
	files := slices.ContainsFunc(d.Form.Fields(), func(f forms.Field) bool { return f.Kind == forms.Files })
	for _, o := range d.Offers() {
		if files && len(o.Documents) == 0 {
			list = append(list, strings.TrimSpace("documents "+o.Variant))
		}
	}
	due := slices.ContainsFunc(d.Workflow.States, func(s services.State) bool { _, paid := s.Paid(); return s.Fee && paid })
	if d.Form.HasFee() && !due {
		list = append(list, "payment")
	}
	if d.Document == nil {
		list = append(list, "document")
	}
	return list
}

// Says is what the pages of the service say of it to everybody, by their paths.
func Says(d *services.Definition, pol *policy.Policy, p *i18n.Printer) map[string][]string {
	party, _ := pol.Party(d.Responsible)
	calculated := slices.ContainsFunc(d.Form.FeeAsks(), func(f forms.Field) bool { return f.Kind != forms.Files })
	start := "/" + p.Lang + "/services/" + d.ID
	all := map[string][]string{}
	for _, o := range d.Offers() {
		at, fee := start, start+"/fee"
		if o.Variant != "" {
			at, fee = at+"?variant="+o.Variant, fee+"?_variant="+o.Variant
			all[start] = append(all[start], p.In(o.Name), at)
		}
		says := []string{
			d.Title(o.Variant, p), p.In(o.Summary), p.In(o.Eligibility), p.In(d.After), p.In(party.Name),
			p.T("services.expected.days", "n", d.WorkingDays), p.In(d.Law), p.In(d.Appeal),
		}
		for _, t := range o.Documents {
			says = append(says, p.In(t))
		}
		for _, n := range o.Needs {
			says = append(says, "/"+p.Lang+"/services/"+n.Service)
		}
		for line := range strings.Lines(p.In(o.Cost)) {
			says = append(says, line)
		}
		if calculated {
			says, all[fee] = append(says, fee), []string{d.Title(o.Variant, p)}
		}
		all[at] = says
	}
	return all
}
