package instance

import (
	"embed"
	"io/fs"

	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the tables of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Holding declares what the tables hold: the operator's declarations, nothing
// about people.
func Holding() []db.Table {
	return []db.Table{
		{Name: "instance_version", Columns: map[string]db.Holds{
			"hash": db.Nothing, "policy": db.Nothing, "words": db.Nothing, "loaded_at": db.Nothing, "archive": db.Nothing,
		}},
		{Name: "instance_loaded", Columns: map[string]db.Holds{"at": db.Nothing, "hash": db.Nothing}},
		{Name: "instance_force", Columns: map[string]db.Holds{"since": db.Nothing, "hash": db.Nothing}},
	}
}
