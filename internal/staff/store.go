package staff

import (
	"errors"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Member is an official.
type Member struct {
	Subject   string
	Reference string
	Roles     []string
	Since     time.Time
}

const memberColumns = `subject, reference, roles, created_at`

func scanMember(scan func(...any) error) (m Member, err error) {
	var roles string
	var since int64
	err = scan(&m.Subject, &m.Reference, &roles, &since)
	if errors.Is(err, db.ErrNoRows) {
		return Member{}, nil
	}
	m.Roles, m.Since = strings.Fields(roles), clock.FromMicros(since)
	return m, err
}

func insertMember(tx *db.Tx, m Member, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO staff_member (subject, reference, roles, created_at, changed_at) VALUES ($1, $2, $3, $4, $4)`,
		m.Subject, m.Reference, strings.Join(m.Roles, " "), clock.Micros(now))
	return err
}

// selectMember returns an official; one that does not exist has no subject.
func selectMember(tx *db.Tx, subject string) (Member, error) {
	return scanMember(tx.QueryRow(`SELECT `+memberColumns+` FROM staff_member WHERE subject = $1`, subject).Scan)
}

func selectByReference(tx *db.Tx, reference string) (Member, error) {
	return scanMember(tx.QueryRow(`SELECT `+memberColumns+` FROM staff_member WHERE reference = $1`, reference).Scan)
}

// selectMembers returns officials after a reference, in the order of them.
func selectMembers(tx *db.Tx, after string, limit int) (list []Member, err error) {
	err = tx.Select(func(r *db.Rows) error {
		m, err := scanMember(r.Scan)
		list = append(list, m)
		return err
	}, `SELECT `+memberColumns+` FROM staff_member WHERE reference > $1 ORDER BY reference LIMIT $2`, after, limit)
	return list, err
}

func countMembers(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM staff_member`).Scan(&n)
	return n, err
}

// swapRoles replaces the roles of an official who had just these.
func swapRoles(tx *db.Tx, m Member, roles []string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE staff_member SET roles = $1, changed_at = $2 WHERE subject = $3 AND roles = $4`,
		strings.Join(roles, " "), clock.Micros(now), m.Subject, strings.Join(m.Roles, " "))
	return n == 1, err
}

func insertInvitation(tx *db.Tx, subject, id string, hash []byte, expires time.Time) error {
	_, err := tx.Exec(`INSERT INTO staff_invitation (subject, id, token_hash, expires_at) VALUES ($1, $2, $3, $4)`, subject, id, hash, clock.Micros(expires))
	return err
}

// selectInvited returns whom an invitation that is still valid is for.
func selectInvited(tx *db.Tx, hash []byte, now time.Time) (subject string, err error) {
	err = tx.QueryRow(`SELECT subject FROM staff_invitation WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2`, hash, clock.Micros(now)).Scan(&subject)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return subject, err
}

func useInvitation(tx *db.Tx, hash []byte, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE staff_invitation SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1`, clock.Micros(now), hash)
	return n == 1, err
}

// dropInvitations ends the invitations of somebody who gets another, or none.
func dropInvitations(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM staff_invitation WHERE subject = $1 AND used_at IS NULL`, subject)
	return err
}

// dropEveryInvitation ends all invitations that were not used, and the link of
// the first administrator.
func dropEveryInvitation(tx *db.Tx) error {
	if _, err := tx.Exec(`DELETE FROM staff_invitation WHERE used_at IS NULL`); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM staff_bootstrap`)
	return err
}

// putBootstrap replaces the link of the first administrator.
func putBootstrap(tx *db.Tx, hash []byte, expires time.Time) error {
	if _, err := tx.Exec(`DELETE FROM staff_bootstrap`); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO staff_bootstrap (token_hash, expires_at) VALUES ($1, $2)`, hash, clock.Micros(expires))
	return err
}

func validBootstrap(tx *db.Tx, hash []byte, now time.Time) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM staff_bootstrap WHERE token_hash = $1 AND expires_at > $2`, hash, clock.Micros(now)).Scan(&n)
	return n == 1, err
}

// useBootstrap uses the link up and reports whether it was there.
func useBootstrap(tx *db.Tx, hash []byte, now time.Time) (bool, error) {
	n, err := tx.Exec(`DELETE FROM staff_bootstrap WHERE token_hash = $1 AND expires_at > $2`, hash, clock.Micros(now))
	return n == 1, err
}

// passGuard makes this change of an official wait for the one before, and see
// what it did.
func passGuard(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE staff_guard SET changes = changes + 1 WHERE one = 1`)
	return err
}
