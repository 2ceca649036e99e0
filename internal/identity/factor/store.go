package factor

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// The kinds of secret, as they are stored.
const (
	password = "password"
	app      = "totp"
	appNew   = "totp-new" // shown, not yet confirmed
)

// secret is a row of factor_secret.
type secret struct {
	Sealed   []byte // nil: there is none
	Changed  time.Time
	Seasoned time.Time
}

func putSecret(tx *db.Tx, subject, kind string, sealed []byte, now, seasoned time.Time) error {
	_, err := tx.Exec(`INSERT INTO factor_secret (subject, kind, sealed, step, changed_at, seasoned_at) VALUES ($1, $2, $3, 0, $4, $5)
		ON CONFLICT (subject, kind) DO UPDATE SET sealed = excluded.sealed, step = 0, changed_at = excluded.changed_at, seasoned_at = excluded.seasoned_at`,
		subject, kind, sealed, clock.Micros(now), clock.Micros(seasoned))
	return err
}

func selectSecret(tx *db.Tx, subject, kind string) (s secret, err error) {
	var changed, seasoned int64
	err = tx.QueryRow(`SELECT sealed, changed_at, seasoned_at FROM factor_secret WHERE subject = $1 AND kind = $2`, subject, kind).
		Scan(&s.Sealed, &changed, &seasoned)
	if errors.Is(err, db.ErrNoRows) {
		return secret{}, nil
	}
	s.Changed, s.Seasoned = clock.FromMicros(changed), clock.FromMicros(seasoned)
	return s, err
}

// useStep uses a moment of the app up. It reports false if that moment or a
// later one was used before.
func useStep(tx *db.Tx, subject string, step int64) (bool, error) {
	n, err := tx.Exec(`UPDATE factor_secret SET step = $1 WHERE subject = $2 AND kind = $3 AND step < $1`, step, subject, app)
	return n == 1, err
}

func deleteSecret(tx *db.Tx, subject, kind string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM factor_secret WHERE subject = $1 AND kind = $2`, subject, kind)
	return n > 0, err
}

func insertCode(tx *db.Tx, subject, code string, now, seasoned time.Time) error {
	_, err := tx.Exec(`INSERT INTO factor_code (subject, code, created_at, seasoned_at) VALUES ($1, $2, $3, $4)`,
		subject, code, clock.Micros(now), clock.Micros(seasoned))
	return err
}

// useCode uses a code up, and reports whether it was there unused.
func useCode(tx *db.Tx, subject, code string, now time.Time) (bool, time.Time, error) {
	n, err := tx.Exec(`UPDATE factor_code SET used_at = $1 WHERE subject = $2 AND code = $3 AND used_at IS NULL`, clock.Micros(now), subject, code)
	if err != nil || n != 1 {
		return false, time.Time{}, err
	}
	var seasoned int64
	err = tx.QueryRow(`SELECT seasoned_at FROM factor_code WHERE subject = $1 AND code = $2`, subject, code).Scan(&seasoned)
	return err == nil, clock.FromMicros(seasoned), err
}

func countCodes(tx *db.Tx, subject string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM factor_code WHERE subject = $1 AND used_at IS NULL`, subject).Scan(&n)
	return n, err
}

func deleteCodes(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM factor_code WHERE subject = $1`, subject)
	return err
}

// passkeyRow is a row of factor_passkey.
type passkeyRow struct {
	ID       string
	Sealed   []byte
	Uses     int64
	Created  time.Time
	Used     time.Time // zero: not yet
	Seasoned time.Time
}

func insertPasskey(tx *db.Tx, subject string, p passkeyRow) error {
	_, err := tx.Exec(`INSERT INTO factor_passkey (subject, id, sealed, uses, created_at, seasoned_at) VALUES ($1, $2, $3, 0, $4, $5)`,
		subject, p.ID, p.Sealed, clock.Micros(p.Created), clock.Micros(p.Seasoned))
	return err
}

// selectPasskeys returns somebody's passkeys, the oldest first.
func selectPasskeys(tx *db.Tx, subject string) (list []passkeyRow, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var p passkeyRow
		var created, seasoned int64
		var used *int64
		err := r.Scan(&p.ID, &p.Sealed, &p.Uses, &created, &used, &seasoned)
		p.Created, p.Seasoned = clock.FromMicros(created), clock.FromMicros(seasoned)
		if used != nil {
			p.Used = clock.FromMicros(*used)
		}
		list = append(list, p)
		return err
	}, `SELECT id, sealed, uses, created_at, used_at, seasoned_at FROM factor_passkey WHERE subject = $1 ORDER BY created_at, id`, subject)
	return list, err
}

// usePasskey keeps what a use changed, and reports whether it was the only one
// since the row was read.
func usePasskey(tx *db.Tx, subject string, p passkeyRow, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE factor_passkey SET sealed = $1, uses = uses + 1, used_at = $2 WHERE subject = $3 AND id = $4 AND uses = $5`,
		p.Sealed, clock.Micros(now), subject, p.ID, p.Uses)
	return n == 1, err
}

func countPasskeys(tx *db.Tx, subject string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM factor_passkey WHERE subject = $1`, subject).Scan(&n)
	return n, err
}

func deletePasskey(tx *db.Tx, subject, id string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM factor_passkey WHERE subject = $1 AND id = $2`, subject, id)
	return n == 1, err
}

func deletePasskeys(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM factor_passkey WHERE subject = $1`, subject)
	return err
}

// useChallenge uses a challenge up, and reports whether it was not used
// before. Those that are too old anyway are forgotten.
func useChallenge(tx *db.Tx, hash string, expires, now time.Time) (bool, error) {
	if _, err := tx.Exec(`DELETE FROM factor_challenge WHERE expires_at < $1`, clock.Micros(now)); err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO factor_challenge (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`, hash, clock.Micros(expires))
	return n == 1, err
}
