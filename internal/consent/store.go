package consent

import (
	"errors"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func insertEvent(tx *db.Tx, e *Event) error {
	_, err := tx.Exec(`INSERT INTO consent_event (subject, n, id, purpose, act, terms, at, receipt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.Subject, e.N, e.ID, e.Purpose, string(e.Act), e.Terms, clock.Micros(e.At), e.Receipt)
	return err
}

// selectEvents returns all that a person ever said, the oldest first.
func selectEvents(tx *db.Tx, subject string) (list []Event, err error) {
	err = tx.Select(func(r *db.Rows) error {
		e := Event{Subject: subject}
		var act string
		var at int64
		if err := r.Scan(&e.N, &e.ID, &e.Purpose, &act, &e.Terms, &at, &e.Receipt); err != nil {
			return err
		}
		e.Act, e.At = Act(act), clock.FromMicros(at)
		list = append(list, e)
		return nil
	}, `SELECT n, id, purpose, act, terms, at, receipt FROM consent_event WHERE subject = $1 ORDER BY n`, subject)
	return list, err
}

// selectTerms returns the terms that a person consents to for a purpose, as
// they said last; empty if they do not.
func selectTerms(tx *db.Tx, subject, purpose string) (terms string, err error) {
	var act string
	err = tx.QueryRow(`SELECT act, terms FROM consent_event WHERE subject = $1 AND purpose = $2 ORDER BY n DESC LIMIT 1`, subject, purpose).Scan(&act, &terms)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	if err != nil || Act(act) != Given {
		return "", err
	}
	return terms, nil
}

// selectAgreed returns people behind one, in order, who have ever consented to
// a purpose.
func selectAgreed(tx *db.Tx, purpose, after string, limit int) (list []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var subject string
		err := r.Scan(&subject)
		list = append(list, subject)
		return err
	}, `SELECT DISTINCT subject FROM consent_event WHERE purpose = $1 AND act = $2 AND subject > $3 ORDER BY subject LIMIT $4`,
		purpose, string(Given), after, limit)
	return list, err
}

// countAgreeing counts the people whose last word about a purpose is a consent
// to these terms.
func countAgreeing(tx *db.Tx, purpose, terms string) (n int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM consent_event e WHERE e.purpose = $1 AND e.act = $2 AND e.terms = $3 AND NOT EXISTS (
		SELECT 1 FROM consent_event later WHERE later.subject = e.subject AND later.purpose = e.purpose AND later.n > e.n)`,
		purpose, string(Given), terms).Scan(&n)
	return n, err
}
