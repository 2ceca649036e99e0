package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// quoted is a list of names as SQL has them. They come from the store's schema.
func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// Dump calls each for every row of a table, with the values of these columns:
// text, whole numbers, bytes and nil, on either engine.
func Dump(tx *Tx, table string, columns []string, each func(row []any) error) error {
	row, at := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		at[i] = &row[i]
	}
	err := tx.Select(func(r *Rows) error {
		if err := r.Scan(at...); err != nil {
			return err
		}
		return each(row)
	}, `SELECT `+quoted(columns)+` FROM "`+table+`"`)
	if err != nil {
		return fmt.Errorf("copy the table %s: %w", table, err)
	}
	return nil
}

// Load returns what puts rows into a table, which is emptied first: migrations
// leave rows of their own in a new store.
func Load(tx *Tx, table string, columns []string) (put func(row []any) error, err error) {
	var n int64
	if err := tx.QueryRow(`SELECT count(*) FROM "` + table + `"`).Scan(&n); err != nil {
		return nil, fmt.Errorf("fill the table %s: %w", table, err)
	}
	if n > 0 {
		if _, err := tx.Exec(`DELETE FROM "` + table + `"`); err != nil {
			return nil, fmt.Errorf("empty the table %s: %w", table, err)
		}
	}
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	query := `INSERT INTO "` + table + `" (` + quoted(columns) + `) VALUES (` + strings.Join(marks, ", ") + `)`
	return func(row []any) error {
		if _, err := tx.Exec(query, row...); err != nil {
			return fmt.Errorf("fill the table %s: %w", table, err)
		}
		return nil
	}, nil
}

// Tables are the store's tables in an order in which they can be filled: one
// that refers to others comes behind those that do not.
func (d *DB) Tables(ctx context.Context) (names []string, err error) {
	schema, err := d.Schema(ctx)
	if err != nil {
		return nil, err
	}
	query := `SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) WHERE m.type = 'table'`
	if d.kind == Postgres {
		query = `SELECT DISTINCT CAST(table_name AS TEXT) FROM information_schema.table_constraints
			WHERE table_schema = current_schema() AND constraint_type = 'FOREIGN KEY'`
	}
	refers := map[string]int{}
	if err := d.View(ctx, func(tx *Tx) error {
		return tx.Select(func(r *Rows) error {
			var table string
			err := r.Scan(&table)
			refers[table] = 1
			return err
		}, query)
	}); err != nil {
		return nil, fmt.Errorf("read which tables refer to others: %w", err)
	}
	for name := range schema {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if refers[a] != refers[b] {
			return refers[a] - refers[b]
		}
		return strings.Compare(a, b)
	})
	return names, nil
}
