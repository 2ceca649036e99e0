package staff

import "portico/internal/platform/db"

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
