package staysout

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// kind is what a kept hash is called in the registry.
const kind = "stays-out"

// Holding declares what the table of this package keeps (I1).
func Holding() []db.Table {
	return []db.Table{{Name: "staysout_hash", Columns: map[string]db.Holds{
		"subject": db.Pseudonym, "id": db.Nothing, "hash": db.Index, "since_at": db.Nothing}}}
}

// Kept declares the hashes (see package holdings): they outlive whose they were.
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: kind, Table: "staysout_hash", ID: "id", Events: []holdings.Event{{Name: "opt-out", Column: "since_at"}}, Outlives: true}}
}
