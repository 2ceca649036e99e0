package identity

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// account is a row of identity_account.
type account struct {
	Subject string
	Realm   string
	State   State
	Contact string // field by which they sign in
	Changed time.Time
	// Seasoned is from when on it may authorise a download or a consent.
	Seasoned time.Time
}

func insertAccount(tx *db.Tx, a account, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO identity_account (subject, realm, state, contact, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $5)`,
		a.Subject, a.Realm, string(a.State), a.Contact, clock.Micros(now))
	return err
}

// selectAccount returns the account of a subject; one that does not exist has
// no state.
func selectAccount(tx *db.Tx, subject string) (a account, err error) {
	var state string
	var changed, seasoned int64
	err = tx.QueryRow(`SELECT subject, realm, state, contact, changed_at, seasoned_at FROM identity_account WHERE subject = $1`, subject).
		Scan(&a.Subject, &a.Realm, &state, &a.Contact, &changed, &seasoned)
	if errors.Is(err, db.ErrNoRows) {
		return account{}, nil
	}
	a.State, a.Changed, a.Seasoned = State(state), clock.FromMicros(changed), clock.FromMicros(seasoned)
	return a, err
}

// moveAccount takes an account from one state to another, and reports whether
// it stood there.
func moveAccount(tx *db.Tx, subject string, from, to State, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_account SET state = $1, changed_at = $2 WHERE subject = $3 AND state = $4`,
		string(to), clock.Micros(now), subject, string(from))
	return n == 1, err
}

// challenge is a row of identity_challenge.
type challenge struct {
	Subject string
	ID      string
	Salt    []byte
	Tries   int64
	Sends   int64
	Expires time.Time
	Used    bool
}

func insertChallenge(tx *db.Tx, c challenge, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO identity_challenge (subject, id, salt, tries, sends, created_at, expires_at) VALUES ($1, $2, $3, 0, 1, $4, $5)`,
		c.Subject, c.ID, c.Salt, clock.Micros(now), clock.Micros(c.Expires))
	return err
}

// selectChallenge returns the newest challenge of a subject; one that does not
// exist has no id.
func selectChallenge(tx *db.Tx, subject string) (c challenge, err error) {
	var expires int64
	var used *int64
	err = tx.QueryRow(`SELECT subject, id, salt, tries, sends, expires_at, used_at FROM identity_challenge WHERE subject = $1 ORDER BY created_at DESC, id DESC LIMIT 1`, subject).
		Scan(&c.Subject, &c.ID, &c.Salt, &c.Tries, &c.Sends, &expires, &used)
	if errors.Is(err, db.ErrNoRows) {
		return challenge{}, nil
	}
	c.Expires, c.Used = clock.FromMicros(expires), used != nil
	return c, err
}

// tryChallenge counts a try. It reports false if there is none left, or the
// code is used or too old.
func tryChallenge(tx *db.Tx, c challenge, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_challenge SET tries = tries + 1 WHERE subject = $1 AND id = $2 AND tries < $3 AND used_at IS NULL AND expires_at > $4`,
		c.Subject, c.ID, CodeTries, clock.Micros(now))
	return n == 1, err
}

func useChallenge(tx *db.Tx, c challenge, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_challenge SET used_at = $1 WHERE subject = $2 AND id = $3 AND used_at IS NULL`,
		clock.Micros(now), c.Subject, c.ID)
	return n == 1, err
}

// renewChallenge gives a challenge another code, which ends the one before.
func renewChallenge(tx *db.Tx, c challenge, salt []byte, expires time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_challenge SET salt = $1, tries = 0, sends = sends + 1, expires_at = $2 WHERE subject = $3 AND id = $4 AND sends = $5 AND used_at IS NULL`,
		salt, clock.Micros(expires), c.Subject, c.ID, c.Sends)
	return n == 1, err
}

// session is a row of identity_session.
type session struct {
	Subject string
	ID      string
	Realm   string
	Stage   stage
	Hash    []byte
	Means   string
	Tries   int64
	Created time.Time
	Seen    time.Time
	Expires time.Time
	Ended   bool
	// Stepped is when they proved last who they are, SteppedBy with what;
	// Seasoned from when on the session may authorise a download or a consent.
	Stepped   time.Time
	SteppedBy string
	Seasoned  time.Time
}

func insertSession(tx *db.Tx, s session) error {
	_, err := tx.Exec(`INSERT INTO identity_session (subject, id, realm, stage, token_hash, means, tries, created_at, seen_at, expires_at, stepped_at, stepped_by, seasoned_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, $8, $9, $10, $11)`,
		s.Subject, s.ID, s.Realm, string(s.Stage), s.Hash, s.Means, clock.Micros(s.Created), clock.Micros(s.Expires),
		clock.Micros(s.Stepped), s.SteppedBy, clock.Micros(s.Seasoned))
	return err
}

const sessionColumns = `subject, id, realm, stage, token_hash, means, tries, created_at, seen_at, expires_at, ended_at, stepped_at, stepped_by, seasoned_at`

