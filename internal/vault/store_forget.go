package vault

import (
	"slices"

	"portico/internal/platform/db"
)

// atOnce is how many people, or keys, a statement names.
const atOnce = 100

// each calls run for some of a list at a time, with their values as arguments.
func each[T any](list []T, values func(T) []any, run func(args []any) error) error {
	for some := range slices.Chunk(list, atOnce) {
		var args []any
		for _, one := range some {
			args = append(args, values(one)...)
		}
		if err := run(args); err != nil {
			return err
		}
	}
	return nil
}

func itself(subject string) []any { return []any{subject} }

func (k Key) values() []any { return []any{k.Subject, k.Scope} }

func deleteScopes(tx *db.Tx, list []Key) error {
	return each(list, Key.values, func(args []any) error {
		_, err := tx.Exec(`DELETE FROM vault_scope WHERE `+db.OneOf(1, len(args)/2, "subject", "scope"), args...)
		return err
	})
}

// deleteRest deletes every key of people but those of evidence, and the
// indexes.
func deleteRest(tx *db.Tx, people []string) error {
	if err := each(people, itself, func(args []any) error {
		_, err := tx.Exec(`DELETE FROM vault_scope WHERE subject IN `+db.Marks(1, len(args), 1)+` AND scope <> 'evidence' AND scope NOT LIKE 'evidence:%'`, args...)
		return err
	}); err != nil {
		return err
	}
	return deleteIndexes(tx, people)
}

// deleteIndexes deletes everything that people are found by.
func deleteIndexes(tx *db.Tx, people []string) error {
	return each(people, itself, func(args []any) error {
		_, err := tx.Exec(`DELETE FROM vault_index WHERE subject IN `+db.Marks(1, len(args), 1), args...)
		return err
	})
}

// selectFilled returns those of the scopes that have values.
func selectFilled(tx *db.Tx, scopes []Key) (map[Key]bool, error) {
	filled := map[Key]bool{}
	return filled, each(scopes, Key.values, func(args []any) error {
		return tx.Select(func(r *db.Rows) error {
			var k Key
			err := r.Scan(&k.Subject, &k.Scope)
			filled[k] = true
			return err
		}, `WITH k (subject, scope) AS (VALUES `+db.Marks(1, 2, len(args)/2)+`) SELECT k.subject, k.scope FROM k
			WHERE EXISTS (SELECT 1 FROM vault_value v WHERE v.subject = k.subject AND v.scope = k.scope)`, args...)
	})
}

// deleteSome deletes values of a scope that has no key.
func deleteSome(tx *db.Tx, subject, scope string, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM vault_value WHERE subject = $1 AND scope = $2
		AND NOT EXISTS (SELECT 1 FROM vault_scope k WHERE k.subject = $1 AND k.scope = $2)
		AND (field, item) IN (SELECT field, item FROM vault_value WHERE subject = $1 AND scope = $2 ORDER BY field, item LIMIT $3)`,
		subject, scope, limit)
}

func countLeft(tx *db.Tx, subject, scope string) (keys, values int64, err error) {
	err = tx.QueryRow(`SELECT (SELECT count(*) FROM vault_scope WHERE subject = $1 AND scope = $2),
		(SELECT count(*) FROM vault_value WHERE subject = $1 AND scope = $2)`, subject, scope).Scan(&keys, &values)
	return keys, values, err
}

// eraseGates marks people as forgotten.
func eraseGates(tx *db.Tx, people []string, at int64) error {
	return each(people, itself, func(args []any) error {
		n, err := tx.Exec(`UPDATE vault_gate SET version = version + 1, erased_at = $1 WHERE subject IN `+db.Marks(2, len(args), 1), slices.Insert(args, 0, any(at))...)
		return all(n, args, err)
	})
}

// all is an error unless a statement found everybody whom it names.
func all(n int64, people []any, err error) error {
	if err == nil && n != int64(len(people)) {
		err = db.ErrNoRows
	}
	return err
}

// deleteKeyless deletes what is left of a subject in scopes that have no key.
func deleteKeyless(tx *db.Tx, subject string) error {
	_, err := tx.Exec(`DELETE FROM vault_value WHERE subject = $1
		AND NOT EXISTS (SELECT 1 FROM vault_scope k WHERE k.subject = $1 AND k.scope = vault_value.scope)`, subject)
	return err
}
