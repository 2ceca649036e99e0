package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
)

// New is a job to be written.
type New struct {
	Kind    string
	Key     string            // names one piece of work: the same again does nothing while it is unfinished
	Payload map[string]string // ids by name
	At      time.Time         // not before; zero is now
}

// Job is one attempt at a job.
type Job struct {
	ID      string
	Kind    string
	Attempt int // 1 is the first
	payload map[string]string
	finally func(tx *db.Tx) error
}

// Finally has f run in the transaction that ends the job, if its handler
// returns without an error: what is noted there and the end of the job are
// written together, and are flushed once.
func (j *Job) Finally(f func(tx *db.Tx) error) { j.finally = f }

// Get returns the id of that name, or nothing.
func (j *Job) Get(name string) string { return j.payload[name] }

// Handler does a job. Its context ends when the kind's Timeout is over or the
// program must stop.
type Handler func(ctx context.Context, job *Job) error

// Options of a kind. Zero values are the defaults.
type Options struct {
	Timeout  time.Duration // of one attempt: one minute
	Attempts int           // before it is a dead letter: 20, which takes about ten hours
	Inside   bool          // it reaches nobody outside: a restore lets it go on, see Hold
}

// Dead is a job that was given up.
type Dead struct {
	ID      string
	Kind    string
	Attempt int
	Error   string // catalogue key of the last failure
	Created time.Time
	Dead    time.Time
}

// Stats is how the queue stands.
type Stats struct {
	Waiting int64     // not finished and not dead
	Dead    int64     // given up
	Due     time.Time // of the one that is due for longest; zero if there is none
}

const (
	payloadMax = 1 << 10          // bytes of a payload
	valueMax   = 128              // characters of an id in it
	leaseSlack = 30 * time.Second // by how much a claim outlives the handler's time
	firstPause = 5 * time.Second
	lastPause  = time.Hour
	deadMax    = 200 // dead letters that a list shows
)

// Faults that callers may look for.
var (
	ErrUnknown = fault.New(fault.NotFound, "jobs.unknown") // no such dead letter
	ErrAgain   = fault.New(fault.Conflict, "jobs.again")   // the same work is waiting already
)

// encode checks that a payload holds ids only and returns it as JSON.
func encode(payload map[string]string) (string, error) {
	for name, value := range payload {
		if !isID(name) || !isID(value) {
			return "", fmt.Errorf("job payload %q holds something that is no id", name)
		}
	}
	b, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	if len(b) > payloadMax {
		return "", fmt.Errorf("job payload of %d bytes: %d are allowed", len(b), payloadMax)
	}
	return string(b), nil
}

// isID holds what a name, an address or a sentence is not made of.
func isID(s string) bool {
	if s == "" || len(s) > valueMax {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// pause is how long a job waits after its nth attempt failed: twice as long
// each time, a quarter more or less.
func pause(attempt int) time.Duration {
	d := lastPause
	if attempt < 12 {
		d = min(lastPause, firstPause<<max(0, attempt-1))
	}
	return d*3/4 + rand.N(d/2)
}
