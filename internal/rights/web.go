package rights

import (
	"context"
	"slices"

	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/rights/takeout"
)

// formLimit bounds the body of a form: MaxText characters of any script.
const formLimit = 128 << 10

// Handle declares routes that are there while rights are asked for. Nobody
// keeps their answers.
func (s *Service) Handle(r *web.Router, routes []web.Route) {
	for _, rt := range routes {
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			if !s.Offered() {
				return errUnknown
			}
			q.W.Header().Set("Cache-Control", "no-store")
			return handler(q)
		}
		rt.Limit = formLimit
		r.Handle(rt)
	}
}

// PurposeName is what people call a purpose.
func (s *Service) PurposeName(p *i18n.Printer, id string) string {
	if u, ok := s.Policy().Purpose(id); ok {
		return p.In(u.Name)
	}
	return id
}

// Facts say where a request stands.
func (s *Service) Facts(p *i18n.Printer, r *Request, items []Item) []ui.Row {
	tag := s.Tag(p, r, items)
	rows := []ui.Row{
		{Key: p.T("rights.reference"), Value: r.Reference, LTR: true}, {Key: p.T("rights.state"), Tag: &tag},
		{Key: p.T("rights.received"), Value: p.DateTime(r.Received)},
	}
	if !r.Appealed.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("rights.appealed"), Value: p.DateTime(r.Appealed)})
	}
	if !r.Open() {
		return append(rows, ui.Row{Key: p.T("rights.answered"), Value: p.DateTime(r.Answered)})
	}
	due := p.T("rights.due.paused")
	if at := s.Due(r); !at.IsZero() {
		due = p.Date(at.Add(-1))
	}
	rows = append(rows, ui.Row{Key: p.T("rights.due"), Value: due})
	if !r.Extended.IsZero() {
		rows = append(rows, ui.Row{Key: p.T("rights.extended"), Value: p.DateTime(r.Extended)})
	}
	return rows
}

// Tag is where a request stands, in words.
func (s *Service) Tag(p *i18n.Printer, r *Request, items []Item) ui.Label {
	due := s.Due(r)
	switch {
	case r.State == Answered && len(items) == 0: // to whoever does not see what was decided
		return ui.Label{Text: p.T("rights.state.answered"), Kind: ui.Neutral}
	case r.State == Answered:
		outcome := OutcomeOf(items)
		kind := map[Outcome]ui.Kind{Whole: ui.Good, Some: ui.Warn, None: ui.Bad, Onward: ui.Neutral}[outcome]
		return ui.Label{Text: p.T("rights.outcome." + string(outcome)), Kind: kind}
	case !due.IsZero() && !s.Clock.Now().Before(due):
		return ui.Label{Text: p.T("rights.state.overdue"), Kind: ui.Bad}
	case r.Paused():
		return ui.Label{Text: p.T("rights.state.paused"), Kind: ui.Warn}
	case !r.Appealed.IsZero():
		return ui.Label{Text: p.T("rights.state.appeal"), Kind: ui.Info}
	}
	return ui.Label{Text: p.T("rights.state." + string(r.State)), Kind: ui.Info}
}

// With says which parts of a request are with an institution, and with which.
func (s *Service) With(ctx context.Context, r *Request) (with map[int]string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		with, err = s.Corrections.Open(tx, r.ID)
		return err
	})
	return with, err
}

// Names are what people call the items of a request.
func (s *Service) Names(q *web.Req, r *Request, items []Item) ([]string, error) {
	var places []takeout.Named
	if SortOf(r.Kind) == Place {
		var err error
		if places, err = s.places(q.R.Context(), q.P, r.Outside(), r.People()); err != nil {
			return nil, err
		}
	}
	out := make([]string, len(items))
	for i, item := range items {
		switch item.Sort {
		case Purpose:
			out[i] = s.PurposeName(q.P, item.ID)
		case Place:
			out[i] = q.P.T("rights.item.gone")
			if n := slices.IndexFunc(places, func(p takeout.Named) bool { return p.Scope == item.ID }); n >= 0 {
				out[i] = places[n].Name
			}
		case Further:
			out[i] = q.P.T("rights.item.onward", "reference", item.ID)
		default:
			out[i] = q.P.T("rights.item.all")
		}
	}
	return out, nil
}
