package correct

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the table of this package keeps (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "correct_task", Columns: map[string]db.Holds{
		"subject": who, "id": who, "request": who, "n": no, "about": who, "scope": who, "party": no, "state": no, "holder": who, "decision": no,
		"revision": no, "created_at": no, "ordered_at": no, "answered_at": no,
	}}}
}

// Kept declares that tasks go with the request that they are part of (see
// package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: "right", Parts: []holdings.Part{holdings.Rows("correct_task", "request", "id")}}}
}
