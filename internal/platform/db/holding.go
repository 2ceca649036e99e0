package db

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Holds says what a column keeps about people (I1).
type Holds string

// What a column may hold.
const (
	Nothing   Holds = "nothing"   // nothing of a person: times, states, numbers, hashes of the public log
	Pseudonym Holds = "pseudonym" // an id, a keyed hash or a reference that stands for a person
	Sealed    Holds = "sealed"    // ciphertext under a key of the key directory
	Index     Holds = "index"     // a blind index: a keyed hash of what somebody is found by; no backup holds it
	Personal  Holds = "personal"  // readable and about a person: only with a reason, see Table.Why
)

// Table declares what each column of a feature's table holds. Each feature
// declares its tables in a function Holding; a column of the store that
// nobody declared stops the start.
type Table struct {
	Name    string
	Columns map[string]Holds
	Why     map[string]string // the reason for each Personal column
	Apart   bool              // no backup holds it: keys, and what a restore builds again
}

// Readable are, by table, the columns that hold nothing of a person by themselves
// and may stand beside what does: no id of anybody, and nothing secret or made of
// it.
func Readable(tables []Table) func(table string) []string {
	secret := []string{"salt", "tries", "sends", "step", "revision"}
	all := map[string][]string{}
	for _, t := range tables {
		for _, c := range slices.Sorted(maps.Keys(t.Columns)) {
			if t.Columns[c] == Nothing && !slices.Contains(secret, c) && !strings.HasSuffix(c, "hash") {
				all[t.Name] = append(all[t.Name], c)
			}
		}
	}
	return func(table string) []string { return all[table] }
}

// Schema reads which tables and columns the store has, sorted by name.
// What the engine and the migrations keep for themselves is left out.
func (d *DB) Schema(ctx context.Context) (map[string][]string, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.name`
	if d.kind == Postgres {
		query = `SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
			WHERE table_schema = current_schema() ORDER BY 1, 2`
	}
	schema := map[string][]string{}
	err := d.View(ctx, func(tx *Tx) error {
		clear(schema)
		return tx.Select(func(r *Rows) error {
			var table, column string
			if err := r.Scan(&table, &column); err != nil {
				return err
			}
			if table != versions {
				schema[table] = append(schema[table], column)
			}
			return nil
		}, query)
	})
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return schema, nil
}

// versions is the table in which goose notes which migrations ran.
const versions = "goose_db_version"

// Undeclared compares a schema with the declarations and returns what does
// not agree, one sentence each, sorted: columns that nobody declared, readable
// personal columns without a reason, tables that two features claim, and
// declared columns that do not exist.
func Undeclared(schema map[string][]string, tables []Table) []string {
	var out []string
	declared := map[string]Table{}
	for _, t := range tables {
		if _, twice := declared[t.Name]; twice {
			out = append(out, fmt.Sprintf("table %s is declared twice", t.Name))
		}
		declared[t.Name] = t
		for column, holds := range t.Columns {
			switch holds {
			case Nothing, Pseudonym, Sealed, Index:
			case Personal:
				if t.Why[column] == "" {
					out = append(out, fmt.Sprintf("column %s.%s holds readable personal data and gives no reason", t.Name, column))
				}
			default:
				out = append(out, fmt.Sprintf("column %s.%s holds %q, which is no kind of holding", t.Name, column, holds))
			}
			if !slices.Contains(schema[t.Name], column) {
				out = append(out, fmt.Sprintf("column %s.%s is declared and does not exist", t.Name, column))
			}
		}
	}
	for table, columns := range schema {
		for _, column := range columns {
			if _, ok := declared[table].Columns[column]; !ok {
				out = append(out, fmt.Sprintf("column %s.%s is declared by no feature", table, column))
			}
		}
	}
	slices.Sort(out)
	return out
}

// SealedColumns lists the columns declared as sealed, by table, both sorted.
func SealedColumns(tables []Table) [][2]string {
	var out [][2]string
	for _, t := range tables {
		for _, column := range slices.Sorted(maps.Keys(t.Columns)) {
			if t.Columns[column] == Sealed {
				out = append(out, [2]string{t.Name, column})
			}
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return out
}
