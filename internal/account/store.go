package account

import (
	"errors"
	"slices"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// selectVerification returns the verification that is in force; one that does
// not exist has no id.
func selectVerification(tx *db.Tx, subject string) (v Verification, err error) {
	var level string
	var at int64
	err = tx.QueryRow(`SELECT id, level, official, role, party, at FROM account_verification WHERE subject = $1 AND ended_at IS NULL ORDER BY at DESC, id DESC LIMIT 1`, subject).
		Scan(&v.ID, &level, &v.Official, &v.Role, &v.Party, &at)
	if errors.Is(err, db.ErrNoRows) {
		return Verification{}, nil
	}
	v.At = clock.FromMicros(at)
	v.Level = web.Level(max(0, slices.Index(web.Levels(), level)))
	return v, err
}
