package forms

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/forms/answer"

	"portico/internal/platform/i18n"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// Show says an answer in words, of a question or of a part of a group (by a
// path). Composite answers have several lines. ltr: it is an identifier, or a
// number.
func (f *Form) Show(p *i18n.Printer, key, text string) (words string, ltr bool) {
	field, ok := f.Field(key)
	if !ok || text == "" {
		return p.T("forms.unanswered"), false
	}
	return f.words(p, field, text)
}

// Claimed reports whether an answer is a claim to act for somebody, which
// stands as claimed until it is verified: those who decide are told
// (forms.claimed).
func (f Field) Claimed(text string) bool {
	a, ok := answer.PartyOf(text)
	return f.Kind == Party && ok && a.As == answer.Company
}

func (f *Form) words(p *i18n.Printer, field Field, text string) (words string, ltr bool) {
	switch field.Kind {
	case Choice:
		if label, ok := field.Words(text); ok {
			return p.In(label), false
		}
	case YesNo:
		if text == "true" {
			return p.T("forms.yes"), false
		}
		return p.T("forms.no"), false
	case Warranty:
		return p.T("forms.warranted") + "\n" + p.In(field.Conditions), false
	case Integer, Number:
		words = p.Decimal(text)
		if unit := p.In(field.Unit); unit != "" {
			return words + " " + unit, false
		}
		return words, true
	case Money:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return p.Money(n, f.currency), false
		}
	case Date:
		if t, err := time.ParseInLocation(time.DateOnly, text, f.zone); err == nil {
			return p.Date(t), false
		}
	case DateTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return p.DateTime(t), false
		}
	case Time, Email, Phone, Identity:
		return text, true
	case Choices, Address, Party, Files, Group:
		return f.lines(p, field, text), false
	}
	return text, field.ID == "person.identity-number"
}

// lines says a composite answer, a line for each thing in it.
func (f *Form) lines(p *i18n.Printer, field Field, text string) string {
	var lines []string
	switch field.Kind {
	case Choices:
		for _, value := range answer.Chosen(text) {
			label, _ := field.Words(value)
			lines = append(lines, p.In(label))
		}
	case Address:
		parts := answer.Address(text)
		lines = []string{parts["lines"], parts["place"]}
		if code := parts["postal-code"]; code != "" {
			lines = append(lines, code)
		}
	case Party:
		a, _ := answer.PartyOf(text)
		if a.As != answer.Company {
			return p.T("forms.party.person")
		}
		return p.T("forms.party.company", "company", a.Name)
	case Files:
		for _, file := range answer.Files(text) {
			lines = append(lines, p.T("forms.file.line", "name", file.Name, "size", size(p, file.Size)))
		}
	case Group:
		for i, row := range field.RowsOf(text) {
			if i > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, p.T("forms.row", "row", p.In(field.Row), "n", i+1))
			for _, part := range field.Parts {
				if text, ok := row[part.Key]; ok {
					words, ltr := f.words(p, part, text)
					if ltr {
						words = p.Isolate(words)
					}
					lines = append(lines, p.T("forms.row.part", "label", p.In(part.Label), "answer", words))
				}
			}
		}
	}
	return strings.Join(lines, "\n")
}

// size says how large a file is.
func size(p *i18n.Printer, bytes int64) string {
	if bytes < 1<<20 {
		return p.T("forms.file.kilobytes", "n", p.Number(max(1, (bytes+512)>>10)))
	}
	return p.T("forms.file.megabytes", "n", p.Decimal(answer.Decimal(float64(bytes)/(1<<20), 1)))
}
