package privacy

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/policy/text"
)

// period says a period in words.
func period(p *i18n.Printer, of policy.Period) string {
	switch of {
	case policy.PeriodNone, "":
		return p.T("privacy.period.none")
	case policy.PeriodSession:
		return p.T("privacy.period.session")
	}
	y, m, d, err := of.Parts()
	if err != nil {
		return string(of)
	}
	var parts []string
	for _, part := range []struct {
		n   int
		key string
	}{{y, "privacy.period.years"}, {m, "privacy.period.months"}, {d, "privacy.period.days"}} {
		if part.n > 0 {
			parts = append(parts, p.T(part.key, "n", part.n))
		}
	}
	if parts == nil {
		return p.T("privacy.period.none")
	}
	return p.List(parts)
}

// Kept says a rule in words: how long, counted from what, the grace, and to
// whom it is handed over before it is destroyed.
func Kept(p *i18n.Printer, pol *policy.Policy, r policy.Retention) string {
	s, key := r.Trigger.In(p.Lang), "privacy.kept"
	if r.Period != policy.PeriodNone {
		s = p.T("privacy.kept", "period", period(p, r.Period), "trigger", s)
	}
	switch {
	case r.Tell:
		key += ".told"
	case r.Grace != "" && r.Grace != policy.PeriodNone:
		key += ".grace"
	}
	party, archived := pol.Party(r.To)
	if archived {
		key += ".archive"
	} else if key == "privacy.kept" {
		return s
	}
	return p.T(key, "kept", s, "grace", period(p, r.Grace), "party", party.Name.In(p.Lang))
}

// sources says where a field comes from.
func sources(p *i18n.Printer, pol *policy.Policy, f policy.Field) string {
	var out []string
	for _, s := range f.Sources {
		if id, ok := strings.CutPrefix(s, "party:"); ok {
			party, _ := pol.Party(id)
			out = append(out, party.Name.In(p.Lang))
			continue
		}
		out = append(out, p.T("privacy.source."+s))
	}
	return p.List(out)
}

// basis says a legal basis: the law where it is named, else the term.
func basis(p *i18n.Printer, b policy.Basis) string {
	if len(b.Law) > 0 {
		return b.Law.In(p.Lang)
	}
	return string(b.DPV)
}

// country says a country's name where the catalogue has it, else its code.
func country(p *i18n.Printer, code string) string {
	if key := "privacy.country." + strings.ToLower(code); p.Has(key) {
		return p.T(key)
	}
	return code
}

func names[T any](p *i18n.Printer, of []T, name func(T) i18n.Text) string {
	var out []string
	for _, v := range of {
		out = append(out, name(v).In(p.Lang))
	}
	return p.List(out)
}

// who says who acts in an activity.
func who(p *i18n.Printer, row policy.Processing) string {
	var out []string
	for _, w := range row.Activity.Who {
		if !strings.HasPrefix(w, "role:") {
			out = append(out, p.T("privacy.who."+w))
		}
	}
	for _, r := range row.Roles {
		out = append(out, r.Name.In(p.Lang))
	}
	return p.List(out)
}

