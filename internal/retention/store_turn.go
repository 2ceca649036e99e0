package retention

import (
	"database/sql"
	"time"

	"portico/internal/platform/db"
)

// beginTurn returns how far the end of a year has come, from its beginning on.
func beginTurn(tx *db.Tx, year int) (after string, ended bool, err error) {
	if _, err := tx.Exec(`INSERT INTO retention_turn (year, after_id) VALUES ($1, '') ON CONFLICT (year) DO NOTHING`, year); err != nil {
		return "", false, err
	}
	var at sql.NullInt64
	err = tx.QueryRow(`SELECT after_id, ended_at FROM retention_turn WHERE year = $1`, year).Scan(&after, &at)
	return after, at.Valid, err
}

func saveTurn(tx *db.Tx, year int, after string, ended time.Time) error {
	_, err := tx.Exec(`UPDATE retention_turn SET after_id = $1, ended_at = $2 WHERE year = $3`, after, orNull(ended), year)
	return err
}
