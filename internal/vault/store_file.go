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
