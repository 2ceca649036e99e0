package takeout

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// style is the look of index.html.
const style = `body{font:1rem/1.6 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:start;vertical-align:top;padding:.5rem .75rem .5rem 0;border-bottom:1px solid #ccc;overflow-wrap:break-word}
td:nth-child(2){overflow-wrap:anywhere;min-width:12rem}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}td{white-space:pre-line}
main>p{overflow-wrap:anywhere}
@media(max-width:40rem){main{padding:1rem}thead{display:none}table,tbody,tr,td{display:block}tr{border-bottom:1px solid #ccc;padding:.5rem 0}td{border:0;padding:.25rem 0}td::before{content:attr(data-label);display:block;font-weight:600}}
`

// index writes index.html, in the language of the person.
func (s *Maker) index(ctx context.Context, g *gathered, to io.Writer) error {
	p, r := g.p, g.request
	x := index{
		Lang: p.Lang, Dir: p.Dir(), Title: p.T("rights.index.title." + r.kind()), Lead: p.T("rights.index.lead." + r.kind()),
		Facts: []ui.Row{
			{Key: p.T("rights.reference"), Value: r.Reference}, {Key: p.T("rights.index.made"), Value: p.DateTime(s.Clock.Now())},
			{Key: p.T("rights.index.policy"), Value: g.pol.Hash()},
		},
		Verify: p.T("rights.index.verify", "key", s.Ring.Vkey()),
	}
	if r.Outside {
		x.Lead += " " + p.T("rights.index.lead.outside")
	}
	at := map[string]int{}
	part := func(scope string) *keptPlace {
		n, ok := at[scope]
		if !ok {
			n = len(x.Places)
			at[scope] = n
			x.Places = append(x.Places, keptPlace{Name: g.place(scope), Values: ui.Grid{
				Empty: p.T("rights.index.files"),
				Head:  heads(p, "rights.index.datum", "rights.index.value", "rights.index.source", "rights.index.since", "rights.index.kept"),
			}})
		}
		return &x.Places[n]
	}
	for _, v := range g.values {
		if v.Value == "" { // nothing that anybody could read
			continue
		}
		k := part(v.Place)
		when := func(s string) string {
			at, _ := time.Parse(time.RFC3339, s)
			return p.DateTime(at)
		}
		since := when(v.Since)
		if v.Until != "" {
			since = p.T("rights.index.until", "time", when(v.Until))
		}
		k.Values.Rows = append(k.Values.Rows, []ui.Cell{
			{Text: v.Name}, {Text: g.value(v)}, {Text: g.source(v.Source)}, {Text: since}, {Text: v.Kept},
		})
	}
	for _, f := range g.files {
		k := part(f.Place)
		k.Files = append(k.Files, attached{Name: f.Name, Href: f.Path})
	}
	if !r.Copy {
		x.Uses, x.Held = s.usesGrid(g), g.heldGrid()
	}
	return indexPage(x).Render(i18n.With(ctx, p), to)
}

func heads(p *i18n.Printer, keys ...string) (list []ui.Cell) {
	for _, k := range keys {
		list = append(list, ui.Cell{Text: p.T(k)})
	}
	return list
}

// source says where a value came from.
func (g *gathered) source(source string) string {
	if party, ok := g.pol.Party(cutParty(source)); ok {
		return g.p.In(party.Name)
	}
	if key := "rights.index.source." + source; g.p.Has(key) {
		return g.p.T(key)
	}
	return source
}

func cutParty(source string) string {
	const prefix = "party:"
	if len(source) > len(prefix) && source[:len(prefix)] == prefix {
		return source[len(prefix):]
	}
	return ""
}

// value is a value as people read it: data.json has it as it is kept.
func (g *gathered) value(v value) string {
	if words := g.words[v.Place]; words != nil {
		if said, ok := words(v.Field, v.Value); ok {
			return said
		}
	}
	if at, err := time.ParseInLocation(time.DateOnly, v.Value, g.p.Zone()); err == nil {
		return g.p.Date(at)
	}
	if v.Source == policy.SourceSystem {
		return leaves(v.Value, g.p.Lang)
	}
	return v.Value
}

