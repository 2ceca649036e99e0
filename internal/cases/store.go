package cases

import (
	"database/sql"
	"errors"
	"math"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const columns = `subject, id, service, variant, ordinal, reference, state, revision, holder, channel, instance, policy,
	changed_at, submitted_at, entered_at, clock_at, counted_at, days, closed_at, news, unread, late_at, fee, language`

func scanCase(scan func(...any) error) (*Case, error) {
	var c Case
	var reference, holder sql.NullString
	var changed, days, unread int64
	var ordinal, submitted, entered, clockAt, counted, closed, late sql.NullInt64
	if err := scan(&c.Subject, &c.ID, &c.Service, &c.Variant, &ordinal, &reference, &c.State, &c.Revision, &holder, &c.Channel,
		&c.Instance, &c.Policy, &changed, &submitted, &entered, &clockAt, &counted, &days, &closed,
		&c.News, &unread, &late, &c.Fee, &c.Language); err != nil {
		return nil, err
	}
	c.Ordinal, c.Reference, c.Holder, c.Changed, c.Days = ordinal.Int64, reference.String, holder.String, clock.FromMicros(changed), int(days)
	c.Submitted, c.Entered, c.Clock, c.Counted, c.Closed = orZero(submitted), orZero(entered), orZero(clockAt), orZero(counted), orZero(closed)
	c.Unread, c.Late = unread != 0, orZero(late)
	return &c, nil
}

// orZero is a time that may not be there.
func orZero(at sql.NullInt64) time.Time {
	if !at.Valid {
		return time.Time{}
	}
	return clock.FromMicros(at.Int64)
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

// insertCase makes a submitted case, and reports false if there is one with
// its id already.
func insertCase(tx *db.Tx, c *Case) (bool, error) {
	n, err := tx.Exec(`INSERT INTO cases_case (subject, id, service, variant, reference, state, revision, channel, instance, policy,
			changed_at, submitted_at, entered_at, clock_at, counted_at, days, fee, language)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT (id) DO NOTHING`,
		c.Subject, c.ID, c.Service, c.Variant, c.Reference, c.State, c.Revision, c.Channel, c.Instance, c.Policy,
		clock.Micros(c.Changed), clock.Micros(c.Submitted), clock.Micros(c.Entered), clock.Micros(c.Clock), clock.Micros(c.Counted), c.Days, c.Fee, c.Language)
	return n == 1, err
}

func insertRelated(tx *db.Tx, c *Case, earlier string) error {
	_, err := tx.Exec(`INSERT INTO cases_related (subject, case_id, earlier) VALUES ($1, $2, $3) ON CONFLICT (subject, case_id, earlier) DO NOTHING`,
		c.Subject, c.ID, earlier)
	return err
}

// moveCase brings a case as it was last seen (was) to where it is now.
func moveCase(tx *db.Tx, was, now *Case) (bool, error) {
	closed := sql.NullInt64{Int64: clock.Micros(now.Closed), Valid: !now.Closed.IsZero()}
	late := sql.NullInt64{Int64: clock.Micros(now.Late), Valid: !now.Late.IsZero()}
	n, err := tx.Exec(`UPDATE cases_case SET state = $1, holder = $2, revision = revision + 1, changed_at = $3, entered_at = $4, clock_at = $5,
			counted_at = $6, days = $7, closed_at = $8, news = $9, unread = $10, late_at = $11, fee = $12
		WHERE subject = $13 AND id = $14 AND state = $15 AND revision = $16`,
		now.State, sql.NullString{String: now.Holder, Valid: now.Holder != ""}, clock.Micros(now.Changed), clock.Micros(now.Entered),
		clock.Micros(now.Clock), clock.Micros(now.Counted), now.Days, closed, now.News, truth(now.Unread), late, now.Fee,
		was.Subject, was.ID, was.State, was.Revision)
	return n == 1, err
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// seeNews notes that the holder of a case sees it now, and keeps the case from
// moving until the transaction ends. It reports false if it has moved already.
func seeNews(tx *db.Tx, c *Case) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET news = '' WHERE subject = $1 AND id = $2 AND revision = $3`, c.Subject, c.ID, c.Revision)
	return n == 1, err
}

// tell notes what one side has not seen yet, and keeps the case from moving.
func tell(tx *db.Tx, c *Case, news News, unread bool) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET news = $1, unread = $2 WHERE subject = $3 AND id = $4 AND revision = $5`,
		news, truth(unread), c.Subject, c.ID, c.Revision)
	return n == 1, err
}

func seeUnread(tx *db.Tx, c *Case) error {
	_, err := tx.Exec(`UPDATE cases_case SET unread = 0 WHERE subject = $1 AND id = $2`, c.Subject, c.ID)
	return err
}

// holdCase keeps a case from moving until the transaction ends, and reports
// false if it has moved already.
func holdCase(tx *db.Tx, c *Case) (bool, error) {
	n, err := tx.Exec(`UPDATE cases_case SET revision = revision WHERE subject = $1 AND id = $2 AND revision = $3`, c.Subject, c.ID, c.Revision)
	return n == 1, err
}

// Mine narrows the list of a person's own applications.
type Mine struct {
	Subject  string
	By       string // an official: instead of somebody's, what they entered for others
	Open     bool
	Closed   bool
	Before   time.Time // only those that changed before
	BeforeID string
	Limit    int
}

// unlimited is more applications than anybody has.
const unlimited = math.MaxInt32

// selectMine returns a person's applications, the one that changed last first,
// and whether there are more.
func selectMine(tx *db.Tx, f Mine) (list []*Case, more bool, err error) {
	where, whose := ` WHERE subject = $1`, f.Subject
	if f.By != "" {
		where, whose = ` WHERE id IN (SELECT case_id FROM cases_step WHERE actor = $1 AND n = 1) AND channel <> 'portal'`, f.By
	}
	switch {
	case f.Open:
		where += ` AND closed_at IS NULL`
	case f.Closed:
		where += ` AND closed_at IS NOT NULL`
	}
	args := []any{whose, f.Limit + 1}
	order := ` ORDER BY changed_at DESC, id DESC LIMIT $2`
	if !f.Before.IsZero() {
		where += ` AND (changed_at, id) < ($2, $3)`
		order = ` ORDER BY changed_at DESC, id DESC LIMIT $4`
		args = []any{whose, clock.Micros(f.Before), f.BeforeID, f.Limit + 1}
	}
	list, err = selectCases(tx, `SELECT `+columns+` FROM cases_case`+where+order, args...)
	if len(list) > f.Limit {
		return list[:f.Limit], true, err
	}
	return list, false, err
}

// Applications lists all cases of a person, the one that changed last first.
func Applications(tx *db.Tx, subject string) ([]*Case, error) {
	list, _, err := selectMine(tx, Mine{Subject: subject, Limit: unlimited})
	return list, err
}

func insertStep(tx *db.Tx, c *Case, s Step) error {
	_, err := tx.Exec(`INSERT INTO cases_step (subject, case_id, n, at, action, state, actor, questions, holder, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.Subject, c.ID, s.N, clock.Micros(s.At), s.Action, s.State, s.Actor, strings.Join(s.Keys, " "), sql.NullString{String: s.Holder, Valid: s.Holder != ""}, s.Rule)
	return err
}

func selectSteps(tx *db.Tx, c *Case) (list []Step, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s Step
		var at int64
		var keys string
		var holder sql.NullString
		if err := r.Scan(&s.N, &at, &s.Action, &s.State, &s.Actor, &keys, &holder, &s.Rule); err != nil {
			return err
		}
		s.At, s.Keys, s.Holder = clock.FromMicros(at), strings.Fields(keys), holder.String
		list = append(list, s)
		return nil
	}, `SELECT n, at, action, state, actor, questions, holder, rule FROM cases_step WHERE subject = $1 AND case_id = $2 ORDER BY n`, c.Subject, c.ID)
	return list, err
}

// selectProgram lists the cases that the program decided on, by id: a person's,
// or everybody's.
func selectProgram(tx *db.Tx, subject, after string, limit int) ([]*Case, error) {
	return selectCases(tx, `SELECT `+columns+` FROM cases_case WHERE id IN (SELECT case_id FROM cases_step
		WHERE actor = 'program' AND ($1 = '' OR subject = $1) AND case_id > $2 ORDER BY case_id LIMIT $3) ORDER BY id`, subject, after, limit)
}

func insertItem(tx *db.Tx, c *Case, item, actor string) error {
	_, err := tx.Exec(`INSERT INTO cases_item (subject, case_id, item, actor) VALUES ($1, $2, $3, $4)`, c.Subject, c.ID, item, actor)
	return err
}

// selectAuthors returns who wrote each message and note of a case.
func selectAuthors(tx *db.Tx, c *Case) (map[string]string, error) {
	by := map[string]string{}
	err := tx.Select(func(r *db.Rows) error {
		var item, actor string
		err := r.Scan(&item, &actor)
		by[item] = actor
		return err
	}, `SELECT item, actor FROM cases_item WHERE subject = $1 AND case_id = $2`, c.Subject, c.ID)
	return by, err
}

func selectEarlier(tx *db.Tx, c *Case) (list []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var earlier string
		err := r.Scan(&earlier)
		list = append(list, earlier)
		return err
	}, `SELECT earlier FROM cases_related WHERE subject = $1 AND case_id = $2 ORDER BY earlier`, c.Subject, c.ID)
	return list, err
}

func hasReference(tx *db.Tx, reference string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT COUNT(*) FROM cases_case WHERE reference = $1`, reference).Scan(&n)
	return n > 0, err
}

// lastReached returns when one of a person's cases last came into a state.
func lastReached(tx *db.Tx, subject, service, variant, state string) (time.Time, error) {
	var at sql.NullInt64
	err := tx.QueryRow(`SELECT MAX(s.at) FROM cases_step s JOIN cases_case c ON c.subject = s.subject AND c.id = s.case_id
		WHERE s.subject = $1 AND c.service = $2 AND ($3 = '' OR c.variant = $3) AND s.state = $4`, subject, service, variant, state).Scan(&at)
	return orZero(at), err
}
