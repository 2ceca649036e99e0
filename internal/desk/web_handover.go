package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/staff"
)

// Officials is what the desk asks about officials. Package staff answers.
type Officials interface {
	Colleagues(ctx context.Context, roles []string, also ...string) ([]staff.Colleague, error)
	Names(ctx context.Context, who policy.Actor, subjects []string) (map[string]string, error)
}

// handed is a case to be handed over, as the page showed it.
type handed struct {
	*cases.Application
	seen int64
}

// chosen reads the cases that were ticked, "ID" or "ID.REVISION" each, and
// leaves out what cannot be handed over by this official.
func (k *Desk) chosen(q *web.Req, who policy.Actor, values []string) (list []handed, err error) {
	seen := map[string]bool{}
	for _, v := range values {
		caseID, rev, _ := strings.Cut(v, ".")
		if seen[caseID] || len(list) == cases.PageSize {
			continue
		}
		seen[caseID] = true
		a, err := k.Cases.Glance(q.R.Context(), caseID)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !a.Service.For(who.Roles) && !k.Cases.Supervises(who, a.Service) {
			continue
		}
		h := handed{Application: a, seen: a.Revision}
		if rev != "" {
			if h.seen, err = strconv.ParseInt(rev, 10, 64); err != nil {
				continue
			}
		}
		list = append(list, h)
	}
	return list, nil
}

// mayHand reports whether an official may hand a case over as it is now.
func (k *Desk) mayHand(who policy.Actor, a *cases.Application) bool {
	return a.Open() && (a.Holder == who.ID || k.Cases.Supervises(who, a.Service))
}

// colleagues are those to whom all of these cases can be handed, but for those
// who hold all of them already.
func (k *Desk) colleagues(ctx context.Context, list []handed) ([]staff.Colleague, error) {
	var roles []string
	for _, h := range list {
		roles = append(roles, h.Service.Decide.Roles...)
	}
	all, err := k.Officials.Colleagues(ctx, roles)
	return slices.DeleteFunc(all, func(c staff.Colleague) bool {
		holds := true
		for _, h := range list {
			if !h.Service.For(c.Roles) {
				return true
			}
			holds = holds && h.Holder == c.Subject
		}
		return !c.Working || holds
	}), err
}

func (k *Desk) showHandOver(q *web.Req) error {
	return k.askHandOver(q, http.StatusOK, q.R.URL.Query()["case"], "", "", nil)
}

// askHandOver asks to whom, and shows what is handed over.
func (k *Desk) askHandOver(q *web.Req, status int, values []string, to, word string, wrong map[string]string) error {
	who := actor(q)
	list, err := k.chosen(q, who, values)
	if err != nil {
		return err
	}
	page := pages.HandOver{Grid: ui.Grid{Empty: q.P.T("desk.hand.none"), Head: []ui.Cell{
		{Text: q.P.T("desk.queue.reference")}, {Text: q.P.T("desk.queue.service")}, {Text: q.P.T("desk.queue.holder")},
	}}}
	list = slices.DeleteFunc(list, func(h handed) bool { return !k.mayHand(who, h.Application) })
	notes := true
	for _, h := range list {
		page.Grid.Rows = append(page.Grid.Rows, []ui.Cell{
			{Text: h.Reference, LTR: true}, {Text: q.P.In(h.Service.Name)}, {Text: holderOf(q, who, h.Case)},
		})
		page.Hidden = append(page.Hidden, pages.Hidden{Name: "case", Value: h.ID + "." + strconv.FormatInt(h.seen, 10)})
		notes = notes && h.Holder == who.ID && h.Service.NoteField() != ""
	}
	if len(list) > 0 {
		options, named, err := k.options(q, who, list)
		if err != nil {
			return err
		}
		hint := q.P.T("desk.hand.to.hint")
		if named {
			hint += " " + q.P.T("desk.hand.to.named")
		}
		page.To = ui.Field{Name: "to", Label: q.P.T("desk.hand.to"), Hint: hint, Value: to, Options: options, Error: wrong["to"]}
		if notes {
			page.Word = &ui.Field{Name: "word", Label: q.P.T("desk.hand.word"), Hint: q.P.T("desk.hand.word.hint"), Value: word, Max: cases.MaxText, Optional: true, Error: wrong["word"], Rows: 3}
		}
		for _, name := range []string{"to", "word"} {
			if wrong[name] != "" {
				page.Problems = append(page.Problems, ui.Problem{ID: name, Text: wrong[name]})
			}
		}
	}
	return q.Page(status, web.Page{Title: q.P.T("desk.hand.title"), Body: pages.HandOverPage(page), Invalid: len(page.Problems) > 0, Back: "/staff/cases"})
}

// toNobody is the choice of giving a case back.
const toNobody = "nobody"

