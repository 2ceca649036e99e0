package staff

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/staff/pages"
)

// names are roles in words.
func (s *Service) names(p *i18n.Printer, roles []string) string {
	var list []string
	for _, id := range roles {
		if r, ok := s.Policy().Role(id); ok {
			list = append(list, p.In(r.Name))
		}
	}
	if len(list) == 0 {
		return p.T("staff.roles.none")
	}
	return p.List(list)
}

func stateLabel(p *i18n.Printer, state identity.State) *ui.Label {
	kind := map[identity.State]ui.Kind{identity.Open: ui.Good, identity.Confirmed: ui.Info, identity.Suspended: ui.Warn}[state]
	if kind == "" {
		kind = ui.Neutral
	}
	return &ui.Label{Text: p.T("staff.state." + string(state)), Kind: kind}
}

// done is the notice after a change, by the name of the change.
func done(q *web.Req) string {
	switch n := q.R.URL.Query().Get("done"); n {
	case "roles", "suspend", "resume", "second", "reset", "invite", "remove", "invited", "retry":
		return q.P.T("staff.done." + n)
	}
	return ""
}

func (s *Service) showPeople(q *web.Req) error { return s.listPeople(q, nil) }

func (s *Service) listPeople(q *web.Req, t *identity.Typed) error {
	list, err := s.People(q.R.Context(), q.Session, q.R.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := pages.People{Notice: done(q), Invite: "/staff/invite", Action: "/staff/people", Error: t.Error("email"), Problems: t.Problems("email")}
	status := http.StatusOK
	if t.Bad() {
		status, page.Typed = http.StatusUnprocessableEntity, q.Value("email")
	}
	page.List = ui.Grid{
		Caption: q.P.T("staff.people.title"), Empty: q.P.T("staff.people.none"),
		Head: []ui.Cell{{Text: q.P.T("staff.reference")}, {Text: q.P.T("staff.roles")}, {Text: q.P.T("staff.state")}, {Text: q.P.T("staff.since")}},
	}
	for _, m := range list {
		page.List.Rows = append(page.List.Rows, []ui.Cell{
			{Text: m.Reference, Href: "/staff/people/" + m.Reference, LTR: true}, {Text: s.names(q.P, m.Roles)}, {Tag: stateLabel(q.P, m.State)}, {Text: q.P.Date(m.Since)},
		})
	}
	if len(list) == pageSize {
		page.Pages.Next = "/staff/people?after=" + url.QueryEscape(list[len(list)-1].Reference)
	}
	return q.Page(status, web.Page{Title: q.P.T("staff.people.title"), Body: pages.PeoplePage(page), Invalid: t.Bad(), Wide: true})
}

func (s *Service) takeFind(q *web.Req) error {
	t := identity.ReadForm(q, "email")
	if t.Bad() {
		return s.listPeople(q, t)
	}
	reference, err := s.Find(q.R.Context(), q.Session, q.Value("email"))
	if identity.Shown(err) {
		t.Add(err)
		return s.listPeople(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/people/" + reference)
}

func (s *Service) showPerson(q *web.Req) error { return s.person(q, nil) }

func (s *Service) person(q *web.Req, t *identity.Typed) error {
	p, err := s.Person(q.R.Context(), q.Session, q.R.PathValue("reference"))
	if err != nil {
		return err
	}
	page := pages.Person{
		Notice: done(q), Title: p.Name, Self: p.Subject == q.Session.Subject, Action: "/staff/people/" + p.Reference, Problems: t.Problems("roles"),
		Facts: []ui.Row{
			{Key: q.P.T("staff.reference"), Value: p.Reference, LTR: true}, {Key: q.P.T("staff.email"), Value: p.Email, LTR: true},
			{Key: q.P.T("staff.roles"), Value: s.names(q.P, p.Roles)}, {Key: q.P.T("staff.state"), Tag: stateLabel(q.P, p.State)},
			{Key: q.P.T("staff.since"), Value: q.P.Date(p.Since)},
		},
	}
	act := func(name string, look ui.Look) {
		page.Acts = append(page.Acts, pages.Act{
			Title: q.P.T("staff.act." + name), Text: q.P.T("staff.act." + name + ".text"), Name: name, Button: q.P.T("staff.act." + name + ".go"), Look: look,
		})
	}
	if p.State != identity.Closed {
		page.Roles = s.roleField(q, t, p.Roles)
		switch p.State {
		case identity.Open:
			act("second", ui.Secondary)
			act("reset", ui.Secondary)
			act("suspend", ui.Secondary)
		case identity.Suspended:
			act("resume", ui.Secondary)
		case identity.Confirmed:
			act("invite", ui.Secondary)
		}
		act("remove", ui.Danger)
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("staff.person.title"), Body: pages.PersonPage(page), Invalid: t.Bad(), Back: "/staff/people"})
}

// roleField asks for roles.
func (s *Service) roleField(q *web.Req, t *identity.Typed, checked []string) templ.Component {
	f := ui.Field{Name: "roles", Label: q.P.T("staff.roles"), Hint: q.P.T("staff.roles.hint"), Error: t.Error("roles"), Values: checked}
	for _, r := range s.Policy().Declarations().Roles {
		party, _ := s.Policy().Party(r.Party)
		f.Options = append(f.Options, ui.Option{Value: r.ID, Label: q.P.In(r.Name), Hint: q.P.In(party.Name)})
	}
	return ui.Checkboxes(f)
}

func (s *Service) takePerson(q *web.Req) error {
	t := identity.ReadForm(q, "do")
	if t.Bad() {
		return s.person(q, t)
	}
	ctx, me, reference := q.R.Context(), q.Session, q.R.PathValue("reference")
	form, err := q.Form()
	if err != nil {
		return err
	}
	do := form.Get("do")
	switch do {
	case "roles":
		err = s.SetRoles(ctx, me, reference, form["roles"])
	case "suspend":
		err = s.Suspend(ctx, me, reference)
	case "resume":
		err = s.Resume(ctx, me, reference)
	case "second":
		err = s.NewSecond(ctx, me, reference)
	case "reset":
		err = s.Reset(ctx, me, reference, q.Lang)
	case "invite":
		err = s.InviteAgain(ctx, me, reference, q.Lang)
	case "remove":
		err = s.Remove(ctx, me, reference)
	default:
		err = fault.New(fault.Invalid, "staff.act.unknown")
		return err
	}
	if identity.Shown(err) {
		t.Add(err)
		return s.person(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/people/" + reference + "?done=" + do)
}

func (s *Service) showInvite(q *web.Req) error { return s.askInvite(q, nil) }

func (s *Service) askInvite(q *web.Req, t *identity.Typed) error {
	if !s.Policy().May(q.Session.Roles, policy.AdministerPeople) {
		return errAllowed
	}
	form := url.Values{}
	if q.R.Method == http.MethodPost {
		form, _ = q.Form()
	}
	return identity.Answer(q, t, "/staff/people", identitypages.Form{
		Caption: q.P.T("staff.people.title"), Title: q.P.T("staff.invite.title"), Lead: []string{q.P.T("staff.invite.lead")},
		Action: "/staff/invite", Button: q.P.T("staff.invite.go"),
		Fields: append(s.entryFields(q, t), s.roleField(q, t, form["roles"])),
	}, "name", "email", "roles")
}

func (s *Service) takeInvite(q *web.Req) error {
	t := identity.ReadForm(q, "name", "email")
	if t.Bad() {
		return s.askInvite(q, t)
	}
	form, err := q.Form()
	if err != nil {
		return err
	}
	m, err := s.Invite(q.R.Context(), q.Session, Entry{Name: form.Get("name"), Email: form.Get("email"), Roles: form["roles"]}, q.Lang)
	if identity.Shown(err) {
		t.Add(err)
		return s.askInvite(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/people/" + m.Reference + "?done=invited")
}

// operations refuses whoever may not see how the program runs.
func (s *Service) operations(q *web.Req) error {
	if !s.Policy().May(q.Session.Roles, policy.SeeOperations) || !q.Session.Strong && !s.Demo {
		return errAllowed
	}
	return nil
}

func (s *Service) showJobs(q *web.Req) error {
	if err := s.operations(q); err != nil {
		return err
	}
	dead, err := s.Jobs.Dead(q.R.Context())
	if err != nil {
		return err
	}
	stats, err := s.Jobs.Stats(q.R.Context())
	if err != nil {
		return err
	}
	var list []pages.Job
	for _, d := range dead {
		why := q.P.T("staff.jobs.failed")
		if q.P.Has(d.Error) {
			why = q.P.T(d.Error)
		}
		list = append(list, pages.Job{ID: d.ID, Kind: d.Kind, Why: why, Hint: q.P.T("staff.jobs.hint", "attempts", d.Attempt, "time", q.P.DateTime(d.Dead))})
	}
	body := pages.JobsPage(done(q), q.P.T("staff.jobs.waiting", "n", stats.Waiting), "/staff/jobs", list)
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("staff.jobs.title"), Body: body})
}

func (s *Service) takeJob(q *web.Req) error {
	if err := s.operations(q); err != nil {
		return err
	}
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.Jobs.Retry(q.R.Context(), q.Value("job")); err != nil {
		return err
	}
	return q.Redirect("/staff/jobs?done=retry")
}
