package deferral

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

// Holding declares what the table of this package holds (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "deferral_order", Columns: map[string]db.Holds{
		"id": no, "subject": who, "series": who, "ground": no, "reference": no, "asked_by": who, "asked_at": no, "until_at": no,
		"decided_by": who, "decided_at": no, "allowed": no, "ended_at": no, "shown_n": no, "revealed_at": no}}}
}
