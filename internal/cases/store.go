package cases

import (
	"database/sql"
	"errors"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/services"
)

const columns = `subject, id, service, ordinal, reference, state, revision, holder, instance, policy, changed_at, submitted_at, closed_at`

func scanCase(scan func(...any) error) (*Case, error) {
	var c Case
	var reference, holder sql.NullString
	var changed int64
	var submitted, closed sql.NullInt64
	if err := scan(&c.Subject, &c.ID, &c.Service, &c.Ordinal, &reference, &c.State, &c.Revision, &holder,
		&c.Instance, &c.Policy, &changed, &submitted, &closed); err != nil {
		return nil, err
	}
	c.Reference, c.Holder, c.Changed = reference.String, holder.String, clock.FromMicros(changed)
	if submitted.Valid {
		c.Submitted = clock.FromMicros(submitted.Int64)
	}
	if closed.Valid {
		c.Closed = clock.FromMicros(closed.Int64)
	}
	return &c, nil
}

// one returns the case of a query, nil if there is none.
func one(row *db.Row) (*Case, error) {
	c, err := scanCase(row.Scan)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return c, err
}

func selectCase(tx *db.Tx, id string) (*Case, error) {
	return one(tx.QueryRow(`SELECT `+columns+` FROM cases_case WHERE id = $1`, id))
}

// selectNth returns a person's n-th application for a service.
func selectNth(tx *db.Tx, subject, service string, ordinal int64) (*Case, error) {
	return one(tx.QueryRow(`SELECT `+columns+` FROM cases_case WHERE subject = $1 AND service = $2 AND ordinal = $3`, subject, service, ordinal))
}

// countSubmitted counts a person's applications for a service, drafts left out.
func countSubmitted(tx *db.Tx, subject, service string) (n int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM cases_case WHERE subject = $1 AND service = $2 AND state <> $3`, subject, service, services.Draft).Scan(&n)
	return n, err
}

// insertDraft makes a draft, and reports false if there is one already.
func insertDraft(tx *db.Tx, c *Case) (bool, error) {
	n, err := tx.Exec(`INSERT INTO cases_case (subject, id, service, ordinal, state, revision, instance, policy, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (subject, service, ordinal) DO NOTHING`,
		c.Subject, c.ID, c.Service, c.Ordinal, c.State, c.Revision, c.Instance, c.Policy, clock.Micros(c.Changed))
	return n == 1, err
}

// touchDraft counts a change of a draft, and reports false if it is none any more.
func touchDraft(tx *db.Tx, c *Case, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET revision = revision + 1, instance = $1, changed_at = $2 WHERE subject = $3 AND id = $4 AND state = $5`,
		c.Instance, clock.Micros(at), c.Subject, c.ID, services.Draft)
	return n == 1, err
}

// submitDraft makes an application of a draft as it was last seen.
func submitDraft(tx *db.Tx, c *Case, reference, state string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET state = $1, reference = $2, revision = revision + 1, instance = $3, policy = $4, changed_at = $5, submitted_at = $5
		WHERE subject = $6 AND id = $7 AND state = $8 AND revision = $9`,
		state, reference, c.Instance, c.Policy, clock.Micros(at), c.Subject, c.ID, services.Draft, c.Revision)
	return n == 1, err
}

// moveCase brings a case as it was last seen into another state and hand.
func moveCase(tx *db.Tx, c *Case, state, holder string, closed bool, at time.Time) (bool, error) {
	closedAt := sql.NullInt64{Int64: clock.Micros(at), Valid: closed}
	n, err := tx.Exec(`UPDATE cases_case SET state = $1, holder = $2, revision = revision + 1, changed_at = $3, closed_at = $4
		WHERE subject = $5 AND id = $6 AND state = $7 AND revision = $8`,
		state, holder, clock.Micros(at), closedAt, c.Subject, c.ID, c.State, c.Revision)
	return n == 1, err
}

// holdCase keeps a case from moving until the transaction ends, and reports
// false if it has moved already.
func holdCase(tx *db.Tx, c *Case) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET revision = revision WHERE subject = $1 AND id = $2 AND revision = $3`, c.Subject, c.ID, c.Revision)
	return n == 1, err
}

func selectOf(tx *db.Tx, subject string) (list []*Case, err error) {
	err = tx.Select(func(r *db.Rows) error {
		c, err := scanCase(r.Scan)
		list = append(list, c)
		return err
	}, `SELECT `+columns+` FROM cases_case WHERE subject = $1 ORDER BY changed_at DESC, id`, subject)
	return list, err
}

// Filter narrows the queue.
type Filter struct {
	Services []string // those that the official decides on
	State    string   // empty: every open one
	Holder   string   // only those that this official holds
	Closed   bool     // those decided
	Offset   int
	Limit    int
}

// selectQueue returns submitted cases, the oldest first, and whether there are more.
func selectQueue(tx *db.Tx, f Filter) (list []*Case, more bool, err error) {
	if len(f.Services) == 0 {
		return nil, false, nil
	}
	var where strings.Builder
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + itoa(len(args))
	}
	where.WriteString(`service IN (`)
	for i, s := range f.Services {
		if i > 0 {
			where.WriteString(", ")
		}
		where.WriteString(arg(s))
	}
	where.WriteString(`) AND submitted_at IS NOT NULL`)
	if f.State != "" {
		where.WriteString(` AND state = ` + arg(f.State))
	} else if f.Closed {
		where.WriteString(` AND closed_at IS NOT NULL`)
	} else {
		where.WriteString(` AND closed_at IS NULL`)
	}
	if f.Holder != "" {
		where.WriteString(` AND holder = ` + arg(f.Holder))
	}
	query := `SELECT ` + columns + ` FROM cases_case WHERE ` + where.String() + ` ORDER BY submitted_at, id LIMIT ` + arg(f.Limit+1) + ` OFFSET ` + arg(f.Offset)
	err = tx.Select(func(r *db.Rows) error {
		c, err := scanCase(r.Scan)
		list = append(list, c)
		return err
	}, query, args...)
	if len(list) > f.Limit {
		return list[:f.Limit], true, err
	}
	return list, false, err
}

func insertStep(tx *db.Tx, c *Case, s Step) error {
	_, err := tx.Exec(`INSERT INTO cases_step (subject, case_id, n, at, action, state, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.Subject, c.ID, s.N, clock.Micros(s.At), s.Action, s.State, s.Actor)
	return err
}

func selectSteps(tx *db.Tx, c *Case) (list []Step, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s Step
		var at int64
		if err := r.Scan(&s.N, &at, &s.Action, &s.State, &s.Actor); err != nil {
			return err
		}
		s.At = clock.FromMicros(at)
		list = append(list, s)
		return nil
	}, `SELECT n, at, action, state, actor FROM cases_step WHERE subject = $1 AND case_id = $2 ORDER BY n`, c.Subject, c.ID)
	return list, err
}

func hasReference(tx *db.Tx, reference string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT COUNT(*) FROM cases_case WHERE reference = $1`, reference).Scan(&n)
	return n > 0, err
}
