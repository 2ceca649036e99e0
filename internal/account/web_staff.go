package account

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"portico/internal/account/pages"
	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

func (s *Service) showFind(q *web.Req) error { return s.askFind(q, nil) }

func (s *Service) askFind(q *web.Req, t *identity.Typed) error {
	if err := s.may(q.Session); err != nil {
		return err
	}
	typed := ""
	if q.R.Method == http.MethodPost {
		typed = q.Value("who")
	}
	f := identitypages.Form{
		Title: q.P.T("account.find.title"), Lead: []string{q.P.T("account.find.lead"), q.P.T("account.find.event")},
		Action: "/staff/identity", Button: q.P.T("account.find.go"),
		Fields: []templ.Component{ui.Input(ui.Field{
			Name: "who", Label: q.P.T("account.find.who"), Hint: q.P.T("account.find.hint"), Value: typed, Error: t.Error("who"),
			LTR: true, Autocomplete: "off", Width: 20,
		})},
	}
	switch q.R.URL.Query().Get("done") {
	case "verified", "taken-back":
		f.Before = ui.Notification(ui.Good, q.P.T("account.find.done."+q.R.URL.Query().Get("done")), "")
	}
	return identity.Answer(q, t, "", f, "who")
}

func (s *Service) takeFind(q *web.Req) error {
	t := identity.ReadForm(q, "who")
	if t.Bad() {
		return s.askFind(q, t)
	}
	visit, err := s.Find(q.R.Context(), q.Session, q.Value("who"))
	if identity.Shown(err) {
		t.Add(err)
		return s.askFind(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/identity/" + visit)
}

func (s *Service) showVisit(q *web.Req) error { return s.askVisit(q, nil) }

func (s *Service) askVisit(q *web.Req, t *identity.Typed) error {
	v, err := s.Visit(q.R.Context(), q.Session, q.R.PathValue("id"))
	if errors.Is(err, errOver) { // nobody stands there any more
		return q.Redirect("/staff/identity")
	}
	if err != nil {
		return err
	}
	page := pages.Visit{
		Action: "/staff/identity/" + v.ID, Until: q.P.Time(v.Until), Problems: t.Problems("number", "same"),
		Facts: []ui.Row{
			{Key: q.P.T("account.find.reference"), Value: v.Reference, LTR: true},
			{Key: q.P.T("identity.details.name"), Value: v.Name},
			{Key: q.P.T("identity.details.birth-date"), Value: date(q.P, v.BirthDate)},
		},
		Verified: s.verifiedRows(q.P, v.Verified),
	}
	if v.Verified.ID == "" {
		typed := ""
		if q.R.Method == http.MethodPost {
			typed = q.Value("number")
		}
		page.Form = pages.Several([]templ.Component{
			ui.Input(ui.Field{
				Name: "number", Label: q.P.T("account.visit.number"), Hint: q.P.T("account.visit.number.hint"), Value: typed,
				Error: t.Error("number"), LTR: true, Width: 10, Autocomplete: "off",
			}),
			ui.Checkbox(ui.Field{Name: "same", Label: q.P.T("account.visit.same"), Error: t.Error("same")}, q.R.Method == http.MethodPost && q.Value("same") == "yes"),
		})
	}
	status := http.StatusOK
	if t.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("account.visit.title"), Body: pages.VisitPage(page), Invalid: t.Bad(), Back: "/staff/identity"})
}

func (s *Service) takeVisit(q *web.Req) error {
	t := identity.ReadForm(q, "do", "number", "same")
	if t.Bad() {
		return s.askVisit(q, t)
	}
	ctx, visit, finished := q.R.Context(), q.R.PathValue("id"), ""
	var err error
	switch q.Value("do") {
	case "verify":
		err, finished = s.Verify(ctx, q.Session, visit, Compared{Number: q.Value("number"), Same: q.Value("same") == "yes"}), "verified"
	case "take-back":
		err, finished = s.TakeBack(ctx, q.Session, visit), "taken-back"
	default:
		err = fault.New(fault.Invalid, "account.visit.unknown")
		return err
	}
	if identity.Shown(err) {
		t.Add(err)
		return s.askVisit(q, t)
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/identity?done=" + finished)
}
