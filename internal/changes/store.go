package changes

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// insertAnnouncement reports whether no other announcement waits.
func insertAnnouncement(tx *db.Tx, a *Announcement) (bool, error) {
	summary, err := json.Marshal(a.Summary)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO changes_announcement (id, hash, words, reason, summary, announced_by, announced_at, effective_at, open)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT (open) DO NOTHING`,
		a.ID, a.Hash, a.Words, string(a.Reason), string(summary), a.By, clock.Micros(a.At), clock.Micros(a.On))
	return n == 1, err
}

// selectAnnouncements returns all there ever were, the oldest first.
func selectAnnouncements(tx *db.Tx) (list []*Announcement, err error) {
	err = tx.Select(func(r *db.Rows) error {
		a := &Announcement{}
		var reason, summary string
		var at, on int64
		var enforced, cancelled *int64
		if err := r.Scan(&a.ID, &a.Hash, &a.Words, &reason, &summary, &a.By, &at, &on, &enforced, &cancelled, &a.Told); err != nil {
			return err
		}
		a.Reason, a.At, a.On, a.Enforced, a.Cancelled = policy.Cause(reason), clock.FromMicros(at), clock.FromMicros(on), moment(enforced), moment(cancelled)
		if err := json.Unmarshal([]byte(summary), &a.Summary); err != nil {
			return fmt.Errorf("the summary of announcement %s: %w", a.ID, err)
		}
		list = append(list, a)
		return nil
	}, `SELECT a.id, a.hash, a.words, a.reason, a.summary, a.announced_by, a.announced_at, a.effective_at, a.enforced_at, a.cancelled_at,
			(SELECT COUNT(*) FROM changes_told t WHERE t.announcement = a.id)
		FROM changes_announcement a ORDER BY a.announced_at, a.id`)
	return list, err
}

func moment(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

// enforced notes it, and reports whether the announcement waited.
func enforced(tx *db.Tx, id string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE changes_announcement SET open = NULL, enforced_at = $1 WHERE id = $2 AND open = 1`, clock.Micros(now), id)
	return n == 1, err
}

// cancelled notes it, and reports whether the announcement waited.
func cancelled(tx *db.Tx, id string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE changes_announcement SET open = NULL, cancelled_at = $1 WHERE id = $2 AND open = 1`, clock.Micros(now), id)
	return n == 1, err
}

// waits reports whether an announcement is open, and keeps it so until the end
// of the transaction.
func waits(tx *db.Tx, id string) (bool, error) {
	n, err := tx.Exec(`UPDATE changes_announcement SET open = open WHERE id = $1 AND open = 1`, id)
	return n == 1, err
}

// told reports whether somebody had not been told of an announcement before.
func told(tx *db.Tx, subject, announcement string, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO changes_told (subject, announcement, at) VALUES ($1, $2, $3) ON CONFLICT (subject, announcement) DO NOTHING`,
		subject, announcement, clock.Micros(now))
	return n == 1, err
}

// acceptance is what is noted of somebody about one version.
type acceptance struct{ found, seen bool }

func selectAcceptance(tx *db.Tx, subject string, since time.Time) (a acceptance, err error) {
	var seen *int64
	err = tx.QueryRow(`SELECT seen_at FROM changes_acceptance WHERE subject = $1 AND since = $2`, subject, clock.Micros(since)).Scan(&seen)
	if errors.Is(err, db.ErrNoRows) {
		return acceptance{}, nil
	}
	return acceptance{true, seen != nil}, err
}

// insertAcceptance reports whether it was not noted before.
func insertAcceptance(tx *db.Tx, subject string, since time.Time, words string, now time.Time, seen bool) (bool, error) {
	var at *int64
	if us := clock.Micros(now); seen {
		at = &us
	}
	n, err := tx.Exec(`INSERT INTO changes_acceptance (subject, since, words, at, seen_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject, since) DO NOTHING`,
		subject, clock.Micros(since), words, clock.Micros(now), at)
	return n == 1, err
}

func seen(tx *db.Tx, subject string, since, now time.Time) error {
	_, err := tx.Exec(`UPDATE changes_acceptance SET seen_at = $1 WHERE subject = $2 AND since = $3 AND seen_at IS NULL`,
		clock.Micros(now), subject, clock.Micros(since))
	return err
}

func countAccepted(tx *db.Tx, since time.Time) (n int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM changes_acceptance WHERE since = $1`, clock.Micros(since)).Scan(&n)
	return n, err
}
