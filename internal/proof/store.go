package proof

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the package's changes of the schema.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// record notes which promises stand differently than before and fills in
// since when each stands as it does.
func record(ctx context.Context, d *db.DB, report *Report) error {
	err := d.Update(ctx, func(tx *db.Tx) error {
		for i := range report.Results {
			r := &report.Results[i]
			_, err := tx.Exec(`INSERT INTO proof_status (promise, status, since) VALUES ($1, $2, $3)
				ON CONFLICT (promise) DO UPDATE SET status = excluded.status, since = excluded.since
				WHERE proof_status.status <> excluded.status`, r.Promise.ID, string(r.Status), clock.Micros(report.At))
			if err != nil {
				return err
			}
			var since int64
			if err := tx.QueryRow(`SELECT since FROM proof_status WHERE promise = $1`, r.Promise.ID).Scan(&since); err != nil {
				return err
			}
			r.Since = clock.FromMicros(since)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note how the promises stand: %w", err)
	}
	return nil
}

// recall fills in since when each promise stands as it does, where that was
// noted.
func recall(ctx context.Context, d *db.DB, report *Report) error {
	err := d.View(ctx, func(tx *db.Tx) error {
		return tx.Select(func(r *db.Rows) error {
			var promise, status string
			var since int64
			if err := r.Scan(&promise, &status, &since); err != nil {
				return err
			}
			for i := range report.Results {
				if one := &report.Results[i]; one.Promise.ID == promise && string(one.Status) == status {
					one.Since = clock.FromMicros(since)
				}
			}
			return nil
		}, `SELECT promise, status, since FROM proof_status`)
	})
	if err != nil {
		return fmt.Errorf("read how the promises stood: %w", err)
	}
	return nil
}

// most is how many values of a column, and how many people, one examination
// looks at: all of them in a small store, another part of a large one each time.
const most = 500

// sample reads values of a sealed column. Table and column come from the
// program's own declarations.
func sample(ctx context.Context, d *db.DB, table, column string) (values [][]byte, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		values = nil
		var n int64
		if err := tx.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			return err
		}
		return tx.Select(func(r *db.Rows) error {
			var b []byte
			err := r.Scan(&b)
			values = append(values, b)
			return err
		}, "SELECT "+column+" FROM "+table+" WHERE "+column+" IS NOT NULL LIMIT $1 OFFSET $2", most, rand.Int64N(max(1, n-most+1)))
	})
	if err != nil {
		return nil, fmt.Errorf("sample %s.%s: %w", table, column, err)
	}
	return values, nil
}

// someSubjects returns people whose keys are to be tried.
func someSubjects(ctx context.Context, d *db.DB) (subjects []string, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		subjects = nil
		var n int64
		if err := tx.QueryRow(`SELECT count(*) FROM vault_gate WHERE erased_at IS NULL`).Scan(&n); err != nil {
			return err
		}
		return tx.Select(func(r *db.Rows) error {
			var s string
			err := r.Scan(&s)
			subjects = append(subjects, s)
			return err
		}, `SELECT subject FROM vault_gate WHERE erased_at IS NULL ORDER BY subject LIMIT $1 OFFSET $2`, most, rand.Int64N(max(1, n-most+1)))
	})
	if err != nil {
		return nil, fmt.Errorf("read whose keys to try: %w", err)
	}
	return subjects, nil
}

// origin is how many values of a field came from a source.
type origin struct {
	field, source string
	n             int64
}

// origins counts all stored values by field and source.
func origins(ctx context.Context, d *db.DB) (found []origin, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		found = nil
		return tx.Select(func(r *db.Rows) error {
			var o origin
			err := r.Scan(&o.field, &o.source, &o.n)
			found = append(found, o)
			return err
		}, `SELECT field, source, count(*) FROM vault_value GROUP BY field, source ORDER BY field, source`)
	})
	if err != nil {
		return nil, fmt.Errorf("count values by source: %w", err)
	}
	return found, nil
}

// numbers counts the people who have events, and names those whose numbers
// are not 1, 2, 3 … up to what their gate says.
func numbers(ctx context.Context, d *db.DB) (people int64, gaps []string, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		gaps = nil
		if err := tx.QueryRow(`SELECT count(*) FROM vault_gate WHERE n > 0`).Scan(&people); err != nil {
			return err
		}
		return tx.Select(func(r *db.Rows) error {
			var s string
			err := r.Scan(&s)
			gaps = append(gaps, s)
			return err
		}, `SELECT g.subject FROM vault_gate g
			LEFT JOIN (SELECT subject, count(*) AS c, max(n) AS m, min(n) AS f FROM audit_event GROUP BY subject) e ON e.subject = g.subject
			WHERE g.n > 0 AND (e.subject IS NULL OR e.c <> g.n OR e.m <> g.n OR e.f <> 1) ORDER BY g.subject LIMIT 100`)
	})
	if err != nil {
		return 0, nil, fmt.Errorf("look for gaps in the log: %w", err)
	}
	return people, gaps, nil
}

// oldestUnsigned returns since when the oldest event that no checkpoint covers
// has waited.
func oldestUnsigned(ctx context.Context, d *db.DB, signed int64) (since time.Time, waiting bool, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		var at *int64
		if err := tx.QueryRow(`SELECT min(e.at) FROM audit_event e
			LEFT JOIN audit_leaf l ON l.subject = e.subject AND l.n = e.n
			WHERE l.idx IS NULL OR l.idx >= $1`, signed).Scan(&at); err != nil {
			return err
		}
		if waiting = at != nil; waiting {
			since = clock.FromMicros(*at)
		}
		return nil
	})
	if err != nil {
		return since, false, fmt.Errorf("look for unsigned events: %w", err)
	}
	return since, waiting, nil
}
