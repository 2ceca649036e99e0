package i18n

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Printer writes for a reader: one language, one time zone.
type Printer struct {
	Lang  string
	cat   *Catalogue
	rules *rules
	tz    *time.Location
}

// Isolates keep a value's own direction inside a sentence (UAX #9).
const (
	isolate = "\u2068"
	release = "\u2069"
)

// T returns the sentence key. Args are name, value pairs for its {name}
// placeholders; the value of "n" chooses the plural form. Values may be text,
// integers, times (written as dates), fmt.Stringer or Text.
func (p *Printer) T(key string, args ...any) string {
	m := p.cat.langs[p.Lang][key]
	if m == nil {
		p.cat.misses.Add(1)
		return key
	}
	s := m.text
	if m.forms != nil {
		s = p.plural(m, args)
	}
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	return nameForm.ReplaceAllStringFunc(s, func(ph string) string {
		name := ph[1 : len(ph)-1]
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return p.value(args[i+1])
			}
		}
		p.cat.misses.Add(1)
		return ph
	})
}

// plural returns the form of m for the argument "n".
func (p *Printer) plural(m *message, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != "n" {
			continue
		}
		n, err := strconv.ParseInt(fmt.Sprint(args[i+1]), 10, 64)
		if err != nil {
			break
		}
		if s, ok := m.forms[p.rules.form(n)]; ok {
			return s
		}
	}
	return m.forms["other"]
}

// value writes an argument.
func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return p.Isolate(v)
	case Text:
		return p.Isolate(v.In(p.Lang))
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case time.Time:
		return p.Date(v)
	default:
		return p.Isolate(fmt.Sprint(v))
	}
}

// Isolate keeps the direction of s apart from the right-to-left sentence
// around it. In other languages, and where s is right-to-left itself, it
// returns s.
func (p *Printer) Isolate(s string) string {
	if !p.rules.rtl || strings.IndexFunc(s, foreign) < 0 {
		return s
	}
	return isolate + s + release
}

// foreign reports whether a character may turn the order of a right-to-left
// sentence: all but right-to-left letters, their marks and spaces.
func foreign(c rune) bool {
	return c != ' ' && !unicode.In(c, unicode.Thaana, unicode.Arabic, unicode.Hebrew, unicode.Mn)
}

// To returns the printer of another language, with times in the same zone.
func (p *Printer) To(lang string) *Printer { return p.cat.Printer(lang, p.tz) }

// In returns the declared text in the reader's language.
func (p *Printer) In(t Text) string { return t.In(p.Lang) }

// Has reports whether there is a sentence key in the reader's language.
func (p *Printer) Has(key string) bool { return p.cat.Has(p.Lang, key) }

// Dir returns "rtl" or "ltr".
func (p *Printer) Dir() string { return Dir(p.Lang) }

// Zone returns the time zone of the reader.
func (p *Printer) Zone() *time.Location { return p.tz }

// Date writes a day: "22 November 2026".
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.tz)
	return strings.NewReplacer(
		"{d}", strconv.Itoa(t.Day()),
		"{m}", p.rules.months[t.Month()-1],
		"{y}", strconv.Itoa(t.Year()),
	).Replace(p.rules.date)
}

// DateTime writes a day and a time of day: "22 November 2026, 14:05".
func (p *Printer) DateTime(t time.Time) string {
	return p.Date(t) + p.rules.comma + " " + p.Time(t)
}

// Time writes a time of day: "14:05".
func (p *Printer) Time(t time.Time) string { return t.In(p.tz).Format("15:04") }

// Weekday writes the name of t's day of the week.
func (p *Printer) Weekday(t time.Time) string { return p.rules.days[t.In(p.tz).Weekday()] }

// DaysLeft says in words and as a number how many days there are until a moment,
// by a sentence for that, for the same day (KEY.today) and for when it has
// passed (KEY.over).
func (p *Printer) DaysLeft(key string, now, until time.Time) string {
	_, east := until.In(p.tz).Zone()
	day := func(t time.Time) int { return int((t.Unix() + int64(east)) / 86400) }
	n := day(until) - day(now)
	switch {
	case now.After(until):
		key += ".over"
	case n == 0:
		key += ".today"
	}
	return p.T(key, "n", n, "date", p.Date(until))
}

// Number writes n with its thousands apart.
func (p *Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	return sign + group(s, p.rules.thousands)
}

// group puts sep between groups of three digits.
func group(s, sep string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Decimal writes a number such as "-1250.5" with its thousands apart.
func (p *Printer) Decimal(s string) string {
	s, negative := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	s = group(whole, p.rules.thousands)
	if frac != "" {
		s += p.rules.decimal + frac
	}
	if negative {
		s = "-" + s
	}
	return s
}

// MinorDigits is how many digits the smallest unit of an ISO 4217 currency
// stands behind its main one.
func MinorDigits(currency string) int {
	if d, ok := minorDigits[currency]; ok {
		return d
	}
	return 2
}

// Money writes an amount in minor units of an ISO 4217 currency: "MVR 1,250.00".
func (p *Printer) Money(minor int64, currency string) string {
	digits := MinorDigits(currency)
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	s := fmt.Sprintf("%0*d", digits+1, minor)
	whole, frac := s[:len(s)-digits], s[len(s)-digits:]
	s = sign + group(whole, p.rules.thousands)
	if digits > 0 {
		s += p.rules.decimal + frac
	}
	return p.Isolate(currency + "\u00a0" + s)
}

// List joins words: "a, b and c".
func (p *Printer) List(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	n := len(words) - 1
	return strings.Join(words[:n], p.rules.comma+" ") + p.rules.and + words[n]
}

type contextKey struct{}

// With returns a context in which templates find p.
func With(ctx context.Context, p *Printer) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the printer of a page being rendered. Without one it returns a
// printer of an empty catalogue, which shows keys.
func From(ctx context.Context) *Printer {
	if p, ok := ctx.Value(contextKey{}).(*Printer); ok {
		return p
	}
	c := &Catalogue{}
	return c.Printer("en", nil)
}
