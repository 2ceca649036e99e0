package notify

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
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

// Notice is that somebody is to be told something.
type Notice struct {
	Kind    string // an id of package kinds; one that the instance does not declare is not sent
	Subject string
	About   string // what it is about, such as case:ID; its Source says more when it is sent
	State   string // where that stands, if it is one of several states
	While   bool   // it is needed only as long as it stands there
	Key     string // names the happening: the same again is queued once
}

// Source knows what notices of a sort are about: the part of Notice.About
// before the colon names it.
type Source interface {
	// Say returns what a notice may say in the language of the printer. It opens
	// nothing of what is sealed. What is not there any more is Gone.
	Say(ctx context.Context, a About, p *i18n.Printer) (Words, error)
}

// About is what a notice is about.
type About struct {
	Kind    string
	Subject string
	ID      string // without the sort
	State   string // where it stood when the notice was queued, at this time
	At      time.Time
}

// Words are what a source says.
type Words struct {
	Path  string            // of the page that the notice leads to, without a language
	Says  map[string]string // by placeholder
	State string            // where it stands now
	Until time.Time         // when its time is over; for reminders
	Gone  bool
}

// State is how a delivery stands.
type State string

// The states of a delivery.
const (
	Waiting  State = "waiting"  // for its turn, for the end of quiet hours, or for another try
	Sent     State = "sent"     // the provider took it
	Off      State = "off"      // the person does not want it
	Nowhere  State = "nowhere"  // there is no confirmed contact, or it bounces
	Unneeded State = "unneeded" // it was over before it was sent
	Rejected State = "rejected" // the provider refuses it for good
	Failed   State = "failed"   // it was given up: an administrator may have it tried again
	Bounced  State = "bounced"  // it was taken, and reported later as not delivered
)

// notice is a row of notify_notice.
type notice struct {
	Notice
	ID       string
	Official bool
	At       time.Time
	Read     time.Time // zero: not yet
}

// Delivery is how a notice went by a channel, without the address.
type Delivery struct {
	Notice  string // its id, which is its Message-ID
	Kind    string
	Channel kinds.Channel
	State   State
	At      time.Time
}

var (
	errUnknown = fault.New(fault.NotFound, "notify.unknown")
	errNothing = fault.New(fault.Invalid, "notify.choose.nothing")
	errNoLink  = fault.New(fault.NotFound, "notify.end.unknown")
	errNoEnd   = fault.New(fault.Invalid, "notify.end.nothing")
	errNoOffer = fault.New(fault.NotFound, "notify.offer.unknown")
	errEarly   = fault.New(fault.Conflict, "notify.offer.early")
	errUnsent  = fault.New(fault.Invalid, "notify.offer.nothing")
	errDenied  = fault.New(fault.Denied, "error.denied")
)

// Quiet are the hours in which nothing is sent, in the zone of the portal: from
// a minute of the day until another, perhaps of the next day. Equal ones are
// none.
type Quiet struct{ From, Until int }

// After returns the moment at which something may be sent that would be sent at
// a time: that time itself outside the quiet hours, else their end.
func (q Quiet) After(at time.Time, zone *time.Location) time.Time {
	if q.From == q.Until {
		return at
	}
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	y, m, d := local.Date()
	switch {
	case q.From < q.Until && minute >= q.From && minute < q.Until:
	case q.From > q.Until && minute >= q.From:
		d++
	case q.From > q.Until && minute < q.Until:
	default:
		return at
	}
	return time.Date(y, m, d, 0, q.Until, 0, 0, zone).UTC()
}
