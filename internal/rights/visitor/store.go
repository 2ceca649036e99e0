package visitor

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/rights"
)

// at is a time that may be missing, as a column has it.
func at(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

func insertVisit(tx *db.Tx, v *Visit) error {
	_, err := tx.Exec(`INSERT INTO visitor_visit (subject, id, request, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.Subject, v.ID, v.Request, v.hash, clock.Micros(v.Created), clock.Micros(v.Expires))
	if err != nil {
		return err
	}
	for _, c := range v.codes {
		if _, err := tx.Exec(`INSERT INTO visitor_code (subject, visit, n, item, field, salt, tries, sends, expires_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 1, $7)`,
			v.Subject, v.ID, c.n, c.item, c.field, c.salt, clock.Micros(c.expires)); err != nil {
			return err
		}
	}
	return nil
}

const visitColumns = `subject, id, request, created_at, proved_at, expires_at`

// selectToken returns the visit of a browser, nil if there is none.
func selectToken(tx *db.Tx, hash []byte) (*Visit, error) {
	return scanVisit(tx, tx.QueryRow(`SELECT `+visitColumns+` FROM visitor_visit WHERE token_hash = $1`, hash))
}

func selectVisit(tx *db.Tx, id string) (*Visit, error) {
	return scanVisit(tx, tx.QueryRow(`SELECT `+visitColumns+` FROM visitor_visit WHERE id = $1`, id))
}

func scanVisit(tx *db.Tx, row *db.Row) (*Visit, error) {
	var v Visit
	var created, expires int64
	var proved *int64
	err := row.Scan(&v.Subject, &v.ID, &v.Request, &created, &proved, &expires)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v.Created, v.Proved, v.Expires = clock.FromMicros(created), at(proved), clock.FromMicros(expires)
	return &v, tx.Select(func(rows *db.Rows) error {
		var c code
		var expires int64
		var proved *int64
		err := rows.Scan(&c.n, &c.item, &c.field, &c.salt, &c.tries, &c.sends, &expires, &proved)
		c.expires, c.proved = clock.FromMicros(expires), at(proved)
		v.codes = append(v.codes, c)
		return err
	}, `SELECT n, item, field, salt, tries, sends, expires_at, proved_at FROM visitor_code WHERE subject = $1 AND visit = $2 ORDER BY n`, v.Subject, v.ID)
}

// tryCode counts a try at a code, and reports whether one was left.
func tryCode(tx *db.Tx, v *Visit, n int, most int64, now time.Time) (bool, error) {
	done, err := tx.Exec(`UPDATE visitor_code SET tries = tries + 1 WHERE subject = $1 AND visit = $2 AND n = $3 AND tries < $4 AND expires_at > $5 AND proved_at IS NULL`,
		v.Subject, v.ID, n, most, clock.Micros(now))
	return done == 1, err
}

// proveCode notes that a code came back.
func proveCode(tx *db.Tx, v *Visit, n int, now time.Time) error {
	_, err := tx.Exec(`UPDATE visitor_code SET proved_at = $1 WHERE subject = $2 AND visit = $3 AND n = $4`, clock.Micros(now), v.Subject, v.ID, n)
	return err
}

// renewCode makes a code another one, and reports whether one more may be sent.
func renewCode(tx *db.Tx, v *Visit, c code, most int64) (bool, error) {
	n, err := tx.Exec(`UPDATE visitor_code SET salt = $1, tries = 0, sends = sends + 1, expires_at = $2
		WHERE subject = $3 AND visit = $4 AND n = $5 AND sends < $6 AND proved_at IS NULL`,
		c.salt, clock.Micros(c.expires), v.Subject, v.ID, c.n, most)
	return n == 1, err
}

// proveVisit notes that codes came back, and until when that counts; it reports
// whether it was not noted before.
func proveVisit(tx *db.Tx, v *Visit) (bool, error) {
	n, err := tx.Exec(`UPDATE visitor_visit SET proved_at = $1, expires_at = $2 WHERE subject = $3 AND id = $4 AND proved_at IS NULL`,
		clock.Micros(v.Proved), clock.Micros(v.Expires), v.Subject, v.ID)
	return n == 1, err
}

// endVisits ends every visit, when a backup was restored.
func endVisits(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(`UPDATE visitor_visit SET expires_at = $1 WHERE expires_at > $1`, clock.Micros(now))
	return err
}

func insertReach(tx *db.Tx, subject, scope, field string, mac []byte) error {
	_, err := tx.Exec(`INSERT INTO visitor_reach (subject, scope, field, mac) VALUES ($1, $2, $3, $4) ON CONFLICT (subject, scope, mac) DO NOTHING`,
		subject, scope, field, mac)
	return err
}

// deleteReach takes away what reached somebody by a field of something.
func deleteReach(tx *db.Tx, subject, scope, field string) error {
	_, err := tx.Exec(`DELETE FROM visitor_reach WHERE subject = $1 AND scope = $2 AND field = $3`, subject, scope, field)
	return err
}

// selectReach returns whom a contact reaches.
func selectReach(tx *db.Tx, mac []byte, limit int) (list []string, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var one string
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	}, `SELECT DISTINCT subject FROM visitor_reach WHERE mac = $1 ORDER BY subject LIMIT $2`, mac, limit)
	return list, err
}

// selectNamed returns the scopes of requests that name a contact.
func selectNamed(tx *db.Tx, mac []byte, limit int) (list []string, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var one string
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	}, `SELECT DISTINCT scope FROM visitor_reach WHERE mac = $1 AND field = $2 AND scope LIKE 'right:%' ORDER BY scope LIMIT $3`, mac, rights.FieldContact, limit)
	return list, err
}

// selectHashes returns those of a field of somebody, in whatever they gave.
func selectHashes(tx *db.Tx, subject, field string) (list [][]byte, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var mac []byte
		err := rows.Scan(&mac)
		list = append(list, mac)
		return err
	}, `SELECT mac FROM visitor_reach WHERE subject = $1 AND field = $2`, subject, field)
	return list, err
}

// selectReaching returns subject, scope and field of all that reaches anybody.
func selectReaching(tx *db.Tx) (list [][3]string, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var one [3]string
		err := rows.Scan(&one[0], &one[1], &one[2])
		list = append(list, one)
		return err
	}, `SELECT DISTINCT subject, scope, field FROM visitor_reach ORDER BY subject, scope, field`)
	return list, err
}

// hasReach reports whether something reaches somebody already.
func hasReach(tx *db.Tx, subject, scope string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT COUNT(*) FROM visitor_reach WHERE subject = $1 AND scope = $2`, subject, scope).Scan(&n)
	return n > 0, err
}

// filled reports whether the filling is through.
func filled(tx *db.Tx) (bool, error) {
	var at *int64
	err := tx.QueryRow(`SELECT done_at FROM visitor_fill WHERE n = 1`).Scan(&at)
	return at != nil, err
}

func endFill(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(`UPDATE visitor_fill SET done_at = $1 WHERE n = 1`, clock.Micros(now))
	return err
}
