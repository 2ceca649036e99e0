package handover

import (
	"embed"
	"io/fs"

	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations are the schema of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "handover_package", Columns: map[string]db.Holds{
			"id": no, "party": no, "made_at": no, "made_by": who, "things": no, "opened_at": no, "sha256": no, "acked_at": no, "acked_by": who, "reference": no}},
		{Name: "handover_thing", Columns: map[string]db.Holds{"subject": who, "kind": no, "item": who, "package": no, "since_at": no}},
	}
}
