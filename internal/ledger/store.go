package ledger

import (
	"fmt"
	"strings"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func insertActs(tx *db.Tx, list []Act) error {
	args := make([]any, 0, 6*len(list))
	for _, a := range list {
		args = append(args, a.Subject, a.ID, string(a.Kind), a.Scope, a.Ref, clock.Micros(a.At))
	}
	return tx.Insert(`ledger_act (subject, id, kind, scope, ref, at)`, 6, args)
}

// selectWaiting returns acts that are not in the file, the oldest first.
func selectWaiting(tx *db.Tx, limit int) (acts []Act, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var a Act
		var at int64
		err := r.Scan(&a.Subject, &a.ID, &a.Kind, &a.Scope, &a.Ref, &at)
		a.At = clock.FromMicros(at)
		acts = append(acts, a)
		return err
	}, `SELECT subject, id, kind, scope, ref, at FROM ledger_act WHERE n IS NULL ORDER BY at, id LIMIT $1`, limit)
	return acts, err
}

// markActs notes the lines of acts in one statement, and counts those that the
// store has.
func markActs(tx *db.Tx, list []Entry) (int64, error) {
	rows, args := make([]string, len(list)), make([]any, 0, 3*len(list))
	for i, e := range list {
		rows[i] = fmt.Sprintf("(CAST($%d AS BIGINT), $%d, $%d)", len(args)+1, len(args)+2, len(args)+3)
		args = append(args, e.N, e.Subject, e.ID)
	}
	return tx.Exec(`WITH line (n, subject, id) AS (VALUES `+strings.Join(rows, ", ")+`) UPDATE ledger_act SET n = line.n FROM line
		WHERE ledger_act.subject = line.subject AND ledger_act.id = line.id AND (ledger_act.n IS NULL OR ledger_act.n = line.n)`, args...)
}

func countMarked(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM ledger_act WHERE n IS NOT NULL`).Scan(&n)
	return n, err
}

// selectLast returns the act with the highest line.
func selectLast(tx *db.Tx) (e Entry, err error) {
	var at int64
	err = tx.QueryRow(`SELECT n, subject, id, kind, scope, ref, at FROM ledger_act WHERE n IS NOT NULL ORDER BY n DESC LIMIT 1`).
		Scan(&e.N, &e.Subject, &e.ID, &e.Kind, &e.Scope, &e.Ref, &at)
	e.At = clock.FromMicros(at)
	return e, err
}

// selectBehind returns the acts of the lines behind one, in their order.
func selectBehind(tx *db.Tx, n int64, limit int) (acts []Act, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var a Act
		var at int64
		err := r.Scan(&a.Subject, &a.ID, &a.Kind, &a.Scope, &a.Ref, &at)
		a.At = clock.FromMicros(at)
		acts = append(acts, a)
		return err
	}, `SELECT subject, id, kind, scope, ref, at FROM ledger_act WHERE n > $1 ORDER BY n LIMIT $2`, n, limit)
	return acts, err
}

// adoptAct makes the store know a line of the file.
func adoptAct(tx *db.Tx, e Entry) error {
	known, err := markActs(tx, []Entry{e})
	if err != nil || known > 0 {
		return err
	}
	_, err = tx.Exec(`INSERT INTO ledger_act (subject, id, kind, scope, ref, at, n) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Subject, e.ID, string(e.Kind), e.Scope, e.Ref, clock.Micros(e.At), e.N)
	return err
}

// ErasedScopes are the scopes of a subject whose keys were destroyed.
func ErasedScopes(tx *db.Tx, subject string) (scopes []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var scope string
		err := r.Scan(&scope)
		scopes = append(scopes, scope)
		return err
	}, `SELECT scope FROM ledger_act WHERE subject = $1 AND kind = 'erase'`, subject)
	return scopes, err
}

// Erased reports whether the keys of a subject's scope were destroyed.
func Erased(tx *db.Tx, subject, scope string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM ledger_act WHERE subject = $1 AND kind = 'erase' AND scope IN ('', $2)`, subject, scope).Scan(&n)
	return n > 0, err
}
