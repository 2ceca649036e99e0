package credential

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"portico/internal/policy"
)

// A Contact is where codes go and what people sign in with: one e-mail
// address or one phone number, in the form in which it is compared. As an
// identifier (see ParseIdentifier) it may be an identity number.
type Contact struct {
	Field string // policy.FieldEmail, policy.FieldPhone, policy.FieldStaffEmail; policy.FieldIdentityNumber
	Value string
}

// What a contact may measure.
const (
	EmailMax = 254
	phoneMin = 7
	phoneMax = 15 // digits, as E.164 has it
)

// ParseContact reads what somebody typed. Code is "country", such as "+960",
// and stands before a phone number without one; empty: it must be typed. It
// returns false if it is neither an address nor a number.
func ParseContact(typed, country string) (Contact, bool) {
	typed = strings.TrimSpace(norm.NFKC.String(typed))
	if strings.Contains(typed, "@") {
		v, ok := parseEmail(typed)
		return Contact{policy.FieldEmail, v}, ok
	}
	v, ok := parsePhone(typed, country)
	return Contact{policy.FieldPhone, v}, ok
}

// ParseIdentifier reads by what exactly somebody is known: their identity
// number, if it has the declared form, or a contact. It returns false for
// anything else.
func ParseIdentifier(typed, country, number string) (Contact, bool) {
	plain := strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(typed)), ""))
	if is, err := regexp.MatchString(number, plain); number != "" && err == nil && is {
		return Contact{policy.FieldIdentityNumber, plain}, true
	}
	return ParseContact(typed, country)
}

// parseEmail accepts one bare address. It is compared in lower case: what
// little tells apart addresses by case does not open a second account.
func parseEmail(s string) (string, bool) {
	if len(s) > EmailMax || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "", false
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", false
	}
	local, domain, _ := strings.Cut(s, "@")
	domain, err = idna.Lookup.ToASCII(domain)
	if err != nil || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(local, `"<>()[]:;,\`) {
		return "", false
	}
	return strings.ToLower(local) + "@" + domain, true
}

// parsePhone keeps the digits of a number and puts the country's code before.
func parsePhone(s, country string) (string, bool) {
	plus := strings.HasPrefix(s, "+")
	var digits strings.Builder
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == '+' && i == 0, r == ' ', r == '-', r == '(', r == ')', r == '.':
		default:
			return "", false
		}
	}
	n := digits.String()
	if rest, ok := strings.CutPrefix(n, "00"); ok && !plus {
		n, plus = rest, true
	}
	if !plus {
		if country == "" {
			return "", false
		}
		n = strings.TrimPrefix(country, "+") + n
	}
	if len(n) < phoneMin || len(n) > phoneMax || n[0] == '0' {
		return "", false
	}
	return "+" + n, true
}
