package identity

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/vault"
)

// Holding declares what the tables of this package keep (I1). Names, addresses
// and the label of a browser are not here: they are sealed values.
func Holding() []db.Table {
	const no, who, sealed = db.Nothing, db.Pseudonym, db.Sealed
	return []db.Table{
		{Name: "identity_account", Columns: map[string]db.Holds{
			"subject": who, "agreed": no, "realm": no, "state": no, "contact": no, "created_at": no, "changed_at": no, "seasoned_at": no}},
		{Name: "identity_channel", Columns: map[string]db.Holds{"subject": who, "field": no, "since": no, "seasoned_at": no}},
		{Name: "identity_challenge", Columns: map[string]db.Holds{
			"subject": who, "id": who, "salt": no, "tries": no, "sends": no, "created_at": no, "expires_at": no, "used_at": no}},
		{Name: "identity_session", Columns: map[string]db.Holds{
			"subject": who, "id": who, "realm": no, "stage": no, "token_hash": who, "means": no, "tries": no,
			"created_at": no, "seen_at": no, "expires_at": no, "ended_at": no, "stepped_at": no, "stepped_by": no, "seasoned_at": no}},
		{Name: "identity_failure", Columns: map[string]db.Holds{"hour": no, "count": no}},
	}
}

// Kept declares registrations, accounts and sign-ins (see package holdings).
// Whatever hangs on an account hangs on the scope of its profile.
func Kept() []holdings.Kind {
	parts := []holdings.Part{holdings.Rows("identity_challenge", "subject", "id"), holdings.Rows("identity_channel", "subject", "field")}
	const closed = "state = 'closed'"
	return []holdings.Kind{
		{Name: "registration", Table: "identity_account", Where: "realm = 'person' AND state IN ('pending', 'confirmed', 'described')",
			Events: []holdings.Event{{Name: "step", Column: "changed_at"}}, Scope: vault.Profile, Parts: parts},
		{Name: holdings.Account, Table: "identity_account", Where: "realm = 'person' AND state IN ('open', 'suspended', 'closed')",
			Events: []holdings.Event{{Name: "closing", Column: "changed_at", When: closed}}, Scope: vault.Profile, Parts: parts},
		{Name: holdings.Staff, Table: "identity_account", Where: "realm = 'staff'",
			Events: []holdings.Event{{Name: "end", Column: "changed_at", When: closed}}, Scope: vault.Profile, Parts: parts},
		{Name: "session", Table: "identity_session", ID: "id", Within: holdings.OfProfile, Scope: "session:",
			Events: []holdings.Event{{Name: "sign-in", Column: "created_at"}}},
	}
}
