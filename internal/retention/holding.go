package retention

import (
	"embed"
	"io/fs"

	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations are the schema of this package.
func Migrations() fs.FS { return db.Embedded(migrations) }

// Locales are the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package hold (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "retention_disposal", Columns: map[string]db.Holds{
			"subject": who, "id": who, "at": no, "because": no, "ref": who, "actor": no, "policy": no, "last": no}},
		{Name: "retention_item", Columns: map[string]db.Holds{
			"subject": who, "disposal": who, "n": no, "kind": no, "item": who, "scope": who, "service": no, "outcome": no,
			"rule": no, "since_at": no, "due_at": no, "action": no}},
		{Name: "retention_sweep", Columns: map[string]db.Holds{"subject": who, "disposal": who, "swept": no, "done_at": no}},
		{Name: "retention_told", Columns: map[string]db.Holds{"subject": who, "kind": no, "item": who, "since_at": no, "at": no}},
		{Name: "retention_count", Columns: map[string]db.Holds{"kind": no, "service": no, "outcome": no, "month": no, "n": no}},
		{Name: "retention_hold", Columns: map[string]db.Holds{
			"id": no, "person": who, "service": no, "rule": no, "item": who, "ground": no, "reason": db.Sealed, "official": who,
			"from_at": no, "until_at": no, "review_at": no, "lifted_at": no, "lifted_by": who, "lifted_why": db.Sealed}},
		{Name: "retention_guard", Columns: map[string]db.Holds{"one": no, "holds": no}},
		{Name: "retention_turn", Columns: map[string]db.Holds{"year": no, "after_id": who, "ended_at": no}},
		{Name: "retention_run", Columns: map[string]db.Holds{
			"id": no, "day": no, "started_at": no, "moved_at": no, "ended_at": no, "step": no, "passed": no, "steps": no, "after_at": no,
			"after_id": who, "seen": no, "told": no, "disposed": no, "held": no, "refused": no}},
	}
}
