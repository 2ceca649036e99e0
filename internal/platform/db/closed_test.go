package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"portico/internal/platform/db"
)

// A closed SQLite store is one file: whoever copies it has everything, and no
// connection or write-ahead log stays behind.
func TestAClosedStoreIsOneFile(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(t.Context(), "file:"+filepath.Join(dir, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), things); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), put("a", 1)); err != nil {
		t.Fatal(err)
	}
	if got := len(rows(t, d)); got != 1 {
		t.Fatalf("there are %d rows", got)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("beside the store lie %v", left)
	}
}
