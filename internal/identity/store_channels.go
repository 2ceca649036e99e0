package identity

import (
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Channel is a contact of an account that its holder confirmed. What it is,
// is a sealed value.
type Channel struct {
	Field    string // policy.FieldEmail, policy.FieldPhone or policy.FieldStaffEmail
	Since    time.Time
	Seasoned time.Time // from when on it counts as its owner's for sure
}

func putChannel(tx *db.Tx, subject string, c Channel) error {
	_, err := tx.Exec(`INSERT INTO identity_channel (subject, field, since, seasoned_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject, field) DO UPDATE SET since = excluded.since, seasoned_at = excluded.seasoned_at`,
		subject, c.Field, clock.Micros(c.Since), clock.Micros(c.Seasoned))
	return err
}

func deleteChannel(tx *db.Tx, subject, field string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM identity_channel WHERE subject = $1 AND field = $2`, subject, field)
	return n == 1, err
}

// selectChannels returns the channels of an account, the oldest first.
func selectChannels(tx *db.Tx, subject string) (list []Channel, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var c Channel
		var since, seasoned int64
		err := r.Scan(&c.Field, &since, &seasoned)
		c.Since, c.Seasoned = clock.FromMicros(since), clock.FromMicros(seasoned)
		list = append(list, c)
		return err
	}, `SELECT field, since, seasoned_at FROM identity_channel WHERE subject = $1 ORDER BY since, field`, subject)
	return list, err
}

// setContact makes another channel the one by which an account is called.
func setContact(tx *db.Tx, subject, field string, now time.Time) error {
	_, err := tx.Exec(`UPDATE identity_account SET contact = $1, changed_at = $2 WHERE subject = $3`, field, clock.Micros(now), subject)
	return err
}

// seasonAccount keeps an account from authorising until a moment.
func seasonAccount(tx *db.Tx, subject string, until, now time.Time) error {
	_, err := tx.Exec(`UPDATE identity_account SET seasoned_at = $1, changed_at = $2 WHERE subject = $3`, clock.Micros(until), clock.Micros(now), subject)
	return err
}
