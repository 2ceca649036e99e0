package audit

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema of the log.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of the log.
func Locales() fs.FS { return locales }

// Keeper is what the log needs of the vault: package vault implements it.
type Keeper interface {
	// Evidence returns the box in which the subject's events are sealed.
	Evidence(tx *db.Tx, subject string) (keys.Box, error)
	// Earlier returns the boxes of earlier years.
	Earlier(tx *db.Tx, subject string) ([]keys.Box, error)
	// Gone reports whether the key of an event with a number, written at a time,
	// was destroyed by the one path that may.
	Gone(tx *db.Tx, subject string, n, at int64) (bool, error)
	// Gate is the number of the subject's last event, as the gate counted.
	Gate(tx *db.Tx, subject string) (int64, error)
	// Gates calls each for every gate, in the order of the subjects.
	Gates(tx *db.Tx, each func(subject string, n int64) error) error
}

// Witness cosigns checkpoints, so that the operator cannot show different
// logs to different people. See NewWitness for the C2SP protocol.
type Witness interface {
	// Name is the witness's name, as in its verifier key.
	Name() string
	// Cosign shows a signed checkpoint with a proof that it contains what the
	// witness saw last, and returns the signature line to add to it.
	Cosign(ctx context.Context, old int64, proof [][]byte, checkpoint []byte) ([]byte, error)
}

// Config is what a log is made of.
type Config struct {
	DB        *db.DB
	Ring      *keys.Ring
	Keeper    Keeper
	Clock     clock.Clock
	Dir       string    // where checkpoints and tiles are copied out to; empty for nowhere
	Witnesses []Witness // without any, the log can fork unseen
}

// Log is the log of one store. It is safe for concurrent use.
type Log struct {
	db        *db.DB
	ring      *keys.Ring
	keeper    Keeper
	clock     clock.Clock
	dir       string
	witnesses []Witness

	publishing sync.Mutex
	copied     int64 // size of the tree that was copied out last
}

// Open returns the log of a store, once its tail is seen to be whole and the
// signer to have signed nothing that the store lacks. A log that was tampered
// with, or a store that was rolled back, is refused with what to do.
func Open(ctx context.Context, c Config) (*Log, error) {
	l := Look(c)
	if err := l.checkTail(ctx); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

// Look returns the log of a store as it stands, whole or not, for Check to say
// what is wrong with it.
func Look(c Config) *Log {
	return &Log{db: c.DB, ring: c.Ring, keeper: c.Keeper, clock: c.Clock, dir: c.Dir, witnesses: c.Witnesses}
}

// Line is an event with its number, and the box in which it is sealed.
type Line struct {
	Box   keys.Box
	Event *Event
}

// Append writes events. Only the vault calls it: it has passed the gates for
// the numbers and holds the evidence boxes.
func (l *Log) Append(tx *db.Tx, lines ...Line) error {
	list := make([]stored, len(lines))
	for i, line := range lines {
		var err error
		if list[i], err = l.seal(line.Box, line.Event); err != nil {
			return wrap(err)
		}
	}
	if err := insertEvents(tx, list); err != nil {
		return wrap(err)
	}
	for _, line := range lines {
		var err error
		switch e := line.Event; {
		case e.Moment():
			err = insertMoment(tx, e.Subject, e.N)
		case e.Own():
			err = insertUse(tx, e.Subject, e.N)
		}
		if err != nil {
			return wrap(err)
		}
	}
	return nil
}

// AppendIf writes an event as Append does, in one statement with the passing
// of the gate: guard is an UPDATE … RETURNING that changes a row only if the
// event's number is the next one; args are its parameters. It reports false,
// and nothing was written, if guard changed no row. Only for PostgreSQL: the
// statements of SQLite cannot be nested so.
func (l *Log) AppendIf(tx *db.Tx, box keys.Box, e *Event, guard string, args ...any) (bool, error) {
	s, err := l.seal(box, e)
	if err != nil {
		return false, wrap(err)
	}
	written, err := insertEventIf(tx, s, e.Own(), guard, args)
	return written, wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return nil
}

// seal makes an event whole, and returns it as the store keeps it.
func (l *Log) seal(box keys.Box, e *Event) (stored, error) {
	e.V, e.Instance = eventVersion, l.ring.Instance()
	if e.At == 0 {
		e.At = clock.Micros(l.clock.Now())
	}
	plain, leaf, err := e.encode()
	if err != nil {
		return stored{}, err
	}
	return stored{subject: e.Subject, n: e.N, at: e.At, leaf: leaf[:], sealed: box.Seal(l.place(e.Subject, e.N), plain)}, nil
}

// place is where an event is sealed to.
func (l *Log) place(subject string, n int64) keys.Place {
	return keys.Place{Instance: l.ring.Instance(), Table: "audit_event", Column: "sealed", Row: fmt.Sprint(n), Person: subject}
}

// Events returns a subject's events with numbers below before (0 for all),
// the newest first, limit at the most. Those whose time is over are left out.
func (l *Log) Events(ctx context.Context, subject string, before int64, limit int) ([]Event, error) {
	return l.events(ctx, subject, before, limit, selectEvents)
}

// Moments is Events for the moments of an account alone.
func (l *Log) Moments(ctx context.Context, subject string, before int64, limit int) ([]Event, error) {
	return l.events(ctx, subject, before, limit, selectMoments)
}

// Uses is Events for the person's own uses of applications alone.
func (l *Log) Uses(ctx context.Context, subject string, before int64, limit int) ([]Event, error) {
	return l.events(ctx, subject, before, limit, selectUses)
}

// History is Events for moments and own uses.
func (l *Log) History(ctx context.Context, subject string, before int64, limit int) ([]Event, error) {
	return l.events(ctx, subject, before, limit, selectBoth)
}

// Unnoted is up to which number a subject's events are from before moments and
// uses were noted: these are found by reading Events. It is 0 for most.
func (l *Log) Unnoted(ctx context.Context, subject string) (n int64, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error { n, err = selectUnnoted(tx, subject); return err })
	if err != nil {
		return 0, fmt.Errorf("look which events were noted: %w", err)
	}
	return n, nil
}

