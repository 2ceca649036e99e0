package account

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func insertVisit(tx *db.Tx, v Visit, how string) error {
	_, err := tx.Exec(`INSERT INTO account_visit (subject, id, official, found_by, opened_at, until_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.Subject, v.ID, v.Official, how, clock.Micros(v.Opened), clock.Micros(v.Until))
	return err
}

// selectVisit returns a visit; one that does not exist has no id.
func selectVisit(tx *db.Tx, id string) (v Visit, err error) {
	var opened, until int64
	var closed *int64
	err = tx.QueryRow(`SELECT subject, id, official, opened_at, until_at, closed_at FROM account_visit WHERE id = $1`, id).
		Scan(&v.Subject, &v.ID, &v.Official, &opened, &until, &closed)
	if errors.Is(err, db.ErrNoRows) {
		return Visit{}, nil
	}
	v.Opened, v.Until, v.Closed = clock.FromMicros(opened), clock.FromMicros(until), moment(closed)
	return v, err
}

// closeVisit reports whether the visit was open.
func closeVisit(tx *db.Tx, v Visit, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_visit SET closed_at = $1 WHERE subject = $2 AND id = $3 AND closed_at IS NULL AND until_at > $1`,
		clock.Micros(now), v.Subject, v.ID)
	return n == 1, err
}

// closeVisits ends every visit of somebody.
func closeVisits(tx *db.Tx, subject string, now time.Time) error {
	_, err := tx.Exec(`UPDATE account_visit SET closed_at = $1 WHERE subject = $2 AND closed_at IS NULL`, clock.Micros(now), subject)
	return err
}

func insertVerification(tx *db.Tx, subject string, v Verification) error {
	_, err := tx.Exec(`INSERT INTO account_verification (subject, id, level, official, role, party, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		subject, v.ID, v.Level.String(), v.Official, v.Role, v.Party, clock.Micros(v.At))
	return err
}
