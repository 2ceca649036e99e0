package services

import (
	"fmt"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// File is service.yaml.
type File struct {
	ID          string        `yaml:"id" doc:"the folder's name"`
	Version     string        `yaml:"version" doc:"how you name this state of the service, such as 2026-11"`
	Reference   string        `yaml:"reference" doc:"two to four capital letters that references begin with, as RP in RP-7F3K-92QD"`
	Name        i18n.Text     `yaml:"name" doc:"what people call it"`
	Summary     i18n.Text     `yaml:"summary" doc:"what it is for, in a sentence or two"`
	Keywords    i18n.Text     `yaml:"keywords,omitempty" doc:"further words that people search by, with commas between them"`
	Category    string        `yaml:"category" doc:"a category of portico.yaml: the heading in the catalogue"`
	Audience    []Audience    `yaml:"audience" doc:"for whom it is"`
	Opens       Day           `yaml:"opens,omitempty" doc:"the first day on which one can apply"`
	Closes      Day           `yaml:"closes,omitempty" doc:"the last day on which one can apply"`
	Eligibility i18n.Text     `yaml:"eligibility" doc:"who can apply"`
	Documents   []i18n.Text   `yaml:"documents,omitempty" doc:"what to have at hand"`
	Needs       []Need        `yaml:"needs,omitempty" doc:"what to complete first"`
	Cost        i18n.Text     `yaml:"cost" doc:"the rule of the fee in words, a sentence a line"`
	After       i18n.Text     `yaml:"after" doc:"what happens after applying"`
	Law         i18n.Text     `yaml:"law" doc:"the legal basis in words"`
	Appeal      i18n.Text     `yaml:"appeal" doc:"how to appeal against a decision"`
	Responsible string        `yaml:"responsible" doc:"the party of recipients.yaml that answers for the service"`
	WorkingDays int           `yaml:"working-days" doc:"the expected time, in working days"`
	Level       Level         `yaml:"level,omitempty" doc:"how well the portal must know who applies; declared if left out"`
	StepUp      bool          `yaml:"step-up" doc:"who applies confirms it anew before sending"`
	Enter       []string      `yaml:"enter,omitempty" doc:"roles of data.yaml that may enter an application for somebody else"`
	Variants    []Variant     `yaml:"variants,omitempty" doc:"ways of applying, such as new and renew"`
	Purpose     string        `yaml:"purpose" doc:"a purpose of purposes.yaml"`
	Basis       *policy.Basis `yaml:"basis,omitempty" doc:"the legal basis, only where it is not the purpose's"`
	Retention   string        `yaml:"retention" doc:"a rule of retention.yaml"`
	Drafts      string        `yaml:"drafts,omitempty" doc:"a category of data.yaml: what was typed and not sent yet; draft if left out. Its retention rule says when a draft goes, counted from its last change"`
	Apply       Apply         `yaml:"apply" doc:"the person's own use of what they declare"`
	Examine     *Apply        `yaml:"examine,omitempty" doc:"the portal's own use of the files that are uploaded: it examines them; called as apply is if left out"`
	Automatic   *Apply        `yaml:"automatic,omitempty" doc:"the portal's own use of the answers by which it decides without a person; needed if an action is by: program"`
	Decide      Decide        `yaml:"decide" doc:"the use by those who decide"`
	Remarks     Written       `yaml:"remarks" doc:"what the official writes to the person with a decision"`
	Message     *Written      `yaml:"message,omitempty" doc:"what applicant and office write to each other; without it they cannot"`
	Note        *Written      `yaml:"note,omitempty" doc:"what officials note for each other; without it they cannot"`
	Review      *Review       `yaml:"review,omitempty" doc:"opening a case that is not one's task, for a reason in writing; without it nobody can"`
}

// Variant is one way of applying for a service. What it leaves out is the
// service's; what it needs is needed on top of what the service needs.
type Variant struct {
	ID          string      `yaml:"id" doc:"small letters; rules know it as the text variant"`
	Name        i18n.Text   `yaml:"name" doc:"what people call it, such as Renew a permit"`
	Summary     i18n.Text   `yaml:"summary" doc:"for whom it is, in a sentence"`
	Eligibility i18n.Text   `yaml:"eligibility,omitempty" doc:"who can apply, instead of the service's"`
	Documents   []i18n.Text `yaml:"documents,omitempty" doc:"what to have at hand, instead of the service's"`
	Needs       []Need      `yaml:"needs,omitempty" doc:"what to complete first, besides what the service needs"`
	Cost        i18n.Text   `yaml:"cost,omitempty" doc:"the rule of the fee in words, instead of the service's"`
}

// Need is what a person completes first: an application for a service of the
// portal that has reached a state.
type Need struct {
	Service string `yaml:"service" doc:"the id of a service of this portal"`
	Variant string `yaml:"variant,omitempty" doc:"one of its variants; any of them if left out"`
	State   string `yaml:"state" doc:"the state that the application has reached"`
	Within  int    `yaml:"within,omitempty" doc:"how many days ago at the most; ever if left out"`
}

// Category is a heading of the catalogue. They are declared in portico.yaml,
// in the order in which they are shown.
type Category struct {
	ID   string    `yaml:"id" json:"id" doc:"small letters; services name it"`
	Name i18n.Text `yaml:"name" json:"name" doc:"the heading"`
}

// Day is a date, written 2026-11-22.
type Day string

// Pattern is the form of a day.
func (Day) Pattern() string { return `^\d{4}-\d{2}-\d{2}$` }

// UnmarshalText reads a day.
func (d *Day) UnmarshalText(b []byte) error {
	if _, err := time.Parse(time.DateOnly, string(b)); err != nil {
		return fmt.Errorf("%q is not a day such as 2026-11-22", b)
	}
	*d = Day(b)
	return nil
}

// Audience is for whom a service is.
type Audience string

// Values lists the audiences.
func (Audience) Values() []string { return []string{"person", "company", "council"} }

// Level is how well the portal knows somebody.
type Level string

// Values lists the levels, the lowest first.
func (Level) Values() []string {
	return []string{"declared", "confirmed", "official", "register", "national"}
}

// Apply names the person's own use of what they apply with.
type Apply struct {
	Name i18n.Text `yaml:"name" doc:"what the policy calls this use"`
}

// Decide says who decides and what they may see.
type Decide struct {
	Name   i18n.Text `yaml:"name" doc:"what the policy calls this use"`
	Roles  []string  `yaml:"roles" doc:"roles of data.yaml"`
	Fields []string  `yaml:"fields" doc:"all that the official may see: keys of the form"`
}

// Written declares a field of the service that people write beside the form:
// ID.remarks, ID.message and ID.note.
type Written struct {
	Category string    `yaml:"category" doc:"a category of data.yaml"`
	Name     i18n.Text `yaml:"name" doc:"what it is called"`
	Why      i18n.Text `yaml:"why" doc:"why it is kept"`
}

// Review says who may open a case that is not their task, if they write why.
// They see what those see who decide, and change nothing.
type Review struct {
	Name  i18n.Text `yaml:"name" doc:"what the policy calls this use"`
	Roles []string  `yaml:"roles" doc:"roles of data.yaml"`
}

// Tests is a file of tests/.
type Tests struct {
	Now     string         `yaml:"now" doc:"the time at which all cases run"`
	Variant string         `yaml:"variant,omitempty" doc:"the variant of all cases"`
	Answers map[string]any `yaml:"answers,omitempty" doc:"given in every case"`
	Cases   []Test         `yaml:"cases" doc:"what is tried"`
}

// Test is one case: given answers and a time, what comes out.
type Test struct {
	Name    string         `yaml:"name" doc:"what is tried, in words"`
	Now     string         `yaml:"now,omitempty" doc:"another time"`
	Variant string         `yaml:"variant,omitempty" doc:"another variant"`
	Reached []Happened     `yaml:"reached,omitempty" doc:"how far earlier applications of the person got"`
	Answers map[string]any `yaml:"answers,omitempty" doc:"on top of those given in every case; null takes one away"`
	Actions []string       `yaml:"actions,omitempty" doc:"what officials, the applicant and the system do after it was sent, one after the other"`
	Expect  Expect         `yaml:"expect" doc:"what must come out"`
}

// Happened is how far an earlier application got.
type Happened struct {
	Service string `yaml:"service" doc:"the id of the service"`
	Variant string `yaml:"variant,omitempty" doc:"its variant"`
	State   string `yaml:"state" doc:"the state that it reached"`
	At      string `yaml:"at" doc:"when"`
}

// Expect is what a test expects. What is left out is not looked at, but for
// errors: none is expected unless named.
type Expect struct {
	Errors   map[string]string `yaml:"errors,omitempty" doc:"key and rule, or key and the last word of the code; GROUP.N.PART of a row, counted from 0"`
	Hidden   []string          `yaml:"hidden,omitempty" doc:"the keys that are not asked; GROUP.N.PART of a row, counted from 0"`
	Values   map[string]any    `yaml:"values,omitempty" doc:"answers that come out, computed ones included"`
	Fee      *int64            `yaml:"fee,omitempty" doc:"in the smallest unit of the currency"`
	Estimate *int64            `yaml:"estimate,omitempty" doc:"what the fee comes to so far, though answers are missing"`
	Missing  []string          `yaml:"missing,omitempty" doc:"the services that are still to be completed first"`
	Stage    Stage             `yaml:"stage,omitempty" doc:"whether the service is open at that time"`
	Decided  string            `yaml:"decided,omitempty" doc:"the rule by which the program decides when it is sent, or person: none"`
	State    string            `yaml:"state,omitempty" doc:"where the actions lead"`
	Until    string            `yaml:"until,omitempty" doc:"the moment at which a document that is issued at that time ends"`
}
