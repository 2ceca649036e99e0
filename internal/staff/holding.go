package staff

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "staff_member", Columns: map[string]db.Holds{"subject": who, "reference": who, "roles": no, "created_at": no, "changed_at": no}},
		{Name: "staff_invitation", Columns: map[string]db.Holds{"subject": who, "id": who, "token_hash": who, "expires_at": no, "used_at": no}},
		{Name: "staff_guard", Columns: map[string]db.Holds{"one": no, "changes": no}},
		{Name: "staff_bootstrap", Columns: map[string]db.Holds{"token_hash": no, "expires_at": no}},
	}
}

// Kept declares what hangs on an official's account (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: holdings.Staff, Parts: []holdings.Part{
		holdings.Rows("staff_member", "subject", "subject"), holdings.Rows("staff_invitation", "subject", "id")}}}
}
