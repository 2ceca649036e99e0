package letter

import (
	"time"

	"portico/internal/cases"
	"portico/internal/cases/letter/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/services"
)

// Site is the papers of cases.
type Site struct {
	Cases *cases.Cases
}

// Letter is what the applicant reads of a case in a state.
func (s *Site) Letter(p *i18n.Printer, a *cases.Application, state services.State, remarks string, at time.Time) pages.Letter {
	d := a.Service
	party, _ := s.Cases.Policy().Party(d.Responsible)
	l := pages.Letter{
		From: p.In(party.Name), Service: p.In(d.Name), Reference: a.Reference, Date: p.Date(at),
		State: ui.Label{Text: p.In(state.Name), Kind: ui.Kind(state.Look)}, Says: p.In(state.Says), Remarks: remarks, Appeal: p.In(d.Appeal),
	}
	if state.Fee && a.Fee != nil {
		l.Fee, l.FeeDue = s.Cases.FeeRows(p, a.Fee), p.T("cases.letter.fee")
	}
	return l
}
