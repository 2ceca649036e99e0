package privacy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/policy/text"
)

// body shows a text with its references expanded.
func body(v *Version, doc *text.Document, p *i18n.Printer) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error { return document(w, ctx, v, doc, p) })
}

func document(w io.Writer, ctx context.Context, v *Version, doc *text.Document, p *i18n.Printer) error {
	if doc == nil {
		return fmt.Errorf("there is no text in %q", p.Lang)
	}
	return doc.HTML(w, func(w io.Writer, r text.Reference) error {
		for _, c := range expand(v, p, r) {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// expand returns what a reference stands for. Check has made sure that it
// leads somewhere.
func expand(v *Version, p *i18n.Printer, r text.Reference) []templ.Component {
	if !r.Block {
		if r.Name == "promise" {
			promise, _ := find(v.Policy.Declarations().Promises, func(m policy.Promise) bool { return m.ID == r.ID })
			return []templ.Component{promiseMark(promise)}
		}
		return []templ.Component{words(phrase(v, p, r))}
	}
	if r.Name == "contact" {
		return []templ.Component{contacts(v.Portal.Contacts)}
	}
	var out []templ.Component
	for _, g := range grids(v, p, r) {
		out = append(out, ui.Table(g))
	}
	if _, writes := v.Policy.Activity("rights-message"); r.Name == "rights" && writes { // to people who have no cabinet
		out = append(out, visitors())
	}
	if r.Name == "fields" && r.ID == "" {
		out = append(out, serviceFields(v, p))
	}
	return out
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}

// phrase is what an inline reference says.
func phrase(v *Version, p *i18n.Printer, r text.Reference) string {
	switch r.Name {
	case "retention":
		rule, _ := v.Policy.Retention(r.ID)
		return Kept(p, v.Policy, rule)
	case "parties":
		party, _ := v.Policy.Party(r.ID)
		return party.Name.In(p.Lang)
	case "purposes":
		purpose, _ := v.Policy.Purpose(r.ID)
		return purpose.Name.In(p.Lang)
	case "location":
		return v.Portal.Location.In(p.Lang)
	case "horizon":
		return period(p, v.Portal.Horizon)
	case "backups":
		return copies(v, p)
	case "operator":
		return v.Portal.Operator.In(p.Lang)
	case "law":
		return v.Portal.Law.In(p.Lang)
	}
	return ""
}

// copies is what a law requires of copies of the data, as a sentence.
func copies(v *Version, p *i18n.Printer) string {
	c := v.Portal.Copies
	if c == nil {
		return ""
	}
	party, _ := v.Policy.Party(c.Party)
	return p.T("privacy.backups", "every", period(p, c.Every), "kept", period(p, c.Kept), "law", c.Law.In(p.Lang), "location", c.Location.In(p.Lang), "party", party.Name.In(p.Lang))
}

func heads(p *i18n.Printer, keys ...string) []ui.Cell {
	out := make([]ui.Cell, len(keys))
	for i, k := range keys {
		out[i].Text = p.T(k)
	}
	return out
}

// grids are the tables of a block reference.
func grids(v *Version, p *i18n.Printer, r text.Reference) []ui.Grid {
	d := v.Policy.Declarations()
	switch r.Name {
	case "fields":
		return fieldGrids(v, p, func(f policy.Field) bool {
			_, ofService := v.serviceOf(f.ID)
			return r.ID == f.Category || r.ID == "" && !ofService
		})
	case "purposes":
		g := ui.Grid{Caption: p.T("privacy.purposes"), Head: heads(p, "privacy.record.purpose", "privacy.what-for", "privacy.record.basis")}
		for _, u := range d.Purposes {
			g.Rows = append(g.Rows, []ui.Cell{{Text: u.Name.In(p.Lang)}, {Text: u.Description.In(p.Lang)}, {Text: basis(p, u.Basis)}})
		}
		return []ui.Grid{g}
	case "recipients", "parties":
		return []ui.Grid{recipientGrid(v, p, r.ID)}
	case "retention":
		g := ui.Grid{Caption: p.T("privacy.retention"), Head: heads(p, "privacy.data", "privacy.how-long")}
		for _, u := range d.Retention {
			g.Rows = append(g.Rows, []ui.Cell{{Text: u.Name.In(p.Lang)}, {Text: Kept(p, v.Policy, u)}})
		}
		return []ui.Grid{g}
	case "cookies":
		return cookieGrids(v, p)
	case "rights":
		g := ui.Grid{Caption: p.T("privacy.rights"), Head: heads(p, "privacy.right", "privacy.how", "privacy.limits", "privacy.within")}
		for _, u := range d.Rights {
			limits, within := p.T("privacy.limits.none"), p.T("privacy.within.none")
			if len(u.Limits) > 0 {
				limits = u.Limits.In(p.Lang)
			}
			if u.Within != "" {
				within = period(p, u.Within)
			}
			if u.Extension != "" {
				within = p.T("privacy.within.extended", "period", within, "more", period(p, u.Extension))
			}
			if len(u.Fee) > 0 {
				limits += " " + u.Fee.In(p.Lang)
			}
			g.Rows = append(g.Rows, []ui.Cell{{Text: u.Name.In(p.Lang)}, {Text: u.How.In(p.Lang)}, {Text: limits}, {Text: within}})
		}
		return []ui.Grid{g}
	case "automated":
		return []ui.Grid{automatedGrid(v, p)}
	case "deferrals":
		return []ui.Grid{deferralGrid(v, p)}
	case "measures":
		g := ui.Grid{Caption: p.T("privacy.measures"), Head: heads(p, "privacy.what.measure", "privacy.owner", "privacy.last-review", "privacy.next-review")}
		for _, u := range d.Measures {
			g.Rows = append(g.Rows, []ui.Cell{{Text: u.Name.In(p.Lang)}, {Text: u.Owner.In(p.Lang)},
				{Text: p.Date(u.LastReview.Start(p.Zone()))}, {Text: p.Date(u.NextReview.Start(p.Zone()))}})
		}
		return []ui.Grid{g}
	}
	return nil
}

// fieldGrids has a table for each category that has such fields.
func fieldGrids(v *Version, p *i18n.Printer, want func(policy.Field) bool) []ui.Grid {
	var out []ui.Grid
	for _, c := range v.Policy.Declarations().Categories {
		g := ui.Grid{Caption: c.Name.In(p.Lang), Head: heads(p, "privacy.datum", "privacy.why", "privacy.from")}
		for _, f := range v.Policy.Declarations().Fields {
			if f.Category == c.ID && want(f) {
				g.Rows = append(g.Rows, []ui.Cell{{Text: f.Name.In(p.Lang)}, {Text: f.Why.In(p.Lang)}, {Text: sources(p, v.Policy, f)}})
			}
		}
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// automatedGrid lists what is decided without a person (N13).
func automatedGrid(v *Version, p *i18n.Printer) ui.Grid {
	g := ui.Grid{
		Caption: p.T("privacy.automated"), Empty: p.T("privacy.automated.none"),
		Head: heads(p, "privacy.automated.decision", "privacy.automated.logic", "privacy.automated.effect", "privacy.automated.contest"),
	}
	for _, a := range v.Policy.Declarations().Activities {
		service, _ := v.serviceOf(a.ID)
		for _, one := range a.Automated {
			g.Rows = append(g.Rows, []ui.Cell{
				{Text: p.T("privacy.automated.of", "service", service.Name, "decision", one.Name)}, {Text: one.Logic.In(p.Lang)}, {Text: one.Effect.In(p.Lang)},
				{Text: p.T("privacy.automated.term", "n", one.Days)},
			})
		}
	}
	return g
}

// deferralGrid lists what a law lets the operator show people only later (I15).
func deferralGrid(v *Version, p *i18n.Printer) ui.Grid {
	g := ui.Grid{
		Caption: p.T("privacy.deferrals"), Empty: p.T("privacy.deferrals.none"),
		Head: heads(p, "privacy.deferrals.ground", "privacy.record.basis", "privacy.deferrals.uses", "privacy.deferrals.shown", "privacy.deferrals.who"),
	}
	for _, u := range v.Policy.Deferrals() {
		var uses []policy.Activity
		for _, id := range u.Activities {
			a, _ := v.Policy.Activity(id)
			uses = append(uses, a)
		}
		asks, _ := v.Policy.Role(u.Asks)
		allows, _ := v.Policy.Role(u.Allows)
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: u.Name.In(p.Lang)}, {Text: u.Law.In(p.Lang)}, {Text: names(p, uses, func(a policy.Activity) i18n.Text { return a.Name })},
			{Text: p.T("privacy.deferrals.latest", "period", period(p, u.Longest))},
			{Text: p.T("privacy.deferrals.two", "asks", asks.Name, "allows", allows.Name)},
		})
	}
	return g
}

// recipientGrid lists the parties of a service, or all of them.
func recipientGrid(v *Version, p *i18n.Printer, service string) ui.Grid {
	parties := v.Policy.Declarations().Parties
	if service != "" {
		parties = v.Policy.Recipients(v.Policy.Service(service)...)
	}
	g := ui.Grid{Caption: p.T("privacy.recipients"), Head: heads(p, "privacy.recipient", "privacy.for", "privacy.country"), Empty: p.T("privacy.record.nobody")}
	for _, u := range parties {
		var purposes []policy.Purpose
		for _, id := range u.Purposes {
			purpose, _ := v.Policy.Purpose(id)
			purposes = append(purposes, purpose)
		}
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: u.Name.In(p.Lang), Href: u.Policy},
			{Text: names(p, purposes, func(v policy.Purpose) i18n.Text { return v.Name })},
			{Text: country(p, u.Country)},
		})
	}
	return g
}