// options are nobody and the colleagues, by name where the policy lets their
// names be opened, which is an event of each.
func (k *Desk) options(q *web.Req, who policy.Actor, list []handed) (options []ui.Option, named bool, err error) {
	colleagues, err := k.colleagues(q.R.Context(), list)
	if err != nil {
		return nil, false, err
	}
	var others []string
	for _, c := range colleagues {
		if c.Subject != who.ID {
			others = append(others, c.Subject)
		}
	}
	names, err := k.Officials.Names(q.R.Context(), who, others)
	if err != nil {
		return nil, false, err
	}
	options = []ui.Option{{Value: toNobody, Label: q.P.T("desk.hand.nobody")}}
	for _, c := range colleagues {
		label := c.Reference
		switch {
		case c.Subject == who.ID:
			label = q.P.T("desk.hand.me", "reference", c.Reference)
		case names[c.Subject] != "":
			label = q.P.T("desk.hand.named", "name", names[c.Subject], "reference", c.Reference)
		}
		options = append(options, ui.Option{Value: c.Reference, Label: label})
	}
	return options, len(names) > 0, nil
}

func (k *Desk) takeHandOver(q *web.Req) error {
	form, err := q.Form()
	if err == nil {
		err = q.Once("to", "word")
	}
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) == 0 {
			return err
		}
		wrong := map[string]string{}
		for _, field := range f.Fields {
			wrong[field.Name] = q.P.T(field.Code)
		}
		return k.askHandOver(q, http.StatusUnprocessableEntity, form["case"], q.Value("to"), q.Value("word"), wrong)
	}
	who := actor(q)
	list, err := k.chosen(q, who, form["case"])
	if err != nil {
		return err
	}
	to, known, err := k.target(q.R.Context(), list, q.Value("to"))
	if err != nil {
		return err
	}
	if !known || len(list) == 0 {
		return k.askHandOver(q, http.StatusUnprocessableEntity, form["case"], q.Value("to"), q.Value("word"), map[string]string{"to": q.P.T("desk.hand.choose")})
	}
	var results []result
	for _, h := range list {
		_, err := k.Cases.HandOver(q.R.Context(), who, h.ID, h.seen, to, q.Value("word"))
		if err == nil {
			results = append(results, result{handed: h})
			continue
		}
		f := fault.From(err)
		switch {
		case f.Kind == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Name == "word" && len(results) == 0:
			return k.askHandOver(q, http.StatusUnprocessableEntity, form["case"], q.Value("to"), q.Value("word"), map[string]string{"word": q.P.T(f.Fields[0].Code, f.Fields[0].Args...)})
		case f.Kind != fault.Conflict && f.Kind != fault.Denied && f.Kind != fault.Invalid:
			return err
		}
		results = append(results, result{h, f})
	}
	return k.handedOver(q, results, to)
}

// result is what became of one hand-over; a nil fault is that it worked.
type result struct {
	handed
	wrong *fault.Fault
}

// target is the colleague who was chosen, if they can be.
func (k *Desk) target(ctx context.Context, list []handed, to string) (string, bool, error) {
	if to == toNobody {
		return "", true, nil
	}
	colleagues, err := k.colleagues(ctx, list)
	for _, c := range colleagues {
		if c.Reference == to {
			return c.Subject, true, err
		}
	}
	return "", false, err
}

// handedOver says for each case whether it was handed over.
func (k *Desk) handedOver(q *web.Req, results []result, to string) error {
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("desk.queue.reference")}, {Text: q.P.T("desk.queue.service")}, {Text: q.P.T("desk.hand.result")}}}
	worked := 0
	for _, r := range results {
		tag := &ui.Label{Text: q.P.T("desk.hand.done"), Kind: ui.Good}
		switch {
		case r.wrong == nil && to == "":
			tag.Text = q.P.T("desk.hand.released")
		case r.wrong != nil && r.wrong.Kind == fault.Denied:
			tag = &ui.Label{Text: q.P.T("desk.hand.denied"), Kind: ui.Bad}
		case r.wrong != nil:
			tag = &ui.Label{Text: q.P.T("desk.hand.moved"), Kind: ui.Warn}
		}
		if r.wrong == nil {
			worked++
		}
		g.Rows = append(g.Rows, []ui.Cell{{Text: r.Reference, Href: "/staff/cases/" + url.PathEscape(r.ID), LTR: true}, {Text: q.P.In(r.Service.Name)}, {Tag: tag}})
	}
	status, kind := http.StatusOK, ui.Good
	if worked < len(results) {
		status, kind = http.StatusConflict, ui.Warn
	}
	n := &pages.Notice{Kind: kind, Title: q.P.T("desk.hand.worked", "n", worked, "of", len(results))}
	return q.Page(status, web.Page{Title: q.P.T("desk.hand.title"), Body: pages.HandedPage(n, g), Back: "/staff/cases"})
}
