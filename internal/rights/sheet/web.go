package sheet

import (
	"net/http"
	"slices"

	"portico/internal/identity"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/pages"
)

// Status is under which a form is shown.
func Status(t *identity.Typed) int {
	if t.Bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// Press reads which button was pressed, which must be one of these.
func Press(q *web.Req, t *identity.Typed, do ...string) string {
	d := q.Value("do")
	if !t.Bad() && !slices.Contains(do, d) {
		t.No("do", q.P.T("rights.form.button"))
	}
	return d
}

// Again shows a form again, or leaves what no form can show to the router.
func Again(q *web.Req, t *identity.Typed, again func(*web.Req, *identity.Typed) error) error {
	if err := t.Edge(); err != nil {
		return err
	}
	return again(q, t)
}

// Done is the notice after a change, by the name of the change.
func Done(q *web.Req, known ...string) string {
	if d := q.R.URL.Query().Get("done"); slices.Contains(known, d) {
		return q.P.T("rights.done." + d)
	}
	return ""
}

// Terms say what goes for a right, as the policy declares it.
func Terms(p *i18n.Printer, right policy.Right) []ui.Row {
	rows := []ui.Row{{Key: p.T("rights.within"), Value: within(p, right)}}
	if right.Kind == policy.RightOptOut {
		rows[0] = ui.Row{Key: p.T("rights.effect"), Value: p.T("rights.effect.at-once")}
	}
	if len(right.Limits) > 0 {
		rows = append(rows, ui.Row{Key: p.T("rights.limits"), Value: p.In(right.Limits)})
	}
	fee := p.T("rights.fee.none")
	if len(right.Fee) > 0 {
		fee = p.In(right.Fee)
	}
	return append(rows, ui.Row{Key: p.T("rights.fee"), Value: fee})
}

func within(p *i18n.Printer, right policy.Right) string {
	if right.Extension == "" {
		return right.Within.Say(p)
	}
	return p.T("rights.within.extended", "period", right.Within.Say(p), "more", right.Extension.Say(p))
}

// Items lists the items of a request with what was decided on each.
func Items(q *web.Req, s *rights.Service, r *rights.Request, items []rights.Item) (ui.Grid, error) {
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("rights.item")}, {Text: q.P.T("rights.decision")}, {Text: q.P.T("rights.ground")}}}
	names, err := s.Names(q, r, items)
	if err != nil {
		return g, err
	}
	with, err := s.With(q.R.Context(), r)
	if err != nil {
		return g, err
	}
	var fates []string
	if rights.OutcomeOf(items) != rights.Onward {
		if fates, err = s.Fates.Of(q.R.Context(), q.P, r, items); err != nil {
			return g, err
		}
	}
	if fates != nil {
		g.Head = append(g.Head, ui.Cell{Text: q.P.T("rights.fate")})
	}
	for i, item := range items {
		row := []ui.Cell{{Text: names[i]}, {Tag: &ui.Label{Text: q.P.T("rights.decision.open"), Kind: ui.Neutral}}, {Text: "–"}}
		if party, ok := s.Policy().Party(with[item.N]); ok {
			row[1].Tag.Text, row[1].Tag.Kind = q.P.T("rights.decision.with", "party", q.P.In(party.Name)), ui.Info
		}
		switch item.Decision {
		case rights.Granted:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.granted"), Kind: ui.Good}
		case rights.Refused:
			row[1].Tag = &ui.Label{Text: q.P.T("rights.decision.refused"), Kind: ui.Bad}
			row[2].Text = q.P.T("rights.ground." + item.Ground.Word())
		case rights.Passed:
			row[1].Tag.Text = q.P.T("rights.outcome.onward")
		}
		if fates != nil {
			row = append(row, ui.Cell{Text: fates[i]})
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

// Certified is where the certificate of an erasure is, once it is answered: below
// its page. One that goes on elsewhere has none.
func Certified(at string, r *rights.Request, items []rights.Item) string {
	if r.Kind != policy.RightErasure || r.Open() || rights.OutcomeOf(items) == rights.Onward {
		return ""
	}
	return at + "/certificate"
}

// Lines are the texts of a request, as a page shows them.
func Lines(p *i18n.Printer, text []rights.Line, asker string) (list []pages.Line) {
	for _, l := range text {
		who := p.T(asker)
		switch {
		case l.Office:
			who = p.T("rights.line.office")
		case l.Source == policy.SourceStaff:
			who = p.T("rights.line.written")
		}
		list = append(list, pages.Line{Who: who, Time: p.DateTime(l.At), Text: l.Text})
	}
	return list
}

// Values are those of a field of a form that may be sent more than once.
func Values(q *web.Req, name string) []string {
	if q.R.Method != http.MethodPost {
		return nil
	}
	form, _ := q.Form()
	return form[name]
}
