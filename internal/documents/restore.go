package documents

import (
	"fmt"
	"strings"

	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// refDocument begins what the ledger says of a document that was ended.
const refDocument = "document:"

// Replay ends in a store that was restored a document that was ended since,
// and reports whether the act is one of this package. One that the store does
// not know was issued later, too.
func (d *Documents) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	id, mine := strings.CutPrefix(a.Ref, refDocument)
	if !mine {
		return false, nil
	}
	if _, err := endDocument(tx, &Document{Subject: a.Subject, ID: id}, Revoked, a.At); err != nil {
		return true, fmt.Errorf("end a document: %w", err)
	}
	return true, nil
}
