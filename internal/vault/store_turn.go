package vault

import "portico/internal/platform/db"

// selectEarlier returns the keys of the years of a log that have ended.
func selectEarlier(tx *db.Tx, subject string) ([]scopeRow, error) {
	return selectKeys(tx, `SELECT subject, scope, epoch, wrapped FROM vault_scope WHERE subject = $1 AND scope LIKE 'evidence:%'`, subject)
}

// selectUnrecorded returns the keys of years that vault_record does not know.
func selectUnrecorded(tx *db.Tx) ([]scopeRow, error) {
	return selectKeys(tx, `SELECT s.subject, s.scope, s.epoch, s.wrapped FROM vault_scope s WHERE s.scope LIKE 'evidence:%'
		AND NOT EXISTS (SELECT 1 FROM vault_record r WHERE r.subject = s.subject AND s.scope = 'evidence:' || r.id)`)
}

func selectKeys(tx *db.Tx, query string, args ...any) (list []scopeRow, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s scopeRow
		err := r.Scan(&s.subject, &s.scope, &s.key.epoch, &s.key.wrapped)
		list = append(list, s)
		return err
	}, query, args...)
	return list, err
}

// pageTurning returns people behind one of whom something is kept, in the order
// of their ids.
func pageTurning(tx *db.Tx, after string, limit int) (people []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var subject string
		err := r.Scan(&subject)
		people = append(people, subject)
		return err
	}, `SELECT subject FROM vault_gate WHERE subject > $1 AND n > 0 AND erased_at IS NULL ORDER BY subject LIMIT $2`, after, limit)
	return people, err
}

func selectFounded(tx *db.Tx) (at int64, err error) {
	err = tx.QueryRow(`SELECT founded_at FROM vault_store WHERE one = 1`).Scan(&at)
	return at, err
}

// selectTurned is the number of the last event of the last year that has ended.
func selectTurned(tx *db.Tx, subject string) (n int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(last_n), 0) FROM vault_record WHERE subject = $1`, subject).Scan(&n)
	return n, err
}

func insertRecord(tx *db.Tx, subject, id string, last, at int64) error {
	_, err := tx.Exec(`INSERT INTO vault_record (subject, id, last_n, ended_at) VALUES ($1, $2, $3, $4)`, subject, id, last, at)
	return err
}
