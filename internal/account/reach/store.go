package reach

import (
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// marked is a contact of somebody that messages do not reach, and since when.
type marked struct {
	Subject, Field string
	At             time.Time
}

// selectMarked returns contacts that messages do not reach, the newest first.
func selectMarked(tx *db.Tx, limit int) (list []marked, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var m marked
		var at int64
		err := r.Scan(&m.Subject, &m.Field, &at)
		m.At = clock.FromMicros(at)
		list = append(list, m)
		return err
	}, `SELECT subject, field, at FROM account_bounce ORDER BY at DESC, subject, field LIMIT $1`, limit)
	return list, err
}

// countRight counts everybody, and those who said since a moment that their
// contact data is right.
func countRight(tx *db.Tx, since time.Time) (all, right int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN right_at >= $1 THEN 1 ELSE 0 END), 0) FROM account_person`, clock.Micros(since)).Scan(&all, &right)
	return all, right, err
}
