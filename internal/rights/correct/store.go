package correct

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/rights"
)

func moment(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := clock.Micros(t)
	return &us
}

func at(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const columns = `subject, id, request, n, about, scope, party, state, holder, decision, revision, created_at, ordered_at, answered_at`

func insertTask(tx *db.Tx, t *Task) error {
	_, err := tx.Exec(`INSERT INTO correct_task (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13)`,
		t.Subject, t.ID, t.Request, t.N, t.About, t.Scope, t.Party, string(t.State), some(t.Holder), string(t.Decision),
		clock.Micros(t.Created), moment(t.Ordered), moment(t.Answered))
	return err
}

func scan(to func(...any) error) (*Task, error) {
	var t Task
	var state, decision string
	var holder *string
	var created int64
	var ordered, answered *int64
	err := to(&t.Subject, &t.ID, &t.Request, &t.N, &t.About, &t.Scope, &t.Party, &state, &holder, &decision, &t.revision, &created, &ordered, &answered)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	t.State, t.Decision = State(state), rights.Decision(decision)
	t.Created, t.Ordered, t.Answered = clock.FromMicros(created), at(ordered), at(answered)
	if holder != nil {
		t.Holder = *holder
	}
	return &t, err
}

func selectTasks(tx *db.Tx, query string, args ...any) (list []*Task, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		t, err := scan(rows.Scan)
		list = append(list, t)
		return err
	}, query, args...)
	return list, err
}

// selectTask returns a task, nil if there is none.
func selectTask(tx *db.Tx, id string) (*Task, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM correct_task WHERE id = $1`, id).Scan)
}

// selectOf returns the tasks of a request.
func selectOf(tx *db.Tx, request string) ([]*Task, error) {
	return selectTasks(tx, `SELECT `+columns+` FROM correct_task WHERE request = $1 ORDER BY n`, request)
}

// selectState returns tasks in a state, the oldest first.
func selectState(tx *db.Tx, state State, limit int) ([]*Task, error) {
	return selectTasks(tx, `SELECT `+columns+` FROM correct_task WHERE state = $1 ORDER BY created_at, id LIMIT $2`, string(state), limit)
}

// moveTask writes a task as it is now, if it still is as it was.
func moveTask(tx *db.Tx, t *Task) (bool, error) {
	n, err := tx.Exec(`UPDATE correct_task SET state = $1, holder = $2, decision = $3, revision = revision + 1, ordered_at = $4, answered_at = $5
		WHERE subject = $6 AND id = $7 AND revision = $8`,
		string(t.State), some(t.Holder), string(t.Decision), moment(t.Ordered), moment(t.Answered), t.Subject, t.ID, t.revision)
	return n == 1, err
}

// holdTask has a task stand still until the transaction ends.
func holdTask(tx *db.Tx, t *Task) (bool, error) {
	n, err := tx.Exec(`UPDATE correct_task SET revision = revision WHERE subject = $1 AND id = $2 AND revision = $3`, t.Subject, t.ID, t.revision)
	return n == 1, err
}
