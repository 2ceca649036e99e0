package deferral

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// insertOrder writes an order that was asked for, and reports false if the
// official has one about the person that did not end.
func insertOrder(tx *db.Tx, o *Order) (bool, error) {
	n, err := tx.Exec(`INSERT INTO deferral_order (id, subject, series, ground, reference, asked_by, asked_at, until_at, allowed, shown_n)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0) ON CONFLICT DO NOTHING`,
		o.ID, o.subject, o.series, o.Ground, o.Reference, o.AskedBy, clock.Micros(o.Asked), clock.Micros(o.Until))
	return n == 1, err
}

const columns = `id, subject, series, ground, reference, asked_by, asked_at, until_at, coalesce(decided_by, ''), decided_at, allowed, ended_at, shown_n, revealed_at`

func scan(r interface{ Scan(...any) error }) (*Order, error) {
	var o Order
	var asked, until, allowed int64
	var decided, ended, revealed *int64
	err := r.Scan(&o.ID, &o.subject, &o.series, &o.Ground, &o.Reference, &o.AskedBy, &asked, &until, &o.DecidedBy, &decided, &allowed, &ended, &o.shown, &revealed)
	o.Asked, o.Until, o.Decided, o.Allowed = clock.FromMicros(asked), clock.FromMicros(until), moment(decided), allowed == 1
	o.Ended, o.Revealed = moment(ended), moment(revealed)
	return &o, err
}

func moment(at *int64) time.Time {
	if at == nil {
		return time.Time{}
	}
	return clock.FromMicros(*at)
}

func selectOrder(tx *db.Tx, id string) (*Order, error) {
	o, err := scan(tx.QueryRow(`SELECT `+columns+` FROM deferral_order WHERE id = $1`, id))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return o, err
}

// selectLatest returns the orders of a ground, the newest first: those that an
// official asked for, or all where none is named.
func selectLatest(tx *db.Tx, ground, by string, limit int) ([]*Order, error) {
	return list(tx, `SELECT `+columns+` FROM deferral_order WHERE ground = $1 AND (asked_by = $2 OR $2 = '') ORDER BY id DESC LIMIT $3`, ground, by, limit)
}

// selectHidden returns orders that are not revealed, behind one.
func selectHidden(tx *db.Tx, after string, limit int) ([]*Order, error) {
	return list(tx, `SELECT `+columns+` FROM deferral_order WHERE revealed_at IS NULL AND id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// selectOf returns the orders of an official about a person that did not end.
func selectOf(tx *db.Tx, subject, by string) ([]*Order, error) {
	return list(tx, `SELECT `+columns+` FROM deferral_order WHERE subject = $1 AND asked_by = $2 AND ended_at IS NULL`, subject, by)
}

func list(tx *db.Tx, query string, args ...any) (all []*Order, err error) {
	err = tx.Select(func(r *db.Rows) error {
		o, err := scan(r)
		all = append(all, o)
		return err
	}, query, args...)
	return all, err
}

// decide notes what the second person said, and reports false if somebody did.
func decide(tx *db.Tx, id, by string, allowed bool, at time.Time) (bool, error) {
	said := 0
	if allowed {
		said = 1
	}
	n, err := tx.Exec(`UPDATE deferral_order SET decided_by = $1, decided_at = $2, allowed = $3
		WHERE id = $4 AND decided_at IS NULL AND ended_at IS NULL`, by, clock.Micros(at), said, id)
	return n == 1, err
}

// end notes that nothing more is left out by an order, and reports false if it
// was noted.
func end(tx *db.Tx, id string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE deferral_order SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`, clock.Micros(at), id)
	return n == 1, err
}

// show notes up to which number the person sees a series, and reports false if
// somebody else showed it meanwhile.
func show(tx *db.Tx, o *Order, last int64) (bool, error) {
	n, err := tx.Exec(`UPDATE deferral_order SET shown_n = $1 WHERE id = $2 AND shown_n = $3 AND revealed_at IS NULL`, last, o.ID, o.shown)
	return n == 1, err
}

// reveal notes that the person sees all of it, and forgets whom it was about.
func reveal(tx *db.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE deferral_order SET revealed_at = $1, subject = '', series = '' WHERE id = $2 AND revealed_at IS NULL`, clock.Micros(at), id)
	return err
}

// countOrders counts the orders that are running, and those that should have been
// revealed before a moment.
func countOrders(tx *db.Tx, now, late time.Time) (running, overdue int64, err error) {
	err = tx.QueryRow(`SELECT count(CASE WHEN ended_at IS NULL AND allowed = 1 AND until_at > $1 THEN 1 END),
		count(CASE WHEN until_at < $2 OR ended_at < $2 OR allowed = 0 AND asked_at < $3 THEN 1 END) FROM deferral_order WHERE revealed_at IS NULL`,
		clock.Micros(now), clock.Micros(late), clock.Micros(late.Add(-Answered))).Scan(&running, &overdue)
	return running, overdue, err
}
