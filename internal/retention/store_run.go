package retention

import (
	"database/sql"
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const runColumns = `id, day, started_at, moved_at, ended_at, step, passed, steps, after_at, after_id, seen, told, disposed, held, refused`

func scanRun(scan func(...any) error) (*Run, error) {
	var r Run
	var started, moved, after int64
	var ended sql.NullInt64
	err := scan(&r.ID, &r.Day, &started, &moved, &ended, &r.step, &r.Passed, &r.Steps, &after, &r.afterID, &r.Seen, &r.Told, &r.Disposed, &r.Held, &r.Refused)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	r.Started, r.Moved, r.Ended, r.after = clock.FromMicros(started), clock.FromMicros(moved), orZero(ended), clock.FromMicros(after)
	return &r, err
}

// insertRun begins the run of a day, and reports false if it has begun.
func insertRun(tx *db.Tx, r *Run) (bool, error) {
	n, err := tx.Exec(`INSERT INTO retention_run (id, day, started_at, moved_at, step, passed, steps, after_at, after_id, seen, told, disposed, held, refused)
		VALUES ($1, $2, $3, $4, '', 0, $5, 0, '', 0, 0, 0, 0, 0) ON CONFLICT (day) DO NOTHING`,
		r.ID, r.Day, clock.Micros(r.Started), clock.Micros(r.Moved), r.Steps)
	return n == 1, err
}

// updateRun notes where a run stands.
func updateRun(tx *db.Tx, r *Run) error {
	after := int64(0)
	if !r.after.IsZero() {
		after = clock.Micros(r.after)
	}
	_, err := tx.Exec(`UPDATE retention_run SET moved_at = $1, ended_at = $2, step = $3, passed = $4, steps = $5, after_at = $6, after_id = $7,
		seen = $8, told = $9, disposed = $10, held = $11, refused = $12 WHERE id = $13`,
		clock.Micros(r.Moved), orNull(r.Ended), r.step, r.Passed, r.Steps, after, r.afterID, r.Seen, r.Told, r.Disposed, r.Held, r.Refused, r.ID)
	return err
}

// selectUnended returns the run that has not ended, nil if there is none.
func selectUnended(tx *db.Tx) (*Run, error) {
	return scanRun(tx.QueryRow(`SELECT ` + runColumns + ` FROM retention_run WHERE ended_at IS NULL ORDER BY started_at LIMIT 1`).Scan)
}

// selectRuns returns the latest runs.
func selectRuns(tx *db.Tx, limit int) (list []*Run, err error) {
	err = tx.Select(func(r *db.Rows) error {
		run, err := scanRun(r.Scan)
		list = append(list, run)
		return err
	}, `SELECT `+runColumns+` FROM retention_run ORDER BY started_at DESC LIMIT $1`, limit)
	return list, err
}

// selectOpenSweeps counts the disposals whose rows are not swept yet, and says
// when the oldest of them was.
func selectOpenSweeps(tx *db.Tx) (n int64, oldest time.Time, err error) {
	var at sql.NullInt64
	err = tx.QueryRow(`SELECT count(*), min(d.at) FROM retention_sweep s JOIN retention_disposal d ON d.id = s.disposal WHERE s.done_at IS NULL`).Scan(&n, &at)
	return n, orZero(at), err
}
