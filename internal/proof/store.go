package proof

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

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
