package documents

import (
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"portico/internal/cases"
	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/services/paper"
	"portico/internal/vault"
)

// Document is one document as its row says: nothing of what it says itself.
type Document struct {
	Subject string
	ID      string
	Case    string
	Service string
	N       int64 // of its case, from 1
	Number  string
	Issued  time.Time
	Made    time.Time // when its content was sealed; zero: not yet
	Expires time.Time // zero: never
	Ended   time.Time // when it was revoked or replaced
	Ending  Ending

	token []byte // keyed hash
}

// Ending is how a document ended before its time.
type Ending string

// The endings.
const (
	Going    Ending = ""
	Revoked  Ending = "revoked"
	Replaced Ending = "replaced" // corrected: another took its place
)

// State is how a document stands at a moment.
type State string

// The states. The last two are for the person alone.
const (
	Valid       State = "valid"
	Expired     State = "expired"
	IsRevoked   State = "revoked"
	IsReplaced  State = "replaced"
	Unknown     State = "unknown"
	BeingMade   State = "making"
	ExpiresSoon State = "soon"
)

// At is how the document stands at a moment. What was revoked stays so after
// its end.
func (d *Document) At(now time.Time) State {
	switch {
	case d.Made.IsZero():
		return BeingMade
	case d.Ending == Revoked:
		return IsRevoked
	case d.Ending == Replaced:
		return IsReplaced
	case !d.Expires.IsZero() && !now.Before(d.Expires):
		return Expired
	}
	return Valid
}

// scope is where it is sealed.
func (d *Document) scope() string { return "case:" + d.Case }

// number is what the n-th document of a case is called.
func number(reference string, n int64) string {
	if n == 1 {
		return reference
	}
	return fmt.Sprintf("%s-%d", reference, n)
}

// Codes derives keyed codes; keys.Ring does.
type Codes interface {
	Code(use, code string) []byte
}

// tokenOf is what stands beside the number of a document: 128 bits that nobody
// has who has the database alone.
func (d *Documents) tokenOf(id string) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d.Codes.Code("document", id)[:16]))
}

// hashOf is what is stored of a token.
func (d *Documents) hashOf(token string) []byte { return d.Codes.Code("document token", token) }

// Config is what the documents of a portal need.
type Config struct {
	DB        *db.DB
	Vault     *vault.Vault
	Cases     *cases.Cases
	Jobs      *jobs.Queue
	Codes     Codes
	Languages func() []string
	Printer   func(lang string) *i18n.Printer
	Address   func() string // of the portal, as people see it
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Notices   Notices // nil: nobody is told
	Money     Money   // nil: nothing is paid for a document
}

// Documents is the use cases of this package. It is safe for concurrent use.
type Documents struct {
	Config
	tries *credential.Throttle
}

// New returns the documents of a portal, and has its queue make them.
func New(c Config) *Documents {
	d := &Documents{c, credential.NewThrottle(c.Clock)}
	c.Jobs.Register(jobMake, d.makeJob, jobs.Options{Inside: true})
	c.Jobs.Every(jobExpire, time.Hour, d.Remind, jobs.Options{})
	return d
}

// Paper is a document with what it says.
type Paper struct {
	*Document
	Service *services.Definition     // the version that its case keeps
	Content map[string]paper.Content // by language; empty while it is not made
	Because string                   // why it was revoked or replaced
	Token   string
}

// The faults of this package.
var (
	errNotFound = fault.New(fault.NotFound, "documents.error.not-found")
	errMoved    = fault.New(fault.Conflict, "documents.error.moved")
	errDenied   = fault.New(fault.Denied, "documents.error.denied")
	errNoPDF    = fault.New(fault.NotFound, "documents.error.no-pdf")
	errOften    = fault.New(fault.TooMany, "documents.error.often")
)
