package rights

import (
	"errors"
	"slices"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
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

func orNothing(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

const requestColumns = `subject, id, reference, right_id, kind, source, state, language, holder, decider, revision,
	received_at, asked_at, shown_at, extended_at, answered_at, appealed_at, escalated_at`

func insertRequest(tx *db.Tx, r *Request) error {
	_, err := tx.Exec(`INSERT INTO rights_request (`+requestColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		r.Subject, r.ID, r.Reference, r.Right, string(r.Kind), string(r.Source), string(r.State), r.Language, some(r.Holder), some(r.Deciders),
		r.revision, clock.Micros(r.Received), moment(r.Asked), moment(r.Shown), moment(r.Extended), moment(r.Answered), moment(r.Appealed), moment(r.Escalated))
	return err
}

func scanRequest(scan func(...any) error) (*Request, error) {
	var r Request
	var kind, source, state string
	var received int64
	var holder, decider *string
	var asked, shown, extended, answered, appealed, escalated *int64
	err := scan(&r.Subject, &r.ID, &r.Reference, &r.Right, &kind, &source, &state, &r.Language, &holder, &decider, &r.revision,
		&received, &asked, &shown, &extended, &answered, &appealed, &escalated)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	r.Kind, r.Source, r.State = policy.RightKind(kind), Source(source), State(state)
	r.Holder, r.Deciders, r.Received = orNothing(holder), orNothing(decider), clock.FromMicros(received)
	r.Asked, r.Shown, r.Extended, r.Answered, r.Appealed, r.Escalated = at(asked), at(shown), at(extended), at(answered), at(appealed), at(escalated)
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

// selectRequest returns a request, nil if there is none, with whom it covers.
func selectRequest(tx *db.Tx, id string) (*Request, error) {
	return covering(tx, tx.QueryRow(`SELECT `+requestColumns+` FROM rights_request WHERE id = $1`, id))
}

func selectReference(tx *db.Tx, reference string) (*Request, error) {
	return covering(tx, tx.QueryRow(`SELECT `+requestColumns+` FROM rights_request WHERE reference = $1`, reference))
}

func covering(tx *db.Tx, row *db.Row) (*Request, error) {
	r, err := scanRequest(row.Scan)
	if err != nil || r == nil {
		return nil, err
	}
	return r, tx.Select(func(rows *db.Rows) error {
		var one string
		err := rows.Scan(&one)
		r.covers = append(r.covers, one)
		return err
	}, `SELECT covers FROM rights_cover WHERE subject = $1 AND request = $2 ORDER BY covers`, r.Subject, r.ID)
}

// insertCover has a request be about the data of somebody else too.
func insertCover(tx *db.Tx, r *Request, covers string) error {
	_, err := tx.Exec(`INSERT INTO rights_cover (subject, request, covers) VALUES ($1, $2, $3) ON CONFLICT (subject, request, covers) DO NOTHING`,
		r.Subject, r.ID, covers)
	return err
}

// about is a part of an open request, and whose data it is about.
type about struct {
	person, request, item string
	sort                  Sort
	kind                  policy.RightKind
}

// selectOpenAbout returns the parts of the requests that wait for their answer
// and are about the data of those whose things these are.
func selectOpenAbout(tx *db.Tx, things []holdings.Item) (list []about, err error) {
	for some := range slices.Chunk(things, 100) {
		var people []any
		for _, i := range some {
			people = append(people, i.Subject)
		}
		these := db.Marks(1, len(people), 1)
		if err := tx.Select(func(rows *db.Rows) error {
			var a about
			var sort, kind string
			err := rows.Scan(&a.person, &a.request, &kind, &sort, &a.item)
			a.sort, a.kind = Sort(sort), policy.RightKind(kind)
			list = append(list, a)
			return err
		}, `SELECT r.subject, r.id, r.kind, i.sort, i.item FROM rights_request r JOIN rights_item i ON i.subject = r.subject AND i.request = r.id
				WHERE r.subject IN `+these+` AND r.state <> 'answered'
			UNION ALL SELECT c.covers, r.id, r.kind, i.sort, i.item FROM rights_cover c JOIN rights_request r ON r.subject = c.subject AND r.id = c.request
				JOIN rights_item i ON i.subject = r.subject AND i.request = r.id WHERE c.covers IN `+these+` AND r.state <> 'answered' ORDER BY 2`, people...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// selectOf returns the requests of a person, the newest first.
func selectOf(tx *db.Tx, subject string) ([]*Request, error) {
	return selectRequests(tx, `SELECT `+requestColumns+` FROM rights_request WHERE subject = $1 ORDER BY id DESC`, subject)
}

// selectState returns requests in a state, the longest waiting first.
func selectState(tx *db.Tx, state State, limit int) ([]*Request, error) {
	return selectRequests(tx, `SELECT `+requestColumns+` FROM rights_request WHERE state = $1 ORDER BY received_at, id LIMIT $2`, string(state), limit)
}

// selectAnswered returns requests that were answered, the newest first.
func selectAnswered(tx *db.Tx, limit int) ([]*Request, error) {
	return selectRequests(tx, `SELECT `+requestColumns+` FROM rights_request WHERE state = $1 ORDER BY received_at DESC, id DESC LIMIT $2`, string(Answered), limit)
}

// moveRequest writes a request as it is now, if it still is as it was: it
// reports whether it was. The caller has changed r but not its revision.
func moveRequest(tx *db.Tx, r *Request) (bool, error) {
	n, err := tx.Exec(`UPDATE rights_request SET state = $1, holder = $2, decider = $3, revision = revision + 1, asked_at = $4, shown_at = $5,
		extended_at = $6, answered_at = $7, appealed_at = $8, escalated_at = $9 WHERE subject = $10 AND id = $11 AND revision = $12`,
		string(r.State), some(r.Holder), some(r.Deciders), moment(r.Asked), moment(r.Shown), moment(r.Extended), moment(r.Answered),
		moment(r.Appealed), moment(r.Escalated), r.Subject, r.ID, r.revision)
	return n == 1, err
}

// holdRequest has a request stand still until the transaction ends.
func holdRequest(tx *db.Tx, r *Request) (bool, error) {
	n, err := tx.Exec(`UPDATE rights_request SET revision = revision WHERE subject = $1 AND id = $2 AND revision = $3`, r.Subject, r.ID, r.revision)
	return n == 1, err
}

func insertItem(tx *db.Tx, r *Request, i Item) error {
	_, err := tx.Exec(`INSERT INTO rights_item (subject, request, n, sort, item, decision, ground, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.Subject, r.ID, i.N, string(i.Sort), i.ID, string(i.Decision), string(i.Ground), moment(i.Decided))
	return err
}

// replaceItems has a request be about other items than before.
func replaceItems(tx *db.Tx, r *Request, items []Item) error {
	if _, err := tx.Exec(`DELETE FROM rights_item WHERE subject = $1 AND request = $2`, r.Subject, r.ID); err != nil {
		return err
	}
	for _, i := range items {
		if err := insertItem(tx, r, i); err != nil {
			return err
		}
	}
	return nil
}

func updateItem(tx *db.Tx, r *Request, i Item) error {
	_, err := tx.Exec(`UPDATE rights_item SET decision = $1, ground = $2, decided_at = $3 WHERE subject = $4 AND request = $5 AND n = $6`,
		string(i.Decision), string(i.Ground), moment(i.Decided), r.Subject, r.ID, i.N)
	return err
}

func selectItems(tx *db.Tx, r *Request) (list []Item, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var i Item
		var sort, decision, ground string
		var decided *int64
		err := rows.Scan(&i.N, &sort, &i.ID, &decision, &ground, &decided)
		i.Sort, i.Decision, i.Ground, i.Decided = Sort(sort), Decision(decision), policy.Ground(ground), at(decided)
		list = append(list, i)
		return err
	}, `SELECT n, sort, item, decision, ground, decided_at FROM rights_item WHERE subject = $1 AND request = $2 ORDER BY n`, r.Subject, r.ID)
	return list, err
}

// insertForm notes a form, and reports whether it was not taken before.
func insertForm(tx *db.Tx, subject string, once []byte, request string, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO rights_form (subject, once, request, at) VALUES ($1, $2, $3, $4) ON CONFLICT (once) DO NOTHING`,
		subject, once, request, clock.Micros(now))
	return n == 1, err
}

// selectForm returns the id of the request that a form made, empty if none.
func selectForm(tx *db.Tx, once []byte) (request string, err error) {
	err = tx.QueryRow(`SELECT request FROM rights_form WHERE once = $1`, once).Scan(&request)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return request, err
}

func insertSuspension(tx *db.Tx, s Suspension) error {
	_, err := tx.Exec(`INSERT INTO rights_suspension (subject, id, purpose, request, since_at) VALUES ($1, $2, $3, $4, $5)`,
		s.Subject, s.ID, s.Purpose, s.Request, clock.Micros(s.Since))
	return err
}

// hasSuspension reports whether there is a suspension, also one that ended.
func hasSuspension(tx *db.Tx, s Suspension) (bool, error) {
	var one int64
	err := tx.QueryRow(`SELECT 1 FROM rights_suspension WHERE subject = $1 AND id = $2`, s.Subject, s.ID).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// selectSuspensions returns what a person has suspended and still lasts.
func selectSuspensions(tx *db.Tx, subject string) ([]Suspension, error) {
	return scanSuspensions(tx, `SELECT subject, id, purpose, request, since_at, announced_at, ends_at, ended_at
		FROM rights_suspension WHERE subject = $1 AND ended_at IS NULL ORDER BY id`, subject)
}

// selectEnding returns what has lasted until a moment, and has not ended yet.
func selectEnding(tx *db.Tx, now time.Time, limit int) ([]Suspension, error) {
	return scanSuspensions(tx, `SELECT subject, id, purpose, request, since_at, announced_at, ends_at, ended_at
		FROM rights_suspension WHERE ends_at <= $1 AND ended_at IS NULL ORDER BY ends_at, id LIMIT $2`, clock.Micros(now), limit)
}

func scanSuspensions(tx *db.Tx, query string, args ...any) (list []Suspension, err error) {
	err = tx.Select(func(rows *db.Rows) error {
		var s Suspension
		var since int64
		var announced, ends, ended *int64
		err := rows.Scan(&s.Subject, &s.ID, &s.Purpose, &s.Request, &since, &announced, &ends, &ended)
		s.Since, s.Announced, s.Ends, s.Ended = clock.FromMicros(since), at(announced), at(ends), at(ended)
		list = append(list, s)
		return err
	}, query, args...)
	return list, err
}

// moveSuspension announces the end of a suspension, or ends it; it reports
// whether it still lasted.
func moveSuspension(tx *db.Tx, s Suspension) (bool, error) {
	n, err := tx.Exec(`UPDATE rights_suspension SET announced_at = $1, ends_at = $2, ended_at = $3 WHERE subject = $4 AND id = $5 AND ended_at IS NULL`,
		moment(s.Announced), moment(s.Ends), moment(s.Ended), s.Subject, s.ID)
	return n == 1, err
}

// selectObjected reports whether a person objects to a purpose.
func selectObjected(tx *db.Tx, subject, purpose string) (bool, error) {
	var one int64
	err := tx.QueryRow(`SELECT 1 FROM rights_suspension WHERE subject = $1 AND purpose = $2 AND ended_at IS NULL LIMIT 1`, subject, purpose).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