func (l *Log) events(ctx context.Context, subject string, before int64, limit int, find func(*db.Tx, string, int64, int) ([]stored, error)) ([]Event, error) {
	var events []Event
	err := l.db.View(ctx, func(tx *db.Tx) error {
		events = nil
		o, from := l.opener(tx, subject), before
		for len(events) < limit {
			all, err := find(tx, subject, from, limit-len(events))
			if err != nil {
				return err
			}
			some := false
			for i := range all {
				e, _, there, err := o.open(&all[i])
				if err != nil {
					return err
				}
				if from = all[i].n; there {
					some, events = true, append(events, e)
				}
			}
			if !some { // there are no more, or their time is over
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a person's events: %w", err)
	}
	return events, nil
}

// Deferred is an event of a series, with its leaf.
type Deferred struct {
	Event Event
	Leaf  [32]byte
}

// Deferred returns the events of a series behind a number, the oldest first,
// limit at the most.
func (l *Log) Deferred(tx *db.Tx, series string, behind int64, limit int) ([]Deferred, error) {
	rows, err := selectBehind(tx, series, behind, limit)
	if err != nil {
		return nil, err
	}
	o := l.opener(tx, series)
	list := make([]Deferred, 0, len(rows))
	for i := range rows {
		e, _, there, err := o.open(&rows[i])
		if err == nil && !there {
			err = errors.New("a key was destroyed before its events were revealed")
		}
		if err != nil {
			return nil, err
		}
		list = append(list, Deferred{e, [32]byte(rows[i].leaf)})
	}
	return list, nil
}

// Run integrates and signs until ctx ends, at least once a second while there
// is something new. A failure is reported and tried again.
func (l *Log) Run(ctx context.Context, report func(error)) error {
	const pause = 500 * time.Millisecond
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		if err := l.Integrate(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// behind is how long an event may wait to be signed for before the log counts
// as behind.
const behind = time.Minute

// Ready fails while an event has waited for longer than a minute to be signed
// for: what people did then shows in no checkpoint.
func (l *Log) Ready(ctx context.Context) error {
	var oldest *int64
	err := l.db.View(ctx, func(tx *db.Tx) error {
		t, err := selectTree(tx)
		if err == nil {
			oldest, err = selectOldest(tx, t.signed)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look at how far the log is: %w", err)
	}
	if oldest != nil && l.clock.Now().Sub(clock.FromMicros(*oldest)) > behind {
		return errors.New("the log is behind by more than a minute")
	}
	return nil
}

// errNoEvent is what people are told when they ask for an event that is not
// theirs, or not at all.
var errNoEvent = fault.New(fault.NotFound, "audit.no-event")

// Record returns the download of one event of a subject: the event, its salt,
// its place in the tree, and the checkpoint that covers it.
func (l *Log) Record(ctx context.Context, subject string, n int64) (*Record, error) {
	rec, err := l.record(ctx, subject, n)
	if errors.Is(err, errNotCovered) { // written a moment ago
		if err = l.Integrate(ctx); err == nil {
			rec, err = l.record(ctx, subject, n)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make the record of an event: %w", err)
	}
	return rec, nil
}
