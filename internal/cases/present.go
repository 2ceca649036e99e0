package cases

import (
	"slices"
	"strings"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/say"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// What follows draws a case for the pages of this package and of those that
// show cases beside it: all of them say the same in the same words.

// Tag draws the state that a case is in.
func Tag(p *i18n.Printer, d *services.Definition, row *Case) ui.Label {
	s, ok := d.Workflow.State(row.State)
	if !ok {
		return ui.Label{Text: p.T("cases.list.draft"), Kind: ui.Neutral}
	}
	return ui.Label{Text: p.In(s.Name), Kind: ui.Kind(s.Look)}
}

// Due is the last moment at which the case should leave the state it is in,
// or zero if that has no deadline. It is computed, never stored.
func (c *Cases) Due(row *Case) time.Time {
	if row.Days == 0 || row.Counted.IsZero() {
		return time.Time{}
	}
	return c.Calendar().Due(row.Counted, row.Days, c.Zone()).Add(-time.Second)
}

// Expected is when a decision was promised at receipt.
func (c *Cases) Expected(d *services.Definition, row *Case) time.Time {
	return c.Calendar().Due(row.Submitted, d.WorkingDays, c.Zone()).Add(-time.Second)
}

// Overdue reports whether the deadline of an open case has passed.
func (c *Cases) Overdue(row *Case) bool {
	due := c.Due(row)
	return row.Open() && !due.IsZero() && c.Config.Clock.Now().After(due)
}

// FeeRows lists what a fee is made of, and its total.
func (c *Cases) FeeRows(p *i18n.Printer, fee *forms.Fee) []ui.Row {
	return services.FeeRows(p, fee, c.Currency())
}

// Grid shows those answers of an application whose fields are named, each with
// its source (O3). stated is the key of how what was typed is called: to the
// person "cases.source.form", to an official "cases.source.applicant".
func (c *Cases) Grid(p *i18n.Printer, a *Application, fields []string, stated string) ui.Grid {
	g := ui.Grid{Head: []ui.Cell{
		{Text: p.T("cases.answer.question")}, {Text: p.T("cases.answer.answer")}, {Text: p.T("cases.answer.source")},
	}}
	for _, id := range fields {
		f, ok := a.Service.Form.ByID(id)
		if text := a.Answers[f.Key]; ok && text != "" {
			words, ltr := say.Answer(a.Service.Form, p, f.Key, text)
			words += a.Stated(p, f)
			g.Rows = append(g.Rows, []ui.Cell{{Text: p.In(f.Label)}, {Text: words, LTR: ltr}, {Text: c.Source(p, a.Sources[f.Key], stated)}})
		}
	}
	return g
}

// Stated says to which value an answer was corrected, and when, what it was
// before and until when (O14), and of a warranty when it was given, and under
// which policy (M18).
func (a *Application) Stated(p *i18n.Printer, f forms.Field) (said string) {
	for _, v := range a.Values.Former(f.ID) {
		words, _ := say.Answer(a.Service.Form, p, f.Key, v.Text)
		said += "\n" + p.Isolate(p.T("cases.before", "time", p.DateTime(v.At), "value", p.Isolate(words)))
	}
	for _, v := range a.Values.Corrected(f.ID) {
		said += "\n" + p.Isolate(p.T("cases.corrected", "time", p.DateTime(v.At), "value", p.Isolate(v.Text)))
	}
	if f.Kind != forms.Warranty {
		return said
	}
	at := a.Submitted
	for _, step := range a.Steps {
		if step.Action == StepAmend && slices.Contains(step.Keys, f.Key) {
			at = step.At
		}
	}
	return said + "\n" + p.T("cases.warranted", "time", p.DateTime(at), "policy", p.Isolate(a.Case.Policy))
}

// Source says in words where a value comes from.
func (c *Cases) Source(p *i18n.Printer, source, stated string) string {
	switch source {
	case policy.SourceForm:
		return p.T(stated)
	case policy.SourceSystem, policy.SourceStaff, policy.SourceBrowser:
		return p.T("cases.source." + source)
	}
	if party, ok := c.Policy().Party(strings.TrimPrefix(source, "party:")); ok {
		return p.T("cases.source.other", "party", p.In(party.Name))
	}
	return source
}

// Timeline shows what happened to a case, the newest first. by says who.
func (c *Cases) Timeline(p *i18n.Printer, a *Application, by func(id string) string) []ui.Event {
	var out []ui.Event
	for i := len(a.Steps) - 1; i >= 0; i-- {
		step := a.Steps[i]
		s, _ := a.Service.Workflow.State(step.State)
		title := p.In(s.Name)
		switch step.Action {
		case StepSubmit, StepAmend, StepHandOver, StepRelease, StepClaim, StepOverdue:
			title = p.T("cases.step." + step.Action)
		}
		text := by(step.Actor)
		if step.Action == StepSubmit && a.Channel != Portal {
			title = p.T("cases.step.entered", "channel", p.T("cases.channel."+string(a.Channel)))
		}
		switch {
		case step.Action == StepAmend:
			text += ": " + labels(p, a.Service, step.Keys)
		case step.Rule != "":
			text += ": " + p.In(a.Service.Because(step.Rule))
		}
		out = append(out, ui.Event{Title: title, Time: p.DateTime(step.At), Text: text, Kind: ui.Kind(s.Look)})
	}
	return out
}

// labels lists questions by what they are called.
func labels(p *i18n.Printer, d *services.Definition, keys []string) string {
	var names []string
	for _, key := range keys {
		f, _ := d.Form.Field(key)
		names = append(names, p.In(f.Label))
	}
	return strings.Join(names, ", ")
}
