package vault

import "portico/internal/platform/db"

func deleteScope(tx *db.Tx, subject, scope string) error {
	_, err := tx.Exec(`DELETE FROM vault_scope WHERE subject = $1 AND scope = $2`, subject, scope)
	return err
}

// deleteRest deletes every key of a subject but those of evidence, and the
// indexes.
func deleteRest(tx *db.Tx, subject string) error {
	if _, err := tx.Exec(`DELETE FROM vault_scope WHERE subject = $1 AND scope <> 'evidence' AND scope NOT LIKE 'evidence:%'`, subject); err != nil {
		return err
	}
	return deleteIndexes(tx, subject)
}

// deleteIndexes deletes everything that a subject is found by.
func deleteIndexes(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM vault_index WHERE subject = $1`, subject)
	return err
}

// deleteSome deletes values of a scope that has no key.
func deleteSome(tx *db.Tx, subject, scope string, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM vault_value WHERE subject = $1 AND scope = $2
		AND NOT EXISTS (SELECT 1 FROM vault_scope k WHERE k.subject = $1 AND k.scope = $2)
		AND (field, item) IN (SELECT field, item FROM vault_value WHERE subject = $1 AND scope = $2 ORDER BY field, item LIMIT $3)`,
		subject, scope, limit)
}

func countLeft(tx *db.Tx, subject, scope string) (keys, values int64, err error) {
	err = tx.QueryRow(`SELECT (SELECT count(*) FROM vault_scope WHERE subject = $1 AND scope = $2),
		(SELECT count(*) FROM vault_value WHERE subject = $1 AND scope = $2)`, subject, scope).Scan(&keys, &values)
	return keys, values, err
}

// eraseGate marks a subject as forgotten.
func eraseGate(tx *db.Tx, subject string, at int64) error {
	n, err := tx.Exec(`UPDATE vault_gate SET version = version + 1, erased_at = $1 WHERE subject = $2`, at, subject)
	if err == nil && n != 1 {
		err = db.ErrNoRows
	}
	return err
}

// deleteKeyless deletes what is left of a subject in scopes that have no key.
func deleteKeyless(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM vault_value WHERE subject = $1
		AND NOT EXISTS (SELECT 1 FROM vault_scope k WHERE k.subject = $1 AND k.scope = vault_value.scope)`, subject)
	return err
}
