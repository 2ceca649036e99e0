package roll

import (
	"time"

	"portico/internal/identity"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

func selectPeople(tx *db.Tx, after string, limit int) (list []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var subject string
		err := r.Scan(&subject)
		list = append(list, subject)
		return err
	}, `SELECT subject FROM identity_account WHERE subject > $1 AND realm = $2 AND state IN ($3, $4) ORDER BY subject LIMIT $5`,
		after, web.RealmPerson, string(identity.Open), string(identity.Suspended), limit)
	return list, err
}

func countPeople(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM identity_account WHERE realm = $1 AND state IN ($2, $3)`,
		web.RealmPerson, string(identity.Open), string(identity.Suspended)).Scan(&n)
	return n, err
}

func selectCreated(tx *db.Tx, subject string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT created_at FROM identity_account WHERE subject = $1`, subject).Scan(&at)
	return clock.FromMicros(at), err
}

func selectAgreed(tx *db.Tx, subject string) (at time.Time, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var micros int64
		err := r.Scan(&micros)
		at = clock.FromMicros(micros)
		return err
	}, `SELECT created_at FROM identity_account WHERE subject = $1 AND agreed IS NOT NULL`, subject)
	return at, err
}

func countAgreed(tx *db.Tx) (accounts, without int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN agreed IS NULL THEN 1 ELSE 0 END), 0) FROM identity_account
		WHERE realm = $1 AND state IN ($2, $3) AND created_at >= (SELECT MIN(created_at) FROM identity_account WHERE agreed IS NOT NULL)`,
		web.RealmPerson, string(identity.Open), string(identity.Suspended)).Scan(&accounts, &without)
	return accounts, without, err
}
