package retention

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: clock.Micros(t), Valid: !t.IsZero()}
}

func orZero(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return clock.FromMicros(n.Int64)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// insertDisposals writes disposals, each with how far it is swept.
func insertDisposals(tx *db.Tx, list []*Disposal) error {
	var disposals, items, sweeps []any
	for _, d := range list {
		disposals = append(disposals, d.Subject, d.ID, clock.Micros(d.At), d.Because, d.Ref, d.Actor, d.Policy, truth(d.Last))
		sweeps = append(sweeps, d.Subject, d.ID, d.Swept, orNull(d.Done))
		for n, i := range d.Items {
			items = append(items, d.Subject, d.ID, n, i.Kind, i.ID, i.Scope, i.Service, i.Outcome, i.Rule, orNull(i.Since), orNull(i.Due), string(i.Action))
		}
	}
	return errors.Join(
		tx.Insert(`retention_disposal (subject, id, at, because, ref, actor, policy, last)`, 8, disposals),
		tx.Insert(`retention_item (subject, disposal, n, kind, item, scope, service, outcome, rule, since_at, due_at, action)`, 12, items),
		tx.Insert(`retention_sweep (subject, disposal, swept, done_at)`, 4, sweeps),
	)
}

// selectDisposal returns a disposal with its items, nil if there is none.
func selectDisposal(tx *db.Tx, id string) (*Disposal, error) {
	list, err := selectDisposals(tx, `d.id = $1`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// selectDisposals returns disposals that meet a condition, with their items.
func selectDisposals(tx *db.Tx, where string, args ...any) (list []*Disposal, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var d Disposal
		var at, last int64
		var done sql.NullInt64
		err := r.Scan(&d.Subject, &d.ID, &at, &d.Because, &d.Ref, &d.Actor, &d.Policy, &last, &d.Swept, &done)
		d.At, d.Last, d.Done = clock.FromMicros(at), last == 1, orZero(done)
		list = append(list, &d)
		return err
	}, `SELECT d.subject, d.id, d.at, d.because, d.ref, d.actor, d.policy, d.last, s.swept, s.done_at
		FROM retention_disposal d JOIN retention_sweep s ON s.subject = d.subject AND s.disposal = d.id WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if err := selectItems(tx, d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func selectItems(tx *db.Tx, d *Disposal) error {
	return tx.Select(func(r *db.Rows) error {
		var i Item
		var since, due sql.NullInt64
		var action string
		err := r.Scan(&i.Kind, &i.ID, &i.Scope, &i.Service, &i.Outcome, &i.Rule, &since, &due, &action)
		i.Since, i.Due, i.Action = orZero(since), orZero(due), policy.DisposalAction(action)
		d.Items = append(d.Items, i)
		return err
	}, `SELECT kind, item, scope, service, outcome, rule, since_at, due_at, action FROM retention_item
		WHERE subject = $1 AND disposal = $2 ORDER BY n`, d.Subject, d.ID)
}

// noteSweeps counts rows that were swept, and notes when no more is left.
func noteSweeps(tx *db.Tx, list []*Disposal) error {
	rows, args := make([]string, len(list)), make([]any, 0, 4*len(list))
	for i, d := range list {
		rows[i] = fmt.Sprintf("(CAST($%d AS BIGINT), CAST($%d AS BIGINT), $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		args = append(args, d.Swept, orNull(d.Done), d.Subject, d.ID)
	}
	_, err := tx.Exec(`WITH s (n, at, subject, disposal) AS (VALUES `+strings.Join(rows, ", ")+`)
		UPDATE retention_sweep SET swept = swept + s.n, done_at = coalesce(done_at, s.at) FROM s
		WHERE retention_sweep.subject = s.subject AND retention_sweep.disposal = s.disposal`, args...)
	return err
}

// countOne counts a thing among its like.
func countOne(tx *db.Tx, i Item, zone *time.Location) error {
	_, err := tx.Exec(`INSERT INTO retention_count (kind, service, outcome, month, n) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (kind, service, outcome, month) DO UPDATE SET n = retention_count.n + 1`, i.Kind, i.Service, i.Outcome, month(i.Since, zone))
	return err
}

// selectLatest returns the latest disposals.
func selectLatest(tx *db.Tx, limit int) ([]*Disposal, error) {
	return selectDisposals(tx, `1 = 1 ORDER BY d.at DESC, d.id DESC LIMIT $1`, limit)
}

// selectUnswept returns disposals behind one that a run made and that are not
// swept.
func selectUnswept(tx *db.Tx, after string, limit int) ([]*Disposal, error) {
	return selectDisposals(tx, `s.done_at IS NULL AND s.disposal > $1 AND d.because = 'due' ORDER BY s.disposal LIMIT $2`, after, limit)
}

// selectSwept returns the latest disposals whose rows were swept.
func selectSwept(tx *db.Tx, limit int) ([]*Disposal, error) {
	return selectDisposals(tx, `s.done_at IS NOT NULL ORDER BY d.at DESC, d.id DESC LIMIT $1`, limit)
}
