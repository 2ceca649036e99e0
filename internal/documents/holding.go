package documents

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
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "documents_document", Columns: map[string]db.Holds{
		"subject": who, "id": who, "case_id": who, "service": no, "n": no, "number": who, "token": who,
		"issued_at": no, "made_at": no, "expires_at": no, "ended_at": no, "ending": no, "told_at": no,
	}}}
}

// Kept declares documents, which are part of their case (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: "document", Table: "documents_document", ID: "id", Service: "service", Within: "case_id", Prefix: "case:"}}
}
