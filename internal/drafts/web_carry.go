package drafts

import (
	"cmp"
	"net/http"
	"slices"

	"portico/internal/drafts/pages"
	"portico/internal/forms/say"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// news is the notice on each page that the service has changed.
func (w *Work) news(q *web.Req, p Place) *pages.Notice {
	if w.Carried == nil || w.Bar != nil {
		return nil
	}
	return &pages.Notice{
		Kind: ui.Warn, Title: q.P.T("drafts.changes.title"), Text: q.P.T("drafts.changes.kept"),
		Link: &pages.Link{Text: q.P.T("drafts.changes.see"), Href: address(q, p, "changes", false)},
	}
}

// changes says what has changed since the draft was begun.
func (s *Drafts) changes(q *web.Req) error {
	p := place(q)
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	if w.Carried == nil || w.Bar != nil {
		return q.Redirect(address(q, p, "", false))
	}
	c := pages.Changes{
		Service: s.name(q, w), Grid: w.changed(q), Action: address(q, p, "changes", false),
		Hidden:  []pages.Hidden{{Name: inputDraft, Value: w.Draft.ID}},
		Expires: s.expires(q, w), Delete: address(q, p, "delete", false),
	}
	if w.Carried.Cost {
		c.Cost = q.P.In(w.Offer.Cost)
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("drafts.changes.title"), Service: c.Service, Body: pages.ChangesPage(c), Back: q.Path("/cabinet/applications"),
	})
}

// changed lists the questions that are other than they were, with what becomes
// of their answers.
func (w *Work) changed(q *web.Req) ui.Grid {
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("drafts.changes.question")}, {Text: q.P.T("drafts.changes.what")}, {Text: q.P.T("drafts.changes.answer")}}}
	var keys []string
	what := map[string][]string{}
	label := map[string]string{}
	for _, c := range w.Carried.Changes {
		if what[c.Key] == nil {
			keys = append(keys, c.Key)
		}
		what[c.Key] = append(what[c.Key], q.P.T("drafts.changes."+string(c.What)))
		label[c.Key] = cmp.Or(q.P.In(c.New.Label), q.P.In(c.Old.Label))
	}
	for _, key := range w.Carried.Dropped {
		if what[key] == nil {
			f, _ := w.Carried.older.Field(key)
			keys, what[key], label[key] = append(keys, key), []string{q.P.T("drafts.changes.limits")}, q.P.In(f.Label)
		}
	}
	for _, key := range keys {
		given := w.Carried.given[key]
		answer := ui.Cell{Text: "–"}
		if given != "" {
			answer.Text, answer.LTR = say.Answer(w.Carried.older, q.P, key, given)
		}
		if slices.Contains(w.Carried.Dropped, key) {
			answer = ui.Cell{Text: q.P.T("drafts.changes.dropped", "answer", q.P.Isolate(answer.Text))}
		}
		g.Rows = append(g.Rows, []ui.Cell{{Text: label[key]}, {Text: q.P.List(what[key])}, answer})
	}
	return g
}

// adopt notes that the person has seen what has changed, and goes on.
func (s *Drafts) adopt(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once(inputDraft, inputDo); err != nil {
		return err
	}
	if q.Value(inputDo) == "seen" {
		if err := s.Adopt(q.R.Context(), place(q), q.Value(inputDraft)); err != nil {
			return err
		}
	}
	return q.Redirect(address(q, place(q), "", false))
}
