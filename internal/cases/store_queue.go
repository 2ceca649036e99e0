package cases

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// selection is the open cases of one service whose deadline has one number of
// days: in the order of what it counts from, which is that of the deadlines.
type selection struct {
	service string
	days    int
	state   string
	without []string // states
	holder  string
	free    bool
	before  time.Time // counted before
	from    time.Time // counted from
	after   time.Time // counted after, or at the same time and with a later id
	afterID string
}

// args gathers the arguments of a query.
type args []any

func (a *args) add(v any) string {
	*a = append(*a, v)
	return "$" + strconv.Itoa(len(*a))
}

// where writes the conditions of a selection.
func (s selection) where(a *args) string {
	var w strings.Builder
	w.WriteString(` WHERE closed_at IS NULL AND submitted_at IS NOT NULL`)
	if s.holder != "" {
		w.WriteString(` AND holder = ` + a.add(s.holder))
	}
	w.WriteString(` AND service = ` + a.add(s.service) + ` AND days = ` + a.add(s.days))
	if !s.after.IsZero() {
		w.WriteString(` AND (counted_at, id) > (` + a.add(clock.Micros(s.after)) + `, ` + a.add(s.afterID) + `)`)
	}
	if !s.from.IsZero() {
		w.WriteString(` AND counted_at >= ` + a.add(clock.Micros(s.from)))
	}
	if !s.before.IsZero() {
		w.WriteString(` AND counted_at < ` + a.add(clock.Micros(s.before)))
	}
	if s.state != "" {
		w.WriteString(` AND state = ` + a.add(s.state))
	}
	for _, state := range s.without {
		w.WriteString(` AND state <> ` + a.add(state))
	}
	if s.free {
		w.WriteString(` AND holder IS NULL`)
	}
	return w.String()
}

func selectOpen(tx *db.Tx, s selection, limit int) (list []*Case, err error) {
	var a args
	query := `SELECT ` + columns + ` FROM cases_case` + s.where(&a) + ` ORDER BY counted_at, id LIMIT ` + a.add(limit)
	return selectCases(tx, query, a...)
}

func countOpen(tx *db.Tx, s selection, limit int) (n int, err error) {
	var a args
	query := `SELECT COUNT(*) FROM (SELECT id FROM cases_case` + s.where(&a) + ` LIMIT ` + a.add(limit) + `) AS found`
	err = tx.QueryRow(query, a...).Scan(&n)
	return n, err
}

// selectDays lists the numbers of days that open cases of a service have, from
// one to the next without reading the cases between.
func selectDays(tx *db.Tx, service string) (list []int, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var days int
		err := r.Scan(&days)
		list = append(list, days)
		return err
	}, `WITH RECURSIVE found (days) AS (
		SELECT MIN(days) FROM cases_case WHERE closed_at IS NULL AND submitted_at IS NOT NULL AND service = $1
		UNION ALL SELECT (SELECT MIN(c.days) FROM cases_case c WHERE c.closed_at IS NULL AND c.submitted_at IS NOT NULL AND c.service = $1 AND c.days > found.days)
			FROM found WHERE found.days IS NOT NULL)
		SELECT days FROM found WHERE days IS NOT NULL`, service)
	return list, err
}

// selectClosed returns decided cases of a service, the newest first.
func selectClosed(tx *db.Tx, service string, after place, begun bool, limit int) (list []*Case, err error) {
	var a args
	query := `SELECT ` + columns + ` FROM cases_case WHERE closed_at IS NOT NULL AND service = ` + a.add(service)
	if begun {
		query += ` AND (closed_at, id) < (` + a.add(clock.Micros(after.at)) + `, ` + a.add(after.id) + `)`
	}
	query += ` ORDER BY closed_at DESC, id DESC LIMIT ` + a.add(limit)
	return selectCases(tx, query, a...)
}

func countClosed(tx *db.Tx, service string, limit int) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM (SELECT id FROM cases_case WHERE closed_at IS NOT NULL AND service = $1 LIMIT $2) AS found`, service, limit).Scan(&n)
	return n, err
}

func selectCases(tx *db.Tx, query string, a ...any) (list []*Case, err error) {
	err = tx.Select(func(r *db.Rows) error {
		c, err := scanCase(r.Scan)
		list = append(list, c)
		return err
	}, query, a...)
	return list, err
}

// selectLoad counts the open cases of a service whose deadline has so many
// days, by state and holder: all, those counted before late, and those before near.
func selectLoad(tx *db.Tx, service string, days int, late, near time.Time) (list []Load, err error) {
	err = tx.Select(func(r *db.Rows) error {
		l := Load{Service: service}
		var holder sql.NullString
		var oldest int64
		err := r.Scan(&l.State, &holder, &l.N, &l.Overdue, &l.Soon, &oldest)
		l.Holder, l.Oldest = holder.String, clock.FromMicros(oldest)
		l.Soon -= l.Overdue
		list = append(list, l)
		return err
	}, `SELECT state, holder, COUNT(*), SUM(CASE WHEN counted_at < $1 THEN 1 ELSE 0 END), SUM(CASE WHEN counted_at < $2 THEN 1 ELSE 0 END), MIN(submitted_at)
		FROM cases_case WHERE closed_at IS NULL AND submitted_at IS NOT NULL AND service = $3 AND days = $4
		GROUP BY state, holder ORDER BY state, holder`, clock.Micros(late), clock.Micros(near), service, days)
	return list, err
}

// Referred returns the case that people call so, nil if there is none.
func Referred(tx *db.Tx, reference string) (*Case, error) {
	return one(tx.QueryRow(`SELECT `+columns+` FROM cases_case WHERE reference = $1`, reference))
}

// selectLate lists open cases whose deadline of so many days counts from
// before a time, and of which that is not noted.
func selectLate(tx *db.Tx, service string, days int, before time.Time, limit int) (list []*Case, err error) {
	return selectCases(tx, `SELECT `+columns+` FROM cases_case
		WHERE service = $1 AND days = $2 AND counted_at < $3 AND late_at IS NULL AND closed_at IS NULL AND submitted_at IS NOT NULL
		ORDER BY counted_at, id LIMIT $4`, service, days, clock.Micros(before), limit)
}
