package documents

import (
	"database/sql"
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const columns = `subject, id, case_id, service, n, number, token, issued_at, made_at, expires_at, ended_at, ending`

func scanDocument(scan func(...any) error) (*Document, error) {
	var d Document
	var issued int64
	var made, expires, ended sql.NullInt64
	err := scan(&d.Subject, &d.ID, &d.Case, &d.Service, &d.N, &d.Number, &d.token, &issued, &made, &expires, &ended, &d.Ending)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	d.Issued, d.Made, d.Expires, d.Ended = clock.FromMicros(issued), orZero(made), orZero(expires), orZero(ended)
	return &d, err
}

func orZero(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return clock.FromMicros(n.Int64)
}

func insertDocument(tx *db.Tx, d *Document) error {
	_, err := tx.Exec(`INSERT INTO documents_document (subject, id, case_id, service, n, number, token, issued_at, ending)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.Subject, d.ID, d.Case, d.Service, d.N, d.Number, d.token, clock.Micros(d.Issued), string(d.Ending))
	return err
}

// madeDocument notes that a document is made, unless it is.
func madeDocument(tx *db.Tx, d *Document, now time.Time) (bool, error) {
	expires := sql.NullInt64{Int64: clock.Micros(d.Expires), Valid: !d.Expires.IsZero()}
	n, err := tx.Exec(`UPDATE documents_document SET made_at = $1, expires_at = $2 WHERE subject = $3 AND id = $4 AND made_at IS NULL`,
		clock.Micros(now), expires, d.Subject, d.ID)
	return n == 1, err
}

// endDocument ends a document that was made, unless it has ended.
func endDocument(tx *db.Tx, d *Document, how Ending, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE documents_document SET ended_at = $1, ending = $2 WHERE subject = $3 AND id = $4 AND ending = '' AND made_at IS NOT NULL`,
		clock.Micros(now), string(how), d.Subject, d.ID)
	return n == 1, err
}

// selectExpiring returns documents of a service that expire between two
// moments and were not told of.
func selectExpiring(tx *db.Tx, service string, from, until time.Time, limit int) (list []*Document, err error) {
	err = tx.Select(func(r *db.Rows) error {
		d, err := scanDocument(r.Scan)
		list = append(list, d)
		return err
	}, `SELECT `+columns+` FROM documents_document WHERE service = $1 AND expires_at > $2 AND expires_at <= $3 AND ending = '' AND told_at IS NULL
		ORDER BY expires_at LIMIT $4`, service, clock.Micros(from), clock.Micros(until), limit)
	return list, err
}

// tellExpiring notes that a document was told of, unless that was noted or it
// has ended.
func tellExpiring(tx *db.Tx, d *Document, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE documents_document SET told_at = $1 WHERE subject = $2 AND id = $3 AND ending = '' AND told_at IS NULL`,
		clock.Micros(now), d.Subject, d.ID)
	return n == 1, err
}

// selectDocument returns a document by its id, or nil.
func selectDocument(tx *db.Tx, id string) (*Document, error) {
	return scanDocument(tx.QueryRow(`SELECT `+columns+` FROM documents_document WHERE id = $1`, id).Scan)
}

// selectNumber returns a document by its number, or nil.
func selectNumber(tx *db.Tx, number string) (*Document, error) {
	return scanDocument(tx.QueryRow(`SELECT `+columns+` FROM documents_document WHERE number = $1`, number).Scan)
}

// selectOf returns a person's documents, the latest first; of one case, if it
// is named.
func selectOf(tx *db.Tx, subject, caseID string) (list []*Document, err error) {
	err = tx.Select(func(r *db.Rows) error {
		d, err := scanDocument(r.Scan)
		list = append(list, d)
		return err
	}, `SELECT `+columns+` FROM documents_document WHERE subject = $1 AND ($2 = '' OR case_id = $2) ORDER BY issued_at DESC, case_id, n DESC`, subject, caseID)
	return list, err
}
