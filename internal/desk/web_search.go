package desk

import (
	"net/http"
	"strings"

	"portico/internal/cases"
	"portico/internal/cases/find"
	letter "portico/internal/cases/letter/pages"
	"portico/internal/desk/pages"
	"portico/internal/identity/credential"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// searchMax is how long what is looked for can be.
const searchMax = 254

var errOften = fault.New(fault.TooMany, "desk.search.often")

// find looks for a case by its reference, or for those of somebody by an
// e-mail address or phone number that they confirmed, or by an identity number
// that an official has seen. It is a POST, so that
// nobody's address stands in an address of the portal.
func (k *Desk) find(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("q")
	}
	typed, who := strings.TrimSpace(q.Value("q")), actor(q)
	page := pages.Search{Field: ui.Field{Name: "q", Label: q.P.T("desk.search.label"), Hint: q.P.T("desk.search.hint"), Value: typed, LTR: true, Max: searchMax}}
	status := http.StatusUnprocessableEntity
	switch {
	case err != nil && len(fault.From(err).Fields) == 0:
		return err
	case err != nil:
		page.Field.Error = q.P.T(fault.From(err).Fields[0].Code)
	case typed == "" || len(typed) > searchMax:
		page.Field.Error = q.P.T("desk.search.empty")
	case !k.searched.Take(credential.Searches(), "search", who.ID):
		return errOften
	default:
		list, err := k.search(q, who, typed)
		if err != nil {
			return err
		}
		if len(list) == 1 && strings.EqualFold(list[0].Reference, typed) {
			return q.Redirect("/staff/cases/" + list[0].ID)
		}
		status = http.StatusOK
		found := k.list(q, who, list, false)
		if found.Picks > 0 { // nothing is handed over here
			unpicked(&found.Grid)
		}
		page.Grid = found.Grid
		page.Grid.Empty = q.P.T("desk.search.none")
		page.Done = true
	}
	if page.Field.Error != "" {
		page.Problems = []ui.Problem{{ID: "q", Text: page.Field.Error}}
	}
	return q.Page(status, web.Page{Title: q.P.T("desk.search.title"), Body: pages.SearchPage(page), Wide: true, Invalid: len(page.Problems) > 0, Back: "/staff/cases"})
}

// search finds cases by a reference or by an exact identifier.
func (k *Desk) search(q *web.Req, who policy.Actor, typed string) ([]*cases.Case, error) {
	phone, _ := k.Cases.Policy().Field(policy.FieldPhone)
	number, _ := k.Cases.Policy().Field(policy.FieldIdentityNumber)
	if c, ok := credential.ParseIdentifier(typed, phone.Prefix, number.Pattern); ok {
		return find.ByIdentifier(q.R.Context(), k.Cases, who, c.Field, c.Value)
	}
	row, err := find.ByReference(q.R.Context(), k.Cases, who, typed)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []*cases.Case{row}, nil
}

// lookInto opens a case that is not the official's task, for a reason in
// writing. It shows what those see who decide, and nothing can be done.
func (k *Desk) lookInto(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("because", "letter")
	}
	because, wrong := q.Value("because"), ""
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) != 1 || f.Fields[0].Name != "because" {
			return err
		}
		wrong = q.P.T(f.Fields[0].Code)
	}
	who, caseID := actor(q), q.R.PathValue("id")
	if wrong == "" {
		a, err := k.Cases.Review(q.R.Context(), who, caseID, because)
		f := fault.From(err)
		switch {
		case err == nil:
			return k.reviewed(q, a, because)
		case f.Kind == fault.Denied:
			return denied(q, err)
		case f.Kind != fault.Invalid || len(f.Fields) != 1:
			return err
		}
		wrong = q.P.T(f.Fields[0].Code, f.Fields[0].Args...)
	}
	return k.refused(q, http.StatusUnprocessableEntity, caseID, because, wrong)
}

// reviewed shows a case that was opened for a reason, or the letter of its
// decision, to print.
func (k *Desk) reviewed(q *web.Req, a *cases.Application, because string) error {
	service := q.P.In(a.Service.Name)
	if list := k.Letters.Sent(q.P, a); q.Value("letter") == yes && len(list) > 0 {
		title := q.P.T("desk.letter.title")
		return q.Page(http.StatusOK, web.Page{Title: title, Service: service, Body: letter.LetterPage(title, q.P.T("desk.letter.print"), list), Back: "/staff/cases/" + a.ID})
	}
	page := pages.Case{
		Service: service, Reference: a.Reference, Remarks: a.Remarks, State: cases.Tag(q.P, a.Service, a.Case), Due: k.dueTag(q, a.Case),
		Facts: k.facts(q, actor(q), a), Action: "/staff/cases/" + a.ID,
		Access: []string{q.P.T("desk.look.access", "purpose", k.purpose(q, a.Service.ReviewActivity()), "because", because), q.P.T("desk.case.access.seen")},
	}
	if err := k.content(q, &page, a); err != nil {
		return err
	}
	if err := k.told(q, &page, a); err != nil {
		return err
	}
	page.News, page.Events = "", k.events(q, actor(q), a)
	return q.Page(http.StatusOK, web.Page{Title: a.Reference, Service: service, Body: pages.CasePage(page), Wide: true, Back: "/staff/cases"})
}

// lookField asks for the reason.
func (k *Desk) lookField(q *web.Req) *ui.Field {
	return &ui.Field{Name: "because", Label: q.P.T("desk.look.because"), Hint: q.P.T("desk.look.hint"), Max: cases.MaxReason, Rows: 3}
}

// refused says that a case is not the official's task and, where they may look
// into it for a reason, asks for the reason.
func (k *Desk) refused(q *web.Req, status int, caseID, because, wrong string) error {
	page := pages.Denied{}
	a, err := k.Cases.Glance(q.R.Context(), caseID)
	if err == nil && k.Cases.Reviews(actor(q), a.Case.Service) {
		_, decided := a.Decision()
		page.Action, page.Letter = "/staff/cases/"+a.ID+"/look", decided || !a.Open()
		page.Because = *k.lookField(q)
		page.Because.Value, page.Because.Error = because, wrong
		if wrong != "" {
			page.Problems = []ui.Problem{{ID: "because", Text: wrong}}
		}
	}
	return q.Page(status, web.Page{Title: q.P.T("desk.denied.title"), Body: pages.DeniedPage(page), Invalid: wrong != ""})
}
