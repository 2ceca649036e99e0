package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// The enumerations of the declarations are strings with Values, so that a
// strict reader refuses others and an editor completes them.

// Sensitivity says how much care a category needs.
type Sensitivity string

// Values lists the sensitivities.
func (Sensitivity) Values() []string { return []string{"ordinary", "identifying", "special"} }

// Reuse says whether a value given once may fill another form.
type Reuse string

// The ways of reuse. The empty Reuse is ReuseNever.
const (
	ReuseNever Reuse = "never" // asked anew
	ReuseAsk   Reuse = "ask"   // filled in, if the person says so
	ReuseAllow Reuse = "allow" // filled in, may be changed
)

// Values lists the ways of reuse.
func (Reuse) Values() []string { return []string{"never", "ask", "allow"} }

// Identifies says how a field leads to a person (O19).
type Identifies string

// Values lists how a field identifies.
func (Identifies) Values() []string { return []string{"no", "indirectly", "directly"} }

// Cause is why a policy changed (O15).
type Cause string

// Values lists the causes.
func (Cause) Values() []string { return []string{"technology", "law", "operations", "standards"} }

// Relation is how an actor must stand to the data: see Activity.
type Relation string

// The relations.
const (
	RelationSelf   Relation = "self"
	RelationTask   Relation = "task"
	RelationDuty   Relation = "duty"
	RelationReason Relation = "reason"
	RelationSystem Relation = "system"
)

// Values lists the relations.
func (Relation) Values() []string { return []string{"self", "task", "duty", "reason", "system"} }

// OperationName is an Operation as declarations write it.
type OperationName string

// Values lists the operations.
func (OperationName) Values() []string { return []string{"use", "collect"} }

// CookieClass says what a cookie is for (O4). Necessary ones need no choice.
type CookieClass string

// The classes of cookies.
const (
	CookieNecessary     CookieClass = "necessary"
	CookiePerformance   CookieClass = "performance"
	CookieFunctionality CookieClass = "functionality"
	CookieThirdParty    CookieClass = "third-party"
)

// Values lists the classes.
func (CookieClass) Values() []string {
	return []string{"necessary", "performance", "functionality", "third-party"}
}

// CookieKind is what is kept in the browser, or done with it. The empty kind
// is a cookie.
type CookieKind string

// Values lists the kinds. A measurement keeps nothing in the browser.
func (CookieKind) Values() []string {
	return []string{"cookie", "storage", "pixel", "tag", "measurement"}
}

// CookieChoices is the cookie that keeps which classes a browser granted.
const CookieChoices = "choices"

// DisposalAction is what happens to a thing whose time has passed.
type DisposalAction string

// The actions. The empty one is Shred.
const (
	Shred     DisposalAction = "shred"     // its key is destroyed, and what is left is swept
	Anonymise DisposalAction = "anonymise" // the same, after it was counted among its like: by month, service and outcome
	Archive   DisposalAction = "archive"   // the same, once a party has it and says so
)

// Values lists the actions.
func (DisposalAction) Values() []string { return []string{"shred", "anonymise", "archive"} }

// Capability opens pages to a role; it never opens data.
type Capability string

// The capabilities.
const (
	AdministerPeople Capability = "administer-people" // invite, suspend and remove staff
	SeeOperations    Capability = "see-operations"    // dead jobs, evidence in detail
	Attest           Capability = "attest"
	PublishPolicy    Capability = "publish-policy"     // set the date of a changed policy or of changed terms
	VerifyPeople     Capability = "verify-people"      // compare somebody with their identity card
	VerifyCompanies  Capability = "verify-companies"   // verify that somebody acts for a company
	PreviewServices  Capability = "preview-services"   // services as they will be live, before they are
	Reconcile        Capability = "reconcile-payments" // what was paid, beside the provider's books
	Supervise        Capability = "supervise"          // load and hand-over of the cases that the role's party decides
	AnswerInquiries  Capability = "answer-inquiries"   // take and answer what people ask the operator
	EnterInquiries   Capability = "enter-inquiries"    // write down what came by telephone, and see where it stands
	SendOffers       Capability = "send-offers"        // send offers of the operator's own to who consents
	KeepSchedules    Capability = "keep-schedules"     // what is kept until when, and what is held back from disposal
	AnswerRights     Capability = "answer-rights"      // take and answer requests about people's rights
)

// Values lists the capabilities.
func (Capability) Values() []string {
	return []string{"administer-people", "see-operations", "attest", "preview-services", "publish-policy", "reconcile-payments", "supervise", "verify-people", "verify-companies", "answer-inquiries", "enter-inquiries", "keep-schedules", "answer-rights", "send-offers"}
}

// Term is a term of a vocabulary, written prefix:Name. The prefixes are dpv,
// pd (personal data), eu-gdpr, loc and justifications.
type Term string

var termForm = regexp.MustCompile(`^(dpv|pd|eu-gdpr|loc|justifications):[A-Za-z][A-Za-z0-9-]*$`)

// Pattern is the form of a term.
func (Term) Pattern() string { return termForm.String() }

// Date is a day, written 2026-11-22.
type Date string

// Pattern is the form of a date.
func (Date) Pattern() string { return `^[0-9]{4}-[0-9]{2}-[0-9]{2}$` }

// Start is the first moment of the day in loc; the zero time if d is no date.
func (d Date) Start(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// End is the first moment after the day in loc, so that something that holds
// until a date holds on that whole day.
func (d Date) End(loc *time.Location) time.Time {
	t := d.Start(loc)
	if t.IsZero() {
		return t
	}
	return t.AddDate(0, 0, 1)
}

// Period is a length of time: an ISO 8601 duration in years, months, weeks and
// days such as P5Y or P30D, "none" for no time at all, or "session".
type Period string

// The periods that are words.
const (
	PeriodNone    Period = "none"
	PeriodSession Period = "session"
)

var periodForm = regexp.MustCompile(`^(?:none|session|P(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?)$`)

// Pattern is the form of a period.
func (Period) Pattern() string {
	return `^(none|session|P([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}W)?([0-9]{1,5}D)?)$`
}

// Parts returns the years, months and days (weeks counted as seven) of p.
func (p Period) Parts() (years, months, days int, err error) {
	m := periodForm.FindStringSubmatch(string(p))
	if m == nil || p == "P" {
		return 0, 0, 0, fmt.Errorf("%q is no period such as P5Y or P30D", string(p))
	}
	var n [4]int
	for i, s := range m[1:] {
		if s != "" {
			n[i], _ = strconv.Atoi(s) // digits, by the pattern
		}
	}
	return n[0], n[1], n[2]*7 + n[3], nil
}

// Plus is p and another period one after the other. What is no time adds none.
func (p Period) Plus(other Period) Period {
	y, m, d, _ := p.Parts()
	y2, m2, d2, _ := other.Parts()
	if y+m+d+y2+m2+d2 == 0 {
		return PeriodNone
	}
	return Period(fmt.Sprintf("P%dY%dM%dD", y+y2, m+m2, d+d2))
}

// After returns the moment at which p has passed since t. Months that are too
// short for its day end on their last: a month after 31 January is the end of
// February, so that what began later never ends earlier.
func (p Period) After(t time.Time) (time.Time, error) {
	y, m, d, err := p.Parts()
	if err != nil {
		return time.Time{}, err
	}
	at := t.AddDate(y, m, 0)
	if want := time.Date(t.Year()+y, t.Month()+time.Month(m), 1, 0, 0, 0, 0, time.UTC).Month(); at.Month() != want {
		at = at.AddDate(0, 0, -at.Day())
	}
	return at.AddDate(0, 0, d), nil
}
