package backup

import (
	"embed"
	"io/fs"

	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Holding declares what the tables of this package hold (I1): nothing of
// anybody.
func Holding() []db.Table {
	const no = db.Nothing
	return []db.Table{
		{Name: "backup_restore", Apart: true, Columns: map[string]db.Holds{
			"one": no, "manifest": no, "act": no, "began_at": no, "finished_at": no}},
		{Name: "backup_drill", Columns: map[string]db.Holds{
			"at": no, "data_at": no, "keys_at": no, "epoch": no, "people": no, "opened": no, "faults": no}},
		{Name: "backup_made", Columns: map[string]db.Holds{"at": no}},
		{Name: "backup_node", Apart: true, Columns: map[string]db.Holds{"node": no, "oldest": no, "newest": no, "seen_at": no}},
	}
}
