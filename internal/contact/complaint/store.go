package complaint

import (
	"database/sql"
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const columns = `subject, id, request, transfer, resolved, found_at, found_by, given_at, referred_at, coalesce(referred_by, ''), coalesce(authority, ''), coalesce(reference, '')`

// selectStanding returns how a complaint stands, nil if it was not investigated.
func selectStanding(tx *db.Tx, request string) (*Standing, error) {
	var s Standing
	var transfer, resolved, found int64
	var given, referred sql.NullInt64
	err := tx.QueryRow(`SELECT `+columns+` FROM complaint_complaint WHERE request = $1`, request).
		Scan(&s.Subject, &s.ID, &s.Request, &transfer, &resolved, &found, &s.FoundBy, &given, &referred, &s.By, &s.Authority, &s.Reference)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	s.Transfer, s.Resolved, s.Found = transfer == 1, resolved == 1, clock.FromMicros(found)
	if given.Valid {
		s.Given = clock.FromMicros(given.Int64)
	}
	if referred.Valid {
		s.Referred = clock.FromMicros(referred.Int64)
	}
	return &s, err
}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// putStanding writes that a complaint was investigated, anew where it had been:
// what the authority was given before is another thing.
func putStanding(tx *db.Tx, s *Standing) error {
	_, err := tx.Exec(`INSERT INTO complaint_complaint (subject, id, request, transfer, resolved, found_at, found_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (request) DO UPDATE SET id = $2, transfer = $4, resolved = $5, found_at = $6, found_by = $7, given_at = NULL`,
		s.Subject, s.ID, s.Request, flag(s.Transfer), flag(s.Resolved), clock.Micros(s.Found), s.FoundBy)
	return err
}

func noteGiven(tx *db.Tx, request string, at time.Time) error {
	_, err := tx.Exec(`UPDATE complaint_complaint SET given_at = $1 WHERE request = $2`, clock.Micros(at), request)
	return err
}

// refer notes that the authority has a complaint, and reports false if it had,
// or was not given it.
func refer(tx *db.Tx, s *Standing) (bool, error) {
	n, err := tx.Exec(`UPDATE complaint_complaint SET referred_at = $1, referred_by = $2, authority = $3, reference = $4
		WHERE request = $5 AND given_at IS NOT NULL AND referred_at IS NULL`, clock.Micros(s.Referred), s.By, s.Authority, s.Reference, s.Request)
	return n == 1, err
}

// counts are how many complaints there are: answered, or closed because nobody
// could be reached, without an investigation; with the authority; and open ones
// that it has not.
func counts(tx *db.Tx) (silent, referred, owed int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM contact_request r WHERE r.kind = 'complaint' AND (r.state = 'answered' OR r.state = 'closed' AND r.reason = 'unreachable')
		AND NOT EXISTS (SELECT 1 FROM complaint_complaint c WHERE c.request = r.id)`).Scan(&silent)
	if err == nil {
		err = tx.QueryRow(`SELECT count(*) FROM complaint_complaint WHERE referred_at IS NOT NULL`).Scan(&referred)
	}
	if err == nil {
		err = tx.QueryRow(`SELECT count(*) FROM complaint_complaint WHERE transfer = 1 AND resolved = 0 AND referred_at IS NULL`).Scan(&owed)
	}
	return silent, referred, owed, err
}
