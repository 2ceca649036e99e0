package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// State is the restore that made a store.
type State struct {
	Manifest string // which data backup
	Act      int64  // acts of the ledger that the backup holds for sure
	Began    time.Time
	Finished time.Time // zero: it broke off
}

// Restored is the restore that made a store; ok is false if none did.
func Restored(tx *db.Tx) (s State, ok bool, err error) {
	var began int64
	var finished *int64
	err = tx.QueryRow(`SELECT manifest, act, began_at, finished_at FROM backup_restore WHERE one = 1`).Scan(&s.Manifest, &s.Act, &began, &finished)
	if errors.Is(err, db.ErrNoRows) {
		return State{}, false, nil
	}
	s.Began = clock.FromMicros(began)
	if finished != nil {
		s.Finished = clock.FromMicros(*finished)
	}
	return s, err == nil, err
}

// Refuse answers an error if the restore that made the store broke off.
func Refuse(ctx context.Context, d *db.DB) error {
	var s State
	var ok bool
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		s, ok, err = Restored(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("look whether a restore broke off: %w", err)
	}
	if ok && s.Finished.IsZero() {
		return fmt.Errorf("the restore that began at %s broke off, and what was taken away since the backup may be back: run portico restore again", s.Began.Format(time.RFC3339))
	}
	return nil
}

// Begin notes in a store that is filled from a backup that it is.
func (b *Backup) Begin(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO backup_restore (one, manifest, act, began_at) VALUES (1, $1, $2, $3)`, b.Sum, b.Act, clock.Micros(now))
	return err
}

// Finish notes that a restore is finished: the store may serve.
func Finish(tx *db.Tx, now time.Time) error {
	n, err := tx.Exec(`UPDATE backup_restore SET finished_at = $1 WHERE one = 1 AND finished_at IS NULL`, clock.Micros(now))
	if err == nil && n != 1 {
		err = errors.New("no restore is under way")
	}
	return err
}

// Made notes in the store that a data backup of it was made.
func Made(tx *db.Tx, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO backup_made (at) VALUES ($1) ON CONFLICT (at) DO NOTHING`, clock.Micros(at))
	return err
}

func selectMade(tx *db.Tx) (time.Time, error) {
	var at *int64
	if err := tx.QueryRow(`SELECT max(at) FROM backup_made`).Scan(&at); err != nil || at == nil {
		return time.Time{}, err
	}
	return clock.FromMicros(*at), nil
}

// Drill is a restore into a scratch place, and what came of it.
type Drill struct {
	At     time.Time
	Data   time.Time // when the data backup was made
	Keys   time.Time // and the key backup
	Epoch  int64     // the oldest whose key it takes to read the key backup
	People int64     // whose gates it holds
	Opened int64     // values that opened
	Faults int64     // what was found wrong
}

// Note notes a drill in the store whose backups were tried.
func (d Drill) Note(tx *db.Tx) error {
	_, err := tx.Exec(`INSERT INTO backup_drill (at, data_at, keys_at, epoch, people, opened, faults) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (at) DO NOTHING`, clock.Micros(d.At), clock.Micros(d.Data), clock.Micros(d.Keys), d.Epoch, d.People, d.Opened, d.Faults)
	return err
}

// Facts are what the event says that tells of a drill.
func (d Drill) Facts() audit.Facts {
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	return audit.Facts{
		"data": d.Data.UTC().Format(time.RFC3339), "keys": d.Keys.UTC().Format(time.RFC3339),
		"epoch": n(d.Epoch), "people": n(d.People), "values": n(d.Opened), "faults": n(d.Faults),
	}
}

// Drilled is the last drill that found no fault; its time is zero if there was
// none.
func Drilled(tx *db.Tx) (Drill, error) { return selectDrill(tx, 0) }

// Last is the last drill that found no fault, the last whatever it found, and
// when the last data backup was made; zero where there was none.
func Last(tx *db.Tx) (whole, last Drill, made time.Time, err error) {
	if whole, err = Drilled(tx); err == nil {
		last, err = selectDrill(tx, math.MaxInt64)
	}
	if err == nil {
		made, err = selectMade(tx)
	}
	return whole, last, made, err
}

// selectDrill returns the last drill with at most so many faults.
func selectDrill(tx *db.Tx, most int64) (d Drill, err error) {
	var at, data, keys int64
	err = tx.QueryRow(`SELECT at, data_at, keys_at, epoch, people, opened, faults FROM backup_drill WHERE faults <= $1 ORDER BY at DESC LIMIT 1`, most).
		Scan(&at, &data, &keys, &d.Epoch, &d.People, &d.Opened, &d.Faults)
	if errors.Is(err, db.ErrNoRows) {
		return Drill{}, nil
	}
	d.At, d.Data, d.Keys = clock.FromMicros(at), clock.FromMicros(data), clock.FromMicros(keys)
	return d, err
}

// Node is a process that serves the store, and the epochs whose keys it holds.
type Node struct {
	ID     string
	Oldest int64
	Newest int64
	Seen   time.Time
}

// Note notes that a node is there.
func (n Node) Note(tx *db.Tx) error {
	_, err := tx.Exec(`INSERT INTO backup_node (node, oldest, newest, seen_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (node) DO UPDATE SET oldest = excluded.oldest, newest = excluded.newest, seen_at = excluded.seen_at`,
		n.ID, n.Oldest, n.Newest, clock.Micros(n.Seen))
	return err
}

// Leave notes that a node has ended, and forgets those that were last seen
// before a time.
func (n Node) Leave(tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM backup_node WHERE node = $1 OR seen_at < $2`, n.ID, clock.Micros(before))
	return err
}

// Oldest is the oldest epoch whose key a node holds that was seen since a time;
// 0 if there is none.
func Oldest(tx *db.Tx, since time.Time) (epoch int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(min(oldest), 0) FROM backup_node WHERE seen_at >= $1`, clock.Micros(since)).Scan(&epoch)
	return epoch, err
}
