package contact

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/uploads"
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

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// The activities that an instance declares when it takes requests. Without
// ActivityOwn there is no form, and no mail is taken.
const (
	ActivityOwn    = "inquiry"            // a person's own: ask, read the answer, ask again
	ActivityAnswer = "contact-answer"     // the official who holds a request
	ActivityEnter  = "contact-entry"      // an official writes down what came by telephone or on paper
	ActivityWrite  = "contact-message"    // writing to whoever asked
	ActivityHand   = "contact-colleagues" // handing a request over: the names of those who answer

	FieldText   = "inquiry.text"
	FieldAnswer = "inquiry.answer"
	FieldEmail  = "inquiry.email"
	FieldPhone  = "inquiry.phone"
	FieldFile   = "inquiry.file"
)

// Kind is what sort of request it is.
type Kind string

// Complaint is the kind that is investigated before it is answered, where the
// instance declares that.
const Complaint Kind = "complaint"

// Kinds are all kinds of requests.
func Kinds() []Kind { return []Kind{"question", "feedback", Complaint} }

// State is where a request stands.
type State string

// The states of a request.
const (
	Waiting  State = "waiting"  // nobody holds it
	Taken    State = "taken"    // an official holds it
	Answered State = "answered" // and may be opened again by whoever asked
	Closed   State = "closed"   // without an answer, for a reason
)

// Source is by which way a request came.
type Source string

// The sources.
const (
	Form   Source = "form"
	Mail   Source = "mail"
	Phone  Source = "phone"
	Letter Source = "letter"
	Social Source = "social"
	Desk   Source = "desk" // somebody came in person
)

// Entered are the sources that an official writes down.
func Entered() []Source { return []Source{Phone, Letter, Social, Desk} }

// Way is one by which requests come: a source, and perhaps which of the channels
// that the instance declares.
type Way struct {
	Source  Source
	Channel string
}

// value is the way as a form has it.
func (w Way) value() string { return strings.TrimSuffix(string(w.Source)+"/"+w.Channel, "/") }

// Reasons are why a request may be closed without an answer.
func Reasons() []string { return []string{"twice", "spam", reasonUnreachable} }

// reasonUnreachable ends what is no less a request for that.
const reasonUnreachable = "unreachable"

// What people may write, and how long they may.
const (
	MaxText   = 5000 // characters of one text or answer
	maxTexts  = 40   // of one request
	maxFiles  = 10   // of one request
	maxFile   = 10 << 20
	openAgain = 30 * 24 * time.Hour // after the answer
)

// MaxScore is the best that an answer can be rated; 1 is the worst.
const MaxScore = 5

// Request is what somebody asks, as its row says.
type Request struct {
	Subject   string
	ID        string
	Reference string
	Kind      Kind
	Source    Source
	Channel   string // the id of the instance's channel, where it came by one that officials answer
	State     State
	Reason    string // why it was closed without an answer
	Language  string
	Cabinet   bool // whoever asked was signed in: it stands in their cabinet
	Holder    string
	Created   time.Time
	Since     time.Time // from when the promised time runs
	Answered  time.Time // zero while it was not
	Escalated time.Time // when officials were told that it is overdue
	Rated     time.Time

	revision int64
	texts    int64
}

// Scope is where its values are sealed.
func (r *Request) Scope() string { return "request:" + r.ID }

// Open reports whether an answer is owed.
func (r *Request) Open() bool { return r.State == Waiting || r.State == Taken }

// Task is the request as an official's task.
func (r *Request) Task() policy.Task {
	return policy.Task{Scope: r.Scope(), Holder: r.Holder, Open: r.State == Taken}
}

// Files is where files of a request go.
func (r *Request) spot(who policy.Actor) *uploads.Spot {
	return &uploads.Spot{Use: r.own(who, policy.Use), Field: FieldFile, Max: maxFile, Count: maxFiles}
}

// Line is a text of a request, the person's or an answer.
type Line struct {
	Item   string
	Text   string
	Source string
	At     time.Time
	Answer bool
}

// Content is what a request is about, opened.
type Content struct {
	Lines []Line // the oldest first
	Email string
	Phone string
	Files []uploads.Named
}

// Promise is within how many working days each kind is answered.
type Promise struct {
	Days map[Kind]int // no kind: nothing is taken
	// Due is the end of the n-th working day after a moment.
	Due func(since time.Time, days int) time.Time
}

// due is until when a request is to be answered. It is computed, never stored:
// a holiday that is declared later moves it.
func (p Promise) due(r *Request) time.Time { return p.Due(r.Since, p.Days[r.Kind]) }

// lookBack bounds how far lateSince looks.
const lookBack = 400

// lateSince is the moment such that exactly the requests of a kind whose
// promised time runs from before it are overdue now, by times the promise.
func (p Promise) lateSince(kind Kind, times int, now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, zone)
	for range lookBack {
		if !p.Due(day, times*p.Days[kind]).After(now) {
			break
		}
		day = day.AddDate(0, 0, -1)
	}
	return day.AddDate(0, 0, 1)
}

// Faults that people see.
var (
	errUnknown = fault.New(fault.NotFound, "contact.unknown")
	errMoved   = fault.New(fault.Conflict, "contact.moved")
	errDenied  = fault.New(fault.Denied, "contact.denied")
	errOften   = fault.New(fault.TooMany, "contact.often")
)

// Key derives codes from the keys of the store.
type Key interface {
	Code(use, code string) []byte
	Index(kind, value string) []byte
}

// The uses of a request's token.
const (
	tokenFollow = "contact-follow" // the page that says where it stands
	tokenReply  = "contact-reply"  // the address that answers go to
)

// token is what whoever asked has, and nobody can guess.
func token(k Key, use string, r *Request) string { return credential.TokenOf(k, use, r.ID) }

// proves reports whether a token is a request's.
func proves(k Key, use string, r *Request, given string) bool {
	return credential.SameToken(token(k, use, r), given)
}

// FollowPath is where whoever asked without a cabinet sees where it stands.
func FollowPath(k Key, r *Request) string {
	return "/help/requests/" + strings.ToLower(r.Reference) + "/" + token(k, tokenFollow, r)
}

// replyTo is the address whose mails belong to a request.
func replyTo(k Key, r *Request, address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	return local + "+" + strings.ToLower(r.Reference) + "." + token(k, tokenReply, r) + "@" + domain
}

// tidy is a reference as somebody typed it, in the form in which it is kept.
func tidy(reference string) string {
	return strings.ToUpper(strings.Join(strings.Fields(reference), ""))
}

func known[T comparable](list []T, one T) bool { return slices.Contains(list, one) }
