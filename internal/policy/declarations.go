package policy

import "portico/internal/platform/i18n"

// Declarations is everything an instance says about personal data. Each list
// stands in one file of the instance's policy directory:
//
//	data.yaml        categories, fields, roles
//	purposes.yaml    revision, purposes, activities
//	recipients.yaml  parties
//	retention.yaml   retention
//	cookies.yaml     cookies
//	rights.yaml      rights
//	promises.yaml    promises, measures
//	deferrals.yaml   deferrals; may be missing
//
// Services append their own fields and activities behind those of the files.
// What is tagged omitempty may be left out; each Text that is there must be in
// every language of the instance.
type Declarations struct {
	Revision   Revision    `yaml:"revision" json:"revision"`
	Categories []Category  `yaml:"categories" json:"categories"`
	Fields     []Field     `yaml:"fields" json:"fields"`
	Roles      []Role      `yaml:"roles" json:"roles"`
	Purposes   []Purpose   `yaml:"purposes" json:"purposes"`
	Activities []Activity  `yaml:"activities" json:"activities"`
	Parties    []Party     `yaml:"parties" json:"parties"`
	Retention  []Retention `yaml:"retention" json:"retention"`
	Cookies    []Cookie    `yaml:"cookies" json:"cookies"`
	Rights     []Right     `yaml:"rights" json:"rights"`
	Promises   []Promise   `yaml:"promises" json:"promises"`
	Measures   []Measure   `yaml:"measures" json:"measures"`
	Deferrals  []Deferral  `yaml:"deferrals,omitempty" json:"deferrals,omitempty"`
}

// Revision says when the policy last changed and why (O15).
type Revision struct {
	Date    Date      `yaml:"date" json:"date"`
	Reason  Cause     `yaml:"reason" json:"reason"`
	Summary i18n.Text `yaml:"summary" json:"summary"` // what changed, in a sentence
}

// Category is a kind of personal data with one sensitivity and one period.
type Category struct {
	ID          string      `yaml:"id" json:"id"`
	Name        i18n.Text   `yaml:"name" json:"name"`
	DPV         Term        `yaml:"dpv" json:"dpv"` // such as pd:Contact
	Sensitivity Sensitivity `yaml:"sensitivity" json:"sensitivity"`
	Retention   string      `yaml:"retention" json:"retention"` // id of a retention rule
}

// Field is one declared kind of datum. Its id has two parts, such as
// person.name or road-permit.road.
type Field struct {
	ID         string     `yaml:"id" json:"id"`
	Category   string     `yaml:"category" json:"category"`
	Name       i18n.Text  `yaml:"name" json:"name"`
	Why        i18n.Text  `yaml:"why" json:"why"`         // why it is asked, in a sentence
	Sources    []string   `yaml:"sources" json:"sources"` // form | browser | staff | system | party:ID
	Reuse      Reuse      `yaml:"reuse,omitempty" json:"reuse,omitempty"`
	Lookup     string     `yaml:"lookup,omitempty" json:"lookup,omitempty"`         // kind of blind index, if people are found by it
	Identifies Identifies `yaml:"identifies,omitempty" json:"identifies,omitempty"` // O19

	// How it is written, where the portal itself asks for it: a regular
	// expression for the whole value, the same in words, and what stands before
	// a value written without, such as +960 before a phone number.
	Pattern string    `yaml:"pattern,omitempty" json:"pattern,omitempty"`
	Written i18n.Text `yaml:"written,omitempty" json:"written,omitempty" portico:"optional"`
	Prefix  string    `yaml:"prefix,omitempty" json:"prefix,omitempty"`
}

// Role is what an official can be. It belongs to one party; May lists
// capabilities that open pages, never data: data needs an activity.
type Role struct {
	ID    string       `yaml:"id" json:"id"`
	Name  i18n.Text    `yaml:"name" json:"name"`
	Party string       `yaml:"party" json:"party"`
	May   []Capability `yaml:"may,omitempty" json:"may,omitempty"`
}