func scanSession(scan func(...any) error) (s session, err error) {
	var stageName string
	var created, seen, expires, stepped, seasoned int64
	var ended *int64
	err = scan(&s.Subject, &s.ID, &s.Realm, &stageName, &s.Hash, &s.Means, &s.Tries, &created, &seen, &expires, &ended, &stepped, &s.SteppedBy, &seasoned)
	if errors.Is(err, db.ErrNoRows) {
		return session{}, nil
	}
	s.Stage, s.Ended = stage(stageName), ended != nil
	s.Created, s.Seen, s.Expires = clock.FromMicros(created), clock.FromMicros(seen), clock.FromMicros(expires)
	s.Stepped, s.Seasoned = clock.FromMicros(stepped), clock.FromMicros(seasoned)
	return s, err
}

// selectSession returns the session with this token's hash; one that does not
// exist has no id.
func selectSession(tx *db.Tx, hash []byte) (session, error) {
	return scanSession(tx.QueryRow(`SELECT `+sessionColumns+` FROM identity_session WHERE token_hash = $1`, hash).Scan)
}

// selectSessions returns the sessions that somebody is signed in with, the
// newest first.
func selectSessions(tx *db.Tx, subject string, now time.Time) (list []session, err error) {
	err = tx.Select(func(r *db.Rows) error {
		s, err := scanSession(r.Scan)
		list = append(list, s)
		return err
	}, `SELECT `+sessionColumns+` FROM identity_session WHERE subject = $1 AND stage = 'full' AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3 ORDER BY created_at DESC, id DESC`,
		subject, clock.Micros(now), clock.Micros(now.Add(-IdleLife)))
	return list, err
}

func touchSession(tx *db.Tx, s session, now time.Time) error {
	_, err := tx.Exec(`UPDATE identity_session SET seen_at = $1 WHERE subject = $2 AND id = $3 AND ended_at IS NULL AND seen_at < $1`,
		clock.Micros(now), s.Subject, s.ID)
	return err
}

// trySession counts a try at the second factor. It reports false if none is
// left.
func trySession(tx *db.Tx, s session, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_session SET tries = tries + 1 WHERE subject = $1 AND id = $2 AND tries < $3 AND ended_at IS NULL AND expires_at > $4`,
		s.Subject, s.ID, secondTries, clock.Micros(now))
	return n == 1, err
}

// selectSessionByID returns a session that has not ended; one that does not
// exist has no id.
func selectSessionByID(tx *db.Tx, subject, id string) (session, error) {
	return scanSession(tx.QueryRow(`SELECT `+sessionColumns+` FROM identity_session WHERE subject = $1 AND id = $2 AND ended_at IS NULL`, subject, id).Scan)
}

// rotateSession gives a session another token, and what was proved just now.
// It reports false if another request was first, or the session has ended.
func rotateSession(tx *db.Tx, s session, hash []byte) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_session SET token_hash = $1, means = $2, stepped_at = $3, stepped_by = $4, seasoned_at = $5
		WHERE subject = $6 AND id = $7 AND token_hash = $8 AND ended_at IS NULL`,
		hash, s.Means, clock.Micros(s.Stepped), s.SteppedBy, clock.Micros(s.Seasoned), s.Subject, s.ID, s.Hash)
	return n == 1, err
}

// endSession reports whether the session was not ended before.
func endSession(tx *db.Tx, subject, id string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE identity_session SET ended_at = $1 WHERE subject = $2 AND id = $3 AND ended_at IS NULL`, clock.Micros(now), subject, id)
	return n == 1, err
}

// endSessions ends every session of a subject but one, and those on their way
// in, and returns how many there were.
func endSessions(tx *db.Tx, subject, but string, now time.Time) (int64, error) {
	return tx.Exec(`UPDATE identity_session SET ended_at = $1 WHERE subject = $2 AND id <> $3 AND ended_at IS NULL`, clock.Micros(now), subject, but)
}

// endEnrolments ends every session in which a second factor is being set up.
func endEnrolments(tx *db.Tx, subject string, now time.Time) error {
	_, err := tx.Exec(`UPDATE identity_session SET ended_at = $1 WHERE subject = $2 AND stage = $3 AND ended_at IS NULL`, clock.Micros(now), subject, string(stageEnrol))
	return err
}

// endEverything ends every session and every code, and returns how many
// sessions there were.
func endEverything(tx *db.Tx, now time.Time) (int64, error) {
	if _, err := tx.Exec(`UPDATE identity_challenge SET used_at = $1 WHERE used_at IS NULL`, clock.Micros(now)); err != nil {
		return 0, err
	}
	return tx.Exec(`UPDATE identity_session SET ended_at = $1 WHERE ended_at IS NULL`, clock.Micros(now))
}

// countFailure counts a sign-in that failed.
func countFailure(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO identity_failure (hour, count) VALUES ($1, 1) ON CONFLICT (hour) DO UPDATE SET count = identity_failure.count + 1`,
		clock.Micros(now.Truncate(time.Hour)))
	return err
}

func setAgreed(tx *db.Tx, subject, version string) error {
	_, err := tx.Exec(`UPDATE identity_account SET agreed = $1 WHERE subject = $2`, version, subject)
	return err
}
