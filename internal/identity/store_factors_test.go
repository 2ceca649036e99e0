package identity

import (
	"testing"
	"time"

	"portico/internal/identity/factor"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

func TestO10_AnOfficialWhoIsSignedInWithoutASecondFactorIsCounted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		run := func(statements ...string) {
			t.Helper()
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				for _, s := range statements {
					if _, err := tx.Exec(s, clock.Micros(now)); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		count := func(wantStaff, wantWithout int) {
			t.Helper()
			staff, without, err := Factors{d, clock.NewFake(now)}.SecondFactors(t.Context())
			if err != nil || staff != wantStaff || without != wantWithout {
				t.Errorf("%d officials, %d without a second factor, %v; want %d and %d", staff, without, err, wantStaff, wantWithout)
			}
		}
		count(0, 0)
		run(`INSERT INTO identity_account (subject, realm, state, contact, created_at, changed_at) VALUES ('a', 'staff', 'open', 'staff.email', $1, $1)`,
			`INSERT INTO identity_account (subject, realm, state, contact, created_at, changed_at) VALUES ('p', 'person', 'open', 'person.email', $1, $1)`)
		count(1, 0)
		run(`INSERT INTO identity_session (subject, id, realm, stage, token_hash, means, tries, created_at, seen_at, expires_at) VALUES ('a', 's', 'staff', 'full', 'h', 'password', 0, $1, $1, 9000000000000000)`,
			`INSERT INTO identity_session (subject, id, realm, stage, token_hash, means, tries, created_at, seen_at, expires_at) VALUES ('p', 's', 'person', 'full', 'i', 'password', 0, $1, $1, 9000000000000000)`)
		count(1, 1)
		run(`INSERT INTO factor_secret (subject, kind, sealed, step, changed_at) VALUES ('a', 'totp', 'x', 0, $1)`)
		count(1, 0)
	}, Migrations(), factor.Migrations())
}