// Purpose is why data is used. Its basis is that of its activities, unless
// one of them has its own.
type Purpose struct {
	ID          string    `yaml:"id" json:"id"`
	Name        i18n.Text `yaml:"name" json:"name"`
	Description i18n.Text `yaml:"description" json:"description"`
	DPV         Term      `yaml:"dpv" json:"dpv"`
	Basis       Basis     `yaml:"basis" json:"basis"`
}

// Basis is a legal basis: a DPV term, and the law in words.
type Basis struct {
	DPV Term      `yaml:"dpv" json:"dpv"`
	Law i18n.Text `yaml:"law,omitempty" json:"law,omitempty"`
}

// Activity is one declared use of fields, the unit of decision.
//
// Who lists actors: person, staff (any role), system, role:ID. Relation says
// what else must hold for a person or an official:
//
//	self     the data is the actor's own; who may add system
//	task     the actor holds an open task on the very scope; who is roles only
//	duty     the role alone; allowed for fields of staff only (staff.…)
//	reason   the role, and a reason in writing, which stands in the event; who
//	         is roles only
//	system   the program itself; who is system only
//
// Fields of the program itself may be Every.
//
// The party of a role that acts must be among Parties (O6).
type Activity struct {
	ID         string          `yaml:"id" json:"id"`
	Purpose    string          `yaml:"purpose" json:"purpose"`
	Name       i18n.Text       `yaml:"name" json:"name"`
	Who        []string        `yaml:"who" json:"who"`
	Operations []OperationName `yaml:"operations" json:"operations"`
	Fields     []string        `yaml:"fields" json:"fields"`
	Relation   Relation        `yaml:"relation" json:"relation"`
	Parties    []string        `yaml:"parties,omitempty" json:"parties,omitempty"`
	Basis      *Basis          `yaml:"basis,omitempty" json:"basis,omitempty"`
	Retention  string          `yaml:"retention,omitempty" json:"retention,omitempty"`

	// WhileRestricted: it goes on although the person restricted processing or
	// objected to its purpose, because they cannot get in, or be answered,
	// without it.
	WhileRestricted bool `yaml:"while-restricted,omitempty" json:"whileRestricted,omitempty"`

	// Automated are the decisions that it takes without a person. Only services
	// declare them.
	Automated []Automated `yaml:"-" json:"automated,omitempty"`
}

// Automated is a decision that the program takes by a rule, without a person.
type Automated struct {
	Rule   string    `json:"rule"`
	Name   i18n.Text `json:"name"`   // what is decided
	Logic  i18n.Text `json:"logic"`  // the rule in words
	Effect i18n.Text `json:"effect"` // what it means for the person
	Days   int       `json:"days"`   // working days in which the person may ask that a person decides
}

// Party is an institution or provider that data goes to. Destinations name
// the outgoing connections that belong to it: a connection that belongs to
// none is a fault, and data reaches a party for its Purposes only (O6).
type Party struct {
	ID           string    `yaml:"id" json:"id"`
	Name         i18n.Text `yaml:"name" json:"name"`
	Kind         Term      `yaml:"kind" json:"kind"` // such as dpv:DataProcessor
	Purposes     []string  `yaml:"purposes" json:"purposes"`
	Destinations []string  `yaml:"destinations,omitempty" json:"destinations,omitempty"`
	Country      string    `yaml:"country" json:"country"` // ISO 3166-1 alpha-2
	Contact      string    `yaml:"contact,omitempty" json:"contact,omitempty"`
	Email        string    `yaml:"email,omitempty" json:"email,omitempty"`   // where it is told of what it received that it was corrected, erased or restricted
	Policy       string    `yaml:"policy,omitempty" json:"policy,omitempty"` // address of its own privacy policy
}

