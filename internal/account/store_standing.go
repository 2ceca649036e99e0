package account

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// selectStanding returns what is remembered of somebody; one who never signed
// in has no subject.
func selectStanding(tx *db.Tx, subject string) (s standing, err error) {
	var right int64
	var asked *int64
	err = tx.QueryRow(`SELECT subject, reference, right_at, asked_at FROM account_person WHERE subject = $1`, subject).
		Scan(&s.Subject, &s.Reference, &right, &asked)
	if errors.Is(err, db.ErrNoRows) {
		return standing{}, nil
	}
	s.Right, s.Asked = clock.FromMicros(right), moment(asked)
	return s, err
}

// selectByReference returns whom a reference names, or nothing.
func selectByReference(tx *db.Tx, reference string) (subject string, err error) {
	err = tx.QueryRow(`SELECT subject FROM account_person WHERE reference = $1`, reference).Scan(&subject)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return subject, err
}

func hasReference(tx *db.Tx, reference string) (bool, error) {
	subject, err := selectByReference(tx, reference)
	return subject != "", err
}

// insertStanding does nothing for somebody who signs in twice at once.
func insertStanding(tx *db.Tx, subject, reference string, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO account_person (subject, reference, right_at, created_at) VALUES ($1, $2, $3, $3) ON CONFLICT (subject) DO NOTHING`,
		subject, reference, clock.Micros(now))
	return err
}

func setAsked(tx *db.Tx, subject string, now time.Time) error {
	_, err := tx.Exec(`UPDATE account_person SET asked_at = $1 WHERE subject = $2`, clock.Micros(now), subject)
	return err
}

func setRight(tx *db.Tx, subject string, now time.Time) error {
	_, err := tx.Exec(`UPDATE account_person SET right_at = $1, asked_at = $1 WHERE subject = $2`, clock.Micros(now), subject)
	return err
}

func insertClosing(tx *db.Tx, c closing) error {
	_, err := tx.Exec(`INSERT INTO account_closing (subject, id, state, asked_at, until_at) VALUES ($1, $2, $3, $4, $5)`,
		c.Subject, c.ID, c.State, clock.Micros(c.Asked), clock.Micros(c.Until))
	return err
}

// selectClosing returns the closing that waits; one that does not exist has no
// id.
func selectClosing(tx *db.Tx, subject string) (c closing, err error) {
	var asked, until int64
	err = tx.QueryRow(`SELECT subject, id, state, asked_at, until_at FROM account_closing WHERE subject = $1 AND state = $2 ORDER BY id DESC LIMIT 1`, subject, closingWaiting).
		Scan(&c.Subject, &c.ID, &c.State, &asked, &until)
	if errors.Is(err, db.ErrNoRows) {
		return closing{}, nil
	}
	c.Asked, c.Until = clock.FromMicros(asked), clock.FromMicros(until)
	return c, err
}

// endClosing takes a closing to its end, unless somebody else was first.
func endClosing(tx *db.Tx, c closing, state string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_closing SET state = $1, ended_at = $2 WHERE subject = $3 AND id = $4 AND state = $5`,
		state, clock.Micros(now), c.Subject, c.ID, closingWaiting)
	return n == 1, err
}

// reopen takes back the closing that waits, and reports whether one did.
func reopen(tx *db.Tx, subject string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_closing SET state = $1, ended_at = $2 WHERE subject = $3 AND state = $4`,
		closingReopened, clock.Micros(now), subject, closingWaiting)
	return n > 0, err
}

// selectReopened is when somebody's cabinet was last opened again, zero if it
// never was.
func selectReopened(tx *db.Tx, subject string) (time.Time, error) {
	var at *int64
	err := tx.QueryRow(`SELECT max(ended_at) FROM account_closing WHERE subject = $1 AND state = $2`, subject, closingReopened).Scan(&at)
	return moment(at), err
}
