package mandates

import "portico/internal/platform/db"

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