// cookieGrids has a table for each class that is declared.
func cookieGrids(v *Version, p *i18n.Printer) []ui.Grid {
	var out []ui.Grid
	for _, class := range policy.CookieClass("").Values() {
		g := ui.Grid{Caption: p.T("privacy.class." + class), Head: heads(p, "privacy.cookie", "privacy.what-for", "privacy.how-long")}
		if class == string(policy.CookieThirdParty) {
			g.Head = append(g.Head, ui.Cell{Text: p.T("privacy.cookie.party")})
		}
		for _, c := range v.Policy.Declarations().Cookies {
			if string(c.Class) != class {
				continue
			}
			row := []ui.Cell{{Text: c.Name, LTR: true}, {Text: c.Purpose.In(p.Lang)}, {Text: period(p, c.Period)}}
			if party, ok := v.Policy.Party(c.Party); ok && c.Class == policy.CookieThirdParty {
				row = append(row, ui.Cell{Text: party.Name.In(p.Lang), Href: party.Policy}) // whose own policy governs it
			}
			g.Rows = append(g.Rows, row)
		}
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// plainly writes a reference as Markdown.
func plainly(w io.Writer, v *Version, p *i18n.Printer, r text.Reference) error {
	if !r.Block {
		s := escape(phrase(v, p, r))
		if r.Name == "promise" {
			s = fmt.Sprintf("[[%s](/%s/privacy/proof#%s)]", p.T("privacy.proof"), p.Lang, r.ID)
		}
		_, err := io.WriteString(w, s)
		return err
	}
	var b strings.Builder
	if r.Name == "contact" {
		for _, c := range v.Portal.Contacts {
			fmt.Fprintf(&b, "- %s: %s\n", escape(c.Name.In(p.Lang)), escape(c.Value))
		}
	}
	all := grids(v, p, r)
	if r.Name == "fields" && r.ID == "" {
		for _, s := range v.Services {
			all = append(all, fieldGrids(v, p, ofService(s))...)
		}
	}
	for i, g := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "**%s**\n\n", escape(g.Caption))
		if len(g.Rows) == 0 && g.Empty != "" {
			fmt.Fprintf(&b, "- %s\n", escape(g.Empty))
		}
		for _, row := range g.Rows {
			cells := make([]string, len(row))
			for j, c := range row {
				cells[j] = escape(strings.ReplaceAll(c.Text, "\n", " "))
			}
			fmt.Fprintf(&b, "- %s\n", strings.Join(cells, " · "))
		}
	}
	_, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n"))
	return err
}

func ofService(s Service) func(policy.Field) bool {
	return func(f policy.Field) bool { return strings.HasPrefix(f.ID, s.ID+".") }
}

// escape keeps data from being read as Markdown.
func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		if strings.ContainsRune("\\`*_{}[]<>#|", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
