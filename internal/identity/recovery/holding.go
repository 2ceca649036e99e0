package recovery

import "portico/internal/platform/db"

// Holding declares what the table of this package keeps (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "recovery_request", Columns: map[string]db.Holds{
		"subject": who, "id": who, "token_hash": who, "state": no, "channel": no, "salt": no, "tries": no,
		"created_at": no, "expires_at": no, "ready_at": no, "seasoned_at": no,
	}}}
}
