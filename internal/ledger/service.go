package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
)

// Config is what a ledger is made of.
type Config struct {
	DB    *db.DB
	Ring  *keys.Ring
	Clock clock.Clock
}

// Ledger is the ledger of one store. It is safe for concurrent use. A nil one
// records nothing: for the tests of packages of whose acts none is restored.
type Ledger struct {
	Config
	path string

	recorded atomic.Int64 // how often this process recorded something,
	kept     atomic.Int64 // and how many of these are in the file
	failing  atomic.Bool
	mu       sync.Mutex
	at       position
	fresh    []Entry // in the file and perhaps not yet marked in the store
}

// Open opens the ledger of a store. It compares both, and brings what is
// committed to the file. A ledger is begun only where the log has signed
// nothing yet: nothing is ever made again in silence.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	l := &Ledger{Config: c, path: filepath.Join(c.Ring.Dir(), FileName)}
	if err := l.open(ctx); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context) error {
	if _, err := os.Stat(l.path); errors.Is(err, os.ErrNotExist) {
		signed, err := l.Ring.Signed()
		if err != nil {
			return err
		}
		if signed.Size > 0 {
			return fmt.Errorf("%s is missing: put the newest one back from the key backup; without it nobody knows what was taken away", l.path)
		}
		if err := begin(l.path, l.Ring.Instance()); err != nil {
			return err
		}
	}
	return l.keep(ctx, true)
}

// Record notes acts in the transaction of what they tell of. Whoever then
// tells somebody that it is done calls Keep before.
func (l *Ledger) Record(tx *db.Tx, acts ...Act) error {
	if l == nil || len(acts) == 0 {
		return nil
	}
	now := l.Clock.Now()
	for i := range acts {
		a := &acts[i]
		if a.At.IsZero() {
			a.At = now
		}
		a.ID = id.New(now)
		if err := a.check(); err != nil {
			return fmt.Errorf("record an act: %w", err)
		}
	}
	if err := insertActs(tx, acts); err != nil {
		return fmt.Errorf("record an act: %w", err)
	}
	tx.AfterCommit(func() { l.recorded.Add(1) })
	return nil
}

// Keep brings every act that is committed to the file. It answers nil only
// once they are there, flushed.
func (l *Ledger) Keep(ctx context.Context) error {
	if l == nil {
		return nil
	}
	if err := l.keep(ctx, false); err != nil {
		return fmt.Errorf("keep what was taken away: %w", err)
	}
	return nil
}

// Kept is Keep where this process has recorded something that is not known to be
// in the file: what somebody else is about to keep is waited for.
func (l *Ledger) Kept(ctx context.Context) error {
	if l == nil || l.kept.Load() >= l.recorded.Load() {
		return nil
	}
	return l.Keep(ctx)
}

// Run keeps what nobody waits for, such as what a sweep recorded, until ctx
// ends. A failure is reported and tried again.
func (l *Ledger) Run(ctx context.Context, report func(error)) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		if err := l.Kept(ctx); err != nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Ready fails while what was recorded cannot be brought to the file.
func (l *Ledger) Ready(context.Context) error {
	if l.failing.Load() {
		return errors.New("the ledger beside the keys cannot be written")
	}
	return nil
}

// Head is the last act of the file.
func (l *Ledger) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at.head
}

const batch = 500

func (l *Ledger) keep(ctx context.Context, compare bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // begun, it is finished: it is known how it ended
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	recorded := l.recorded.Load()
	err := locked(l.path, func(f *os.File) (err error) {
		check := &comparison{}
		if compare {
			if check, err = l.begin(ctx); err != nil {
				return err
			}
		}
		// What others wrote, or what was written here and perhaps not marked.
		l.at, err = advance(f, l.at, l.Ring.Instance(), func(e Entry, _ Head) error {
			return check.see(e, func() { l.fresh = append(l.fresh, e) })
		})
		if err == nil && compare {
			err = check.end(l.at.head)
		}
		for err == nil {
			if err = l.mark(ctx, f, compare); err != nil {
				return err
			}
			var acts []Act
			if err = l.DB.View(ctx, func(tx *db.Tx) (err error) {
				acts, err = selectWaiting(tx, batch)
				return err
			}); err != nil || len(acts) == 0 {
				return err
			}
			l.at, l.fresh, err = extend(f, l.at, acts)
		}
		return err
	})
	if err == nil {
		l.kept.Store(recorded)
	} else {
		l.recorded.Add(1) // to be tried again
	}
	l.failing.Store(err != nil)
	return err
}

