package recipients

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "recipients_act", Columns: map[string]db.Holds{
			"subject": who, "id": who, "kind": no, "request": who, "reference": who, "scopes": who, "fields": no, "at": no, "found_at": no}},
		{Name: "recipients_notice", Columns: map[string]db.Holds{
			"subject": who, "id": who, "act": who, "reference": who, "party": no, "channel": no, "about": who, "fields": no,
			"sent_at": no, "failed_at": no, "acked_at": no, "acked_by": who, "noted": no}},
	}
}

// Kept declares what recipients were told (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{{
		Name: "told", Table: "recipients_act", ID: "id", Events: []holdings.Event{{Name: "answer", Column: "at"}},
		Parts: []holdings.Part{holdings.Rows("recipients_notice", "act", "id")},
	}}
}
