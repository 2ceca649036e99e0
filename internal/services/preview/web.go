package preview

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico/internal/forms"
	"portico/internal/forms/questions"
	"portico/internal/forms/say"
	"portico/internal/forms/sent"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/pages"
)

// Proposed are the services that a version which is not in force yet says
// otherwise, and the policy that comes with them; none if nothing is proposed.
type Proposed func(context.Context) ([]*services.Definition, *policy.Policy, error)

// proposal is the version of an address that shows what is proposed.
const proposal = "proposed"

type handlers struct {
	services.Config
	zone     func() *time.Location
	proposed Proposed
}

// Mount declares the previews, with dates in zone.
func Mount(r *web.Router, c services.Config, zone func() *time.Location, proposed Proposed) {
	h := handlers{c, zone, proposed}
	for _, route := range []struct {
		method, path string
		handler      web.Handler
	}{
		{http.MethodGet, "/staff/services", h.list},
		{http.MethodGet, "/staff/services/{id}/preview", h.preview},
		{http.MethodPost, "/staff/services/{id}/preview", h.preview},
	} {
		r.Handle(web.Route{
			Method: route.method, Path: route.path, Unprefixed: true, Audience: web.Staff,
			Activity: "none: shows what is declared, with answers of nobody", Handler: route.handler,
		})
	}
}

// may reports whether the official may preview a service.
func (h handlers) may(q *web.Req, d *services.Definition) bool {
	return h.Policy().May(q.Session.Roles, policy.PreviewServices) || d.For(q.Session.Roles)
}

func (h handlers) list(q *web.Req) error {
	coming, _, err := h.proposed(q.R.Context())
	if err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("preview.list"), Body: listPage(h.items(q, h.Catalogue.Services(), ""), h.items(q, coming, "?version="+proposal)),
	})
}

func (h handlers) items(q *web.Req, all []*services.Definition, version string) (items []ui.Item) {
	for _, d := range all {
		if h.may(q, d) {
			items = append(items, ui.Item{
				Title: q.P.In(d.Name), Href: "/staff/services/" + d.ID + "/preview" + version, Text: q.P.In(d.Summary), Meta: passed(q.P, d.Trials()),
			})
		}
	}
	return items
}

// find returns the service that an address is about, if the official may
// preview it, and has h show it with the policy of its version.
func (h *handlers) find(q *web.Req) (*services.Definition, error) {
	all, with := h.Catalogue.Services(), h.Policy()
	if q.R.URL.Query().Get("version") == proposal {
		var err error
		if all, with, err = h.proposed(q.R.Context()); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(all, func(d *services.Definition) bool { return d.ID == q.R.PathValue("id") })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "services.error.unknown")
	}
	if !h.may(q, all[i]) {
		return nil, fault.New(fault.Denied, "preview.error.denied")
	}
	h.Policy = func() *policy.Policy { return with }
	return all[i], nil
}

func (h handlers) preview(q *web.Req) error {
	d, err := h.find(q)
	if err != nil {
		return err
	}
	query := q.R.URL.Query()
	version := query.Get("version")
	now, on, wrong := h.on(q, query.Get("on"))
	offers := d.Offers()
	variant := query.Get("variant")
	if _, ok := d.Offer(variant); !ok {
		variant = offers[0].Variant
	}
	v := view{
		Title: d.Title(variant, q.P), Action: "/staff/services/" + d.ID + "/preview", Version: version, Variant: variant, Part: query.Get("part"),
		On: ui.Field{Name: "on", Label: q.P.T("preview.on"), Value: on, Type: "date", LTR: true, Width: 10, Error: wrong},
	}
	for _, o := range offers {
		if o.Variant != "" {
			v.Variants = append(v.Variants, ui.Option{Value: o.Variant, Label: q.P.In(o.Name)})
		}
	}
	parts := []string{"start", "form", "workflow", "tests"}
	if q.R.Method == http.MethodPost {
		v.Part = "form"
	} else if !slices.Contains(parts, v.Part) {
		v.Part = parts[0]
	}
	for _, part := range parts {
		where := v.Action + "?" + url.Values{"on": {on}, "variant": {variant}, "part": {part}, "version": {version}}.Encode()
		v.Parts = append(v.Parts, pages.Filter{Text: q.P.T("preview.part." + part), Href: where, Here: part == v.Part})
		if part == "form" {
			v.Query = where
		}
	}
	page := web.Page{Title: q.P.T("preview.title", "service", v.Title), Back: "/staff/services", Wide: v.Part == "workflow" || v.Part == "tests"}
	if err := h.fill(q, d, &v, now); err != nil {
		return err
	}
	page.Invalid = v.Form != nil && len(v.Form.Problems) > 0
	page.Body = previewPage(v)
	return q.Page(http.StatusOK, page)
}

