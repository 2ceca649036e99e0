package drafts

import (
	"net/http"
	"slices"

	"portico/internal/drafts/pages"
	"portico/internal/forms"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// early reports whether a page cannot be begun yet, and where to go instead:
// to the list of tasks, or to the first page that it waits for.
func (w *Work) early(page forms.Page) (instead string, is bool) {
	i := slices.IndexFunc(w.tasks, func(t forms.Task) bool { return t.Page.ID == page.ID })
	if i < 0 || w.tasks[i].State != forms.NotYet {
		return "", false
	}
	if w.Service.Form.TaskList() {
		return "", true
	}
	return w.tasks[i].Waits[0], true
}

// after is where the application goes on once a page is answered.
func (w *Work) after(page string) string {
	if w.Service.Form.TaskList() {
		return ""
	}
	return w.next(page)
}

// showTasks shows the pages of a long form, and how far each of them is.
func (s *Drafts) showTasks(q *web.Req, p Place, w *Work) error {
	l := pages.Tasks{Service: s.name(q, w), Title: q.P.T("drafts.tasks.title"), Notice: w.news(q, p), Check: address(q, p, "check", false)}
	if w.Draft != nil {
		l.Expires, l.Delete = s.expires(q, w), address(q, p, "delete", false)
	} else {
		l.Terms = s.terms(q)
	}
	l.Done = w.Draft != nil
	for _, t := range w.tasks {
		task := ui.Task{Title: q.P.In(t.Page.Title), Href: address(q, p, t.Page.ID, false), Status: ui.Label{
			Text: q.P.T("drafts.tasks." + string(t.State)), Kind: map[forms.State]ui.Kind{forms.Done: ui.Good, forms.InProgress: ui.Info, forms.NotYet: ui.Neutral, forms.NotStarted: ui.Neutral}[t.State],
		}}
		switch {
		case t.State == forms.NotYet:
			var first []string
			for _, id := range t.Waits {
				page, _ := w.Service.Form.Page(id)
				first = append(first, q.P.In(page.Title))
			}
			task.Href, task.Hint = "", q.P.T("drafts.tasks.after", "pages", q.P.List(first))
		case t.Optional && t.State == forms.NotStarted:
			task.Hint = q.P.T("drafts.tasks.optional")
		}
		l.Done = l.Done && (t.State == forms.Done || t.Optional && t.State == forms.NotStarted)
		l.List = append(l.List, task)
	}
	back := before(q, w.Service.ID)
	if p.Actor.Kind == policy.Staff {
		back = "/staff/apply"
	}
	return q.Page(http.StatusOK, web.Page{Title: l.Title, Service: l.Service, Body: pages.TasksPage(l), Back: back})
}
