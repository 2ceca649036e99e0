package login

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// attempt is a row of login_attempt.
type attempt struct {
	State    []byte
	Browser  []byte
	Purpose  purpose
	Session  string // of whoever left, if they were signed in
	Language string
	Next     string
	Begun    time.Time
}

// insertAttempt keeps an attempt, and lets go of those whose time is over.
func insertAttempt(tx *db.Tx, a attempt, now time.Time) error {
	if _, err := tx.Exec(`DELETE FROM login_attempt WHERE expires_at <= $1`, clock.Micros(now)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO login_attempt (state_hash, browser_hash, purpose, session, language, next, begun_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.State, a.Browser, string(a.Purpose), a.Session, a.Language, a.Next, clock.Micros(a.Begun), clock.Micros(a.Begun.Add(attemptLife)))
	return err
}

// takeAttempt returns the attempt that a browser left with, and lets go of it:
// it is found once. One that does not exist has no purpose.
func takeAttempt(tx *db.Tx, state, browser []byte, now time.Time) (a attempt, err error) {
	var what string
	var begun int64
	err = tx.QueryRow(`SELECT state_hash, browser_hash, purpose, session, language, next, begun_at FROM login_attempt WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3`,
		state, browser, clock.Micros(now)).Scan(&a.State, &a.Browser, &what, &a.Session, &a.Language, &a.Next, &begun)
	if errors.Is(err, db.ErrNoRows) {
		return attempt{}, nil
	}
	if err != nil {
		return attempt{}, err
	}
	a.Purpose, a.Begun = purpose(what), clock.FromMicros(begun)
	n, err := tx.Exec(`DELETE FROM login_attempt WHERE state_hash = $1`, state)
	if n != 1 {
		a = attempt{} // another request was first
	}
	return a, err
}

// endAttempts lets go of everybody who left, in a store that was restored.
func endAttempts(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM login_attempt`)
	return err
}

// link is a row of login_link.
type link struct {
	Sealed    []byte // nil: there is none
	Seasoned  time.Time
	Connected time.Time // zero: the account waits to be opened
}

func putLink(tx *db.Tx, subject string, l link) error {
	_, err := tx.Exec(`INSERT INTO login_link (subject, sealed, seasoned_at, connected_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject) DO UPDATE SET sealed = excluded.sealed, seasoned_at = excluded.seasoned_at, connected_at = excluded.connected_at`,
		subject, l.Sealed, clock.Micros(l.Seasoned), moment(l.Connected))
	return err
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return clock.Micros(t)
}

// selectLink returns with what an account is connected.
func selectLink(tx *db.Tx, subject string) (l link, err error) {
	var seasoned int64
	var connected *int64
	err = tx.QueryRow(`SELECT sealed, seasoned_at, connected_at FROM login_link WHERE subject = $1`, subject).Scan(&l.Sealed, &seasoned, &connected)
	if errors.Is(err, db.ErrNoRows) {
		return link{}, nil
	}
	l.Seasoned = clock.FromMicros(seasoned)
	if connected != nil {
		l.Connected = clock.FromMicros(*connected)
	}
	return l, err
}

func deleteLink(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM login_link WHERE subject = $1`, subject)
	return err
}

// selectConnected returns the accounts that are connected, in the order of
// their ids, that come after one.
func selectConnected(tx *db.Tx, after string, limit int) (list []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var subject string
		err := r.Scan(&subject)
		list = append(list, subject)
		return err
	}, `SELECT subject FROM login_link WHERE subject > $1 AND connected_at IS NOT NULL ORDER BY subject LIMIT $2`, after, limit)
	return list, err
}
