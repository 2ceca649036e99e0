package contact

import (
	"errors"
	"strconv"
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

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

const requestColumns = `subject, id, reference, kind, source, channel, state, reason, language, cabinet, holder, revision, texts,
	created_at, since_at, answered_at, escalated_at, rated_at`

func insertRequest(tx *db.Tx, r *Request) error {
	_, err := tx.Exec(`INSERT INTO contact_request (subject, id, reference, kind, source, channel, state, reason, language, cabinet, holder, revision, texts, created_at, since_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		r.Subject, r.ID, r.Reference, string(r.Kind), string(r.Source), r.Channel, string(r.State), r.Reason, r.Language, flag(r.Cabinet), some(r.Holder),
		r.revision, r.texts, clock.Micros(r.Created), clock.Micros(r.Since))
	return err
}

func scanRequest(scan func(...any) error) (*Request, error) {
	var r Request
	var kind, source, state string
	var cabinet, created, since int64
	var holder *string
	var answered, escalated, rated *int64
	err := scan(&r.Subject, &r.ID, &r.Reference, &kind, &source, &r.Channel, &state, &r.Reason, &r.Language, &cabinet, &holder, &r.revision, &r.texts,
		&created, &since, &answered, &escalated, &rated)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	r.Kind, r.Source, r.State, r.Cabinet = Kind(kind), Source(source), State(state), cabinet == 1
	if holder != nil {
		r.Holder = *holder
	}
	r.Created, r.Since = clock.FromMicros(created), clock.FromMicros(since)
	r.Answered, r.Escalated, r.Rated = at(answered), at(escalated), at(rated)
	return &r, err
}

func selectRequests(tx *db.Tx, query string, args ...any) (list []*Request, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		r, err := scanRequest(rows.Scan)
		list = append(list, r)
		return err
	}, query, args...)
	return list, err
}

// selectRequest returns a request, nil if there is none.
func selectRequest(tx *db.Tx, id string) (*Request, error) {
	return scanRequest(tx.QueryRow(`SELECT `+requestColumns+` FROM contact_request WHERE id = $1`, id).Scan)
}

func selectReference(tx *db.Tx, reference string) (*Request, error) {
	return scanRequest(tx.QueryRow(`SELECT `+requestColumns+` FROM contact_request WHERE reference = $1`, reference).Scan)
}

// selectOf returns the requests of a person, the newest first.
func selectOf(tx *db.Tx, subject string) ([]*Request, error) {
	return selectRequests(tx, `SELECT `+requestColumns+` FROM contact_request WHERE subject = $1 ORDER BY id DESC`, subject)
}

// moveRequest writes a request as it is now, if it still is as it was: it
// reports whether it was. The caller has changed r but not its revision.
func moveRequest(tx *db.Tx, r *Request) (bool, error) {
	n, err := tx.Exec(`UPDATE contact_request SET kind = $1, state = $2, reason = $3, holder = $4, revision = revision + 1, texts = $5, since_at = $6,
		answered_at = $7, escalated_at = $8, rated_at = $9 WHERE subject = $10 AND id = $11 AND revision = $12`,
		string(r.Kind), string(r.State), r.Reason, some(r.Holder), r.texts, clock.Micros(r.Since), moment(r.Answered), moment(r.Escalated), moment(r.Rated),
		r.Subject, r.ID, r.revision)
	return n == 1, err
}

// holdRequest has a request stand still until the transaction ends.
func holdRequest(tx *db.Tx, r *Request) (bool, error) {
	n, err := tx.Exec(`UPDATE contact_request SET revision = revision WHERE subject = $1 AND id = $2 AND revision = $3`, r.Subject, r.ID, r.revision)
	return n == 1, err
}

// selectQueue returns requests in a state after a place, the longest waiting
// first. Holder narrows it to those of an official.
func selectQueue(tx *db.Tx, state State, holder string, since time.Time, after string, limit int) ([]*Request, error) {
	if holder != "" {
		return selectRequests(tx, `SELECT `+requestColumns+` FROM contact_request WHERE holder = $1 AND state = $2 AND (since_at > $3 OR since_at = $3 AND id > $4)
			ORDER BY since_at, id LIMIT $5`, holder, string(state), clock.Micros(since), after, limit)
	}
	return selectRequests(tx, `SELECT `+requestColumns+` FROM contact_request WHERE state = $1 AND (since_at > $2 OR since_at = $2 AND id > $3)
		ORDER BY since_at, id LIMIT $4`, string(state), clock.Micros(since), after, limit)
}

// selectFree returns requests that wait, or are held by nobody of those who work,
// after a place, the longest waiting first.
func selectFree(tx *db.Tx, working []any, since time.Time, after string, limit int) ([]*Request, error) {
	args := append([]any{clock.Micros(since), after, string(Waiting), string(Taken)}, working...)
	return selectRequests(tx, `SELECT `+requestColumns+` FROM contact_request WHERE (since_at > $1 OR since_at = $1 AND id > $2)
		AND (state = $3 OR state = $4 AND holder NOT IN `+db.Marks(5, len(working), 1)+`) ORDER BY since_at, id LIMIT `+strconv.Itoa(limit), args...)
}

// selectLate returns open requests of a kind whose time runs from before a
// moment; fresh leaves out those that officials were told of.
func selectLate(tx *db.Tx, kind Kind, state State, before time.Time, fresh bool, limit int) ([]*Request, error) {
	query := `SELECT ` + requestColumns + ` FROM contact_request WHERE state = $1 AND since_at < $2 AND kind = $3 ORDER BY since_at, id LIMIT $4`
	if fresh {
		query = strings.Replace(query, "ORDER BY", "AND escalated_at IS NULL ORDER BY", 1)
	}
	return selectRequests(tx, query, string(state), clock.Micros(before), string(kind), limit)
}

// countOpen calls f with the number of requests of a kind in a state whose time
// runs from before a moment, by the way on which they came.
func countOpen(tx *db.Tx, kind Kind, state State, before time.Time, f func(Way, int64)) error {
	return tx.Select(func(rows *db.Rows) error {
		var source, channel string
		var n int64
		err := rows.Scan(&source, &channel, &n)
		f(Way{Source(source), channel}, n)
		return err
	}, `SELECT source, channel, count(*) FROM contact_request WHERE state = $1 AND since_at < $2 AND kind = $3 GROUP BY source, channel`,
		string(state), clock.Micros(before), string(kind))
}

// insertForm notes a form, and reports whether it was not taken before.
func insertForm(tx *db.Tx, subject string, once []byte, request string, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO contact_form (subject, once, request, at) VALUES ($1, $2, $3, $4) ON CONFLICT (once) DO NOTHING`,
		subject, once, request, clock.Micros(now))
	return n == 1, err
}

// selectForm returns the id of the request that a form made, empty if none.
func selectForm(tx *db.Tx, once []byte) (request string, err error) {
	err = tx.QueryRow(`SELECT request FROM contact_form WHERE once = $1`, once).Scan(&request)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return request, err
}

// addRating counts one more answer that was rated so.
func addRating(tx *db.Tx, month string, kind Kind, score int) error {
	_, err := tx.Exec(`INSERT INTO contact_rating (month, kind, score, n) VALUES ($1, $2, $3, 1)
		ON CONFLICT (month, kind, score) DO UPDATE SET n = contact_rating.n + 1`, month, string(kind), score)
	return err
}

// Rating is how many answers to requests of a kind were rated with a score in
// a month.
type Rating struct {
	Month string
	Kind  Kind
	Score int
	N     int64
}

// selectRatings returns the ratings since a month.
func selectRatings(tx *db.Tx, since string) (list []Rating, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var r Rating
		var kind string
		err := rows.Scan(&r.Month, &kind, &r.Score, &r.N)
		r.Kind = Kind(kind)
		list = append(list, r)
		return err
	}, `SELECT month, kind, score, n FROM contact_rating WHERE month >= $1 ORDER BY month, kind, score`, since)
	return list, err
}
