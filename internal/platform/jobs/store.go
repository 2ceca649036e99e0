package jobs

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Migrations returns the schema of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is a constant that embed has checked
	}
	return sub
}

// waiting is a job as it is written.
type waiting struct {
	id, kind, payload string
	key               *string
	created, due      int64
}

// insert writes a job, unless the same work is waiting: then it reports false.
// Where another transaction is about to write the same, it waits for it.
func insert(tx *db.Tx, w waiting) (bool, error) {
	n, err := tx.Exec(`INSERT INTO jobs_job (id, kind, key, payload, created, due, attempt)
		VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (kind, key) WHERE dead IS NULL DO NOTHING`,
		w.id, w.kind, w.key, w.payload, w.created, w.due)
	if err != nil {
		return false, fmt.Errorf("write a job of kind %s: %w", w.kind, err)
	}
	return n == 1, nil
}

// found is a job as it stands before it is claimed.
type found struct {
	id, kind, payload string
	due               int64
	attempt           int
}

// due lists at most limit jobs of these kinds that may be claimed. The kind is
// compared as an expression, so that the rows are had in their order by the
// index of due, however many wait, and not all sorted first.
func due(tx *db.Tx, kinds []string, now time.Time, limit int) ([]found, error) {
	places := make([]string, len(kinds))
	args := []any{clock.Micros(now)}
	for i, kind := range kinds {
		places[i] = "$" + strconv.Itoa(i+2)
		args = append(args, kind)
	}
	args = append(args, limit)
	var out []found
	err := tx.Select(func(rows *db.Rows) error {
		var f found
		if err := rows.Scan(&f.id, &f.kind, &f.payload, &f.due, &f.attempt); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	}, `SELECT id, kind, payload, due, attempt FROM jobs_job
		WHERE dead IS NULL AND due <= $1 AND kind || '' IN (`+strings.Join(places, ", ")+`)
		ORDER BY due, id LIMIT $`+strconv.Itoa(len(args)), args...)
	return out, err
}

// claim takes a job until a time, if nobody was quicker.
func claim(tx *db.Tx, f found, holder string, until time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE jobs_job SET holder = $1, due = $2, attempt = attempt + 1
		WHERE id = $3 AND due = $4 AND attempt = $5 AND dead IS NULL`,
		holder, clock.Micros(until), f.id, f.due, f.attempt)
	return n == 1, err
}

// The outcome of an attempt is written only by whoever still holds the job.

func finish(tx *db.Tx, id, holder string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM jobs_job WHERE id = $1 AND holder = $2 AND dead IS NULL`, id, holder)
	return n == 1, err
}

func postpone(tx *db.Tx, id, holder, code string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE jobs_job SET holder = NULL, error = $1, due = $2
		WHERE id = $3 AND holder = $4 AND dead IS NULL`, code, clock.Micros(at), id, holder)
	return n == 1, err
}

func bury(tx *db.Tx, id, holder, code string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE jobs_job SET holder = NULL, error = $1, dead = $2
		WHERE id = $3 AND holder = $4 AND dead IS NULL`, code, clock.Micros(now), id, holder)
	return n == 1, err
}

// hold gives up every job that is due, but those of these kinds.
func hold(tx *db.Tx, but []string, now time.Time) (int64, error) {
	marks, args := []string{"''"}, []any{clock.Micros(now)}
	for i, kind := range but {
		marks, args = append(marks, "$"+strconv.Itoa(i+2)), append(args, kind)
	}
	return tx.Exec(`UPDATE jobs_job SET holder = NULL, error = 'jobs.held', dead = $1 WHERE dead IS NULL AND due <= $1 AND kind NOT IN (`+strings.Join(marks, ", ")+`)`, args...)
}

func listDead(tx *db.Tx) ([]Dead, error) {
	var out []Dead
	err := tx.Select(func(rows *db.Rows) error {
		var d Dead
		var created, dead int64
		if err := rows.Scan(&d.ID, &d.Kind, &d.Attempt, &d.Error, &created, &dead); err != nil {
			return err
		}
		d.Created, d.Dead = clock.FromMicros(created), clock.FromMicros(dead)
		out = append(out, d)
		return nil
	}, `SELECT id, kind, attempt, error, created, dead FROM jobs_job
		WHERE dead IS NOT NULL ORDER BY dead DESC, id LIMIT $1`, deadMax)
	return out, err
}

// revive makes a dead letter a new job, unless the same work is waiting.
func revive(tx *db.Tx, id string, now time.Time) error {
	w := waiting{id: id, due: clock.Micros(now)}
	err := tx.QueryRow(`SELECT kind, key, payload, created FROM jobs_job WHERE id = $1 AND dead IS NOT NULL`, id).
		Scan(&w.kind, &w.key, &w.payload, &w.created)
	if errors.Is(err, db.ErrNoRows) {
		return ErrUnknown
	}
	if err != nil {
		return err
	}
	n, err := tx.Exec(`DELETE FROM jobs_job WHERE id = $1 AND dead IS NOT NULL`, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrUnknown
	}
	written, err := insert(tx, w)
	if err == nil && !written {
		return ErrAgain
	}
	return err
}

func stats(tx *db.Tx, now time.Time) (Stats, error) {
	var s Stats
	var due *int64
	err := tx.QueryRow(`SELECT COUNT(id) - COUNT(dead), COUNT(dead) FROM jobs_job`).Scan(&s.Waiting, &s.Dead)
	if err != nil {
		return s, err
	}
	err = tx.QueryRow(`SELECT MIN(due) FROM jobs_job WHERE dead IS NULL AND due <= $1`, clock.Micros(now)).Scan(&due)
	if err == nil && due != nil {
		s.Due = clock.FromMicros(*due)
	}
	return s, err
}

func decode(payload string) (map[string]string, error) {
	var out map[string]string
	err := json.Unmarshal([]byte(payload), &out)
	return out, err
}
