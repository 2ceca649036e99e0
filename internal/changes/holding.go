package changes

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "changes_announcement", Columns: map[string]db.Holds{
			"id": no, "hash": no, "words": no, "reason": no, "summary": no, "announced_by": who, "announced_at": no, "effective_at": no,
			"open": no, "enforced_at": no, "cancelled_at": no}},
		{Name: "changes_told", Columns: map[string]db.Holds{"subject": who, "announcement": no, "at": no}},
		{Name: "changes_acceptance", Columns: map[string]db.Holds{"subject": who, "since": no, "words": no, "at": no, "seen_at": no}},
	}
}

// Kept declares what hangs on an account (see package holdings).
func Kept() []holdings.Kind {
	told := holdings.Rows("changes_told", "subject", "announcement")
	return []holdings.Kind{
		{Name: holdings.Account, Parts: []holdings.Part{holdings.Rows("changes_acceptance", "subject", "since"), told}},
		{Name: holdings.Staff, Parts: []holdings.Part{told}},
	}
}
