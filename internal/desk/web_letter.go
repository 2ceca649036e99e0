package desk

import (
	"net/http"
	"strings"

	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/services"
)

// preview shows the letters that the decisions of the page would send, with
// what is written so far. Nothing is decided yet.
func (k *Desk) preview(q *web.Req, s shown) error {
	a, err := k.Cases.View(q.R.Context(), actor(q), q.R.PathValue("id"))
	if fault.KindOf(err) == fault.Denied {
		return denied(q, err)
	}
	if err != nil {
		return err
	}
	if a.Holder != q.Session.Subject || !a.Open() || a.State().ID != q.Value(inputState) {
		return k.late(q, s, fault.New(fault.Conflict, "cases.error.moved"), false)
	}
	remarks := strings.TrimSpace(s.typed[inputRemarks])
	page := pages.Preview{
		Service: q.P.In(a.Service.Name), Reference: a.Reference, Action: "/staff/cases/" + a.ID,
		Hidden: []pages.Hidden{{Name: inputState, Value: a.State().ID}, {Name: inputRemarks, Value: remarks}},
	}
	for _, name := range boxes()[1:] { // what else is being written stays
		if s.typed[name] != "" {
			page.Hidden = append(page.Hidden, pages.Hidden{Name: name, Value: s.typed[name]})
		}
	}
	for _, key := range s.keys {
		page.Hidden = append(page.Hidden, pages.Hidden{Name: "keys", Value: key})
	}
	if s.onward {
		page.Hidden = append(page.Hidden, pages.Hidden{Name: inputNext, Value: yes})
	}
	for _, action := range actions(a, true) {
		to, _ := a.Service.Workflow.State(action.To)
		if !to.Decides() {
			continue
		}
		l := pages.Letter{Decision: q.P.In(to.Name)}
		if action.Writes() {
			l.Sheets = k.Letters.Letters(q.P, a, to, remarks, k.Clock.Now())
		} else {
			l.Sheets = k.Letters.Letters(q.P, a, to, "", k.Clock.Now())
		}
		switch {
		case action.Remarks == services.Always && remarks == "":
			l.Missing = q.P.T("cases.error.remarks-missing")
		default:
			look := ui.Secondary
			if to.Look == "bad" {
				look = ui.Danger
			} else if len(page.Letters) == 0 {
				look = ui.Primary
			}
			l.Button = &ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: look}
		}
		page.Letters = append(page.Letters, l)
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("desk.letter.preview"), Service: page.Service, Body: pages.PreviewPage(page), Back: "/staff/cases/" + a.ID,
	})
}
