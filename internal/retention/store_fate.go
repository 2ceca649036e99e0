package retention

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// selectGone returns the disposals of what was kept in a place of a person, or,
// without a place, those that a request led to.
func selectGone(tx *db.Tx, subject, scope, request string) (list []*Disposal, err error) {
	if scope == "" {
		return selectDisposals(tx, `d.subject = $1 AND d.ref = $2 ORDER BY d.id`, subject, request)
	}
	return selectDisposals(tx, `d.subject = $1 AND EXISTS (SELECT 1 FROM retention_item i WHERE i.subject = d.subject AND i.disposal = d.id
		AND i.scope = $2) ORDER BY d.id`, subject, scope)
}

// selectTransferred returns the disposals of what of a person a party has now.
func selectTransferred(tx *db.Tx, subject string) ([]*Disposal, error) {
	return selectDisposals(tx, `d.subject = $1 AND d.because = $2 ORDER BY d.id`, subject, holdings.BecauseTransferred)
}
