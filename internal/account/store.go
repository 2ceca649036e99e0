package account

import (
	"errors"
	"slices"
	"time"

	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// selectVerification returns the verification that is in force; one that does
// not exist has no id.
func selectVerification(tx *db.Tx, subject string) (v Verification, err error) {
	var level string
	var at int64
	err = tx.QueryRow(`SELECT id, level, official, role, party, at FROM account_verification WHERE subject = $1 AND ended_at IS NULL ORDER BY at DESC, id DESC LIMIT 1`, subject).
		Scan(&v.ID, &level, &v.Official, &v.Role, &v.Party, &at)
	if errors.Is(err, db.ErrNoRows) {
		return Verification{}, nil
	}
	v.At = clock.FromMicros(at)
	v.Level = web.Level(max(0, slices.Index(web.Levels(), level)))
	return v, err
}

// endVerifications reports whether there was one.
func endVerifications(tx *db.Tx, subject string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_verification SET ended_at = $1 WHERE subject = $2 AND ended_at IS NULL`, clock.Micros(now), subject)
	return n > 0, err
}

func insertChange(tx *db.Tx, c change, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO account_change (subject, id, field, state, had, salt, tries, sends, created_at, expires_at) VALUES ($1, $2, $3, $4, 0, $5, 0, $6, $7, $8)`,
		c.Subject, c.ID, c.Field, c.State, c.Salt, c.Sends, clock.Micros(now), clock.Micros(c.Expires))
	return err
}

const changeColumns = `subject, id, field, state, had, salt, tries, sends, expires_at, confirmed_at, stop_until`

func scanChange(scan func(...any) error) (c change, err error) {
	var had, expires int64
	var confirmed, until *int64
	err = scan(&c.Subject, &c.ID, &c.Field, &c.State, &had, &c.Salt, &c.Tries, &c.Sends, &expires, &confirmed, &until)
	if errors.Is(err, db.ErrNoRows) {
		return change{}, nil
	}
	c.Had, c.Expires, c.Confirmed, c.StopUntil = had != 0, clock.FromMicros(expires), moment(confirmed), moment(until)
	return c, err
}

// moment is a time that may be missing.
func moment(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

func selectChange(tx *db.Tx, subject, id string) (change, error) {
	return scanChange(tx.QueryRow(`SELECT `+changeColumns+` FROM account_change WHERE subject = $1 AND id = $2`, subject, id).Scan)
}

// selectWaiting returns the change of a field that waits for its code; one
// that does not exist has no id.
func selectWaiting(tx *db.Tx, subject, field string) (change, error) {
	return scanChange(tx.QueryRow(`SELECT `+changeColumns+` FROM account_change WHERE subject = $1 AND field = $2 AND state = $3 ORDER BY created_at DESC, id DESC LIMIT 1`,
		subject, field, stateWaiting).Scan)
}

// selectByStop returns the change that a link stops, while it does.
func selectByStop(tx *db.Tx, hash []byte, now time.Time) (change, error) {
	return scanChange(tx.QueryRow(`SELECT `+changeColumns+` FROM account_change WHERE stop_hash = $1 AND state = $2 AND stop_until > $3`,
		hash, stateConfirmed, clock.Micros(now)).Scan)
}

// selectStoppable returns the confirmed changes that can still be stopped.
func selectStoppable(tx *db.Tx, subject string, now time.Time) (list []change, err error) {
	err = tx.Select(func(r *db.Rows) error {
		c, err := scanChange(r.Scan)
		list = append(list, c)
		return err
	}, `SELECT `+changeColumns+` FROM account_change WHERE subject = $1 AND state = $2 AND stop_until > $3 ORDER BY confirmed_at, id`,
		subject, stateConfirmed, clock.Micros(now))
	return list, err
}

// dropChanges gives up the changes of a field that wait for a code.
func dropChanges(tx *db.Tx, subject, field string) error {
	_, err := tx.Exec(`UPDATE account_change SET state = $1 WHERE subject = $2 AND field = $3 AND state = $4`, stateDropped, subject, field, stateWaiting)
	return err
}

// dropEveryChange gives up all changes that wait, and ends the links by which
// others can be stopped.
func dropEveryChange(tx *db.Tx) error {
	if _, err := tx.Exec(`UPDATE account_change SET state = $1 WHERE state = $2`, stateDropped, stateWaiting); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE account_change SET stop_hash = NULL, stop_until = NULL WHERE stop_hash IS NOT NULL`)
	return err
}

// renewChange gives a change another code, which ends the one before.
func renewChange(tx *db.Tx, c change, salt []byte, expires time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_change SET salt = $1, tries = 0, sends = sends + 1, expires_at = $2 WHERE subject = $3 AND id = $4 AND sends = $5 AND state = $6`,
		salt, clock.Micros(expires), c.Subject, c.ID, c.Sends, stateWaiting)
	return n == 1, err
}

// tryChange counts a try at a code. It reports false if there is none left.
func tryChange(tx *db.Tx, c change, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_change SET tries = tries + 1 WHERE subject = $1 AND id = $2 AND tries < $3 AND state = $4 AND expires_at > $5`,
		c.Subject, c.ID, identity.CodeTries, stateWaiting, clock.Micros(now))
	return n == 1, err
}

func confirmChange(tx *db.Tx, c change, hash []byte, now, until time.Time) (bool, error) {
	had := 0
	if c.Had {
		had = 1
	}
	n, err := tx.Exec(`UPDATE account_change SET state = $1, had = $2, confirmed_at = $3, stop_hash = $4, stop_until = $5 WHERE subject = $6 AND id = $7 AND state = $8`,
		stateConfirmed, had, clock.Micros(now), hash, clock.Micros(until), c.Subject, c.ID, stateWaiting)
	return n == 1, err
}

// stopChanges stops a change and those of the same field that were confirmed
// after it. It reports false if it cannot be stopped any more.
func stopChanges(tx *db.Tx, c change, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE account_change SET state = $1 WHERE subject = $2 AND id = $3 AND state = $4 AND stop_until > $5`,
		stateStopped, c.Subject, c.ID, stateConfirmed, clock.Micros(now))
	if err != nil || n != 1 {
		return false, err
	}
	_, err = tx.Exec(`UPDATE account_change SET state = $1 WHERE subject = $2 AND field = $3 AND state = $4 AND confirmed_at > $5`,
		stateStopped, c.Subject, c.Field, stateConfirmed, clock.Micros(c.Confirmed))
	return true, err
}

// insertBounce reports whether the contact was not marked before.
func insertBounce(tx *db.Tx, subject, field string, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO account_bounce (subject, field, at) VALUES ($1, $2, $3) ON CONFLICT (subject, field) DO NOTHING`, subject, field, clock.Micros(now))
	return n == 1, err
}

func deleteBounce(tx *db.Tx, subject, field string) error {
	_, err := tx.Exec(`DELETE FROM account_bounce WHERE subject = $1 AND field = $2`, subject, field)
	return err
}

// selectBounces returns the contacts of somebody that messages do not reach.
func selectBounces(tx *db.Tx, subject string) (fields []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var field string
		err := r.Scan(&field)
		fields = append(fields, field)
		return err
	}, `SELECT field FROM account_bounce WHERE subject = $1 ORDER BY field`, subject)
	return fields, err
}
