package db_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// TestBothEnginesHaveOneSchema applies every migration of the project to both
// engines and compares what they made of them.
func TestBothEnginesHaveOneSchema(t *testing.T) {
	sources := all(t)
	lite := describe(t, testkit.Database(t, db.SQLite, sources...), `
		SELECT m.name, 'column', c.name || ' ' || CASE
				WHEN c.type IN ('TEXT') THEN 'text' WHEN c.type IN ('BIGINT', 'INTEGER') THEN 'number'
				WHEN c.type IN ('BYTEA', 'BLOB') THEN 'bytes' ELSE 'unusual: ' || c.type END
			|| CASE WHEN c."notnull" = 1 THEN ' not null' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL
		SELECT m.name, 'key', (SELECT group_concat(k.name) FROM (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk) k)
		FROM sqlite_master m WHERE m.type = 'table'
		UNION ALL
		SELECT m.name, CASE WHEN i."unique" = 1 THEN 'unique' ELSE 'index' END || CASE WHEN i.partial = 1 THEN ' partial' ELSE '' END,
			(SELECT group_concat(k.name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) k)
		FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk'`)
	full := describe(t, testkit.Database(t, db.Postgres, sources...), `
		SELECT CAST(c.table_name AS TEXT), 'column', c.column_name || ' ' || CASE
				WHEN c.data_type = 'text' THEN 'text' WHEN c.data_type IN ('bigint', 'integer') THEN 'number'
				WHEN c.data_type = 'bytea' THEN 'bytes' ELSE 'unusual: ' || c.data_type END
			|| CASE WHEN c.is_nullable = 'NO' THEN ' not null' ELSE '' END
		FROM information_schema.columns c WHERE c.table_schema = current_schema()
		UNION ALL
		SELECT CAST(t.relname AS TEXT), CASE WHEN x.indisprimary THEN 'key' WHEN x.indisunique THEN 'unique' ELSE 'index' END
				|| CASE WHEN x.indpred IS NOT NULL THEN ' partial' ELSE '' END,
			array_to_string(ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, true) FROM generate_series(1, x.indnkeyatts) k ORDER BY k), ',')
		FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
		WHERE s.nspname = current_schema()`)
	if len(lite) < 5 {
		t.Fatalf("only the tables %v were found", slices.Sorted(maps.Keys(lite)))
	}
	if diff := cmp.Diff(lite, full); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+) differ:\n%s", diff)
	}
	for table, lines := range lite {
		for _, line := range lines {
			if strings.Contains(line, "unusual") {
				t.Errorf("table %s has the %s: use TEXT, BIGINT or BYTEA", table, line)
			}
		}
	}
}

// all finds the migrations of every package, whoever mounts them.
func all(t *testing.T) (sources []fs.FS) {
	t.Helper()
	for _, pattern := range []string{"internal/*/migrations", "internal/platform/*/migrations"} {
		dirs, err := filepath.Glob(filepath.Join(testkit.Root(), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			sources = append(sources, os.DirFS(dir))
		}
	}
	return sources
}

// describe returns the sorted facts about each table.
func describe(t *testing.T, d *db.DB, query string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var table, kind string
			var what *string
			if err := r.Scan(&table, &kind, &what); err != nil {
				return err
			}
			if what == nil {
				return nil // a table without a key
			}
			if table != "goose_db_version" && !strings.HasPrefix(table, "sqlite_") {
				out[table] = append(out[table], fmt.Sprint(kind, " ", *what))
			}
			return nil
		}, query)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range out {
		slices.Sort(lines)
	}
	return out
}
