package kinds

import (
	"slices"
	"unicode"
)

// Audience says to whom a notice goes.
type Audience string

// The audiences.
const (
	Person    Audience = "person"
	Officials Audience = "officials"
)

// The placeholders. None is for what a visitor typed: a message says what the
// portal knows of where things stand, and what the operator publishes.
const (
	WordPortal    = "portal"    // the portal's name
	WordLink      = "link"      // the address of the page that the notice leads to
	WordService   = "service"   // what the application is for
	WordReference = "reference" // its reference
	WordState     = "state"     // where it stood
	WordSays      = "says"      // what that means, as the workflow says it
	WordAmount    = "amount"    // of money, with its currency
	WordHeadline  = "headline"  // of an item of news
	WordText      = "text"      // of an item of news: its first paragraph
	WordWhat      = "what"      // the kind of thing, such as an application
	WordDate      = "date"      // the day until when something is to be done
)

// Occasion is something that the program can tell of: there can be a file of
// that name in notices/.
type Occasion struct {
	ID      string
	To      Audience
	Words   []string // the placeholders that there are beside those of every notice
	Reminds bool     // it is sent before something
	Asked   bool     // only to who asked for it: a newsletter, or with a consent
}

// The occasions. Whoever queues a notice adds its own here.
const (
	Submitted = "application-submitted"
	Changed   = "application-changed" // any other change of state
	Asked     = "information-requested"
	FeeDue    = "payment-due"
	Granted   = "application-granted"
	Refused   = "application-refused" // refused, cancelled, or closed because no answer came
	Message   = "office-message"
	Deadline  = "deadline-near" // the applicant's
	DraftEnds = "draft-expiring"
	Overdue   = "case-overdue"

	DocumentEnded = "document-ended"    // revoked, or replaced by a corrected one
	DocumentEnds  = "document-expiring" // when it is told says the document

	Inquired   = "request-received" // a question, a suggestion, a complaint
	Answered   = "request-answered"
	Unanswered = "requests-overdue"

	MoneyPaid     = "payment-received"
	MoneyReturned = "payment-returned" // given back

	PolicyChange      = "policy-change"       // policy or terms change on a day
	PolicyChangeStaff = "policy-change-staff" // and with it what is done with data about officials

	News   = "news-published"
	Offer  = "own-offer"        // of the operator's own; an official has it sent
	Update = "important-update" // an item of news that everybody has to know of

	KeptEnds = "data-expiring" // what is kept of somebody goes, by a rule that says they are told
)

// Occasions lists them all.
func Occasions() []Occasion {
	application := []string{WordService, WordReference, WordState, WordSays, WordDate}
	return []Occasion{
		{ID: Submitted, To: Person, Words: application},
		{ID: Changed, To: Person, Words: application},
		{ID: Asked, To: Person, Words: application},
		{ID: FeeDue, To: Person, Words: application},
		{ID: Granted, To: Person, Words: application},
		{ID: Refused, To: Person, Words: application},
		{ID: Message, To: Person, Words: application},
		{ID: Deadline, To: Person, Words: application, Reminds: true},
		{ID: DraftEnds, To: Person, Words: []string{WordService, WordDate}, Reminds: true},
		{ID: DocumentEnded, To: Person, Words: []string{WordService, WordReference, WordState}},
		{ID: DocumentEnds, To: Person, Words: []string{WordService, WordReference, WordDate}},
		{ID: Inquired, To: Person, Words: []string{WordReference, WordDate}},
		{ID: Answered, To: Person, Words: []string{WordReference}},
		{ID: Unanswered, To: Officials},
		{ID: MoneyPaid, To: Person, Words: []string{WordService, WordReference, WordAmount}},
		{ID: MoneyReturned, To: Person, Words: []string{WordService, WordReference, WordAmount}},
		{ID: Overdue, To: Officials, Words: application},
		{ID: PolicyChange, To: Person, Words: []string{WordDate}},
		{ID: PolicyChangeStaff, To: Officials, Words: []string{WordDate}},
		{ID: KeptEnds, To: Person, Words: []string{WordWhat, WordReference, WordDate}},
		{ID: Update, To: Person, Words: []string{WordHeadline, WordText, WordDate}},
		{ID: News, To: Person, Words: []string{WordHeadline, WordText, WordDate}, Asked: true},
		{ID: Offer, To: Person, Words: []string{WordHeadline, WordText, WordDate}, Asked: true},
	}
}

func occasion(id string) (Occasion, bool) {
	all := Occasions()
	i := slices.IndexFunc(all, func(o Occasion) bool { return o.ID == id })
	if i < 0 {
		return Occasion{}, false
	}
	return all[i], true
}

func ids() (list []string) {
	for _, o := range Occasions() {
		list = append(list, o.ID)
	}
	return list
}

// Official reports whether it is told to officials.
func (o Occasion) Official() bool { return o.To == Officials }

// Places are all placeholders that its words may have.
func (o Occasion) Places() []string {
	return append([]string{WordPortal, WordLink}, o.Words...)
}

// hidden are the characters that end a line somewhere or turn the order of what
// is read.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
