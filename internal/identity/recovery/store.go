package recovery

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// The states of a request.
const (
	coded   = "code"    // a code was sent
	proved  = "proved"  // and was right
	factor  = "factor"  // and so was a second factor or a recovery code
	waiting = "waiting" // neither was there
	done    = "done"
	stopped = "stopped"
)

// request is a row of recovery_request.
type request struct {
	Subject  string
	ID       string
	Hash     []byte
	State    string
	Channel  string
	Salt     []byte
	Tries    int64
	Created  time.Time
	Expires  time.Time
	Ready    time.Time // when a waiting one opens
	Seasoned time.Time // of the factor that was proved
}

func insertRequest(tx *db.Tx, r request) error {
	_, err := tx.Exec(`INSERT INTO recovery_request (subject, id, token_hash, state, channel, salt, tries, created_at, expires_at, ready_at, seasoned_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 0, 0)`,
		r.Subject, r.ID, r.Hash, r.State, r.Channel, r.Salt, clock.Micros(r.Created), clock.Micros(r.Expires))
	return err
}

const columns = `subject, id, token_hash, state, channel, salt, tries, created_at, expires_at, ready_at, seasoned_at`

func scan(to func(...any) error) (r request, err error) {
	var created, expires, ready, seasoned int64
	err = to(&r.Subject, &r.ID, &r.Hash, &r.State, &r.Channel, &r.Salt, &r.Tries, &created, &expires, &ready, &seasoned)
	if errors.Is(err, db.ErrNoRows) {
		return request{}, nil
	}
	r.Created, r.Expires, r.Ready, r.Seasoned = clock.FromMicros(created), clock.FromMicros(expires), clock.FromMicros(ready), clock.FromMicros(seasoned)
	return r, err
}

// selectByToken returns the request of a browser; one that does not exist has
// no id.
func selectByToken(tx *db.Tx, hash []byte) (request, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM recovery_request WHERE token_hash = $1`, hash).Scan)
}

func selectByID(tx *db.Tx, id string) (request, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM recovery_request WHERE id = $1`, id).Scan)
}

// selectWaiting returns the request of somebody that waits or may be finished.
func selectWaiting(tx *db.Tx, subject string, now time.Time) (request, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM recovery_request WHERE subject = $1 AND state = 'waiting' AND expires_at > $2 ORDER BY ready_at LIMIT 1`,
		subject, clock.Micros(now)).Scan)
}

// try counts a try at a code, and reports whether one was left.
func try(tx *db.Tx, r request, most int64) (bool, error) {
	n, err := tx.Exec(`UPDATE recovery_request SET tries = tries + 1 WHERE subject = $1 AND id = $2 AND state = $3 AND tries < $4`,
		r.Subject, r.ID, r.State, most)
	return n == 1, err
}

// move takes a request from the state in which it was read to another, with
// what else changed, and reports whether it stood there.
func move(tx *db.Tx, r request, to string) (bool, error) {
	n, err := tx.Exec(`UPDATE recovery_request SET state = $1, tries = 0, expires_at = $2, ready_at = $3, seasoned_at = $4 WHERE subject = $5 AND id = $6 AND state = $7`,
		to, clock.Micros(r.Expires), clock.Micros(r.Ready), clock.Micros(r.Seasoned), r.Subject, r.ID, r.State)
	return n == 1, err
}

// stopWaiting stops every request of somebody that waits, and reports whether
// there was one.
func stopWaiting(tx *db.Tx, subject string) (bool, error) {
	n, err := tx.Exec(`UPDATE recovery_request SET state = 'stopped' WHERE subject = $1 AND state = 'waiting'`, subject)
	return n > 0, err
}

// stopEverything stops every request that is under way.
func stopEverything(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE recovery_request SET state = 'stopped' WHERE state IN ($1, $2, $3, $4)`, coded, proved, factor, waiting)
	return err
}
