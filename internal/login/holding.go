package login

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who, sealed = db.Nothing, db.Pseudonym, db.Sealed
	return []db.Table{
		{Name: "login_attempt", Columns: map[string]db.Holds{
			"state_hash": no, "browser_hash": no, "purpose": no, "session": who, "language": no, "next": no, "begun_at": no, "expires_at": no}},
		{Name: "login_link", Columns: map[string]db.Holds{
			"subject": who, "sealed": sealed, "seasoned_at": no, "connected_at": no}},
	}
}

// Kept declares what hangs on an account, and on one that is being opened (see
// package holdings).
func Kept() []holdings.Kind {
	parts := []holdings.Part{holdings.Rows("login_link", "subject", "subject")}
	return []holdings.Kind{{Name: holdings.Account, Parts: parts}, {Name: "registration", Parts: parts}}
}
