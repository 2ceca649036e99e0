package visitor

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "visitor_visit", Columns: map[string]db.Holds{
			"subject": who, "id": who, "request": who, "token_hash": who, "created_at": no, "proved_at": no, "expires_at": no}},
		{Name: "visitor_code", Columns: map[string]db.Holds{
			"subject": who, "visit": who, "n": no, "item": who, "field": no, "salt": no, "tries": no, "sends": no, "expires_at": no, "proved_at": no}},
		{Name: "visitor_fill", Columns: map[string]db.Holds{"n": no, "done_at": no}},
		{Name: "visitor_reach", Columns: map[string]db.Holds{"subject": who, "scope": who, "field": no, "mac": db.Index}},
	}
}

// Kept declares visits, and by what contacts people without a cabinet are found
// (see package holdings): that goes with what they gave them with.
func Kept() []holdings.Kind {
	reach := []holdings.Part{{Table: "visitor_reach", By: "scope", Key: "mac", Scope: true}}
	return []holdings.Kind{
		{Name: "visit", Table: "visitor_visit", ID: "id", Scope: "visit:", Events: []holdings.Event{{Name: "visit", Column: "created_at"}},
			Parts: []holdings.Part{holdings.Rows("visitor_code", "visit", "n")}},
		{Name: "right", Parts: reach},
		{Name: "request", Parts: reach},
		{Name: policy.KindCase, Parts: reach},
	}
}
