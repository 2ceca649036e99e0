package payments

import (
	"embed"
	"io/fs"

	"portico/internal/holdings"
	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "payments_order", Columns: map[string]db.Holds{
			"subject": who, "id": who, "case_id": who, "service": no, "reference": who, "amount": no, "currency": no,
			"state": no, "attempts": no, "created_at": no, "changed_at": no, "paid_at": no}},
		{Name: "payments_attempt", Columns: map[string]db.Holds{
			"subject": who, "order_id": who, "n": no, "reference": who, "payment": who, "state": no, "code": no,
			"created_at": no, "changed_at": no, "next_at": no}},
	}
}

// Kept declares payments (see package holdings). What is not settled yet is
// kept.
func Kept() []holdings.Kind {
	return []holdings.Kind{{Name: "payment", Table: "payments_order", ID: "id", Reference: "reference", Service: "service", Outcome: "state",
		Events: []holdings.Event{{Name: "payment", Column: "changed_at", When: "state IN ('paid', 'void', 'refunded')"}},
		Parts:  []holdings.Part{holdings.Rows("payments_attempt", "order_id", "n")}}}
}
