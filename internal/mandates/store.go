package mandates

import (
	"errors"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// moment is a time that may be missing, as a column has it.
func moment(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := clock.Micros(t)
	return &us
}

// at is the inverse of moment.
func at(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

// some is a text that may be missing, as a column has it.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func insertMandate(tx *db.Tx, m Mandate) error {
	_, err := tx.Exec(`INSERT INTO mandates_mandate (subject, id, reference, company, state, services, until_at, appointed_by, invitation, ground, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		m.Subject, m.ID, m.Reference, m.Company, string(m.State), strings.Join(m.Services, " "), moment(m.Until), some(m.AppointedBy), some(m.Invitation),
		some(string(m.Ground)), clock.Micros(m.Created), clock.Micros(m.Changed))
	return err
}

const mandateColumns = `subject, id, reference, company, state, services, until_at, appointed_by, invitation, ground, created_at, changed_at, ended_at`

func scanMandate(scan func(...any) error) (m Mandate, err error) {
	var state, services string
	var until, ended *int64
	var by, invitation, ground *string
	var created, changed int64
	err = scan(&m.Subject, &m.ID, &m.Reference, &m.Company, &state, &services, &until, &by, &invitation, &ground, &created, &changed, &ended)
	if errors.Is(err, db.ErrNoRows) {
		return Mandate{}, nil
	}
	m.State, m.Services, m.Until = State(state), strings.Fields(services), at(until)
	m.AppointedBy, m.Invitation, m.Ground = text(by), text(invitation), Ground(text(ground))
	m.Created, m.Changed, m.Ended = clock.FromMicros(created), clock.FromMicros(changed), at(ended)
	return m, err
}

func selectMandates(tx *db.Tx, query string, args ...any) (list []Mandate, err error) {
	err = tx.Select(func(r *db.Rows) error {
		m, err := scanMandate(r.Scan)
		list = append(list, m)
		return err
	}, query, args...)
	return list, err
}

// selectOf returns all mandates of a person, the oldest first.
func selectOf(tx *db.Tx, subject string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE subject = $1 ORDER BY created_at, id`, subject)
}

// selectFor returns a person's mandates for one company.
func selectFor(tx *db.Tx, subject, company string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE subject = $1 AND company = $2`, subject, company)
}
