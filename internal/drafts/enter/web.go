package enter

import (
	"net/http"
	"slices"

	"portico/internal/cases"
	"portico/internal/cases/find"
	"portico/internal/drafts"
	"portico/internal/drafts/pages"
	"portico/internal/identity/credential"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// Site is the pages on which officials enter applications for others.
type Site struct {
	Drafts *drafts.Drafts
	looked *credential.Throttle // who looked for how many people
}

// New returns the pages over the drafts of a portal.
func New(d *drafts.Drafts) *Site { return &Site{d, credential.NewThrottle(d.Clock)} }

// The faults of this package.
var (
	errUnknown  = fault.New(fault.NotFound, "services.error.unknown")
	errNotFound = fault.New(fault.NotFound, "drafts.error.not-found")
	errEnter    = fault.New(fault.Denied, "drafts.error.enter")
	errOften    = fault.New(fault.TooMany, "drafts.error.often")
)

// actor is the official who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// may reports whether an official may enter applications for a service.
func (s *Site) may(who policy.Actor, d *services.Definition) bool {
	return slices.ContainsFunc(s.Drafts.Enterable(who), func(e *services.Definition) bool { return e.ID == d.ID })
}

// The inputs with which an official begins to enter for somebody.
const (
	inputVariant = "variant"
	inputChannel = "channel"
	inputPerson  = "person"
	inputCompany = "company-name"
	inputNumber  = "company-number"
	inputBegin   = "begin"

	inputReference = "reference" // of one that was entered
	inputFind      = "find"

	personMax = 254
)

// Mount declares the pages on which officials begin, and end.
func (s *Site) Mount(r *web.Router) {
	for _, route := range []web.Route{
		{Method: http.MethodGet, Path: "/staff/apply", Handler: s.enterable},
		{Method: http.MethodPost, Path: "/staff/apply", Handler: s.findEntered},
		{Method: http.MethodGet, Path: "/staff/apply/{id}", Handler: s.enterPage},
		{Method: http.MethodPost, Path: "/staff/apply/{id}", Handler: s.enter},
		{Method: http.MethodGet, Path: "/staff/entered/{id}", Handler: s.entered},
	} {
		route.Audience, route.Activity, route.Unprefixed = web.Staff, "{service}.enter", true
		r.Handle(route)
	}
}

// latest is how many entered applications are listed; others are found.
const latest = 20

// enterable lists what an official may enter, and what they have.
func (s *Site) enterable(q *web.Req) error { return s.listEntered(q, http.StatusOK, "") }

func (s *Site) listEntered(q *web.Req, status int, wrong string) error {
	who := actor(q)
	list, err := s.Drafts.Entered(q.R.Context(), who)
	if err != nil {
		return err
	}
	rows, _, err := s.Drafts.Cases.Mine(q.R.Context(), cases.Mine{By: who.ID, Limit: latest})
	if err != nil {
		return err
	}
	page := pages.Enterable{Begun: ui.Grid{Head: []ui.Cell{
		{Text: q.P.T("drafts.enter.service")}, {Text: q.P.T("drafts.enter.channel")}, {Text: q.P.T("drafts.enter.changed")},
	}}}
	for _, d := range s.Drafts.Enterable(who) {
		page.Services = append(page.Services, ui.Item{Title: q.P.In(d.Name), Href: "/staff/apply/" + d.ID, Text: q.P.In(d.Summary)})
	}
	for _, row := range list {
		name := row.Service
		if d := s.Drafts.Catalogue.Service(row.Service); d != nil {
			name = q.P.In(d.Name)
		}
		page.Begun.Rows = append(page.Begun.Rows, []ui.Cell{
			{Text: name, Href: row.At("check")},
			{Text: q.P.T("cases.channel." + string(row.Channel))}, {Text: q.P.DateTime(row.Changed)},
		})
	}
	page.Sent = ui.Grid{Empty: q.P.T("drafts.enter.sent.none"), Head: []ui.Cell{
		{Text: q.P.T("drafts.entered.reference")}, {Text: q.P.T("drafts.enter.service")}, {Text: q.P.T("cases.list.state")}, {Text: q.P.T("cases.receipt.at")},
	}}
	for _, row := range rows {
		if d, err := s.Drafts.Cases.Version(row); err == nil {
			state := cases.Tag(q.P, d, row)
			page.Sent.Rows = append(page.Sent.Rows, []ui.Cell{
				{Text: row.Reference, Href: "/staff/entered/" + row.ID, LTR: true}, {Text: q.P.In(d.Name)}, {Tag: &state}, {Text: q.P.DateTime(row.Submitted)},
			})
		}
	}
	page.Find = ui.Field{
		Name: inputReference, Label: q.P.T("drafts.enter.reference"), Hint: q.P.T("drafts.enter.reference.hint"), Value: q.Value(inputReference), Error: wrong, LTR: true, Width: 20, Max: personMax,
	}
	if wrong != "" {
		page.Problems = []ui.Problem{{ID: inputReference, Text: wrong}}
	}
	if q.Value("deleted") != "" {
		page.Notice = &pages.Notice{Kind: ui.Good, Title: q.P.T("drafts.enter.deleted")}
	}
	return q.Page(status, web.Page{Title: q.P.T("drafts.enter.title"), Body: pages.EnterablePage(page), Invalid: wrong != "", Back: "/staff/cases"})
}

// findEntered leads to an application that an official entered, by its
// reference. It is a POST: that somebody looked is an event of the applicant.
func (s *Site) findEntered(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(inputReference, inputFind)
	}
	reference, who := q.Value(inputReference), actor(q)
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	if err != nil || q.Value(inputFind) != "yes" || reference == "" || len(reference) > personMax {
		return s.listEntered(q, http.StatusUnprocessableEntity, q.P.T("drafts.enter.reference.missing"))
	}
	if !s.looked.Take(credential.Searches(), "enter", who.ID) {
		return errOften
	}
	row, err := find.ByReference(q.R.Context(), s.Drafts.Cases, who, reference)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err != nil || row.Channel == cases.Portal {
		return s.listEntered(q, http.StatusUnprocessableEntity, q.P.T("drafts.enter.reference.none"))
	}
	return q.Redirect("/staff/entered/" + row.ID)
}

