package instance

import (
	"slices"

	"portico/internal/policy"
)

// logins checks the login of somebody else, and that each level that a service
// demands is given by something. A version that is kept is not judged by
// today's place.
func (l *loader) logins(in *Instance) {
	if l.kept || in.Declarations == nil {
		return
	}
	var d *Login
	if in.Portal.Accounts != nil {
		d = in.Portal.Accounts.Login
	}
	for id, s := range in.Services {
		switch {
		case s.Level == "register":
			l.at("services/"+id+"/service.yaml", "level", "level: nothing gives the level register: it needs a register that this portal asks over an exchange, and this version of the program has none; demand official or national")
		case s.Level == "national" && (d == nil || d.Level != "national"):
			l.at("services/"+id+"/service.yaml", "level", "level: nothing gives the level national: portico.yaml declares no accounts.login of that level")
		}
	}
	switch at := in.Environment.Login; {
	case d == nil && at == nil:
		return
	case d == nil:
		l.at(environmentFile, "login", "login: portico.yaml declares no accounts.login")
		return
	case at == nil:
		l.at(portalFile, "accounts/login", "accounts/login: environment.yaml does not say where it is: login is missing")
		return
	case at.Client == "" || at.Secret == Ref{}:
		l.at(environmentFile, "login", "login: client and secret are needed")
	}
	l.claims(in, d)
	if !slices.ContainsFunc(in.Declarations.Cookies, func(c policy.Cookie) bool { return c.Name == "login" && c.Class == "necessary" }) {
		l.at(homes["cookies"], "cookies", "cookies: %q is missing, a necessary one: it holds who left for the login", "login")
	}
}

// claims checks what the login tells: fields that may come from its party, and
// enough to make an account.
func (l *loader) claims(in *Instance, d *Login) {
	const at = "accounts/login/claims"
	may := []string{policy.FieldName, policy.FieldBirthDate, policy.FieldIdentityNumber, policy.FieldAddress, policy.FieldEmail, policy.FieldPhone}
	source := ""
	for _, p := range in.Declarations.Parties {
		if slices.Contains(p.Destinations, "login") {
			source = "party:" + p.ID
		}
	}
	for field := range d.Claims {
		i := slices.IndexFunc(in.Declarations.Fields, func(f policy.Field) bool { return f.ID == field })
		switch {
		case !slices.Contains(may, field) || i < 0:
			l.at(portalFile, at+"/"+field, "%s: a login tells no field %q", at, field)
		case source != "" && !slices.Contains(in.Declarations.Fields[i].Sources, source):
			l.at(homes["fields"], "fields/"+field+"/sources", "fields/%s/sources: %q is missing: the login tells it", field, source)
		}
	}
	if d.Claims[policy.FieldEmail] == "" && d.Claims[policy.FieldPhone] == "" {
		l.at(portalFile, at, "%s: person.email or person.phone is needed: an account has a contact", at)
	}
	need := []string{policy.FieldName}
	if d.Level == "national" {
		need = append(need, policy.FieldBirthDate, policy.FieldIdentityNumber)
	}
	for _, field := range need {
		if d.Claims[field] == "" {
			l.at(portalFile, at, "%s: %s is needed", at, field)
		}
	}
}
