package instance

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/privacy"
	"portico/internal/services"
)

// Portal is portico.yaml: what people see of the operator, and its calendar.
type Portal struct {
	ID          ID                  `yaml:"id" json:"id" doc:"Stands in the store and in the keys; never changes."`
	Languages   []Language          `yaml:"languages" json:"languages" doc:"The first is the one for visitors who ask for none of them."`
	Name        i18n.Text           `yaml:"name" json:"name" doc:"The portal's name."`
	Description i18n.Text           `yaml:"description" json:"description" doc:"What the portal is, in a sentence."`
	Operator    Operator            `yaml:"operator" json:"operator"`
	Storage     Storage             `yaml:"storage" json:"storage" doc:"Where the data is kept (O8)."`
	Brand       Brand               `yaml:"brand" json:"brand"`
	Timezone    Zone                `yaml:"timezone" json:"timezone" doc:"A name of the IANA time zone database."`
	Currency    Currency            `yaml:"currency" json:"currency" doc:"ISO 4217."`
	Calendar    Calendar            `yaml:"calendar" json:"calendar"`
	Categories  []services.Category `yaml:"categories,omitempty" json:"categories,omitempty" doc:"The headings of the catalogue, in the order in which they are shown."`
	Accounts    *Accounts           `yaml:"accounts,omitempty" json:"accounts,omitempty" doc:"What goes for people's accounts."`
	Notices     *Notices            `yaml:"notices,omitempty" json:"notices,omitempty" doc:"What goes for all notices; each kind has a file in notices/."`
	Backups     *Backups            `yaml:"backups,omitempty" json:"backups,omitempty" doc:"How long a copy of the store may still open what was erased: the policy says it with {horizon}."`
	Help        *Help               `yaml:"help,omitempty" json:"help,omitempty" doc:"That the portal takes questions, suggestions and complaints; left out: it takes none."`
	News        *News               `yaml:"news,omitempty" json:"news,omitempty" doc:"What goes for the news; each item has a file in news/."`
	Contacts    []Contact           `yaml:"contacts" json:"contacts" doc:"Every channel that the policy names (O16)."`
}

// Operator is who answers for the portal.
type Operator struct {
	Name    i18n.Text `yaml:"name" json:"name"`
	Address i18n.Text `yaml:"address" json:"address"`
	Law     i18n.Text `yaml:"law" json:"law" doc:"Whose law governs."`
	Website WebURL    `yaml:"website,omitempty" json:"website,omitempty"`
}

// Accounts is what goes for people's accounts.
type Accounts struct {
	ConfirmContacts policy.Period `yaml:"confirm-contacts" json:"confirmContacts" doc:"After how long people are asked, once they have signed in, whether their e-mail address and phone are still right (N18), such as P12M."`
	Login           *Login        `yaml:"login,omitempty" json:"login,omitempty" doc:"A login of somebody else by which people sign in, such as a national one; environment.yaml says where it is, and the party of recipients.yaml that has the destination login is what people call it."`
}

// Login is what a login of somebody else tells of people, and what that counts.
type Login struct {
	Level  LoginLevel        `yaml:"level" json:"level" doc:"How well the portal knows whoever signs in by it: national verifies their identity number."`
	Scopes []string          `yaml:"scopes,omitempty" json:"scopes,omitempty" doc:"What is asked of it besides openid, such as profile."`
	Claims map[string]string `yaml:"claims" json:"claims" doc:"By field of the policy, the claim that holds it, such as person.name: name. An e-mail address or phone counts only if the claim with _verified behind its name is true."`
}

// LoginLevel is a level that a login gives.
type LoginLevel string

// Values lists the levels.
func (LoginLevel) Values() []string { return []string{"confirmed", "national"} }

// ConfirmContacts is after how long people are asked whether their contact
// data is still right; none: never.
func (p *Portal) ConfirmContacts() policy.Period {
	if p.Accounts == nil {
		return policy.PeriodNone
	}
	return p.Accounts.ConfirmContacts
}

// Backups is what the operator does with the keys, so that no copy of the store
// opens what was erased for ever.
type Backups struct {
	Epoch policy.Period `yaml:"epoch" json:"epoch" doc:"How long an epoch lasts, such as P1M: portico keys rotate is run as often."`
	After policy.Period `yaml:"after" json:"after" doc:"How long after its end the key of an epoch is destroyed, such as P7D."`
	Kept  policy.Period `yaml:"kept" json:"kept" doc:"How long a key backup is kept at the most, such as P7D: the next one takes its place."`
	Drill policy.Period `yaml:"drill" json:"drill" doc:"How old the last restore in a drill may be, such as P3M."`

	Required *RequiredBackups `yaml:"required,omitempty" json:"required,omitempty" doc:"What a law demands of copies of the data (M13): the policy says it with {backups}. Left out: no law demands any."`
}