// Retention says how long, counted from which event, and what grace follows
// before the data is disposed of, and how (O7). A Period
// of "none" ends with the trigger itself, "session" with the browser's session.
//
// Keeps names the kinds of things that the rule governs, such as case. Services
// and Outcomes narrow it to those of some services, and to those that ended in
// some ways; see RuleOf for which of several rules governs a thing.
type Retention struct {
	ID       string         `yaml:"id" json:"id"`
	Name     i18n.Text      `yaml:"name" json:"name"`
	Keeps    []string       `yaml:"keeps,omitempty" json:"keeps,omitempty"`
	Services []string       `yaml:"services,omitempty" json:"services,omitempty"`
	Outcomes []string       `yaml:"outcomes,omitempty" json:"outcomes,omitempty"`
	Event    string         `yaml:"event,omitempty" json:"event,omitempty"` // the trigger, one of those that the kind has; empty: its first
	Trigger  i18n.Text      `yaml:"trigger" json:"trigger"`                 // from when, in words
	Period   Period         `yaml:"period" json:"period"`
	Grace    Period         `yaml:"grace,omitempty" json:"grace,omitempty"`
	Tell     bool           `yaml:"tell,omitempty" json:"tell,omitempty"`     // the person is told when the grace begins, which runs from then
	Action   DisposalAction `yaml:"action,omitempty" json:"action,omitempty"` // empty: shred
	To       string         `yaml:"to,omitempty" json:"to,omitempty"`         // the party to which what is archived is handed over; see HandOver
	Ground   i18n.Text      `yaml:"ground,omitempty" json:"ground,omitempty" portico:"optional"`
	Review   Date           `yaml:"review" json:"review"` // of the schedule itself
}

// Cookie is one cookie or similar thing kept in the browser (O4).
type Cookie struct {
	Name    string      `yaml:"name" json:"name"`
	Class   CookieClass `yaml:"class" json:"class"`
	Kind    CookieKind  `yaml:"kind,omitempty" json:"kind,omitempty"`
	Purpose i18n.Text   `yaml:"purpose" json:"purpose"`
	Period  Period      `yaml:"period" json:"period"`
	Party   string      `yaml:"party,omitempty" json:"party,omitempty"`
}

// Promise is a sentence of the policy and how one can tell that it holds: by
// exactly one of Control, Attestation and NotYetKept.
type Promise struct {
	ID           string       `yaml:"id" json:"id"`
	Statements   []string     `yaml:"statements" json:"statements"` // O9
	Text         i18n.Text    `yaml:"text" json:"text"`
	Covers       i18n.Text    `yaml:"covers,omitempty" json:"covers,omitempty"`
	DoesNotCover i18n.Text    `yaml:"does-not-cover,omitempty" json:"doesNotCover,omitempty"`
	Control      string       `yaml:"control,omitempty" json:"control,omitempty"`
	Attestation  *Attestation `yaml:"attestation,omitempty" json:"attestation,omitempty"`
	NotYetKept   bool         `yaml:"not-yet-kept,omitempty" json:"notYetKept,omitempty"`
}

// Attestation is what somebody vouches for because no program can examine it.
type Attestation struct {
	By       i18n.Text `yaml:"by" json:"by"`
	Evidence string    `yaml:"evidence" json:"evidence"` // a file of the instance
	SHA256   string    `yaml:"sha256" json:"sha256"`     // of that file, in hexadecimal
	On       Date      `yaml:"on" json:"on"`
	Until    Date      `yaml:"until" json:"until"` // last day on which it counts

	// Sample: the evidence stands in for one that nobody has given yet. It
	// counts in a demo only, and is shown there as a sample.
	Sample bool `yaml:"sample,omitempty" json:"sample,omitempty"`
}

// Measure is a security measure that somebody owns and reviews (O20). One
// whose NextReview has passed is at risk.
type Measure struct {
	ID         string    `yaml:"id" json:"id"`
	Name       i18n.Text `yaml:"name" json:"name"`
	Owner      i18n.Text `yaml:"owner" json:"owner"`
	LastReview Date      `yaml:"last-review" json:"lastReview"`
	NextReview Date      `yaml:"next-review" json:"nextReview"`
	Promises   []string  `yaml:"promises,omitempty" json:"promises,omitempty"`
}