func (s *Site) enterPage(q *web.Req) error {
	if q.R.URL.Query().Has("draft") {
		return s.Drafts.Begun(q)
	}
	return s.askEntry(q, http.StatusOK, nil)
}

// askEntry asks for whom an application is entered, and how it came.
func (s *Site) askEntry(q *web.Req, status int, wrong []fault.Field) error {
	who := actor(q)
	d := s.Drafts.Catalogue.Service(q.R.PathValue("id"))
	if d == nil {
		return errUnknown
	}
	if !s.may(who, d) {
		return errEnter
	}
	e := pages.Enter{
		Service: q.P.In(d.Name), Action: "/staff/apply/" + d.ID,
		Channel: ui.Field{Name: inputChannel, Label: q.P.T("drafts.enter.channel"), Value: q.Value(inputChannel)},
		Person: ui.Field{
			Name: inputPerson, Label: q.P.T("drafts.enter.person"), Hint: q.P.T("drafts.enter.person.hint"), Value: q.Value(inputPerson), LTR: true, Optional: true, Max: personMax,
		},
		Go: ui.Btn{Text: q.P.T("drafts.enter.go"), Name: inputBegin, Value: "yes", Look: ui.Primary},
	}
	for _, c := range cases.Channels() {
		if c != cases.Portal {
			e.Channel.Options = append(e.Channel.Options, ui.Option{Value: string(c), Label: q.P.T("cases.channel." + string(c))})
		}
	}
	fields := map[string]*ui.Field{inputChannel: &e.Channel, inputPerson: &e.Person}
	if s.Drafts.ForCompanies(d) {
		for _, name := range []string{inputCompany, inputNumber} {
			e.Company = append(e.Company, ui.Field{
				Name: name, Label: q.P.T("drafts.enter." + name), Hint: q.P.T("drafts.enter." + name + ".hint"), Value: q.Value(name), Optional: true,
			})
		}
		e.Company[1].LTR, e.Company[1].Width = true, 20
		fields[inputCompany], fields[inputNumber] = &e.Company[0], &e.Company[1]
	}
	if len(d.Variants) > 0 {
		e.Variant = &ui.Field{Name: inputVariant, Label: q.P.T("drafts.enter.variant"), Value: q.Value(inputVariant)}
		for _, v := range d.Variants {
			e.Variant.Options = append(e.Variant.Options, ui.Option{Value: v.ID, Label: q.P.In(v.Name), Hint: q.P.In(v.Summary)})
		}
		fields[inputVariant] = e.Variant
	}
	for _, f := range wrong {
		if field := fields[f.Name]; field != nil {
			field.Error = q.P.T(f.Code, f.Args...)
			e.Problems = append(e.Problems, ui.Problem{ID: f.Name, Text: field.Error})
		}
	}
	return q.Page(status, web.Page{
		Title: q.P.T("drafts.enter.title"), Service: e.Service, Body: pages.EnterPage(e), Back: "/staff/apply", Invalid: len(e.Problems) > 0,
	})
}

