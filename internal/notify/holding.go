package notify

import "portico/internal/platform/db"

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
