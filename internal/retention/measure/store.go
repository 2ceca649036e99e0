package measure

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema of what is measured, behind that of a portal.
func Migrations() fs.FS { return db.Embedded(migrations) }

func insertThing(tx *db.Tx, subject, id, side string, ended time.Time) error {
	var at *int64
	if !ended.IsZero() {
		us := clock.Micros(ended)
		at = &us
	}
	_, err := tx.Exec(`INSERT INTO measure_thing (subject, id, side, ended_at) VALUES ($1, $2, $3, $4)`, subject, id, side, at)
	return err
}

// insertRows gives a thing so many rows of the size of a sealed answer.
func insertRows(tx *db.Tx, subject, thing string, rows int, sealed []byte) error {
	_, err := tx.Exec(`WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < $1)
		INSERT INTO measure_row (subject, thing, n, sealed) SELECT $2, $3, n, $4 FROM row`, rows, subject, thing, sealed)
	return err
}

// thing is one that a plain script found.
type thing struct{ subject, id string }

func selectDue(tx *db.Tx, side string, before time.Time, limit int) (list []thing, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var t thing
		err := r.Scan(&t.subject, &t.id)
		list = append(list, t)
		return err
	}, `SELECT subject, id FROM measure_thing WHERE ended_at < $1 AND side = $2 ORDER BY ended_at, id LIMIT $3`, clock.Micros(before), side, limit)
	return list, err
}

// deletePlainly deletes things and their rows, and says how many rows they were.
func deletePlainly(tx *db.Tx, list []thing) (int64, error) {
	var marks []string
	var args []any
	for i, t := range list {
		marks = append(marks, fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2))
		args = append(args, t.subject, t.id)
	}
	these := strings.Join(marks, ", ")
	rows, err := tx.Exec(`DELETE FROM measure_row WHERE (subject, thing) IN (VALUES `+these+`)`, args...)
	if err != nil {
		return 0, err
	}
	things, err := tx.Exec(`DELETE FROM measure_thing WHERE (subject, id) IN (VALUES `+these+`)`, args...)
	return rows + things, err
}
