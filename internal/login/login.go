package login

import (
	"embed"
	"errors"
	"io/fs"
	"slices"
	"time"

	"portico/internal/account"
	"portico/internal/identity/credential"
	"portico/internal/identity/profile"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS {
	f, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Connection is what the environment calls the login, and Cookie what holds
// who left for it.
const (
	Connection = "login"
	Cookie     = "login"
)

// BackPath is the one address to which the login leads back.
const BackPath = "/sign-in/back"

// attemptLife is how long somebody may take at the login.
const attemptLife = 15 * time.Minute

// purpose is what somebody goes to the login for.
type purpose string

const (
	toSignIn  purpose = "sign-in"
	toConnect purpose = "connect"
	toStepUp  purpose = "step-up"
)

// why is how it failed; "login.failed.WHY" says it.
type why string

const (
	whyGone      why = "gone"      // opened twice, too late, or in another browser
	whyCancelled why = "cancelled" // the person or the login said no
	whyDown      why = "down"      // the login does not answer
	whyRefused   why = "refused"   // what it answers cannot be believed
	whySession   why = "session"   // whoever left is not signed in any more
	whyOther     why = "other"     // somebody else than the account is connected with
	whyHas       why = "has"       // the account is connected with somebody else
	whyTaken     why = "taken"     // another account is connected
	whyClosed    why = "closed"    // the account is not open
	whyMissing   why = "missing"   // the login does not tell what an account needs
	whyContact   why = "contact"   // another account has the contact
	whyNumber    why = "number"    // another account has the identity number
	whyVerified  why = "verified"  // an official verified another number
)

func whys() []why {
	return []why{whyGone, whyCancelled, whyDown, whyRefused, whySession, whyOther, whyHas, whyTaken, whyClosed, whyMissing, whyContact, whyNumber, whyVerified}
}

// failure is a way back that led nowhere.
type failure struct{ why why }

func (f failure) Error() string { return "the login: " + string(f.why) }

// reason is the failure that an error is; none if it is something else.
func reason(err error) (why, bool) {
	var f failure
	switch {
	case errors.As(err, &f):
		return f.why, true
	case errors.Is(err, account.ErrNumberTaken):
		return whyNumber, true
	case errors.Is(err, account.ErrOtherNumber):
		return whyVerified, true
	}
	return "", false
}

// Declared is what the instance says of the login.
type Declared struct {
	Level  web.Level
	Scopes []string          // besides openid
	Claims map[string]string // by field of the policy, what the login calls it
}

// said is what a login says of somebody, brought to the form in which we keep
// it. What it says of a field in no such form is left out.
type said struct {
	identifier string // of the login, for this person
	contact    credential.Contact
	details    profile.Details
}

// read takes what was declared out of what a login says. A contact counts only
// if the login says that it confirmed it.
func (d *Declared) read(identifier string, claims map[string]any, parse func(string) (credential.Contact, bool)) said {
	text := func(field string) string {
		s, _ := claims[d.Claims[field]].(string)
		return s
	}
	out := said{identifier: identifier, details: profile.Details{
		Name: text(policy.FieldName), BirthDate: text(policy.FieldBirthDate),
		IdentityNumber: text(policy.FieldIdentityNumber), Address: text(policy.FieldAddress),
	}.Tidy()}
	for _, field := range []string{policy.FieldPhone, policy.FieldEmail} { // the mail address, where it tells both
		confirmed := claims[d.Claims[field]+"_verified"]
		if confirmed != true && confirmed != "true" {
			continue
		}
		if c, ok := parse(text(field)); ok && c.Field == field {
			out.contact = c
		}
	}
	return out
}

// missing are the fields that were declared and not told in their form.
func (d *Declared) missing(s said, pattern string, today time.Time) (fields []string) {
	for _, wrong := range s.details.Check(pattern, today) {
		field := "person." + wrong.Name
		if d.Claims[field] != "" && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// values are the details that were declared.
func (d *Declared) values(s said, source string) (list []vault.Value) {
	for _, v := range s.details.Values() {
		if d.Claims[v.Field] != "" {
			v.Source = source
			list = append(list, v)
		}
	}
	return list
}