// enter begins.
func (s *Site) enter(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(inputVariant, inputChannel, inputPerson, inputCompany, inputNumber, inputBegin)
	}
	if err == nil && q.Value(inputBegin) != "yes" { // not from the button
		return s.askEntry(q, http.StatusUnprocessableEntity, []fault.Field{{Name: inputChannel, Code: "drafts.enter.channel.missing"}})
	}
	if err == nil && len(q.Value(inputPerson)) > personMax {
		err = fault.Input(fault.Field{Name: inputPerson, Code: "drafts.enter.person.none"})
	}
	who := actor(q)
	if err == nil && q.Value(inputPerson) != "" && !s.looked.Take(credential.Searches(), "enter", who.ID) {
		return errOften
	}
	var row *drafts.Draft
	if err == nil {
		row, err = s.Drafts.Enter(q.R.Context(), who, q.R.PathValue("id"), drafts.Entry{
			Variant: q.Value(inputVariant), Channel: cases.Channel(q.Value(inputChannel)), Person: q.Value(inputPerson),
			Company: q.Value(inputCompany), Number: q.Value(inputNumber),
		})
	}
	if fields := fault.From(err).Fields; err != nil && len(fields) > 0 {
		return s.askEntry(q, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return err
	}
	return q.Redirect(row.At(""))
}

// entered is the receipt of what an official has entered, to print and to hand
// over. It says nothing of what was stated: the official's task is done.
func (s *Site) entered(q *web.Req) error {
	a, err := s.Drafts.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Channel == cases.Portal || a.Steps[0].Actor != q.Session.Subject && !s.may(actor(q), a.Service) {
		return errNotFound
	}
	party, _ := s.Drafts.Policy().Party(a.Service.Responsible)
	r := pages.Entered{
		Service: q.P.In(a.Service.Name), Reference: a.Reference, After: q.P.In(a.Service.After), Again: "/staff/apply",
		Facts: []ui.Row{
			{Key: q.P.T("cases.receipt.by"), Value: q.P.In(party.Name)},
			{Key: q.P.T("cases.receipt.at"), Value: q.P.DateTime(a.Submitted)},
			{Key: q.P.T("cases.receipt.channel"), Value: q.P.T("cases.channel." + string(a.Channel))},
			{Key: q.P.T("cases.list.state"), Value: cases.Tag(q.P, a.Service, a.Case).Text},
			{Key: q.P.T("cases.receipt.policy"), Value: a.Case.Policy, LTR: true},
		},
		Expected: q.P.T("drafts.sent.expected", "date", q.P.Date(s.Drafts.Cases.Expected(a.Service, a.Case))),
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("drafts.entered.title"), Service: r.Service, Body: pages.EnteredPage(r), Back: "/staff/apply"})
}

// Menu leads officials to what they may enter, if there is anything.
func (s *Site) Menu(q *web.Req) []web.Link {
	if q.Session == nil || q.Session.Realm != web.RealmStaff || len(s.Drafts.Enterable(actor(q))) == 0 {
		return nil
	}
	return []web.Link{{Text: q.P.T("drafts.enter.title"), Href: "/staff/apply"}}
}
