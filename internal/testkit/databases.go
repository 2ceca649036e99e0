package testkit

import (
	"context"
	"crypto/rand"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/platform/db"
)

// Variable names the environment variable with the address of a PostgreSQL
// server on which tests may create and drop databases.
const Variable = "PORTICO_TEST_POSTGRES"

// Databases runs the test once an engine, as the subtests "sqlite" and
// "postgres", each on an empty database with these migrations applied.
func Databases(t *testing.T, run func(t *testing.T, d *db.DB), migrations ...fs.FS) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			run(t, Database(t, engine, migrations...))
		})
	}
}

// Database opens an empty database of one engine with these migrations
// applied. It is closed, and a PostgreSQL one dropped, when the test ends.
func Database(t testing.TB, engine db.Engine, migrations ...fs.FS) *db.DB {
	t.Helper()
	return Open(t, Address(t, engine, migrations...), migrations...)
}

// Open opens the database at an address had from Address, applies migrations
// and closes it when the test ends. Opened twice, it is two nodes on one store.
func Open(t testing.TB, address string, migrations ...fs.FS) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	if err := d.Migrate(t.Context(), migrations...); err != nil {
		t.Fatalf("migrate the test's database: %v", err)
	}
	return d
}

// Address returns where an empty database of this engine is, with these
// migrations applied, for tests that open it themselves: by a command line,
// twice, or in another process.
func Address(t testing.TB, engine db.Engine, migrations ...fs.FS) string {
	t.Helper()
	if engine == db.SQLite {
		path := filepath.Join(t.TempDir(), "portico.db")
		if len(migrations) > 0 {
			if err := os.WriteFile(path, migratedFile(t, migrations), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return "file:" + path
	}
	name, from := "portico_"+strings.ToLower(rand.Text()), ""
	if len(migrations) > 0 {
		from = " TEMPLATE " + migratedDatabase(t, migrations)
	}
	onServer(t, "CREATE DATABASE "+name+from)
	t.Cleanup(func() { onServer(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return onPostgres(t, name)
}

// onPostgres is the address of a database of the server for tests.
func onPostgres(t testing.TB, name string) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		t.Fatalf("%s is not set: run `make test`, or `scripts/postgres.sh go test ./...`", Variable)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is no address", Variable)
	}
	if name != "" {
		u.Path = "/" + name
	}
	return u.String()
}

// onServer runs one statement outside any transaction.
func onServer(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // t.Context is over in a clean-up
	defer cancel()
	c, err := pgx.Connect(ctx, onPostgres(t, ""))
	if err != nil {
		t.Fatalf("reach PostgreSQL at %s: %v", Variable, err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
