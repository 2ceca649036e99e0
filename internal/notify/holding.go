package notify

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "notify_notice", Columns: map[string]db.Holds{
			"subject": who, "id": who, "kind": no, "about": who, "state": no, "while": no, "key": who, "official": no,
			"at": no, "page": no, "read_at": no}},
		{Name: "notify_delivery", Columns: map[string]db.Holds{
			"subject": who, "notice": who, "channel": no, "state": no, "code": no, "at": no}},
		{Name: "notify_choice", Columns: map[string]db.Holds{
			"subject": who, "kind": no, "channel": no, "wanted": no, "at": no}},
		{Name: "notify_language", Columns: map[string]db.Holds{
			"subject": who, "lang": no, "chosen": no, "at": no}},
		{Name: "notify_news", Columns: map[string]db.Holds{
			"item": no, "cursor": who, "done": no, "at": no}},
	}
}

// Kept declares notices, and what was chosen about them (see package holdings).
func Kept() []holdings.Kind {
	chosen := []holdings.Part{holdings.Rows("notify_choice", "subject", "kind, channel"), holdings.Rows("notify_language", "subject", "subject")}
	return []holdings.Kind{
		{Name: "notice", Table: "notify_notice", ID: "id", Events: []holdings.Event{{Name: "notice", Column: "at"}},
			Parts: []holdings.Part{holdings.Rows("notify_delivery", "notice", "channel")}},
		{Name: holdings.Account, Parts: chosen}, {Name: holdings.Staff, Parts: chosen},
	}
}
