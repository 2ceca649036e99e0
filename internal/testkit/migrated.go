package testkit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico/internal/platform/db"
)

// Migrating a store takes up to a second, copying a migrated one a few
// hundredths of it. So each set of migrations is applied once: a SQLite file is
// kept in memory, a PostgreSQL template on the server, known by its digest.
var migrated = struct {
	sync.Mutex
	files     map[string][]byte
	databases map[string]bool
}{files: map[string][]byte{}, databases: map[string]bool{}}

// migratedFile is an empty SQLite store with these migrations applied.
func migratedFile(t testing.TB, migrations []fs.FS) []byte {
	t.Helper()
	key := digest(t, migrations)
	migrated.Lock()
	defer migrated.Unlock()
	if migrated.files[key] == nil {
		path := filepath.Join(t.TempDir(), "template.db")
		migrate(t, "file:"+path, migrations)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		migrated.files[key] = content
	}
	return migrated.files[key]
}

// migratedDatabase names an empty PostgreSQL database with these migrations
// applied, to which nobody ever connects. It stays on the server: other
// packages' tests copy it too.
func migratedDatabase(t testing.TB, migrations []fs.FS) string {
	t.Helper()
	name := "portico_template_" + digest(t, migrations)
	migrated.Lock()
	defer migrated.Unlock()
	if !migrated.databases[name] {
		making := "portico_" + strings.ToLower(rand.Text())
		onServer(t, "CREATE DATABASE "+making)
		migrate(t, onPostgres(t, making), migrations)
		// Whoever is first names it; the others drop what they made.
		onServer(t, fmt.Sprintf(`DO $$ BEGIN
			ALTER DATABASE %s RENAME TO %s;
		EXCEPTION WHEN duplicate_database THEN NULL; END $$`, making, name))
		onServer(t, "DROP DATABASE IF EXISTS "+making)
		migrated.databases[name] = true
	}
	return name
}

func migrate(t testing.TB, address string, migrations []fs.FS) {
	t.Helper()
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatalf("open the template: %v", err)
	}
	err = d.Migrate(t.Context(), migrations...)
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatalf("migrate the template: %v", err)
	}
}

// digest knows migrations by the names and the texts of their files.
func digest(t testing.TB, migrations []fs.FS) string {
	t.Helper()
	h := sha256.New()
	for _, source := range migrations {
		names, err := fs.Glob(source, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(source, name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(h, "%s %d\n%s\n", name, len(text), text)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
