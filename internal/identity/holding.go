package identity

import "portico/internal/platform/db"

// Holding declares what the tables of this package keep (I1). Names, addresses
// and the label of a browser are not here: they are sealed values.
func Holding() []db.Table {
	const no, who, sealed = db.Nothing, db.Pseudonym, db.Sealed
	return []db.Table{
		{Name: "identity_account", Columns: map[string]db.Holds{
			"subject": who, "realm": no, "state": no, "contact": no, "created_at": no, "changed_at": no, "seasoned_at": no}},
		{Name: "identity_channel", Columns: map[string]db.Holds{"subject": who, "field": no, "since": no, "seasoned_at": no}},
		{Name: "identity_challenge", Columns: map[string]db.Holds{
			"subject": who, "id": who, "salt": no, "tries": no, "sends": no, "created_at": no, "expires_at": no, "used_at": no}},
		{Name: "identity_session", Columns: map[string]db.Holds{
			"subject": who, "id": who, "realm": no, "stage": no, "token_hash": who, "means": no, "tries": no,
			"created_at": no, "seen_at": no, "expires_at": no, "ended_at": no, "stepped_at": no, "stepped_by": no, "seasoned_at": no}},
		{Name: "identity_failure", Columns: map[string]db.Holds{"hour": no, "count": no}},
	}
}
