package audit

import "portico/internal/platform/db"

// Holding declares what the log's tables hold (I1).
func Holding() []db.Table {
	return []db.Table{
		{Name: "audit_event", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "n": db.Nothing, "at": db.Nothing, "leaf": db.Nothing, "sealed": db.Sealed,
		}},
		{Name: "audit_pending", Columns: map[string]db.Holds{"leaf": db.Nothing, "subject": db.Pseudonym, "n": db.Nothing}},
		{Name: "audit_moment", Columns: map[string]db.Holds{"subject": db.Pseudonym, "n": db.Nothing}},
		{Name: "audit_use", Columns: map[string]db.Holds{"subject": db.Pseudonym, "n": db.Nothing}},
		{Name: "audit_unnoted", Columns: map[string]db.Holds{"subject": db.Pseudonym, "n": db.Nothing}},
		{Name: "audit_leaf", Columns: map[string]db.Holds{
			"idx": db.Nothing, "leaf": db.Nothing, "subject": db.Pseudonym, "n": db.Nothing,
		}},
		{Name: "audit_tile", Columns: map[string]db.Holds{"level": db.Nothing, "n": db.Nothing, "hashes": db.Nothing}},
		{Name: "audit_tree", Columns: map[string]db.Holds{
			"one": db.Nothing, "size": db.Nothing, "root": db.Nothing, "signed": db.Nothing, "checkpoint": db.Nothing,
		}},
	}
}
