package rights

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// putProgress says how far a package is, and whose it is.
func putProgress(tx *db.Tx, r *Request, done, total int) error {
	_, err := tx.Exec(`INSERT INTO rights_package (subject, request, file, blob, done, total, size) VALUES ($1, $2, '', '', $3, $4, 0)
		ON CONFLICT (subject, request) DO UPDATE SET done = excluded.done, total = excluded.total`, r.Subject, r.ID, done, total)
	return err
}

// finishPackage notes a package that is made, unless one was made before.
func finishPackage(tx *db.Tx, p *Package) (bool, error) {
	n, err := tx.Exec(`UPDATE rights_package SET file = $1, blob = $2, done = total, size = $3, made_at = $4, expires_at = $5
		WHERE subject = $6 AND request = $7 AND made_at IS NULL`,
		p.file, p.blob, p.Size, clock.Micros(p.Made), clock.Micros(p.Expires), p.Subject, p.Request)
	return n == 1, err
}

const packageColumns = `subject, request, file, blob, done, total, size, made_at, expires_at, gone_at`

func scanPackage(scan func(...any) error) (*Package, error) {
	var p Package
	var made, expires, gone *int64
	err := scan(&p.Subject, &p.Request, &p.file, &p.blob, &p.Done, &p.Total, &p.Size, &made, &expires, &gone)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	p.Made, p.Expires, p.Gone = at(made), at(expires), at(gone)
	return &p, err
}

// selectPackage returns the package of a request, nil if none was begun.
func selectPackage(tx *db.Tx, subject, request string) (*Package, error) {
	return scanPackage(tx.QueryRow(`SELECT `+packageColumns+` FROM rights_package WHERE subject = $1 AND request = $2`, subject, request).Scan)
}

// Packed reports whether a blob is a package that can be downloaded.
func (s *Service) Packed(tx *db.Tx, blob string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM rights_package WHERE blob = $1 AND gone_at IS NULL`, blob).Scan(&n)
	return n > 0, err
}

// selectExpired returns packages whose time is over and which are still there.
func selectExpired(tx *db.Tx, now time.Time, limit int) (list []*Package, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		p, err := scanPackage(rows.Scan)
		list = append(list, p)
		return err
	}, `SELECT `+packageColumns+` FROM rights_package WHERE expires_at <= $1 AND gone_at IS NULL ORDER BY expires_at LIMIT $2`, clock.Micros(now), limit)
	return list, err
}

// dropPackage notes that a package is gone; it reports whether it was there.
func dropPackage(tx *db.Tx, p *Package, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE rights_package SET gone_at = $1 WHERE subject = $2 AND request = $3 AND gone_at IS NULL`, clock.Micros(now), p.Subject, p.Request)
	return n == 1, err
}
