package policy

import (
	"regexp"
	"slices"
	"strings"
)

// known reports an id that its table does not hold.
func (c *compiler) known(table map[string]int, what, id, path string) {
	if id == "" {
		return // reported as missing, or optional
	}
	if _, ok := table[id]; !ok {
		c.report(path, "no %s %q is declared", what, id)
	}
}

// data checks categories, fields, roles, parties, retention, cookies.
func (c *compiler) data() {
	d := c.d
	used := map[string]bool{}
	for _, a := range d.Activities {
		for _, f := range a.Fields {
			used[f] = used[f] || !c.all[a.ID]
		}
	}
	for i, v := range d.Categories {
		if v.Retention == "" {
			c.report(at("categories", v.ID, i), "the category has no period: name a retention rule")
			continue
		}
		c.known(c.period, "retention rule", v.Retention, at("categories", v.ID, i)+"/retention")
	}
	for i, v := range d.Fields {
		path := at("fields", v.ID, i)
		c.known(c.category, "category", v.Category, path+"/category")
		if v.ID != "" && !used[v.ID] && !c.o.Incomplete {
			c.report(path, "no activity uses this field: name it in one, or do not collect it")
		}
		if len(v.Sources) == 0 {
			c.report(path+"/sources", "has no source")
		}
		if _, err := regexp.Compile(v.Pattern); err != nil {
			c.report(path+"/pattern", "does not compile: %v", err)
		}
		if v.Pattern != "" && len(v.Written) == 0 {
			c.report(path+"/written", "is missing: say in words what the pattern asks for")
		}
		for _, s := range v.Sources {
			if id, ok := strings.CutPrefix(s, "party:"); ok {
				c.known(c.party, "party", id, path+"/sources")
			} else if !slices.Contains([]string{SourceForm, SourceMail, SourceBrowser, SourceStaff, SourceSystem}, s) {
				c.report(path+"/sources", "%q is none of form, mail, browser, staff, system, party:ID", s)
			}
		}
	}
	for i, v := range d.Roles {
		c.known(c.party, "party", v.Party, at("roles", v.ID, i)+"/party")
	}
	owner := map[string]string{}
	for i, v := range d.Parties {
		path := at("parties", v.ID, i)
		if len(v.Purposes) == 0 {
			c.report(path+"/purposes", "has no purpose: data goes nowhere without one")
		}
		for _, id := range v.Purposes {
			c.known(c.purpose, "purpose", id, path+"/purposes")
		}
		if v.Country != "" && !countryForm.MatchString(v.Country) {
			c.report(path+"/country", "%q is no country code such as MV", v.Country)
		}
		if v.Policy != "" && !strings.HasPrefix(v.Policy, "https://") {
			c.report(path+"/policy", "must begin with https://")
		}
		if v.Email != "" && !addressForm.MatchString(v.Email) {
			c.report(path+"/email", "%q is no mail address", v.Email)
		}
		for _, n := range v.Destinations {
			if first, twice := owner[n]; twice {
				c.report(path+"/destinations", "destination %q belongs to %q already", n, first)
			}
			owner[n] = v.ID
			if c.o.Destinations != nil && !slices.Contains(c.o.Destinations, n) {
				c.report(path+"/destinations", "the environment names no destination %q", n)
			}
		}
	}
	for _, n := range c.o.Destinations {
		if owner[n] == "" {
			c.report("parties", "destination %q of the environment belongs to no party", n)
		}
	}
	optional := false
	for i, v := range d.Cookies {
		path := at("cookies", "", i)
		optional = optional || v.Class != CookieNecessary && slices.Contains(v.Class.Values(), string(v.Class))
		if v.Class == CookieThirdParty && v.Party == "" {
			c.report(path+"/party", "a third party's cookie names the party")
		}
		c.known(c.party, "party", v.Party, path+"/party")
		if p, ok := c.party[v.Party]; ok && v.Class == CookieThirdParty && d.Parties[p].Policy == "" {
			c.report(path+"/party", "a third party's own policy governs its cookie: party %q needs the address of its policy", v.Party)
		}
	}
	if i, ok := c.cookie[CookieChoices]; optional && (!ok || d.Cookies[i].Class != CookieNecessary) {
		c.report("cookies", "some classes need a choice, which a necessary cookie called %q keeps: declare it", CookieChoices)
	}
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
var addressForm = regexp.MustCompile(`^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$`)

// purposes checks that each has a basis and is somebody's purpose.
func (c *compiler) purposes() {
	used := map[string]bool{}
	for _, a := range c.d.Activities {
		used[a.Purpose] = true
	}
	for i, v := range c.d.Purposes {
		path := at("purposes", v.ID, i)
		if v.Basis.DPV == "" {
			c.report(path+"/basis", "the purpose has no legal basis")
		}
		if v.ID != "" && !used[v.ID] && !c.o.Incomplete {
			c.report(path, "no activity has this purpose")
		}
	}
}

func (c *compiler) activities() {
	for i := range c.d.Activities {
		a := &c.d.Activities[i]
		path := at("activities", a.ID, i)
		c.known(c.purpose, "purpose", a.Purpose, path+"/purpose")
		c.known(c.period, "retention rule", a.Retention, path+"/retention")
		if len(a.Operations) == 0 {
			c.report(path+"/operations", "has no operation")
		}
		if len(a.Fields) == 0 {
			c.report(path+"/fields", "has no field")
		}
		if len(a.Fields) > maxFields {
			c.report(path+"/fields", "names %d fields, more than %d", len(a.Fields), maxFields)
		}
		seen := map[string]bool{}
		for _, f := range a.Fields {
			c.known(c.field, "field", f, path+"/fields")
			if seen[f] {
				c.report(path+"/fields", "names %q twice", f)
			}
			seen[f] = true
			if a.Relation == RelationDuty && !strings.HasPrefix(f, "staff.") {
				c.report(path+"/fields", "%q is not a field of staff: an official needs a task to see it", f)
			}
		}
		for _, p := range a.Parties {
			c.known(c.party, "party", p, path+"/parties")
			if j, ok := c.party[p]; ok && !slices.Contains(c.d.Parties[j].Purposes, a.Purpose) {
				c.report(path+"/parties", "%q gets data, but not for the purpose %q: see its purposes", p, a.Purpose)
			}
		}
		c.who(a, path+"/who")
	}
}

// who checks the actors of a against its relation.
func (c *compiler) who(a *Activity, path string) {
	if len(a.Who) == 0 {
		c.report(path, "names nobody")
	}
	for _, w := range a.Who {
		role, isRole := strings.CutPrefix(w, "role:")
		switch {
		case isRole:
			c.known(c.role, "role", role, path)
			i, ok := c.role[role]
			if !ok || a.Relation == RelationSelf || a.Relation == RelationSystem {
				break
			}
			if p := c.d.Roles[i].Party; !slices.Contains(a.Parties, p) {
				c.report(path, "role %q acts for %q, which is not among the parties of the activity", role, p)
			}
		case w != "person" && w != "staff" && w != "system":
			c.report(path, "%q is none of person, staff, system, role:ID", w)
		}
		switch a.Relation {
		case RelationSystem:
			if w != "system" {
				c.report(path, "%q cannot act in an activity of the system", w)
			}
		case RelationTask, RelationDuty, RelationReason:
			if !isRole {
				c.report(path, "%q cannot hold a task or a duty, or give a reason: name roles", w)
			}
		}
	}
}

func (c *compiler) promises() {
	promised := map[string]string{}
	for i, v := range c.d.Promises {
		path := at("promises", v.ID, i)
		ways := 0
		for _, has := range []bool{v.Control != "", v.Attestation != nil, v.NotYetKept} {
			if has {
				ways++
			}
		}
		switch {
		case ways == 0:
			c.report(path, "has neither a control nor an attestation, and does not say not-yet-kept")
		case ways > 1:
			c.report(path, "has more than one of control, attestation and not-yet-kept")
		}
		if v.Control != "" {
			if c.o.Controls != nil && !slices.Contains(c.o.Controls, v.Control) {
				c.report(path+"/control", "there is no control %q", v.Control)
			}
			promised[v.Control] = v.ID
		}
		if a := v.Attestation; a != nil && !hashForm.MatchString(a.SHA256) {
			c.report(path+"/attestation/sha256", "is no SHA-256 in hexadecimal")
		}
		for _, s := range v.Statements {
			if !statementForm.MatchString(s) {
				c.report(path+"/statements", "%q is no id of a statement such as O9", s)
			}
		}
	}
	for _, name := range c.o.Controls {
		if promised[name] == "" && (name != ControlDeferred || len(c.d.Deferrals) > 0) {
			c.report("promises", "the control %q is never promised", name)
		}
	}
	for i, v := range c.d.Measures {
		for _, p := range v.Promises {
			c.known(c.promise, "promise", p, at("measures", v.ID, i)+"/promises")
		}
	}
}

var (
	hashForm      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	statementForm = regexp.MustCompile(`^[A-Z][0-9]{1,3}$`)
)

// The activities and fields that the program itself needs.
const (
	ActivityAccount      = "account"       // a person's own profile: read and change
	ActivitySignIn       = "sign-in"       // codes to a person's e-mail or phone
	ActivityStaffAccount = "staff-account" // an official's own name and address

	FieldName           = "person.name"
	FieldBirthDate      = "person.birth-date"
	FieldIdentityNumber = "person.identity-number"
	FieldAddress        = "person.address"
	FieldEmail          = "person.email"
	FieldPhone          = "person.phone"
	FieldBrowser        = "device.browser"
	FieldPasskey        = "device.passkey"
	FieldStaffName      = "staff.name"
	FieldStaffEmail     = "staff.email"
	FieldStaffPasskey   = "staff.passkey"
)

// RetentionRegistration is the rule by which a registration that nobody
// finished is deleted: the program needs it.
const RetentionRegistration = "registration"

// The sources of a value that are not parties (O3).
const (
	SourceForm    = "form"
	SourceMail    = "mail" // an e-mail that somebody wrote to us
	SourceBrowser = "browser"
	SourceStaff   = "staff"
	SourceSystem  = "system"
)

// core checks the activities and the rule without which the program cannot run.
func (c *compiler) core() {
	if i, ok := c.period[RetentionRegistration]; !ok {
		c.report("retention", "the rule %q is missing: the program deletes registrations by it that nobody finished", RetentionRegistration)
	} else if y, m, d, err := c.d.Retention[i].Period.Parts(); err == nil && y+m+d == 0 {
		c.report("retention/"+RetentionRegistration+"/period", "must be a day or more: a registration takes up to an hour")
	}
	for _, want := range []struct {
		id       string
		relation Relation
		who      []string
		fields   []string
	}{
		{ActivityAccount, RelationSelf, []string{"person"},
			[]string{FieldName, FieldBirthDate, FieldIdentityNumber, FieldAddress, FieldEmail, FieldPhone, FieldBrowser, FieldPasskey}},
		{ActivitySignIn, RelationSystem, []string{"system"}, []string{FieldEmail, FieldPhone}},
		{ActivityStaffAccount, RelationSelf, []string{"staff", "system"}, []string{FieldStaffName, FieldStaffEmail, FieldStaffPasskey}},
	} {
		i, ok := c.activity[want.id]
		if !ok {
			c.report("activities", "the activity %q is missing: the program needs it", want.id)
			continue
		}
		a, path := &c.d.Activities[i], "activities/"+want.id
		if a.Relation != want.relation {
			c.report(path+"/relation", "must be %q: the program needs it so", want.relation)
		}
		for _, w := range want.who {
			if !slices.Contains(a.Who, w) {
				c.report(path+"/who", "must name %q: the program needs it", w)
			}
		}
		for _, f := range want.fields {
			if !slices.Contains(a.Fields, f) {
				c.report(path+"/fields", "must name %q: the program needs it", f)
			}
		}
	}
}

// compile turns a sound activity into what Decide looks at.
func (c *compiler) compile(a *Activity) *activity {
	t := &activity{
		id: a.ID, purpose: a.Purpose, basis: string(c.d.Purposes[c.purpose[a.Purpose]].Basis.DPV),
		fields: a.Fields, index: make(map[string]uint16, len(a.Fields)),
		whileRestricted: a.WhileRestricted || a.ID == ActivitySignIn, // what became of a restriction reaches who asked for it
		use:             slices.Contains(a.Operations, "use"), collect: slices.Contains(a.Operations, "collect"),
	}
	if a.Basis != nil {
		t.basis = string(a.Basis.DPV)
	}
	if len(a.Parties) > 0 {
		t.party = a.Parties[0]
	}
	for i, f := range a.Fields {
		t.index[f] = uint16(i)
	}
	switch a.Relation {
	case RelationSelf:
		t.relation = relationSelf
	case RelationTask:
		t.relation = relationTask
	case RelationDuty:
		t.relation = relationDuty
	case RelationReason:
		t.relation = relationReason
	case RelationSystem:
		t.relation = relationSystem
	}
	for _, w := range a.Who {
		switch role, isRole := strings.CutPrefix(w, "role:"); {
		case isRole:
			t.grants = append(t.grants, grant{role: role, party: c.d.Roles[c.role[role]].Party})
		case w == "person":
			t.person = true
		case w == "staff":
			t.staff = true
		case w == "system":
			t.system = true
		}
	}
	return t
}
