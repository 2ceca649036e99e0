package vault

import "portico/internal/platform/db"

func deleteScope(tx *db.Tx, subject, scope string) error {
	_, err := tx.Exec(`DELETE FROM vault_scope WHERE subject = $1 AND scope = $2`, subject, scope)
	return err
}

func deleteValues(tx *db.Tx, subject, scope string) error {
	_, err := tx.Exec(`DELETE FROM vault_value WHERE subject = $1 AND scope = $2`, subject, scope)
	return err
}

// eraseGate marks a subject as forgotten.
func eraseGate(tx *db.Tx, subject string, at int64) error {
	n, err := tx.Exec(`UPDATE vault_gate SET version = version + 1, erased_at = $1 WHERE subject = $2`, at, subject)
	if err == nil && n != 1 {
		err = db.ErrNoRows
	}
	return err
}

// deleteSubject deletes every key of a subject but that of evidence, every
// value, and the indexes.
func deleteSubject(tx *db.Tx, subject string) error {
	for _, sql := range []string{
		`DELETE FROM vault_scope WHERE subject = $1 AND scope <> 'evidence'`,
		`DELETE FROM vault_value WHERE subject = $1`,
		`DELETE FROM vault_index WHERE subject = $1`,
	} {
		if _, err := tx.Exec(sql, subject); err != nil {
			return err
		}
	}
	return nil
}

// keepsAnything reports whether there is more of a subject than what every one
// is made with.
func keepsAnything(tx *db.Tx, subject string) (kept bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM vault_scope WHERE subject = $1 AND scope NOT IN ('profile', 'evidence'))
		OR EXISTS (SELECT 1 FROM vault_value WHERE subject = $1) OR EXISTS (SELECT 1 FROM vault_index WHERE subject = $1)`, subject).Scan(&kept)
	return kept, err
}
