package uploads

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/jobs"
	"portico/internal/uploads/pdf"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// State is how far a file is.
type State string

// The states.
const (
	Received State = "received" // bytes are missing
	Checking State = "checking" // whole, and being examined
	Clean    State = "clean"    // whoever may read it can
	Refused  State = "refused"  // for its Reason; its bytes are destroyed
)

// Spot is where files go: a declared field, and how the caller may use it.
type Spot struct {
	Use   vault.Use // actor, subject, activity, the case's scope, task, reference; fields and operation are ours
	Field string    // SERVICE.KEY
	Kinds []Kind    // what the field takes
	Max   int64     // bytes of one file; at most MaxSize
	Count int       // how many files the field takes
	Back  string    // address of the page of the question, without its language
}

// MaxSize bounds what any field can allow.
const MaxSize = 100 << 20

// DefaultMax is how large a file may be where its field does not say.
const DefaultMax = 10 << 20

// File is a file as its row says.
type File struct {
	Subject  string
	ID       string
	Scope    string // of the case
	Field    string
	State    State
	Reason   Reason
	Kind     Kind  // once it was examined
	Size     int64 // -1: whoever sends it has not said
	Got      int64 // how many bytes are kept: where sending goes on
	Created  time.Time
	Changed  time.Time
	Attached time.Time // when its case was submitted; zero for a draft's
	Name     string    // only where the file's field was opened: see List

	kinds    []Kind
	most     int64
	version  int64
	revision int64
	sealed   []byte // the name
}

func (f *File) vault() vault.File { return vault.File{ID: f.ID, Field: f.Field} }

// kindsText is how a row lists kinds.
func kindsText(kinds []Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, " ")
}

func kindsOf(text string) (kinds []Kind) {
	for _, word := range strings.Fields(text) {
		kinds = append(kinds, Kind(word))
	}
	return kinds
}

// Scanner looks for malware.
type Scanner interface {
	// Scan reads r to its end and returns the name of what was found, or
	// nothing. An error means that it was not scanned.
	Scan(ctx context.Context, r io.Reader) (found string, err error)
	// Ping reports whether it answers now.
	Ping(ctx context.Context) error
}

// Config is what uploads need.
type Config struct {
	DB      *db.DB
	Vault   *vault.Vault
	Blobs   blobs.Store
	Jobs    *jobs.Queue
	Scanner Scanner // nil: none is declared, and our own checks are all there is
	Clock   clock.Clock
	Log     *slog.Logger
	// Apply and Examine return the activities under which a person reads the
	// files of a field, and the portal examines them.
	Apply, Examine func(field string) string
	// Lives reports whether there is such an application, begun or submitted:
	// what was uploaded for one that is gone is destroyed.
	Lives func(ctx context.Context, subject, scope string) (bool, error)
	// Others reports whether a blob is somebody else's, who keeps theirs in the
	// same place; nil: nobody does.
	Others func(tx *db.Tx, blob string) (bool, error)
}

// Uploads is the use cases of this package. It is safe for concurrent use.
type Uploads struct {
	Config
	drawing chan struct{} // one picture is drawn at a time

	mu     sync.Mutex
	flying map[string]int // requests that bring bytes, by person
}

// The jobs of this package.
const (
	jobExamine = "uploads.examine"
	jobErase   = "uploads.erase"
	jobSweep   = "uploads.sweep"
)

// New returns the uploads of a portal and registers their jobs.
func New(c Config) *Uploads {
	u := &Uploads{Config: c, drawing: make(chan struct{}, 1), flying: map[string]int{}}
	c.Jobs.Register(jobExamine, u.examineJob, jobs.Options{Inside: true, Timeout: 3 * time.Minute, Attempts: 200})
	c.Jobs.Register(jobErase, u.eraseJob, jobs.Options{Inside: true})
	c.Jobs.Every(jobSweep, time.Hour, u.Sweep, jobs.Options{Timeout: 10 * time.Minute})
	return u
}

// The faults of this package.
var (
	errNotFound  = fault.New(fault.NotFound, "uploads.error.not-found")
	errDenied    = fault.New(fault.Denied, "uploads.error.denied")
	errCount     = fault.New(fault.Conflict, "uploads.error.count")
	errMoved     = fault.New(fault.Conflict, "uploads.error.moved")
	errOffset    = fault.New(fault.Conflict, "uploads.error.offset")
	errNotReady  = fault.New(fault.Conflict, "uploads.error.not-ready")
	errUnscanned = fault.New(fault.Unavailable, "uploads.error.unscanned")
	errBusy      = fault.New(fault.TooMany, "uploads.error.busy")
)

// Reason is why a file was refused: "uploads.refused." and a word.
type Reason string

// The reasons.
const (
	NoReason     Reason = ""
	TooLarge     Reason = "uploads.refused.large"
	Empty        Reason = "uploads.refused.empty"
	WrongKind    Reason = "uploads.refused.kind"      // none of the declared kinds
	Lies         Reason = "uploads.refused.lies"      // the name says another kind
	Archive      Reason = "uploads.refused.archive"   // or a file that is one besides
	BrokenOff    Reason = "uploads.refused.truncated" // its end is missing
	Damaged      Reason = "uploads.refused.damaged"   // cannot be read
	ManyPixels   Reason = "uploads.refused.pixels"
	Encrypted    Reason = "uploads.refused.encrypted"
	Active       Reason = "uploads.refused.active"     // a PDF that does something
	Unexaminable Reason = "uploads.refused.unexamined" // a PDF that hides what it holds
	Infected     Reason = "uploads.refused.infected"
)

// examinePDF reads a PDF to its end and returns why it is refused: the findings
// are the words of reasons.
func examinePDF(r io.Reader) (Reason, error) {
	found, err := pdf.Examine(r)
	if found == pdf.Nothing {
		return NoReason, err
	}
	return "uploads.refused." + Reason(found), err
}

// refusal is a Reason as an error.
type refusal struct{ Reason }

func (r refusal) Error() string { return "refused: " + string(r.Reason) }

// Kept declares files, which are part of a case or a request, and those whose
// bytes never came (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{
		{Name: "file", Table: "uploads_file", ID: "id", Where: "state <> 'received'", Within: "scope", Scope: "file:", Revision: "revision"},
		{Name: "upload", Table: "uploads_file", ID: "id", Where: "state = 'received'", Within: "scope", Scope: "file:", Revision: "revision",
			Events: []holdings.Event{{Name: "change", Column: "changed_at"}}},
	}
}

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	return []db.Table{
		{Name: "uploads_file", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "id": db.Pseudonym, "scope": db.Pseudonym, "field": db.Nothing, "state": db.Nothing,
			"reason": db.Nothing, "kind": db.Nothing, "kinds": db.Nothing, "most": db.Nothing, "size": db.Nothing, "got": db.Nothing,
			"version": db.Nothing, "revision": db.Nothing, "name": db.Sealed,
			"created_at": db.Nothing, "changed_at": db.Nothing, "attached_at": db.Nothing,
		}},
		{Name: "uploads_part", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "file_id": db.Pseudonym, "version": db.Nothing, "n": db.Nothing, "blob": db.Pseudonym,
		}},
	}
}

// takes reports whether the field takes a kind.
func takes(kinds []Kind, k Kind) bool { return slices.Contains(kinds, k) }
