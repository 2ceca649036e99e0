package recovery

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the table of this package keeps (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "recovery_request", Columns: map[string]db.Holds{
		"subject": who, "id": who, "token_hash": who, "state": no, "channel": no, "salt": no, "tries": no,
		"created_at": no, "expires_at": no, "ready_at": no, "seasoned_at": no,
	}}}
}

// Kept declares what hangs on an account (see package holdings).
func Kept() []holdings.Kind {
	parts := []holdings.Part{holdings.Rows("recovery_request", "subject", "id")}
	return []holdings.Kind{{Name: holdings.Account, Parts: parts}, {Name: holdings.Staff, Parts: parts}}
}
