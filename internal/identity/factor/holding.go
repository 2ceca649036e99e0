package factor

import "portico/internal/platform/db"

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who, sealed = db.Nothing, db.Pseudonym, db.Sealed
	return []db.Table{
		{Name: "factor_secret", Columns: map[string]db.Holds{
			"subject": who, "kind": no, "sealed": sealed, "step": no, "changed_at": no, "seasoned_at": no}},
		{Name: "factor_passkey", Columns: map[string]db.Holds{
			"subject": who, "id": who, "sealed": sealed, "uses": no, "created_at": no, "used_at": no, "seasoned_at": no}},
		{Name: "factor_code", Columns: map[string]db.Holds{
			"subject": who, "code": who, "created_at": no, "used_at": no, "seasoned_at": no}},
		{Name: "factor_challenge", Columns: map[string]db.Holds{"hash": no, "expires_at": no}},
	}
}
