package answer

import (
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"portico/internal/platform/i18n"
)

// ascii replaces decimal digits of any script by those of ours.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		}
		return r
	}, s)
}

// Integer reads a whole number.
func Integer(s string) (string, bool) {
	n, err := strconv.ParseInt(ascii(s), 10, 64)
	return strconv.FormatInt(n, 10), err == nil
}

var (
	plainForm  = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
	threesForm = regexp.MustCompile(`^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)
)

// figures reads a number as people write it: with thousands apart, and a point
// or a comma before the decimals. What can be read in two ways is refused.
func figures(s string, decimals int) (whole, frac string, ok bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\u2009', '\'', '’', '٬':
			return -1
		case '٫':
			return '.'
		case '−':
			return '-'
		}
		return r
	}, ascii(s))
	comma, point := strings.LastIndex(s, ","), strings.LastIndex(s, ".")
	switch {
	case comma > point && point >= 0, strings.Count(s, ".") > 1: // 1.250,50 and 1.250.000
		s = strings.NewReplacer(",", ".", ".", ",").Replace(s)
	case comma >= 0 && point < 0 && strings.Count(s, ",") == 1 && (len(s)-comma-1 != 3 || decimals == 0): // 12,5
		s = strings.Replace(s, ",", ".", 1)
		if decimals == 0 {
			s = strings.Replace(s, ".", ",", 1)
		}
	}
	if !plainForm.MatchString(s) && !threesForm.MatchString(s) {
		return "", "", false
	}
	whole, frac, _ = strings.Cut(strings.ReplaceAll(strings.TrimPrefix(s, "+"), ",", ""), ".")
	return whole, frac, true
}

// Number reads a number with at most so many decimals.
func Number(s string, decimals int) (string, bool) {
	whole, frac, ok := figures(s, decimals)
	frac = strings.TrimRight(frac, "0")
	if !ok || len(frac) > decimals || len(whole)+decimals > 16 {
		return "", false
	}
	n, err := strconv.ParseFloat(whole+"."+frac+"0", 64)
	if err != nil {
		return "", false
	}
	return Decimal(n, decimals), true
}

// Decimal writes a number in its canonical form.
func Decimal(n float64, decimals int) string {
	text := strconv.FormatFloat(n, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// Money reads an amount, in the smallest unit of the currency.
func Money(s, currency string) (string, bool) {
	if len(s) >= len(currency) && strings.EqualFold(s[:len(currency)], currency) {
		s = s[len(currency):]
	} else if at := len(s) - len(currency); at >= 0 && strings.EqualFold(s[at:], currency) {
		s = s[:at]
	}
	digits := i18n.MinorDigits(currency)
	whole, frac, ok := figures(s, digits)
	if !ok || len(frac) > digits || len(whole) > 15 {
		return "", false
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", digits-len(frac)), 10, 64)
	return strconv.FormatInt(n, 10), err == nil && n < math.MaxInt64/1000
}

// Amount is the inverse of Money: as it is typed, without the currency.
func Amount(text, currency string) string {
	digits := i18n.MinorDigits(currency)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || digits == 0 {
		return text
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%0*d", digits+1, n)
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// Identity takes a number in either case, and keeps it as its pattern
// wants it.
func Identity(s string, pattern *regexp.Regexp) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, ascii(s))
	for _, form := range []string{s, cased(s, 'a', 'z', 'A'), cased(s, 'A', 'Z', 'a')} {
		if pattern == nil || pattern.MatchString(form) {
			return form, true
		}
	}
	return "", false
}

// cased moves the ASCII letters between first and last to those from to on.
// Other letters are left alone: not every language agrees on their case.
func cased(s string, first, last, to rune) string {
	return strings.Map(func(r rune) rune {
		if r >= first && r <= last {
			return r - first + to
		}
		return r
	}, s)
}

// Time reads a time of day.
func Time(s string) (string, bool) {
	s = strings.ReplaceAll(ascii(s), ".", ":")
	t, err := time.Parse("15:04", s)
	if err != nil {
		t, err = time.Parse("15:04", "0"+s)
	}
	return t.Format("15:04"), err == nil
}

// Email reads an e-mail address.
func Email(s string) (string, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 || strings.ContainsAny(s, " \t\n\"<>()") {
		return "", false
	}
	local, domain, _ := strings.Cut(s, "@")
	if !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", false
	}
	return local + "@" + strings.ToLower(domain), true
}

// Phone reads a phone number.
func Phone(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()\u00a0", r) {
			return -1
		}
		return r
	}, ascii(s))
	bare := strings.TrimPrefix(digits, "+")
	if len(bare) < 3 || len(bare) > 15 || strings.Trim(bare, "0123456789") != "" {
		return "", false
	}
	return digits, true
}

// Date reads day, month and year.
func Date(parts []string, zone *time.Location) (string, bool) {
	var n [3]int
	for i, part := range parts[:3] {
		v, err := strconv.ParseUint(ascii(part), 10, 16)
		if err != nil {
			return "", false
		}
		n[i] = int(v)
	}
	day, month, year := n[0], n[1], n[2]
	t := time.Date(year, time.Month(month), day, 12, 0, 0, 0, zone)
	if year < 1800 || year > 2999 || t.Day() != day || int(t.Month()) != month {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// DateTime reads day, month, year and a time of day.
func DateTime(parts []string, zone *time.Location) (string, bool) {
	date, ok := Date(parts, zone)
	if !ok {
		return "", false
	}
	clock := strings.ReplaceAll(ascii(parts[3]), ".", ":")
	t, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("%s %5s", date, clock), zone)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02 15:04", date+" 0"+clock, zone)
	}
	return t.Format(time.RFC3339), err == nil
}
