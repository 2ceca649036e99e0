package proof

import "portico/internal/platform/db"

// Holding declares what each column of the package's table holds (I1).
func Holding() []db.Table {
	return []db.Table{{Name: "proof_status", Columns: map[string]db.Holds{
		"promise": db.Nothing, "status": db.Nothing, "since": db.Nothing,
	}}}
}
