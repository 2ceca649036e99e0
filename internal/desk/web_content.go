package desk

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/say"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/uploads"
)

// Documents is what the desk asks about the files of a case. Package uploads
// answers: states only, since the names stand in the answers.
type Documents interface {
	States(ctx context.Context, subject, scope string) (map[string]*uploads.File, error)
}

// Mandates is what the desk asks about companies. Package mandates answers.
type Mandates interface {
	// Holds reports whether somebody may act for a company, for a service and
	// now, and whether an official has verified that.
	Holds(tx *db.Tx, subject, company, service string, now time.Time) (holds, verified bool, err error)
}

// answers shows what was stated, each answer with its source (O3). Files stand
// among the documents, and a claim to act for a company says how sure it is.
func (k *Desk) answers(q *web.Req, a *cases.Application) (*ui.Grid, error) {
	g := &ui.Grid{Head: []ui.Cell{
		{Text: q.P.T("cases.answer.question")}, {Text: q.P.T("cases.answer.answer")}, {Text: q.P.T("cases.answer.source")},
	}}
	for _, id := range a.Service.Shown() {
		f, ok := a.Service.Form.ByID(id)
		text := a.Answers[f.Key]
		if !ok || text == "" || f.Kind == forms.Files {
			continue
		}
		words, ltr := say.Answer(a.Service.Form, q.P, f.Key, text)
		words += a.Stated(q.P, f)
		if f.Claimed(text) {
			sure, err := k.claim(q.R.Context(), a, text)
			if err != nil {
				return nil, err
			}
			key := "forms.claimed"
			if sure {
				key = "desk.case.verified"
			}
			words += "\n" + q.P.T(key)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: q.P.In(f.Label)}, {Text: words, LTR: ltr}, {Text: k.Cases.Source(q.P, a.Sources[f.Key], "cases.source.applicant")},
		})
	}
	return g, nil
}

// claim reports whether an official has verified that the applicant acts for
// the company that they named.
func (k *Desk) claim(ctx context.Context, a *cases.Application, text string) (sure bool, err error) {
	party, _ := answer.PartyOf(text)
	if k.Mandates == nil || party.Company == "" {
		return false, nil
	}
	err = k.DB.View(ctx, func(tx *db.Tx) error {
		holds, verified, err := k.Mandates.Holds(tx, a.Subject, party.Company, a.Service.ID, k.Clock.Now())
		sure = holds && verified
		return err
	})
	return sure, err
}

// documents are the files of the questions that deciding needs. Each opens by
// itself, through the gate.
func (k *Desk) documents(q *web.Req, a *cases.Application) (list []pages.Document, err error) {
	var states map[string]*uploads.File
	if k.Documents != nil {
		if states, err = k.Documents.States(q.R.Context(), a.Subject, a.Scope()); err != nil {
			return nil, err
		}
	}
	answered := map[string]bool{}
	for _, id := range a.Service.Shown() {
		f, _ := a.Service.Form.ByID(id)
		if f.Kind != forms.Files {
			continue
		}
		for _, file := range answer.Files(a.Answers[f.Key]) {
			d := pages.Document{Name: file.Name, About: q.P.T("desk.case.document", "question", q.P.In(f.Label), "size", uploads.SizeWords(q.P, file.Size))}
			known := states[file.ID]
			switch {
			case known == nil:
				d.State = ui.Label{Text: q.P.T("desk.case.document.gone"), Kind: ui.Neutral}
			case known.State == uploads.Clean:
				d.Href, d.State = "/staff/files/"+file.ID, ui.Label{Text: q.P.T("desk.case.document.clean"), Kind: ui.Good}
				if strings.HasPrefix(file.Type, "image/") || known.Kind.Picture() {
					d.Picture = d.Href + "/picture"
				}
				d.Frame = uploads.Frame(q, known.Kind)
			default:
				d.State = ui.Label{Text: q.P.T("desk.case.document.wait"), Kind: ui.Warn}
			}
			if known != nil && known.Created.After(a.Submitted) {
				d.New = q.P.T("desk.case.document.new", "time", q.P.DateTime(known.Attached))
			}
			list, answered[file.ID] = append(list, d), true
		}
		list = append(list, k.earlier(q, f, states, answered)...)
	}
	return list, nil
}

// earlier are the files that a question was answered by before: they stay with
// the case, as they were sent.
func (k *Desk) earlier(q *web.Req, f forms.Field, states map[string]*uploads.File, answered map[string]bool) (list []pages.Document) {
	for _, id := range slices.Sorted(maps.Keys(states)) {
		if file := states[id]; file.Field == f.ID && !answered[id] && !file.Attached.IsZero() && file.State == uploads.Clean {
			list = append(list, pages.Document{
				Frame: uploads.Frame(q, file.Kind),
				Name:  q.P.T("desk.case.document.earlier", "kind", file.Kind.Word(), "time", q.P.DateTime(file.Attached)),
				About: q.P.T("desk.case.document", "question", q.P.In(f.Label), "size", uploads.SizeWords(q.P, file.Got)),
				Href:  "/staff/files/" + id, State: ui.Label{Text: q.P.T("desk.case.document.replaced"), Kind: ui.Neutral},
			})
		}
	}
	return list
}
