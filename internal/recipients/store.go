package recipients

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

func insertAct(tx *db.Tx, a *Act) error {
	_, err := tx.Exec(`INSERT INTO recipients_act (subject, id, kind, request, reference, scopes, fields, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.Subject, a.id, string(a.Kind), a.Request, a.Reference, strings.Join(a.Scopes, " "), strings.Join(a.Fields, " "), clock.Micros(a.at))
	return err
}

const actColumns = `subject, id, kind, request, reference, scopes, fields, at, found_at`

func selectActs(tx *db.Tx, query string, args ...any) (list []*Act, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var a Act
		var kind, scopes, fields string
		var when int64
		var found *int64
		err := r.Scan(&a.Subject, &a.id, &kind, &a.Request, &a.Reference, &scopes, &fields, &when, &found)
		a.Kind, a.Scopes, a.Fields, a.at, a.found = Kind(kind), strings.Fields(scopes), strings.Fields(fields), clock.FromMicros(when), at(found)
		list = append(list, &a)
		return err
	}, query, args...)
	return list, err
}

// selectAct returns an act, nil if there is none.
func selectAct(tx *db.Tx, id string) (*Act, error) {
	list, err := selectActs(tx, `SELECT `+actColumns+` FROM recipients_act WHERE id = $1`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// selectActsOf returns the acts of a request, the oldest first.
func selectActsOf(tx *db.Tx, request string) ([]*Act, error) {
	return selectActs(tx, `SELECT `+actColumns+` FROM recipients_act WHERE request = $1 ORDER BY id`, request)
}

// found notes that it is known who received what an act is about; it reports
// whether nobody was first.
func found(tx *db.Tx, a *Act, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE recipients_act SET found_at = $1 WHERE subject = $2 AND id = $3 AND found_at IS NULL`, clock.Micros(now), a.Subject, a.id)
	return n == 1, err
}

func insertNotice(tx *db.Tx, a *Act, n *Notice) error {
	_, err := tx.Exec(`INSERT INTO recipients_notice (subject, id, act, reference, party, channel, about, fields, sent_at, noted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		a.Subject, n.ID, a.id, n.Reference, n.Party, string(n.Channel), strings.Join(n.About, " "), strings.Join(n.Fields, " "), moment(n.Sent))
	return err
}

const noticeQuery = `SELECT n.subject, n.id, n.reference, n.party, a.kind, a.request, a.reference, n.channel, n.about, n.fields, a.at,
	n.sent_at, n.failed_at, n.acked_at, n.acked_by, n.noted FROM recipients_notice n JOIN recipients_act a ON a.subject = n.subject AND a.id = n.act `

func selectNotices(tx *db.Tx, where string, args ...any) (list []*Notice, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var n Notice
		var kind, channel, about, fields string
		var since, noted int64
		var sent, failed, acked *int64
		var by *string
		err := r.Scan(&n.Subject, &n.ID, &n.Reference, &n.Party, &kind, &n.Request, &n.Asked, &channel, &about, &fields, &since, &sent, &failed, &acked, &by, &noted)
		n.Kind, n.Channel, n.About, n.Fields = Kind(kind), Channel(channel), strings.Fields(about), strings.Fields(fields)
		n.Since, n.Sent, n.Failed, n.Acknowledged, n.Noted = clock.FromMicros(since), at(sent), at(failed), at(acked), noted == 1
		if by != nil {
			n.By = *by
		}
		list = append(list, &n)
		return err
	}, noticeQuery+where, args...)
	return list, err
}

func one(list []*Notice, err error) (*Notice, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// selectNotice returns a notice, nil if there is none.
func selectNotice(tx *db.Tx, id string) (*Notice, error) {
	return one(selectNotices(tx, `WHERE n.id = $1`, id))
}

// selectReferred returns the notice that people call so, nil if there is none.
func selectReferred(tx *db.Tx, reference string) (*Notice, error) {
	return one(selectNotices(tx, `WHERE n.reference = $1`, reference))
}

// selectToldOf returns who is told of the acts of a request.
func selectToldOf(tx *db.Tx, request string) ([]*Notice, error) {
	return selectNotices(tx, `WHERE a.request = $1 ORDER BY a.id, n.party`, request)
}

// selectOpen returns what was not acknowledged, the oldest first: of one party,
// or of all where none is named.
func selectOpen(tx *db.Tx, party string, limit int) ([]*Notice, error) {
	return selectNotices(tx, `WHERE n.acked_at IS NULL AND ($1 = '' OR n.party = $1) ORDER BY n.id LIMIT $2`, party, limit)
}

// selectDone returns what was acknowledged, the newest first.
func selectDone(tx *db.Tx, party string, limit int) ([]*Notice, error) {
	return selectNotices(tx, `WHERE n.acked_at IS NOT NULL AND ($1 = '' OR n.party = $1) ORDER BY n.id DESC LIMIT $2`, party, limit)
}

// moveSent notes what came of sending a notice.
func moveSent(tx *db.Tx, n *Notice) error {
	_, err := tx.Exec(`UPDATE recipients_notice SET sent_at = $1, failed_at = $2 WHERE subject = $3 AND id = $4 AND sent_at IS NULL`,
		moment(n.Sent), moment(n.Failed), n.Subject, n.ID)
	return err
}

// acknowledge notes that a notice was acknowledged; it reports whether nobody
// had.
func acknowledge(tx *db.Tx, n *Notice) (bool, error) {
	var by *string
	if n.By != "" {
		by = &n.By
	}
	noted := int64(0)
	if n.Noted {
		noted = 1
	}
	done, err := tx.Exec(`UPDATE recipients_notice SET acked_at = $1, acked_by = $2, noted = $3 WHERE subject = $4 AND id = $5 AND acked_at IS NULL`,
		moment(n.Acknowledged), by, noted, n.Subject, n.ID)
	return done == 1, err
}

// countOverdue counts what was sent before a moment and is not acknowledged,
// and who cannot be told.
func countOverdue(tx *db.Tx, before time.Time) (overdue, unreachable int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(sum(CASE WHEN sent_at < $1 THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN channel = 'none' OR failed_at IS NOT NULL THEN 1 ELSE 0 END), 0)
		FROM recipients_notice WHERE acked_at IS NULL`, clock.Micros(before)).Scan(&overdue, &unreachable)
	if errors.Is(err, db.ErrNoRows) {
		return 0, 0, nil
	}
	return overdue, unreachable, err
}
