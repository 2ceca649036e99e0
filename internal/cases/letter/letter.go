package letter

import (
	"slices"
	"time"

	"portico/internal/cases"
	"portico/internal/cases/automatic"
	"portico/internal/cases/letter/pages"
	"portico/internal/forms/say"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/services"
)

// Site is the papers of cases.
type Site struct {
	Cases *cases.Cases
	Langs []string // of the portal, its own first
}

// Letters are what the applicant reads of a case in a state: one letter in each
// language, that in which the application was made first.
func (s *Site) Letters(p *i18n.Printer, a *cases.Application, state services.State, remarks string, at time.Time) (list []pages.Letter) {
	langs := slices.Clone(s.Langs)
	if i := slices.Index(langs, a.Language); i > 0 {
		langs = append([]string{a.Language}, slices.Delete(langs, i, i+1)...)
	}
	if paid, waits := state.Paid(); waits && a.Case.Fee == 0 { // nothing to pay: it goes on at once
		state, _ = a.Service.Workflow.State(paid.To)
	}
	for _, lang := range langs {
		list = append(list, s.letter(p.To(lang), a, state, remarks, at))
	}
	return list
}

// Sent are the letters of a case that is decided, or ended without that; none
// if it did neither.
func (s *Site) Sent(p *i18n.Printer, a *cases.Application) []pages.Letter {
	step, decided := a.Decision()
	if decided {
		state, _ := a.Service.Workflow.State(step.State)
		return s.Letters(p, a, state, a.Remarks, step.At)
	}
	if a.Open() {
		return nil
	}
	list := s.Letters(p, a, a.State(), a.Remarks, a.Closed)
	for i := range list {
		list[i].Appeal = ""
	}
	return list
}

func (s *Site) letter(p *i18n.Printer, a *cases.Application, state services.State, remarks string, at time.Time) pages.Letter {
	d := a.Service
	party, _ := s.Cases.Policy().Party(d.Responsible)
	l := pages.Letter{
		Lang: p.Lang, Dir: p.Dir(), Language: i18n.Name(p.Lang),
		From: p.In(party.Name), Service: p.In(d.Name), Reference: a.Reference, Date: p.Date(at), Decision: p.In(state.Name), Says: p.In(state.Says),
		Reasons: p.T("cases.letter.reasons"), Remarks: remarks, Appeals: p.T("cases.letter.appeal"), Appeal: p.In(d.Appeal),
	}
	if d, ok := automatic.Of(a); ok && d.State.ID == state.ID {
		l.Remarks = p.T("cases.automatic.letter", "because", a.Service.Because(d.Step.Rule)) + "\n" + p.In(d.Action.Effect)
		if d.Fate == automatic.Waits {
			l.Remarks += "\n" + p.T("cases.automatic.letter.contest", "date", p.Date(s.Cases.Due(a.Case)))
		}
	}
	for _, field := range []string{policy.FieldName, policy.FieldAddress} {
		if f, ok := d.Form.ByID(field); ok && a.Answers[f.Key] != "" {
			words, _ := say.Answer(d.Form, p, f.Key, a.Answers[f.Key])
			if right := a.Values.Corrected(field); len(right) > 0 { // it was corrected
				words = right[len(right)-1].Text
			}
			l.To = append(l.To, words)
		}
	}
	if state.Fee && a.Fee != nil {
		l.Fee, l.FeeDue = s.Cases.FeeRows(p, a.Fee), p.T("cases.letter.fee")
	}
	return l
}
