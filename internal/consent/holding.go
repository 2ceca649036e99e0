package consent

import "portico/internal/platform/db"

// Holding declares what the table of this package keeps (I1). A receipt names
// the person by their random id and says what the policy says.
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{{Name: "consent_event", Columns: map[string]db.Holds{
		"subject": who, "n": no, "id": who, "purpose": no, "act": no, "terms": no, "at": no, "receipt": who,
	}}}
}
