package payments

import (
	"context"
	"errors"
	"time"

	"portico/internal/platform/fault"
)

// The activities of the policy under which money moves.
const (
	Activity         = "payment"          // a person's own payment, and the provider's part in it
	ActivityAccounts = "payment-accounts" // comparing what was paid with the provider's books

	FieldOrder = "payment.order"
)

// Order is what is to be paid for a case, once.
type Order struct {
	Subject   string
	ID        string
	Case      string
	Service   string
	Reference string // ours, for people
	Amount    int64  // in the smallest unit
	Currency  string
	State     State
	Attempts  int64
	Created   time.Time
	Changed   time.Time
	Paid      time.Time // zero while it is not
}

// State is how an order stands.
type State string

// The states of an order.
const (
	Due       State = "due"       // it can be paid
	Paying    State = "paying"    // an attempt is under way
	Paid      State = "paid"      // and the case moved on
	Void      State = "void"      // the case no longer waits for it, and nobody paid
	Held      State = "held"      // what the provider says is not what was ordered
	Refunding State = "refunding" // paid, and to be given back
	Refunded  State = "refunded"
)

// States lists them all.
func States() []State { return []State{Held, Refunding, Paying, Due, Paid, Refunded, Void} }

// Attempt is one try to pay an order.
type Attempt struct {
	Subject   string
	Order     string
	N         int64
	Reference string // ours, which the provider keeps
	Payment   string // what the provider calls it, empty until it answered
	State     Try
	Code      string // why it failed, or in what it differs
	Created   time.Time
	Changed   time.Time
	Next      time.Time // when the provider is asked again; zero: it is done with
}

// Try is how an attempt stands.
type Try string

// The states of an attempt.
const (
	Open         Try = "open"
	Lost         Try = "lost" // the provider does not know it; it is asked about it for a while
	Succeeded    Try = "paid"
	Failed       Try = "failed"
	Differs      Try = "differs"
	GivingBack   Try = "refunding"
	GivenBack    Try = "refunded"
	codeAmount       = "amount"
	codeCurrency     = "currency"
	codeRef          = "reference"
)

// Request is what the provider is told of a payment: nothing but this.
type Request struct {
	Reference   string
	Amount      int64
	Currency    string
	Description string // the name of the service, and its reference
	Return      string // where the browser goes afterwards
	Language    string
}

// Payment is what the provider says of one.
type Payment struct {
	ID        string
	Reference string
	Amount    int64
	Currency  string
	Status    Status
	Code      string // why it failed, as the provider calls it
	Next      string // where the person pays, while they can
}

// Status is what became of a payment, as far as the portal has to know.
type Status uint8

// What became of a payment.
const (
	Underway Status = iota
	Success
	Failure // declined, expired or cancelled: no money moves any more
)

// Refund is what the provider says of money that goes back.
type Refund struct {
	Amount int64
	Done   bool
	Failed bool
}

// Hint is what a verified message of the provider is about.
type Hint struct{ Payment, Reference string }

// Provider takes payments. Its methods wait for the other side at the most as
// long as its timeout; ErrUnknown says that it does not know a payment, and any
// other error that nobody knows how things stand.
type Provider interface {
	// Create makes a payment, or finds the one that has the reference.
	Create(ctx context.Context, r Request) (Payment, error)
	Get(ctx context.Context, payment string) (Payment, error)
	// Find finds a payment by our reference.
	Find(ctx context.Context, reference string) (Payment, error)
	// Cancel ends a payment that nobody has made yet.
	Cancel(ctx context.Context, payment string) error
	// Refund gives the whole amount back; a second time it is refused.
	Refund(ctx context.Context, payment string, amount int64) error
	Refunds(ctx context.Context, payment string) ([]Refund, error)
	// Verify reads a message that the provider signed.
	Verify(body []byte, signature string) (Hint, bool)
}

// The faults of this package.
var (
	ErrUnknown     = errors.New("the provider knows no such payment")
	ErrUnavailable = fault.New(fault.Unavailable, "payments.error.unavailable")
	errNotFound    = fault.New(fault.NotFound, "payments.error.not-found")
	errMoved       = fault.New(fault.Conflict, "payments.error.moved")
	errDenied      = fault.New(fault.Denied, "payments.error.denied")
	errForged      = fault.New(fault.Denied, "payments.error.forged")
)

// differs says in what a payment is not what was ordered, empty if it is.
func differs(o *Order, a *Attempt, p Payment) string {
	switch {
	case p.Reference != a.Reference || a.Payment != "" && p.ID != a.Payment:
		return codeRef
	case p.Amount != o.Amount:
		return codeAmount
	case p.Currency != o.Currency:
		return codeCurrency
	}
	return ""
}

// How often the provider is asked about what is not done: soon at first, then
// ever less often.
const (
	firstGap  = 15 * time.Second
	lastGap   = 10 * time.Minute
	forgotten = 24 * time.Hour // what the provider never knew is asked about so long
)

// gap is how long to wait until the provider is asked again.
func gap(a *Attempt, now time.Time) time.Duration {
	return min(max(now.Sub(a.Changed)/3, firstGap), lastGap)
}