// mark flushes the file and notes in the store what is in it.
func (l *Ledger) mark(ctx context.Context, f *os.File, compare bool) error {
	if len(l.fresh) == 0 {
		return nil
	}
	if err := f.Sync(); err != nil {
		return err
	}
	err := l.DB.Update(ctx, func(tx *db.Tx) error {
		for some := range slices.Chunk(l.fresh, 100) {
			if known, err := markActs(tx, some); err != nil || known < int64(len(some)) && compare {
				return errors.Join(err, errStoreBehind(some[0].N, some[len(some)-1].N))
			}
		}
		return nil
	})
	if err == nil {
		l.fresh = nil
	}
	return err
}

// comparison holds the file to what the store says of it.
type comparison struct {
	marked int64 // lines that the store knows
	last   Entry // the last of them
	found  bool
}

func (l *Ledger) begin(ctx context.Context) (*comparison, error) {
	c := &comparison{}
	var rows int64
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		if rows, err = countMarked(tx); err == nil && rows > 0 {
			c.last, err = selectLast(tx)
		}
		return err
	})
	c.marked = c.last.N
	if err == nil && rows != c.marked {
		err = fmt.Errorf("the store holds %d of the first %d acts of the ledger: restore it from a backup", rows, c.marked)
	}
	return c, err
}

// see looks at a line: fresh is called for one that the store does not know as
// one of the file's.
func (c *comparison) see(e Entry, fresh func()) error {
	switch {
	case e.N > c.marked:
		fresh()
	case e.N == c.marked && !e.same(c.last):
		return fmt.Errorf("act %d of the ledger is another than the store's: one of them is not this portal's newest", e.N)
	case e.N == c.marked:
		c.found = true
	}
	return nil
}

func (c *comparison) end(head Head) error {
	if c.marked > 0 && !c.found {
		return fmt.Errorf("the ledger ends with act %d and the store knows %d: the file is older than the store; put the newest one back from the key backup with portico keys restore", head.N, c.marked)
	}
	return nil
}

func errStoreBehind(from, to int64) error {
	return fmt.Errorf("of the acts %d to %d of the ledger not all are in the store: the store is older than the ledger and would bring back what was taken away; put it back with portico restore", from, to)
}

func (e Entry) same(o Entry) bool {
	return e.N == o.N && e.ID == o.ID && e.Kind == o.Kind && e.Subject == o.Subject && e.Scope == o.Scope && e.Ref == o.Ref && e.At.Equal(o.At)
}

// Since reads the ledger in a key directory and calls each for every act
// behind the first n, whose last line is the head that a backup names. A
// ledger without it is older than the backup, or another portal's.
func Since(dir, instance string, n int64, head string, each func(Entry) error) error {
	at, err := read(dir, instance, func(e Entry, h Head) error {
		if e.N == n && h.String() != head {
			return fmt.Errorf("act %d of the ledger in %s is another than the one that the backup names: one of them is another portal's", n, dir)
		}
		if e.N <= n {
			return nil
		}
		return each(e)
	})
	if err == nil && at.N < n {
		err = fmt.Errorf("the ledger in %s ends with act %d and the backup knows %d: it is not the newest one, and without that a restore would bring back what was taken away", dir, at.N, n)
	}
	return err
}

// Adopt brings a line of the file into a store that is restored.
func Adopt(tx *db.Tx, e Entry) error {
	if err := adoptAct(tx, e); err != nil {
		return fmt.Errorf("adopt an act: %w", err)
	}
	return nil
}

// Catch brings to a file that was put back from a key backup what the store
// knows of it: the acts that the file held when it was lost.
func Catch(ctx context.Context, c Config) error {
	l := &Ledger{Config: c, path: filepath.Join(c.Ring.Dir(), FileName)}
	err := locked(l.path, func(f *os.File) (err error) {
		if l.at, err = advance(f, position{}, c.Ring.Instance(), func(Entry, Head) error { return nil }); err != nil {
			return err
		}
		for {
			var acts []Act
			if err := c.DB.View(ctx, func(tx *db.Tx) (err error) {
				acts, err = selectBehind(tx, l.at.head.N, batch)
				return err
			}); err != nil || len(acts) == 0 {
				return errors.Join(err, f.Sync())
			}
			if l.at, _, err = extend(f, l.at, acts); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return fmt.Errorf("bring the ledger up to the store: %w", err)
	}
	return nil
}
