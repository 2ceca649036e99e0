package drafts

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const columns = `subject, id, service, variant, instance, revision, channel, made_by, page, changed_at`

func scanDraft(scan func(...any) error) (*Draft, error) {
	var d Draft
	var changed int64
	if err := scan(&d.Subject, &d.ID, &d.Service, &d.Variant, &d.Instance, &d.Revision, &d.Channel, &d.By, &d.Page, &changed); err != nil {
		return nil, err
	}
	d.Changed = clock.FromMicros(changed)
	return &d, nil
}

// one returns the draft of a query, nil if there is none.
func one(row *db.Row) (*Draft, error) {
	d, err := scanDraft(row.Scan)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return d, err
}

// selectDraft returns a draft by its id.
func selectDraft(tx *db.Tx, id string) (*Draft, error) {
	return one(tx.QueryRow(`SELECT `+columns+` FROM drafts_draft WHERE id = $1`, id))
}

// selectOf returns the draft that somebody makes about a subject.
func selectOf(tx *db.Tx, subject, service, variant, by string) (*Draft, error) {
	return one(tx.QueryRow(`SELECT `+columns+` FROM drafts_draft WHERE subject = $1 AND service = $2 AND variant = $3 AND made_by = $4`,
		subject, service, variant, by))
}

// selectAll returns the drafts that a person makes for themselves, the latest
// first.
func selectAll(tx *db.Tx, subject string) (list []*Draft, err error) {
	err = tx.Select(func(r *db.Rows) error {
		d, err := scanDraft(r.Scan)
		list = append(list, d)
		return err
	}, `SELECT `+columns+` FROM drafts_draft WHERE subject = $1 AND made_by = $1 ORDER BY changed_at DESC, id`, subject)
	return list, err
}

// selectEntered returns the drafts that an official makes for others, the
// latest first.
func selectEntered(tx *db.Tx, by string) (list []*Draft, err error) {
	err = tx.Select(func(r *db.Rows) error {
		d, err := scanDraft(r.Scan)
		list = append(list, d)
		return err
	}, `SELECT `+columns+` FROM drafts_draft WHERE made_by = $1 ORDER BY changed_at DESC, id LIMIT 100`, by)
	return list, err
}

// insertDraft makes a draft, and reports false if there is one already.
func insertDraft(tx *db.Tx, d *Draft) (bool, error) {
	n, err := tx.Exec(`INSERT INTO drafts_draft (subject, id, service, variant, instance, revision, channel, made_by, page, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (subject, service, variant, made_by) DO NOTHING`,
		d.Subject, d.ID, d.Service, d.Variant, d.Instance, d.Revision, d.Channel, d.By, d.Page, clock.Micros(d.Changed))
	return n == 1, err
}

// touchDraft counts a change of a draft as it was last seen, and reports false
// if it has changed or gone since.
func touchDraft(tx *db.Tx, d *Draft, instance, page string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE drafts_draft SET revision = revision + 1, instance = $1, page = $2, changed_at = $3
		WHERE subject = $4 AND id = $5 AND revision = $6`, instance, page, clock.Micros(at), d.Subject, d.ID, d.Revision)
	return n == 1, err
}

// deleteDraft takes a draft away as it was last seen, and reports false if it
// has changed or gone since.
func deleteDraft(tx *db.Tx, d *Draft) (bool, error) {
	n, err := tx.Exec(`DELETE FROM drafts_draft WHERE subject = $1 AND id = $2 AND revision = $3`, d.Subject, d.ID, d.Revision)
	return n == 1, err
}

// selectOldest returns the drafts that were changed longest ago, behind one.
func selectOldest(tx *db.Tx, behind *Draft, most int) (list []*Draft, err error) {
	at := int64(0)
	if !behind.Changed.IsZero() {
		at = clock.Micros(behind.Changed)
	}
	err = tx.Select(func(r *db.Rows) error {
		d, err := scanDraft(r.Scan)
		list = append(list, d)
		return err
	}, `SELECT `+columns+` FROM drafts_draft WHERE changed_at > $1 OR changed_at = $1 AND id > $2 ORDER BY changed_at, id LIMIT $3`, at, behind.ID, most)
	return list, err
}
