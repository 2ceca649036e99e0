package mandates

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "mandates_mandate", Columns: map[string]db.Holds{
			"subject": who, "id": who, "reference": who, "company": who, "state": no, "services": no, "until_at": no,
			"appointed_by": who, "invitation": who, "ground": no, "decided_by": who, "created_at": no, "changed_at": no, "ended_at": no}},
		{Name: "mandates_invitation", Columns: map[string]db.Holds{
			"subject": who, "id": who, "mandate": who, "company": who, "invitee": who, "state": no, "services": no, "until_at": no,
			"token_hash": who, "created_at": no, "expires_at": no, "ended_at": no}},
		{Name: "mandates_check", Columns: map[string]db.Holds{
			"subject": who, "id": who, "mandate": who, "official": who, "opened_at": no, "until_at": no, "closed_at": no}},
	}
}

// Kept declares mandates, and who was invited to have one (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{
		{Name: "mandate", Table: "mandates_mandate", ID: "id", Reference: "reference", Scope: "mandate:", Events: []holdings.Event{{Name: "end", Column: "ended_at"}},
			Parts: []holdings.Part{holdings.Rows("mandates_check", "mandate", "id")}},
		{Name: "invitation", Table: "mandates_invitation", ID: "id", Within: "mandate", Prefix: "mandate:", Scope: "invitation:"},
	}
}
