package desk

import (
	"database/sql"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func insertRemark(tx *db.Tx, r Remark, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO desk_remark (service, id, owner, wording, created_at) VALUES ($1, $2, $3, $4, $5)`,
		r.Service, r.ID, sql.NullString{String: r.Owner, Valid: r.Owner != ""}, r.Text, clock.Micros(at))
	return err
}

// selectRemarks returns what an official may insert for a service: everybody's
// first, then their own.
func selectRemarks(tx *db.Tx, service, owner string) (list []Remark, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		r, whose := Remark{Service: service}, sql.NullString{}
		err := rows.Scan(&r.ID, &whose, &r.Text)
		r.Owner = whose.String
		list = append(list, r)
		return err
	}, `SELECT id, owner, wording FROM desk_remark WHERE service = $1 AND (owner IS NULL OR owner = $2)
		ORDER BY CASE WHEN owner IS NULL THEN 0 ELSE 1 END, id`, service, owner)
	return list, err
}

// deleteRemark forgets a remark: everybody's if owner is empty.
func deleteRemark(tx *db.Tx, service, id, owner string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM desk_remark WHERE service = $1 AND id = $2 AND COALESCE(owner, '') = $3`, service, id, owner)
	return n == 1, err
}

func hasKeys(tx *db.Tx, subject string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT COUNT(*) FROM desk_keys WHERE subject = $1`, subject).Scan(&n)
	return n > 0, err
}

func putKeys(tx *db.Tx, subject string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO desk_keys (subject, since_at) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING`, subject, clock.Micros(at))
	return err
}

func deleteKeys(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM desk_keys WHERE subject = $1`, subject)
	return err
}
