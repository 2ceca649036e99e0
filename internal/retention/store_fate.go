package retention

import (
	"database/sql"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
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

// selectBack returns the holds that a thing falls under now.
func selectBack(tx *db.Tx, i holdings.Item, now time.Time) (list []Back, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var b Back
		var until sql.NullInt64
		err := r.Scan(&b.Ground, &until)
		b.Until = orZero(until)
		list = append(list, b)
		return err
	}, `SELECT ground, until_at FROM retention_hold WHERE lifted_at IS NULL AND person IN ('', $1) AND service IN ('', $2)
		AND rule IN ('', $3) AND item IN ('', $4, $5) AND from_at <= $6 AND (until_at IS NULL OR until_at > $6) ORDER BY id`,
		i.Subject, i.Service, i.Rule, i.ID, within(i), clock.Micros(now))
	return list, err
}
