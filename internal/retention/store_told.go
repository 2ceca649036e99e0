package retention

import (
	"errors"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// insertTold notes that somebody is told of a thing, and reports false if they
// were, for the same event.
func insertTold(tx *db.Tx, i holdings.Item, at time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO retention_told (subject, kind, item, since_at, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, kind, item) DO UPDATE SET since_at = excluded.since_at, at = excluded.at WHERE retention_told.since_at <> excluded.since_at`,
		i.Subject, i.Kind, i.ID, clock.Micros(i.Since), clock.Micros(at))
	return n == 1, err
}

// selectTold is when somebody was told of a thing, zero if they were not.
func selectTold(tx *db.Tx, i holdings.Item) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT at FROM retention_told WHERE subject = $1 AND kind = $2 AND item = $3 AND since_at = $4`,
		i.Subject, i.Kind, i.ID, clock.Micros(i.Since)).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return clock.FromMicros(at), err
}

// deleteTold forgets that somebody was told of a thing that goes.
func deleteTold(tx *db.Tx, i holdings.Item) error {
	_, err := tx.Exec(`DELETE FROM retention_told WHERE subject = $1 AND kind = $2 AND item = $3`, i.Subject, i.Kind, i.ID)
	return err
}