// leaves are the words of something that the program keeps as JSON, such as a
// document: a line each, in a language if it is there in several. What is no
// JSON stays.
func leaves(text, lang string) string {
	var several map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &several) == nil && several[lang] != nil {
		text = string(several[lang])
	}
	var whole any
	if strings.IndexAny(text, "{[") != 0 || json.Unmarshal([]byte(text), &whole) != nil {
		return text
	}
	var lines []string
	var open []json.Delim
	key := false // whether the next text is the name of a value
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return strings.Join(lines, "\n")
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				open = append(open, t)
			} else {
				open = open[:len(open)-1]
			}
			key = len(open) > 0 && open[len(open)-1] == '{'
			continue
		case string:
			if !key {
				lines = append(lines, t)
			}
		default:
			lines = append(lines, fmt.Sprint(t))
		}
		key = !key && open[len(open)-1] == '{'
	}
}

// said says a use in words: who, of what, and why.
func (s *Maker) said(g *gathered, u use) (who, fields, why string) {
	p, kind := g.p, cmp.Or(u.Was, u.Kind)
	who = p.T("rights.index.who." + u.Who)
	if role, ok := g.pol.Role(u.Role); ok {
		who = p.In(role.Name)
	}
	if party, ok := g.pol.Party(u.Party); ok {
		who += ", " + p.In(party.Name)
	}
	if a, ok := g.pol.Activity(u.Activity); ok {
		why = p.In(a.Name)
	} else if kind != audit.KindDenied {
		why = s.Cause(p, u.Reason)
	}
	if purpose, ok := g.pol.Purpose(u.Purpose); ok {
		why = strings.TrimPrefix(why+". "+p.In(purpose.Name), ". ")
	}
	if kind == audit.KindDenied {
		why = strings.TrimSuffix(p.T("rights.index.denied")+" "+why, " ")
	}
	if u.Happened != "" {
		at, _ := time.Parse(time.RFC3339, u.Happened)
		why = strings.TrimPrefix(why+". "+p.T("rights.index.later", "time", p.DateTime(at)), ". ")
	}
	var names []string
	for _, id := range u.Fields {
		name := id
		if f, ok := g.pol.Field(id); ok {
			name = p.In(f.Name)
		}
		names = append(names, name)
	}
	return who, p.List(names), why
}

// usesGrid lists who used the data, in words.
func (s *Maker) usesGrid(g *gathered) ui.Grid {
	p := g.p
	grid := ui.Grid{Caption: p.T("rights.index.uses"), Empty: p.T("rights.index.uses.none"),
		Head: heads(p, "rights.index.when", "rights.index.who", "rights.index.what", "rights.index.why")}
	for _, u := range g.uses {
		when, _ := time.Parse(time.RFC3339, u.At)
		who, fields, why := s.said(g, u)
		grid.Rows = append(grid.Rows, []ui.Cell{{Text: p.DateTime(when)}, {Text: who}, {Text: fields}, {Text: why}})
	}
	return grid
}

// heldGrid lists until when things are kept.
func (g *gathered) heldGrid() ui.Grid {
	p := g.p
	grid := ui.Grid{Caption: p.T("rights.index.held"), Empty: p.T("rights.index.held.none"),
		Head: heads(p, "rights.index.thing", "rights.index.since", "rights.index.kept", "rights.index.due")}
	day := func(s string) string {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return "–"
		}
		return p.Date(at)
	}
	for _, one := range g.things {
		grid.Rows = append(grid.Rows, []ui.Cell{{Text: strings.TrimSpace(one.Name + " " + p.Isolate(one.Ref))}, {Text: day(one.Since)}, {Text: one.Kept}, {Text: day(one.Due)}})
	}
	return grid
}
