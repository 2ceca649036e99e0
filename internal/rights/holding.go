package rights

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "rights_request", Columns: map[string]db.Holds{
			"subject": who, "id": who, "reference": who, "right_id": no, "kind": no, "source": no, "state": no, "language": no,
			"holder": who, "decider": who, "revision": no, "received_at": no, "asked_at": no, "shown_at": no, "extended_at": no,
			"answered_at": no, "appealed_at": no, "escalated_at": no}},
		{Name: "rights_cover", Columns: map[string]db.Holds{"subject": who, "request": who, "covers": who}},
		{Name: "rights_item", Columns: map[string]db.Holds{
			"subject": who, "request": who, "n": no, "sort": no, "item": who, "decision": no, "ground": no, "decided_at": no}},
		{Name: "rights_package", Columns: map[string]db.Holds{
			"subject": who, "request": who, "file": who, "blob": who, "done": no, "total": no, "size": no, "made_at": no, "expires_at": no, "gone_at": no}},
		{Name: "rights_form", Columns: map[string]db.Holds{"subject": who, "once": who, "request": who, "at": no}},
		{Name: "rights_suspension", Columns: map[string]db.Holds{
			"subject": who, "id": who, "purpose": no, "request": who, "since_at": no, "announced_at": no, "ends_at": no, "ended_at": no}},
	}
}

// Kept declares requests, and what hangs on an account (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{
		{Name: "right", Table: "rights_request", ID: "id", Reference: "reference", Scope: "right:", Revision: "revision",
			Events: []holdings.Event{{Name: "answer", Column: "answered_at"}},
			Parts:  []holdings.Part{holdings.Rows("rights_item", "request", "n"), holdings.Rows("rights_form", "request", "once"), holdings.Rows("rights_package", "request", "file"), holdings.Rows("rights_cover", "request", "covers")}},
		{Name: holdings.Account, Parts: []holdings.Part{holdings.Rows("rights_suspension", "subject", "id")}},
	}
}