// columns are the cells of a row of the record of processing, by key.
func columns(p *i18n.Printer, v *Version, row policy.Processing) []ui.Row {
	subjects := "privacy.record.people"
	if row.OfStaff {
		subjects = "privacy.record.staff"
	}
	recipients := names(p, row.Recipients, func(v policy.Party) i18n.Text { return v.Name })
	if recipients == "" {
		recipients = p.T("privacy.record.nobody")
	}
	var terms []string
	for _, r := range row.Retention {
		terms = append(terms, r.Name.In(p.Lang)+": "+Kept(p, v.Policy, r))
	}
	return []ui.Row{
		{Key: p.T("privacy.record.controller"), Value: v.Portal.Operator.In(p.Lang)},
		{Key: p.T("privacy.record.purpose"), Value: row.Purpose.Name.In(p.Lang)},
		{Key: p.T("privacy.record.basis"), Value: basis(p, row.Basis)},
		{Key: p.T("privacy.record.subjects"), Value: p.T(subjects)},
		{Key: p.T("privacy.record.categories"), Value: names(p, row.Categories, func(v policy.Category) i18n.Text { return v.Name })},
		{Key: p.T("privacy.record.fields"), Value: names(p, row.Fields, func(v policy.Field) i18n.Text { return v.Name })},
		{Key: p.T("privacy.record.who"), Value: who(p, row)},
		{Key: p.T("privacy.record.recipients"), Value: recipients},
		{Key: p.T("privacy.record.retention"), Value: strings.Join(terms, "\n")},
		{Key: p.T("privacy.record.location"), Value: v.Portal.Location.In(p.Lang)},
	}
}