// RequiredBackups is what a law demands of copies of the data.
type RequiredBackups struct {
	Law      i18n.Text     `yaml:"law" json:"law"`
	Every    policy.Period `yaml:"every" json:"every" doc:"How often the data is copied, such as P1D: portico backup is run as often."`
	Kept     policy.Period `yaml:"kept" json:"kept" doc:"How long each copy is kept, such as P1Y."`
	Location i18n.Text     `yaml:"location" json:"location" doc:"Where the copies lie."`
	Country  Country       `yaml:"country" json:"country"`
	Party    string        `yaml:"party" json:"party" doc:"A party of recipients.yaml, which runs that place."`
}

// Copies is what is published of that; nil: nothing.
func (p *Portal) Copies() *privacy.Copies {
	if p.Backups == nil || p.Backups.Required == nil {
		return nil
	}
	r := p.Backups.Required
	return &privacy.Copies{Law: r.Law, Every: r.Every, Kept: r.Kept, Location: r.Location, Party: r.Party}
}

// Horizon is after how long no copy of the store opens any more what was
// erased; none: nothing is promised.
func (p *Portal) Horizon() policy.Period {
	if p.Backups == nil {
		return policy.PeriodNone
	}
	return p.Backups.Epoch.Plus(p.Backups.After).Plus(p.Backups.Kept)
}

// Help is what the operator promises to those who ask (O17).
type Help struct {
	AnswerWithin AnswerWithin `yaml:"answer-within" json:"answerWithin" doc:"Within how many working days each kind of request is answered."`
}

// News is what the operator promises of the news.
type News struct {
	Every policy.Period `yaml:"every" json:"every" doc:"How old the newest item may become before the promise of updates is at risk (O16), such as P3M."`
}

// AnswerWithin is working days by the kind of request.
type AnswerWithin struct {
	Question  int `yaml:"question" json:"question"`
	Feedback  int `yaml:"feedback" json:"feedback"`
	Complaint int `yaml:"complaint" json:"complaint"`
}

// Storage is where the data is, and which party runs the place.
type Storage struct {
	Location i18n.Text `yaml:"location" json:"location"`
	Country  Country   `yaml:"country" json:"country"`
	Party    string    `yaml:"party" json:"party" doc:"A party of recipients.yaml."`
	Consent  i18n.Text `yaml:"consent,omitempty" json:"consent,omitempty" doc:"What people agree to, in its own words, before they open an account (N11); left out: they are not asked."`
}

// Brand is the portal's two colours.
type Brand struct {
	Primary Colour `yaml:"primary" json:"primary"`
	Accent  Colour `yaml:"accent" json:"accent"`
}

// Contact is one channel through which people reach the operator.
type Contact struct {
	ID    ID          `yaml:"id" json:"id"`
	Kind  ContactKind `yaml:"kind" json:"kind"`
	Value string      `yaml:"value" json:"value" doc:"The number, address or name as people write it."`
	URL   WebURL      `yaml:"url,omitempty" json:"url,omitempty" doc:"Where a link leads, for website and social."`
	Name  i18n.Text   `yaml:"name" json:"name"`
	Note  i18n.Text   `yaml:"note,omitempty" json:"note,omitempty" doc:"Such as opening hours."`
}

// ContactKind is what sort of channel a contact is.
type ContactKind string

// Values lists the kinds.
func (ContactKind) Values() []string {
	return []string{"phone", "email", "website", "address", "social"}
}

// form is a string type with one pattern.
func form(s, pattern, want string) error {
	if !regexp.MustCompile(pattern).MatchString(s) {
		return fmt.Errorf("%q is not %s", s, want)
	}
	return nil
}

// ID names something for ever: lower-case letters, digits and hyphens.
type ID string

// Pattern is the form of an id.
func (ID) Pattern() string { return `^[a-z][a-z0-9]*(-[a-z0-9]+)*$` }

// UnmarshalText checks the form.
func (v *ID) UnmarshalText(b []byte) error {
	*v = ID(b)
	if len(b) > 40 {
		return fmt.Errorf("an id has at most 40 characters")
	}
	return form(string(b), v.Pattern(), "an id: small letters, digits and hyphens")
}

// Language is a BCP 47 language such as en or dv.
type Language string

