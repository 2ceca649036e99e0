package staysout

import (
	"errors"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// insertHash keeps a hash; it reports whether it was not kept.
func insertHash(tx *db.Tx, id string, hash []byte, since time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO staysout_hash (subject, id, hash, since_at) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING`,
		audit.System, id, hash, clock.Micros(since))
	return n == 1, err
}

// selectHash returns the id under which a hash is kept, empty if it is not.
func selectHash(tx *db.Tx, hash []byte) (id string, err error) {
	err = tx.QueryRow(`SELECT id FROM staysout_hash WHERE hash = $1`, hash).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// selectSince returns since when a hash is kept, zero if it is not.
func selectSince(tx *db.Tx, hash []byte) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT since_at FROM staysout_hash WHERE hash = $1`, hash).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return clock.FromMicros(at), err
}

func countHashes(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM staysout_hash`).Scan(&n)
	return n, err
}
