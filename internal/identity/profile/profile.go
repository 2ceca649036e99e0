package profile

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Details are who somebody says they are: declared values that reserve
// nothing and prove nothing.
type Details struct {
	Name           string
	BirthDate      string // 1990-12-31
	IdentityNumber string
	Address        string // lines
}

// What details may measure.
const (
	nameMax     = 200
	addressMax  = 500
	addressRows = 6
	ageMax      = 130 // years
)

// Tidy brings details to the form in which they are kept.
func (d Details) Tidy() Details {
	lines := strings.Split(strings.TrimSpace(d.Address), "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return Details{
		Name:           strings.Join(strings.Fields(d.Name), " "),
		BirthDate:      strings.TrimSpace(d.BirthDate),
		IdentityNumber: strings.ToUpper(strings.Join(strings.Fields(d.IdentityNumber), "")),
		Address:        strings.Join(lines, "\n"),
	}
}

// Check returns what is wrong with tidy details on a day.
func (d Details) Check(pattern string, today time.Time) []fault.Field {
	var wrong []fault.Field
	no := func(name, code string, args ...any) {
		wrong = append(wrong, fault.Field{Name: name, Code: "identity.details." + code, Args: args})
	}
	switch n := utf8.RuneCountInString(d.Name); {
	case n == 0:
		no("name", "name.empty")
	case n > nameMax:
		no("name", "name.long", "max", nameMax)
	case strings.Contains(d.Name, "\n"):
		no("name", "name.empty")
	}
	birth, err := time.Parse(time.DateOnly, d.BirthDate)
	switch {
	case d.BirthDate == "":
		no("birth-date", "birth-date.empty")
	case err != nil:
		no("birth-date", "birth-date.none")
	case birth.After(today):
		no("birth-date", "birth-date.future")
	case birth.Before(today.AddDate(-ageMax, 0, 0)):
		no("birth-date", "birth-date.old")
	}
	switch ok, err := regexp.MatchString(pattern, d.IdentityNumber); {
	case d.IdentityNumber == "":
		no("identity-number", "identity-number.empty")
	case len(d.IdentityNumber) > 64 || err != nil || !ok:
		no("identity-number", "identity-number.form")
	}
	switch n := utf8.RuneCountInString(d.Address); {
	case n == 0:
		no("address", "address.empty")
	case n > addressMax || strings.Count(d.Address, "\n") >= addressRows:
		no("address", "address.long", "max", addressMax, "lines", addressRows)
	}
	return wrong
}

// Values are the details as a form gave them.
func (d Details) Values() []vault.Value {
	return []vault.Value{
		{Field: policy.FieldName, Text: d.Name, Source: policy.SourceForm},
		{Field: policy.FieldBirthDate, Text: d.BirthDate, Source: policy.SourceForm},
		{Field: policy.FieldIdentityNumber, Text: d.IdentityNumber, Source: policy.SourceForm},
		{Field: policy.FieldAddress, Text: d.Address, Source: policy.SourceForm},
	}
}
