package app

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"portico/internal/contact"
	"portico/internal/mandates"
	"portico/internal/notify/kinds"
	"portico/internal/platform/web"
	"portico/internal/proof"
	"portico/internal/services"
	"portico/internal/services/described"
)

// help is how people reach the operator, and what waits for its answer (O16,
// O17).
func (p *portal) help(ctx context.Context) (h proof.Help, err error) {
	in := p.live.Current()
	of := map[contact.Way]string{} // the channel of a way
	for _, c := range in.Portal.Contacts {
		id := string(c.ID)
		h.Channels = append(h.Channels, proof.Channel{ID: id, Value: c.Value})
		switch c.Kind {
		case "website":
			of[contact.Way{Source: contact.Form}] = id
		case "email":
			of[contact.Way{Source: contact.Mail}] = id
		case "address":
			of[contact.Way{Source: contact.Letter}] = id
		default:
			of[contact.Way{Source: contact.Source(c.Kind), Channel: id}] = id
		}
	}
	if list := p.news.Published(); len(list) > 0 {
		h.Newest = list[0].Date
	}
	if n := in.Portal.News; n != nil {
		h.NewsEvery = n.Every
	}
	if h.Taken = p.contact.Offered(); !h.Taken {
		return h, nil
	}
	if p.mails != nil {
		h.Inbox = p.mails.Addr()
	} else if i := in.Environment.Inbound; i != nil && !p.demo { // a demo's is at no port that is declared
		h.Inbox = i.Listen
	}
	if h.Entering, err = p.contact.Entering(ctx); err != nil {
		return h, err
	}
	if h.Complaints.Silent, h.Complaints.Referred, h.Complaints.Owed, err = p.complaints.Counts(ctx); err != nil {
		return h, err
	}
	h.Complaints.Investigated = p.complaints.Offered()
	all, err := p.contact.Standings(ctx)
	for way, n := range all {
		h.Asked = append(h.Asked, proof.Asked{Channel: of[way], Open: n.Open, Late: n.Late, VeryLate: n.VeryLate})
	}
	return h, err
}

// described is what the catalogue says of each service, and where (O18).
func (p *portal) described() (all []proof.Described) {
	for _, d := range p.live.Catalogue().Services() {
		one := proof.Described{Service: d.ID, Lacks: append(described.Lacks(d), p.lacks(d)...)}
		for _, lang := range p.live.Current().Portal.Langs() {
			says := described.Says(d, p.policy(), p.live.Current().Catalogue.Printer(lang, p.zone()))
			for _, path := range slices.Sorted(maps.Keys(says)) {
				one.Pages = append(one.Pages, proof.Shown{Path: path, Says: says[path]})
			}
		}
		all = append(all, one)
	}
	return all
}

// lacks names what O18 lists of a service and the rest of the portal does not
// give it: a way to pay and to act for a company, where its applications stand,
// and being told of each step by e-mail and phone.
func (p *portal) lacks(d *services.Definition) (list []string) {
	own := func(path string) bool {
		return slices.ContainsFunc(p.router.Routes(), func(r web.Route) bool {
			return r.Method == http.MethodGet && r.Path == path && r.Audience == web.Person
		})
	}
	if !own("/services/{id}/apply") {
		list = append(list, "apply")
	}
	if !own("/cabinet/applications") || !own("/cabinet/applications/{id}") {
		list = append(list, "status")
	}
	if slices.Contains(d.Audience, "company") && !(own("/cabinet/companies") && p.offered(mandates.ActivityOwn)) {
		list = append(list, "delegate")
	}
	if d.Form.HasFee() && p.live.Current().Environment.Payment == nil {
		list = append(list, "payment provider")
	}
	told := map[string]bool{kinds.Submitted: true, kinds.Changed: true, kinds.Granted: true, kinds.Refused: true}
	for _, s := range d.Workflow.States {
		told[kinds.FeeDue] = told[kinds.FeeDue] || s.Fee
		told[kinds.Asked] = told[kinds.Asked] || slices.ContainsFunc(s.Actions, func(a services.Action) bool { return a.Asks })
	}
	for _, id := range slices.Sorted(maps.Keys(told)) {
		k := p.live.Current().Notices[id]
		if told[id] && (k == nil || !k.Sends(kinds.Email) || !k.Sends(kinds.SMS)) {
			list = append(list, "notice "+id)
		}
	}
	return list
}
