package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// keep stores a version the first time it is loaded, and notes that it is what
// the directory says now.
func keep(tx *db.Tx, in *Instance, now time.Time) error {
	if _, err := tx.Exec(`INSERT INTO instance_version (hash, policy, words, loaded_at, archive)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING`,
		in.Hash, in.Policy.Hash(), in.Words, clock.Micros(now), in.archive); err != nil {
		return fmt.Errorf("keep the version of the instance: %w", err)
	}
	last, at, err := loaded(tx)
	if err != nil || last == in.Hash {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO instance_loaded (at, hash) VALUES ($1, $2)`, max(clock.Micros(now), at+1), in.Hash); err != nil {
		return fmt.Errorf("note what the directory says: %w", err)
	}
	return nil
}

// loaded returns what a directory said last, and when; empty if none did.
func loaded(tx *db.Tx) (hash string, at int64, err error) {
	err = tx.QueryRow(`SELECT hash, at FROM instance_loaded ORDER BY at DESC LIMIT 1`).Scan(&hash, &at)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", 0, fmt.Errorf("read what the directory said last: %w", err)
	}
	return hash, at, nil
}

// newest returns the version that came into force last, and when; empty if
// none ever did.
func newest(tx *db.Tx) (hash string, since int64, err error) {
	err = tx.QueryRow(`SELECT hash, since FROM instance_force ORDER BY since DESC LIMIT 1`).Scan(&hash, &since)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", 0, fmt.Errorf("read which version is in force: %w", err)
	}
	return hash, since, nil
}

// enforce notes from when on a version is in force, if another was before.
func enforce(tx *db.Tx, hash string, now time.Time) error {
	last, since, err := newest(tx)
	if err != nil || last == hash {
		return err
	}
	// A clock that went back must not put the new version before the old one.
	if _, err := tx.Exec(`INSERT INTO instance_force (since, hash) VALUES ($1, $2)`, max(clock.Micros(now), since+1), hash); err != nil {
		return fmt.Errorf("put the version in force: %w", err)
	}
	return nil
}

// archiveOf reads the files of a version; nil if there is none of this hash.
func archiveOf(tx *db.Tx, hash string) ([]byte, error) {
	var archive []byte
	err := tx.QueryRow(`SELECT archive FROM instance_version WHERE hash = $1`, hash).Scan(&archive)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a version of the instance: %w", err)
	}
	return archive, nil
}

// Force is a time from which on a version was in force.
type Force struct {
	Hash   string // of the instance
	Policy string // of its policy's declarations
	Words  string // of its policy and terms, declarations and texts
	Since  time.Time
}

// Newest returns the hash of the version that came into force last; empty if
// none ever did. It puts nothing into force.
func Newest(ctx context.Context, d *db.DB) (hash string, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		hash, _, err = newest(tx)
		return err
	})
	return hash, err
}

// history lists what was in force, the oldest first.
func history(tx *db.Tx) ([]Force, error) {
	var out []Force
	err := tx.Select(func(r *db.Rows) error {
		var f Force
		var since int64
		if err := r.Scan(&f.Hash, &f.Policy, &f.Words, &since); err != nil {
			return err
		}
		f.Since = clock.FromMicros(since)
		out = append(out, f)
		return nil
	}, `SELECT v.hash, v.policy, v.words, f.since FROM instance_force f
		JOIN instance_version v ON v.hash = f.hash ORDER BY f.since`)
	if err != nil {
		return nil, fmt.Errorf("read the versions of the instance: %w", err)
	}
	return out, nil
}
