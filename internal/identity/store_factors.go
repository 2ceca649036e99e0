package identity

import (
	"context"
	"fmt"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Factors counts officials for the proof (O10).
type Factors struct {
	DB    *db.DB
	Clock clock.Clock
}

// SecondFactors returns how many officials can sign in, and how many of them
// are signed in now and have no second factor.
func (f Factors) SecondFactors(ctx context.Context) (staff, without int, err error) {
	err = f.DB.View(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(`SELECT count(*) FROM identity_account WHERE realm = 'staff' AND state = $1`, string(Open)).Scan(&staff); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT count(*) FROM identity_account a WHERE a.realm = 'staff'
			AND EXISTS (SELECT 1 FROM identity_session s WHERE s.subject = a.subject AND s.stage = $1 AND s.ended_at IS NULL AND s.expires_at > $2)
			AND NOT EXISTS (SELECT 1 FROM factor_secret k WHERE k.subject = a.subject AND k.kind = 'totp')
			AND NOT EXISTS (SELECT 1 FROM factor_passkey p WHERE p.subject = a.subject)`,
			string(stageFull), clock.Micros(f.Clock.Now())).Scan(&without)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count officials: %w", err)
	}
	return staff, without, nil
}