// writeCSV writes the record of processing for a spreadsheet.
func writeCSV(w io.Writer, p *i18n.Printer, v *Version) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for i, row := range v.Policy.Record() {
		cells := columns(p, v, row)
		head := []string{p.T("privacy.record.activity")}
		line := []string{harmless(row.Activity.Name.In(p.Lang))}
		for _, c := range cells {
			head, line = append(head, harmless(c.Key)), append(line, harmless(c.Value))
		}
		if i == 0 {
			if err := out.Write(head); err != nil {
				return err
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from taking a cell for a formula.
func harmless(s string) string {
	if t := strings.TrimLeft(s, " \u00a0\ufeff\u2066\u2067\u2068"); t != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

// Difference says what changed from one version to another, a sentence each
// change, or several of a sort that follow each other.
func Difference(p *i18n.Printer, from, to *Version) []string {
	var out []string
	for all := policy.Compare(from.Policy.Declarations(), to.Policy.Declarations()); len(all) > 0; {
		n := 1
		for n < len(all) && together(all[0], all[n]) {
			n++
		}
		out = append(out, changed(p, from, to, all[:n]))
		all = all[n:]
	}
	for _, t := range []struct {
		what     string
		from, to i18n.Text
	}{
		{"operator", from.Portal.Operator, to.Portal.Operator}, {"address", from.Portal.Address, to.Portal.Address},
		{"law", from.Portal.Law, to.Portal.Law}, {"location", from.Portal.Location, to.Portal.Location}, {"storage-consent", from.Portal.Consent, to.Portal.Consent},
	} {
		if before, after := t.from.In(p.Lang), t.to.In(p.Lang); before != after {
			out = append(out, p.T("privacy.diff.portal", "what", p.T("privacy.what."+t.what), "before", before, "after", after))
		}
	}
	if before, after := from.Portal.Horizon, to.Portal.Horizon; before != after {
		out = append(out, p.T("privacy.diff.portal", "what", p.T("privacy.what.horizon"), "before", period(p, before), "after", period(p, after)))
	}
	if before, after := copies(from, p), copies(to, p); before != after {
		out = append(out, p.T("privacy.diff.portal", "what", p.T("privacy.what.backups"), "before", before, "after", after))
	}
	for _, t := range []struct {
		what     string
		from, to *text.Document
	}{{"chapter", from.Text[p.Lang], to.Text[p.Lang]}, {"terms", from.Terms[p.Lang], to.Terms[p.Lang]}} {
		for _, verb := range chapters(t.from, t.to) {
			name := verb.chapter.Title
			if name == "" {
				name = p.T("privacy.opening")
			}
			out = append(out, p.T("privacy.diff."+string(verb.verb), "what", p.T("privacy.what."+t.what), "name", name))
		}
	}
	return out
}

// together reports whether two changes are said in one sentence.
func together(a, b policy.Change) bool {
	return a.Verb == b.Verb && a.Verb != policy.Changed && a.What == b.What && a.Part == b.Part && (a.Part == "" || a.ID == b.ID)
}

// changed says changes that belong together.
func changed(p *i18n.Printer, from, to *Version, all []policy.Change) string {
	c := all[0]
	key, args := "privacy.diff."+string(c.Verb), []any{"what", p.T("privacy.what." + c.What), "name", c.Name}
	var items []string
	for _, one := range all {
		name := one.Name.In(p.Lang)
		if one.Item != nil {
			name = partValue(p, to, c.Part, one.Item.In(p.Lang))
		}
		items = append(items, p.T("privacy.diff.item", "name", name))
	}
	if c.Part != "" {
		key, args = key+".part", append(args, "part", p.T("privacy.part."+c.Part))
	}
	switch {
	case len(all) > 1:
		return p.T(key+".all", append(args, "items", p.List(items))...)
	case c.Item != nil:
		args = append(args, "item", partValue(p, to, c.Part, c.Item.In(p.Lang)))
	case c.Part != "":
		args = append(args, "before", partValue(p, from, c.Part, c.Before), "after", partValue(p, to, c.Part, c.After))
	}
	return p.T(key, args...)
}

type edit struct {
	verb    policy.Verb
	chapter text.Chapter
}

// chapters finds what was added, removed and reworded in a text.
func chapters(from, to *text.Document) []edit {
	var a, b []text.Chapter
	if from != nil {
		a = from.Chapters
	}
	if to != nil {
		b = to.Chapters
	}
	find := func(list []text.Chapter, id string) int {
		return slices.IndexFunc(list, func(c text.Chapter) bool { return c.ID == id })
	}
	var out []edit
	for _, c := range b {
		switch i := find(a, c.ID); {
		case i < 0:
			out = append(out, edit{policy.Added, c})
		case a[i].Text != c.Text:
			out = append(out, edit{policy.Changed, c})
		}
	}
	for _, c := range a {
		if find(b, c.ID) < 0 {
			out = append(out, edit{policy.Removed, c})
		}
	}
	return out
}

// partValue says the value of a part in words.
func partValue(p *i18n.Printer, v *Version, part, value string) string {
	if value == "" {
		return p.T("privacy.diff.nothing")
	}
	name := func(t i18n.Text, ok bool) string {
		if !ok {
			return value
		}
		return t.In(p.Lang)
	}
	switch part {
	case "period", "grace", "within", "extension", "longest":
		return period(p, policy.Period(value))
	case "review":
		return p.Date(policy.Date(value).Start(p.Zone()))
	case "retention":
		r, ok := v.Policy.Retention(value)
		return name(r.Name, ok)
	case "category":
		c, ok := v.Policy.Category(value)
		return name(c.Name, ok)
	case "purpose":
		u, ok := v.Policy.Purpose(value)
		return name(u.Name, ok)
	case "party", "to":
		u, ok := v.Policy.Party(value)
		return name(u.Name, ok)
	case "activity":
		a, ok := v.Policy.Activity(value)
		return name(a.Name, ok)
	case "asks", "allows":
		r, ok := v.Policy.Role(value)
		return name(r.Name, ok)
	case "country":
		return country(p, value)
	}
	if key := "privacy." + part + "." + value; p.Has(key) {
		return p.T(key)
	}
	return value
}

func jsonOf(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the declarations as JSON: %w", err)
	}
	return append(b, '\n'), nil
}

// year is how long a security.txt holds.
const year = 365 * 24 * time.Hour

// securityTXT is the file of RFC 9116.
func securityTXT(v *Version, langs []string, now time.Time) string {
	return fmt.Sprintf("Contact: %s\nExpires: %s\nPreferred-Languages: %s\nCanonical: %s/.well-known/security.txt\nPolicy: %s/%s/privacy\n",
		v.contactURI(), now.Add(year).UTC().Truncate(24*time.Hour).Format(time.RFC3339), strings.Join(langs, ", "), v.Portal.URL, v.Portal.URL, langs[0])
}
