package retention

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// guard orders disposals and the making of holds: a disposal either sees a hold
// or is done before it is made. Disposals do not wait for each other.
func guard(tx *db.Tx, making bool) error {
	if making {
		_, err := tx.Exec(`UPDATE retention_guard SET holds = holds + 1 WHERE one = 1`)
		return err
	}
	if tx.Engine() == db.SQLite {
		return nil // has one writer at a time
	}
	var n int64
	if err := tx.QueryRow(`SELECT holds FROM retention_guard WHERE one = 1 FOR SHARE`).Scan(&n); err != nil {
		return fmt.Errorf("wait for holds that are being made: %w", err)
	}
	return nil
}

// selectStanding returns the holds that stand now and may be on one of the
// things: see Hold.on.
func selectStanding(tx *db.Tx, items []holdings.Item, now time.Time) (list []*Hold, err error) {
	for some := range slices.Chunk(items, 100) {
		args, n := []any{clock.Micros(now)}, len(some)
		for _, i := range some {
			args = append(args, i.Subject)
		}
		for _, i := range some {
			args = append(args, i.ID, within(i))
		}
		if err := tx.Select(func(r *db.Rows) error {
			var h Hold
			var until sql.NullInt64
			err := r.Scan(&h.ID, &h.Person, &h.Service, &h.Rule, &h.Item, &h.Ground, &until)
			h.Until = orZero(until)
			list = append(list, &h)
			return err
		}, `SELECT id, person, service, rule, item, ground, until_at FROM retention_hold
			WHERE lifted_at IS NULL AND from_at <= $1 AND (until_at IS NULL OR until_at > $1)
			AND (person = '' OR person IN `+db.Marks(2, n, 1)+`) AND (item = '' OR item IN `+db.Marks(2+n, 2*n, 1)+`) ORDER BY id`, args...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func insertHold(tx *db.Tx, h *Hold) error {
	_, err := tx.Exec(`INSERT INTO retention_hold (id, person, service, rule, item, ground, reason, official, from_at, until_at, review_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.ID, h.Person, h.Service, h.Rule, h.Item, h.Ground, h.reason, h.By, clock.Micros(h.From), orNull(h.Until), clock.Micros(h.Review))
	return err
}

// liftHold lifts a hold, and reports false if there is none, or it is lifted.
func liftHold(tx *db.Tx, id, by string, why []byte, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE retention_hold SET lifted_at = $1, lifted_by = $2, lifted_why = $3 WHERE id = $4 AND lifted_at IS NULL`,
		clock.Micros(at), by, why, id)
	return n == 1, err
}

// selectHolds returns the holds, those that are not lifted first.
func selectHolds(tx *db.Tx) (list []*Hold, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var h Hold
		var from, review int64
		var until, lifted sql.NullInt64
		err := r.Scan(&h.ID, &h.Person, &h.Service, &h.Rule, &h.Item, &h.Ground, &h.reason, &h.By, &from, &until, &review, &lifted, &h.why)
		h.From, h.Until, h.Review, h.Lifted = clock.FromMicros(from), orZero(until), clock.FromMicros(review), orZero(lifted)
		list = append(list, &h)
		return err
	}, `SELECT id, person, service, rule, item, ground, reason, official, from_at, until_at, review_at, lifted_at, lifted_why FROM retention_hold
		ORDER BY CASE WHEN lifted_at IS NULL THEN 0 ELSE 1 END, from_at DESC, id LIMIT 200`)
	return list, err
}

func hasHold(tx *db.Tx, hold string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM retention_hold WHERE id = $1`, hold).Scan(&n)
	return n > 0, err
}
