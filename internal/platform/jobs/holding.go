package jobs

import "portico/internal/platform/db"

// Holding declares what the columns of this package keep about people (I1).
func Holding() []db.Table {
	return []db.Table{{Name: "jobs_job", Columns: map[string]db.Holds{
		"id": db.Nothing, "kind": db.Nothing, "created": db.Nothing, "due": db.Nothing,
		"attempt": db.Nothing, "holder": db.Nothing, "error": db.Nothing, "dead": db.Nothing,
		"key": db.Pseudonym, "payload": db.Pseudonym,
	}}}
}
