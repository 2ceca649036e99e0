package say

import (
	"strconv"
	"strings"
	"time"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/platform/i18n"
)

// Answer says an answer in words, of a question or of a part of a group (by a
// path). Composite answers have several lines. ltr: it is an identifier, or a
// number.
func Answer(f *forms.Form, p *i18n.Printer, key, text string) (words string, ltr bool) {
	field, ok := f.Field(key)
	if !ok || text == "" {
		return p.T("forms.unanswered"), false
	}
	return one(f, p, field, text)
}

// one says the answer to a question, or to a part of a row.
func one(f *forms.Form, p *i18n.Printer, field forms.Field, text string) (words string, ltr bool) {
	switch field.Kind {
	case forms.Choice:
		if label, ok := field.Words(text); ok {
			return p.In(label), false
		}
	case forms.YesNo:
		if text == "true" {
			return p.T("forms.yes"), false
		}
		return p.T("forms.no"), false
	case forms.Warranty:
		return p.T("forms.warranted") + "\n" + p.In(field.Conditions), false
	case forms.Integer, forms.Number:
		words = p.Decimal(text)
		if unit := p.In(field.Unit); unit != "" {
			return words + " " + unit, false
		}
		return words, true
	case forms.Money:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return p.Money(n, f.Currency()), false
		}
	case forms.Date:
		if t, err := time.ParseInLocation(time.DateOnly, text, f.Zone()); err == nil {
			return p.Date(t), false
		}
	case forms.DateTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return p.DateTime(t), false
		}
	case forms.Time, forms.Email, forms.Phone, forms.Identity:
		return text, true
	case forms.Choices, forms.Address, forms.Party, forms.Files, forms.Group:
		return lines(f, p, field, text), false
	}
	return text, field.ID == "person.identity-number"
}

// lines says a composite answer, a line for each thing in it.
func lines(f *forms.Form, p *i18n.Printer, field forms.Field, text string) string {
	var all []string
	switch field.Kind {
	case forms.Choices:
		for _, value := range answer.Chosen(text) {
			label, _ := field.Words(value)
			all = append(all, p.In(label))
		}
	case forms.Address:
		parts := answer.Address(text)
		all = []string{parts["lines"], parts["place"]}
		if code := parts["postal-code"]; code != "" {
			all = append(all, code)
		}
	case forms.Party:
		a, _ := answer.PartyOf(text)
		if a.As != answer.Company {
			return p.T("forms.party.person")
		}
		return p.T("forms.party.company", "company", a.Name)
	case forms.Files:
		for _, file := range answer.Files(text) {
			all = append(all, p.T("forms.file.line", "name", file.Name, "size", size(p, file.Size)))
		}
	case forms.Group:
		for i, row := range field.RowsOf(text) {
			if i > 0 {
				all = append(all, "")
			}
			all = append(all, p.T("forms.row", "row", p.In(field.Row), "n", i+1))
			for _, part := range field.Parts {
				if text, ok := row[part.Key]; ok {
					words, ltr := one(f, p, part, text)
					if ltr {
						words = p.Isolate(words)
					}
					all = append(all, p.T("forms.row.part", "label", p.In(part.Label), "answer", words))
				}
			}
		}
	}
	return strings.Join(all, "\n")
}

// size says how large a file is.
func size(p *i18n.Printer, bytes int64) string {
	if bytes < 1<<20 {
		return p.T("forms.file.kilobytes", "n", p.Number(max(1, (bytes+512)>>10)))
	}
	return p.T("forms.file.megabytes", "n", p.Decimal(answer.Decimal(float64(bytes)/(1<<20), 1)))
}
