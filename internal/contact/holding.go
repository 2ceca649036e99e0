package contact

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "contact_request", Columns: map[string]db.Holds{
			"subject": who, "id": who, "reference": who, "kind": no, "source": no, "channel": no, "state": no, "reason": no, "language": no,
			"cabinet": no, "holder": who, "revision": no, "texts": no, "created_at": no, "since_at": no, "answered_at": no,
			"escalated_at": no, "rated_at": no}},
		{Name: "contact_form", Columns: map[string]db.Holds{"subject": who, "once": who, "request": who, "at": no}},
		{Name: "contact_mail", Columns: map[string]db.Holds{
			"subject": who, "id": who, "request": who, "message": db.Index, "sender": db.Index, "whole": no, "at": no}},
		{Name: "contact_attachment", Columns: map[string]db.Holds{"subject": who, "mail": who, "n": no, "file": who}},
		{Name: "contact_rating", Columns: map[string]db.Holds{"month": no, "kind": no, "score": no, "n": no}},
	}
}

// Kept declares what people ask, and what came by mail (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{
		{Name: "request", Table: "contact_request", ID: "id", Reference: "reference", Revision: "revision", Scope: "request:",
			Events: []holdings.Event{{Name: "answer", Column: "since_at", When: "state IN ('answered', 'closed')"}},
			Parts:  []holdings.Part{holdings.Rows("contact_form", "request", "once")}},
		{Name: "mail", Table: "contact_mail", ID: "id", Within: "request", Prefix: "request:",
			Parts: []holdings.Part{holdings.Rows("contact_attachment", "mail", "n")}},
	}
}