// on is noon of the day that was asked for, today if it is none.
func (h handlers) on(q *web.Req, day string) (now time.Time, on, wrong string) {
	local := h.Clock.Now().In(h.zone())
	at, err := time.ParseInLocation(time.DateOnly, day, h.zone())
	if err != nil {
		if day != "" {
			wrong = q.P.T("preview.error.day")
		}
		at = local
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 12, 0, 0, 0, h.zone()), at.Format(time.DateOnly), wrong
}

// fill adds what the chosen part shows.
func (h handlers) fill(q *web.Req, d *services.Definition, v *view, now time.Time) (err error) {
	switch v.Part {
	case "form":
		v.Form, err = h.form(q, d, forms.At{Now: now, Variant: v.Variant})
	case "workflow":
		v.States = states(q.P, d)
	case "tests":
		all := d.Trials()
		v.Trials, v.Passed = trials(q.P, all), passed(q.P, all)
	default:
		var start pages.Start
		start, err = h.Look(q, d, v.Variant, now)
		start.Href, start.FeeHref = "", "" // nothing is begun from here
		v.Start = &start
	}
	return err
}

// form tries answers: those that were sent, and a sample for each file.
func (h handlers) form(q *web.Req, d *services.Definition, at forms.At) (*formView, error) {
	values, tried := url.Values{}, q.R.Method == http.MethodPost
	if tried {
		form, err := q.Form()
		if err != nil && fault.KindOf(err) != fault.Invalid {
			return nil, err
		}
		values = form
	}
	companies := []sent.Company{{ID: "example", Name: q.P.T("preview.company")}}
	given := sent.Decode(d.Form, sent.Input{Values: values, Companies: companies})
	for _, f := range d.Form.Fields() {
		if f.Kind == forms.Files {
			text, err := d.Form.Text(f.Key, []any{map[string]any{"id": "sample", "name": "sample", "size": int64(1000), "type": f.Types[0]}})
			if err != nil {
				return nil, err
			}
			given.Answers[f.Key] = text
		}
	}
	v := &formView{Tried: tried}
	o, err := d.Form.Check(given.Answers, at, given.Errors...)
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		v.Broken = rule.Explain()
		o, err = d.Form.Check(nil, at)
	}
	if err != nil {
		return nil, err
	}
	asked := questions.View{
		Form: d.Form, Typed: given.Typed, Why: d.Why(h.Policy(), q.P), Hidden: o.Hidden, Needed: o.Needed, Companies: companies,
		File: func(_ forms.Field, f ui.Field) templ.Component { return sample(f.Label) },
	}
	if tried && given.Edited == "" && v.Broken == "" {
		asked.Errors = o.Errors
	}
	v.Problems = asked.Problems(q.P)
	for _, page := range o.Pages {
		v.Pages = append(v.Pages, formPage{Title: q.P.In(page.Title), Questions: questions.Questions(asked, page)})
	}
	h.outcome(q.P, d, o, at, v)
	return v, nil
}