// Pattern is the form of a language.
func (Language) Pattern() string { return `^[a-z]{2,3}$` }

// UnmarshalText checks the form.
func (v *Language) UnmarshalText(b []byte) error {
	*v = Language(b)
	return form(string(b), v.Pattern(), "a language such as en")
}

// Country is an ISO 3166-1 alpha-2 code.
type Country string

// Pattern is the form of a country.
func (Country) Pattern() string { return `^[A-Z]{2}$` }

// UnmarshalText checks the form.
func (v *Country) UnmarshalText(b []byte) error {
	*v = Country(b)
	return form(string(b), v.Pattern(), "a country code such as MV")
}

// Currency is an ISO 4217 code.
type Currency string

// Pattern is the form of a currency.
func (Currency) Pattern() string { return `^[A-Z]{3}$` }

// UnmarshalText checks the form.
func (v *Currency) UnmarshalText(b []byte) error {
	*v = Currency(b)
	return form(string(b), v.Pattern(), "a currency code such as MVR")
}

// Colour is #rrggbb.
type Colour string

// Pattern is the form of a colour.
func (Colour) Pattern() string { return `^#[0-9a-fA-F]{6}$` }

// UnmarshalText checks the form.
func (v *Colour) UnmarshalText(b []byte) error {
	*v = Colour(b)
	return form(string(b), v.Pattern(), "a colour such as #0f5c4d")
}

// WebURL is an address that a link may lead to.
type WebURL string

// Pattern is the form of a web address.
func (WebURL) Pattern() string { return `^https://[^\s/?#@]+([/?#]\S*)?$` }

// UnmarshalText checks the form.
func (v *WebURL) UnmarshalText(b []byte) error {
	*v = WebURL(b)
	return form(string(b), v.Pattern(), "an address that begins with https://")
}

// Zone is an IANA time zone.
type Zone struct{ loc *time.Location }

// UnmarshalText looks the zone up.
func (z *Zone) UnmarshalText(b []byte) error {
	name := string(b)
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return fmt.Errorf("%q is not a time zone such as Indian/Maldives", name)
	}
	z.loc = loc
	return nil
}

// MarshalText returns the zone's name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.Location().String()), nil }

// Location returns the zone, UTC for the zero Zone.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// Langs returns the languages as plain strings, the default first.
func (p *Portal) Langs() []string {
	out := make([]string, len(p.Languages))
	for i, l := range p.Languages {
		out[i] = string(l)
	}
	return out
}

// Calendar says on which days the operator works.
type Calendar struct {
	Week     []Weekday `yaml:"week" json:"week" doc:"The working days of a week."`
	Holidays []Holiday `yaml:"holidays,omitempty" json:"holidays" doc:"Working days on which nobody works."`
}

// Holiday is one day off.
type Holiday struct {
	Date Date      `yaml:"date" json:"date"`
	Name i18n.Text `yaml:"name" json:"name"`
}

// Weekday is a day of the week by its English name.
type Weekday string

// Values lists the days.
func (Weekday) Values() []string {
	return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// Date is a day, written 2026-11-22.
type Date struct{ day string }

// Pattern is the form of a date.
func (Date) Pattern() string { return `^\d{4}-\d{2}-\d{2}$` }

// UnmarshalText reads a date.
func (d *Date) UnmarshalText(b []byte) error {
	if _, err := time.Parse(time.DateOnly, string(b)); err != nil {
		return fmt.Errorf("%q is not a date such as 2026-11-22", b)
	}
	d.day = string(b)
	return nil
}

// MarshalText writes it back.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.day), nil }

// String returns the date as it was written.
func (d Date) String() string { return d.day }

// Working reports whether the operator works on the day of t, in t's zone.
func (c *Calendar) Working(t time.Time) bool {
	day := t.Format(time.DateOnly)
	for _, h := range c.Holidays {
		if h.Date.day == day {
			return false
		}
	}
	name := strings.ToLower(t.Weekday().String())
	for _, w := range c.Week {
		if string(w) == name {
			return true
		}
	}
	return false
}

// maxLookAhead ends a search in a calendar without working days: ten years.
const maxLookAhead = 3660

// Due returns the end of the n-th working day after the day of t, in zone.
func (c *Calendar) Due(t time.Time, n int, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	day := time.Date(y, m, d, 12, 0, 0, 0, zone) // noon: no change of clocks moves it to another date
	for range maxLookAhead {
		if n <= 0 {
			break
		}
		if day = day.AddDate(0, 0, 1); c.Working(day) {
			n--
		}
	}
	y, m, d = day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}
