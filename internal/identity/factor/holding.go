package factor

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

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

// Kept declares what hangs on an account (see package holdings).
func Kept() []holdings.Kind {
	parts := []holdings.Part{holdings.Rows("factor_secret", "subject", "kind"), holdings.Rows("factor_code", "subject", "code")}
	return []holdings.Kind{
		{Name: holdings.Account, Parts: parts}, {Name: holdings.Staff, Parts: parts},
		{Name: "passkey", Table: "factor_passkey", ID: "id", Within: holdings.OfProfile, Scope: "passkey:"},
	}
}