// outcome says what the answers come to.
func (h handlers) outcome(p *i18n.Printer, d *services.Definition, o *forms.Outcome, at forms.At, v *formView) {
	waits := slices.DeleteFunc(d.Form.FeeReads(), func(key string) bool { return o.Answers[key] != "" })
	if o.Estimate != nil {
		v.Fee, waits = services.FeeRows(p, o.Estimate, h.Currency()), o.Estimate.Waits
	}
	if len(waits) > 0 {
		v.Waits = p.T("preview.waits", "questions", p.List(labels(p, d, waits)))
	}
	for _, f := range d.Form.Fields() {
		if f.Computed && o.Answers[f.Key] != "" {
			words, ltr := say.Answer(d.Form, p, f.Key, o.Answers[f.Key])
			v.Computed = append(v.Computed, ui.Row{Key: p.In(f.Label), Value: words, LTR: ltr})
		}
	}
	if len(o.Errors) == 0 && len(d.ByProgram()) > 0 {
		v.Decided = decided(p, d, o.Answers, at)
	}
	v.Hidden = ui.Grid{
		Head:  []ui.Cell{{Text: p.T("preview.question")}, {Text: p.T("preview.reason")}, {Text: p.T("preview.rule")}},
		Empty: p.T("preview.hidden.none"),
	}
	for _, key := range slices.Sorted(maps.Keys(o.Hidden)) {
		if group, _, further := strings.Cut(key, ".*."); further && o.Answers[group] != "" {
			continue // the rows that are there say more
		}
		_, because := d.Form.Visible(key)
		v.Hidden.Rows = append(v.Hidden.Rows, []ui.Cell{
			{Text: strings.Join(labels(p, d, []string{key}), "")}, {Text: p.T("preview.only-if", "because", p.In(because))},
			{Text: d.Form.Reads(o.Hidden[key], o.Answers, at), LTR: true},
		})
	}
}

// decided says what the program would do with answers.
func decided(p *i18n.Printer, d *services.Definition, answers forms.Answers, at forms.At) string {
	switch a, holds, err := d.Decided(answers, at); {
	case err != nil:
		return p.T("preview.decided.failed", "error", err.Error())
	case holds:
		return p.T("preview.decided", "decision", a.Name, "because", d.Because(a.Rule))
	}
	return p.T("preview.decided.person")
}

// labels are the questions of keys in words, and those of parts of rows.
func labels(p *i18n.Printer, d *services.Definition, keys []string) (all []string) {
	for _, key := range keys {
		f, _ := d.Form.Field(key)
		label := p.In(f.Label)
		if words := strings.Split(key, "."); len(words) == 3 {
			group, _ := d.Form.Field(words[0])
			row := p.In(group.Row)
			if n, err := strconv.Atoi(words[1]); err == nil {
				row = p.T("forms.row", "row", row, "n", n+1)
			}
			label = p.T("forms.row.part", "label", row, "answer", label)
		}
		all = append(all, label)
	}
	return all
}

// states draws the workflow as a table.
func states(p *i18n.Printer, d *services.Definition) ui.Grid {
	g := ui.Grid{Caption: p.T("preview.part.workflow")}
	for _, key := range []string{"state", "turn", "deadline", "actions", "says"} {
		g.Head = append(g.Head, ui.Cell{Text: p.T("preview.workflow." + key)})
	}
	for _, s := range d.Workflow.States {
		turn, deadline := p.T("preview.turn."+string(s.Turn())), ""
		if s.Final {
			turn = p.T("preview.workflow.final")
		} else {
			deadline = p.T("preview.workflow.days", "n", s.Deadline)
		}
		if s.Fee {
			turn = p.T("preview.workflow.fee", "turn", turn)
		}
		var actions []string
		for _, a := range s.Actions {
			to, _ := d.Workflow.State(a.To)
			actions = append(actions, p.T("preview.workflow.action", "action", a.Name, "state", to.Name, "who", p.T("preview.turn."+string(a.Doer()))))
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Tag: &ui.Label{Text: p.In(s.Name), Kind: ui.Kind(s.Look)}}, {Text: turn}, {Text: deadline}, {Text: strings.Join(actions, "; ")}, {Text: p.In(s.Says)},
		})
	}
	return g
}

// trials draws what the tests say.
func trials(p *i18n.Printer, all []services.Trial) ui.Grid {
	g := ui.Grid{Head: []ui.Cell{{Text: p.T("preview.test")}, {Text: p.T("preview.test.file")}, {Text: p.T("preview.test.result")}}}
	for _, t := range all {
		result := ui.Cell{Tag: &ui.Label{Text: p.T("preview.test.passed"), Kind: ui.Good}}
		if len(t.Wrong) > 0 {
			result = ui.Cell{Text: strings.Join(t.Wrong, "; ")}
		}
		g.Rows = append(g.Rows, []ui.Cell{{Text: t.Name}, {Text: t.File, LTR: true}, result})
	}
	return g
}

// passed counts the tests that pass.
func passed(p *i18n.Printer, all []services.Trial) string {
	n := 0
	for _, t := range all {
		if len(t.Wrong) == 0 {
			n++
		}
	}
	return p.T("preview.passed", "n", len(all), "passed", strconv.Itoa(n))
}
