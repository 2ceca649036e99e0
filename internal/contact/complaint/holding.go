package complaint

import (
	"embed"
	"io/fs"

	"portico/internal/holdings"
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
	return []db.Table{{Name: "complaint_complaint", Columns: map[string]db.Holds{
		"subject": who, "id": who, "request": who, "transfer": no, "resolved": no, "found_at": no, "found_by": who, "given_at": no,
		"referred_at": no, "referred_by": who, "authority": no, "reference": who}}}
}

// Kept declares how complaints stand, which goes with their requests (see
// package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: "complaint", Table: "complaint_complaint", ID: "id", Within: "request", Prefix: "request:"}}
}
