package uploads

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/uploads/pages"
	"portico/internal/uploads/viewer"
)

// InputID is the id of the question's input, to which an error summary leads.
const InputID = inputFile

// Question returns the question for files with those that there are, which
// opens their names. The words of the question are in field; an error in it
// stands beside the input. It is a form, and must not stand in another one.
func (s *Site) Question(q *web.Req, spot *Spot, field ui.Field) (templ.Component, []*File, error) {
	list, err := s.Uploads.List(q.R.Context(), spot)
	if err != nil {
		return nil, nil, err
	}
	action := at(q, "/files/"+strings.TrimPrefix(spot.Use.Scope, "case:")+"/"+url.PathEscape(spot.Field))
	limits := spot.input(q.P, &field)
	a := pages.Question{Field: field, Action: action, New: action + "/new", Sends: at(q, "/files/"), Back: at(q, spot.Back), Limits: limits}
	n := 0
	for _, f := range list {
		if !f.Attached.IsZero() {
			continue // it was submitted: this is about what comes instead
		}
		if f.State == Clean || f.State == Checking {
			n++
		}
		row := s.row(q, f)
		if f.State == Clean && q.Session.Realm == web.RealmPerson {
			row.Href = q.Path("/files/" + f.ID)
		}
		row.Remove = at(q, "/files/"+f.ID+"/remove")
		if f.State == Received {
			row.Resume, row.Bytes = f.ID, strconv.FormatInt(f.Size, 10)
		}
		if f.State == Checking {
			row.Watch = at(q, "/files/"+f.ID+"/state")
		}
		a.Files = append(a.Files, row)
	}
	a.Full = n >= max(1, spot.Count)
	return pages.Ask(a), list, nil
}

// input makes a field the input for a file of the spot, and says in words what
// it takes.
func (s *Spot) input(p *i18n.Printer, field *ui.Field) (limits string) {
	kinds := s.Kinds
	if len(kinds) == 0 {
		kinds = AllKinds()
	}
	var accept, names []string
	for _, k := range kinds {
		accept, names = append(accept, k.ending(), k.Media()), append(names, k.Word())
	}
	field.Name, field.ID, field.Type, field.Accept = inputFile, InputID, "file", strings.Join(accept, ",")
	return p.T("uploads.limits", "kinds", p.List(names), "size", SizeWords(p, s.most()), "n", max(1, s.Count))
}

// Input is the input for a file of the spot, for a form of somebody else's
// page whose handler calls Take.
func (s *Spot) Input(p *i18n.Printer, field ui.Field) ui.Field {
	field.Hint = s.input(p, &field)
	return field
}

// row is a file in words.
func (s *Site) row(q *web.Req, f *File) pages.File {
	row := pages.File{Name: f.Name, State: ui.Label{Text: q.P.T("uploads.state." + string(f.State)), Kind: ui.Info}, Kind: f.Kind.Word()}
	if f.Got > 0 && f.State != Refused {
		row.Size = SizeWords(q.P, f.Got)
	}
	switch f.State {
	case Clean:
		row.State.Kind = ui.Good
	case Checking:
		row.Text = q.P.T("uploads.checking.text")
	case Received:
		row.State.Kind, row.Text = ui.Warn, q.P.T("uploads.received.text")
	case Refused:
		row.State.Kind, row.Text = ui.Bad, f.Reason.words(q.P, f.kinds, f.most)
	}
	return row
}

// Frame is the address of the document that shows a file of this kind in a
// frame, and lets the page have that frame; empty: there is none.
func Frame(q *web.Req, k Kind) string {
	if k != PDF || !viewer.Built() {
		return ""
	}
	q.Frame(viewer.Path)
	return viewer.Path
}

// Named is a file as an answer names it.
type Named struct {
	ID   string
	Name string
}

// Documents shows an official the files that an answer names: what may be
// opened to whoever holds the case. Pictures are shown on demand, each time as
// an event.
func (s *Site) Documents(q *web.Req, subject, scope string, named []Named) (templ.Component, error) {
	states, err := s.Uploads.States(q.R.Context(), subject, scope)
	if err != nil {
		return nil, err
	}
	return pages.Documents(s.documents(q, states, named, "/staff/files/", true)), nil
}

// Mine shows a person the files of their own application.
func (s *Site) Mine(q *web.Req, who policy.Actor, scope string, named []Named) (templ.Component, error) {
	states, err := s.Uploads.States(q.R.Context(), who.ID, scope)
	if err != nil {
		return nil, err
	}
	return pages.Documents(s.documents(q, states, named, q.Path("/files/"), false)), nil
}

func (s *Site) documents(q *web.Req, states map[string]*File, named []Named, at string, shows bool) []pages.File {
	var rows []pages.File
	for _, n := range named {
		f := states[n.ID]
		if f == nil { // it was forgotten
			rows = append(rows, pages.File{Name: n.Name, State: ui.Label{Text: q.P.T("uploads.state.gone"), Kind: ui.Neutral}})
			continue
		}
		f.Name = n.Name
		row := s.row(q, f)
		if f.State == Clean {
			row.Href = at + f.ID
			if shows && f.Kind.Picture() {
				row.Shows = at + f.ID + "/picture"
			}
			if shows {
				row.Frame = Frame(q, f.Kind)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
