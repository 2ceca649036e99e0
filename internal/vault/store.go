package vault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// gate is a subject's gate.
type gate struct {
	version    int64
	n          int64 // number of the last event
	erased     bool
	restricted bool
	objects    bool       // the person objected to some purpose
	evidence   wrappedKey // of the events
}

// sealedScope is all that a use needs, as it stands in the store at one time.
type sealedScope struct {
	gate   gate
	key    wrappedKey // of the scope; nothing if it has none
	values []sealedValue
	files  []File // that are opened besides
	keys   []wrappedKey
}

type sealedValue struct {
	field  string
	item   string
	source string
	sealed []byte
	at     int64
}

// hasAny reports whether there is one of the values already.
func (s *sealedScope) hasAny(values []Value) bool {
	return slices.ContainsFunc(values, func(v Value) bool {
		return slices.ContainsFunc(s.values, func(old sealedValue) bool { return old.field == v.Field && old.item == v.Item })
	})
}

func newGate(tx *db.Tx, ring *keys.Ring, subject string, scopes ...string) error {
	if _, err := tx.Exec(`INSERT INTO vault_gate (subject, version, n) VALUES ($1, 1, 0)`, subject); err != nil {
		return err
	}
	for _, scope := range scopes {
		if err := newScope(tx, ring, subject, scope); err != nil {
			return err
		}
	}
	return nil
}

func newScope(tx *db.Tx, ring *keys.Ring, subject, scope string) error {
	_, err := keepScope(tx, ring, subject, scope, keys.NewKey())
	return err
}

// keepScope brings the key of a scope into the store.
func keepScope(tx *db.Tx, ring *keys.Ring, subject, scope string, key []byte) (k wrappedKey, err error) {
	k.epoch, k.wrapped = ring.Wrap(scopeKey(ring.Instance(), subject, scope), key)
	_, err = tx.Exec(`INSERT INTO vault_scope (subject, scope, epoch, wrapped) VALUES ($1, $2, $3, $4)`, subject, scope, k.epoch, k.wrapped)
	return k, err
}

func selectGate(tx *db.Tx, subject string) (g gate, err error) {
	var epoch *int64
	err = tx.QueryRow(`SELECT g.version, g.n, g.erased_at IS NOT NULL, g.restricted_at IS NOT NULL, g.objected_at IS NOT NULL, e.epoch, e.wrapped
		FROM vault_gate g LEFT JOIN vault_scope e ON e.subject = g.subject AND e.scope = 'evidence' WHERE g.subject = $1`, subject).
		Scan(&g.version, &g.n, &g.erased, &g.restricted, &g.objects, &epoch, &g.evidence.wrapped)
	g.evidence.epoch = orZero(epoch)
	return g, err
}

func selectNumber(tx *db.Tx, subject string) (n int64, err error) {
	err = tx.QueryRow(`SELECT n FROM vault_gate WHERE subject = $1`, subject).Scan(&n)
	return n, err
}

func selectGates(tx *db.Tx, each func(subject string, n int64) error) error {
	return tx.Select(func(r *db.Rows) error {
		var subject string
		var n int64
		if err := r.Scan(&subject, &n); err != nil {
			return err
		}
		return each(subject, n)
	}, `SELECT subject, n FROM vault_gate ORDER BY subject`)
}

// selectSealed reads gate, keys and values in one query; ErrNoRows if the
// subject has no gate.
func selectSealed(tx *db.Tx, subject, scope string) (*sealedScope, error) {
	var s *sealedScope
	err := tx.Select(func(r *db.Rows) error {
		if s == nil {
			s = &sealedScope{}
		}
		var v sealedValue
		var field, item, source *string
		var keyEpoch, evidenceEpoch, at *int64
		err := r.Scan(&s.gate.version, &s.gate.n, &s.gate.erased, &s.gate.restricted, &s.gate.objects,
			&keyEpoch, &s.key.wrapped, &evidenceEpoch, &s.gate.evidence.wrapped, &field, &item, &source, &v.sealed, &at)
		if err != nil {
			return err
		}
		s.key.epoch, s.gate.evidence.epoch = orZero(keyEpoch), orZero(evidenceEpoch)
		if field != nil {
			v.field, v.item, v.source, v.at = *field, *item, *source, *at
			s.values = append(s.values, v)
		}
		return nil
	}, `SELECT g.version, g.n, g.erased_at IS NOT NULL, g.restricted_at IS NOT NULL, g.objected_at IS NOT NULL,
			k.epoch, k.wrapped, e.epoch, e.wrapped, v.field, v.item, v.source, v.sealed, v.at
		FROM vault_gate g
		LEFT JOIN vault_scope k ON k.subject = g.subject AND k.scope = $1
		LEFT JOIN vault_scope e ON e.subject = g.subject AND e.scope = 'evidence'
		LEFT JOIN vault_value v ON v.subject = g.subject AND v.scope = $1
		WHERE g.subject = $2`, scope, subject)
	if err == nil && s == nil {
		err = db.ErrNoRows
	}
	return s, err
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func selectScope(tx *db.Tx, subject, scope string) (k wrappedKey, err error) {
	err = tx.QueryRow(`SELECT epoch, wrapped FROM vault_scope WHERE subject = $1 AND scope = $2`, subject, scope).Scan(&k.epoch, &k.wrapped)
	if errors.Is(err, db.ErrNoRows) {
		err = errNoScope
	}
	return k, err
}

// selectScopes returns the keys of files, in their order.
func selectScopes(tx *db.Tx, subject string, files []File) ([]wrappedKey, error) {
	found := make(map[string]wrappedKey, len(files))
	marks, args := make([]string, len(files)), []any{subject}
	for i, f := range files {
		marks[i], args = "$"+strconv.Itoa(i+2), append(args, f.scope())
	}
	if err := tx.Select(func(r *db.Rows) error {
		var scope string
		var k wrappedKey
		err := r.Scan(&scope, &k.epoch, &k.wrapped)
		found[scope] = k
		return err
	}, `SELECT scope, epoch, wrapped FROM vault_scope WHERE subject = $1 AND scope IN (`+strings.Join(marks, ", ")+`)`, args...); err != nil {
		return nil, err
	}
	list := make([]wrappedKey, len(files))
	for i, f := range files {
		k, ok := found[f.scope()]
		if !ok {
			return nil, errNoScope
		}
		list[i] = k
	}
	return list, nil
}

// passGate takes the next number if the gate has the version that was decided
// on. The row is the transaction's own from then on.
func passGate(tx *db.Tx, subject string, version int64) (n int64, err error) {
	err = tx.QueryRow(`UPDATE vault_gate SET n = n + 1 WHERE subject = $1 AND version = $2 RETURNING n`, subject, version).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		err = errMoved
	}
	return n, err
}

// holdGate keeps a gate at the version that was decided on, until the end of the
// transaction, and takes no number.
func holdGate(tx *db.Tx, subject string, version int64) error {
	n, err := tx.Exec(`UPDATE vault_gate SET version = version WHERE subject = $1 AND version = $2`, subject, version)
	if err == nil && n != 1 {
		err = errMoved
	}
	return err
}

// gatePassed is passGate as the guard of an event in one statement with it,
// whose number was foretold: it passes only if no other event came between.
const gatePassed = `UPDATE vault_gate SET n = n + 1 WHERE subject = $1 AND version = $2 AND n = $3 RETURNING n`

// taken is the last number that somebody's events took, and their key.
type taken struct {
	n   int64
	key wrappedKey
}

// nextNumbers takes a number for each of a list of people, who may be in it
// several times, whatever the gates' versions. It returns the last of each.
func nextNumbers(tx *db.Tx, people []string) (map[string]taken, error) {
	took := make(map[string]taken, len(people))
	return took, each(people, itself, func(args []any) error {
		return tx.Select(func(r *db.Rows) error {
			var subject string
			var epoch *int64
			var t taken
			err := r.Scan(&subject, &t.n, &epoch, &t.key.wrapped)
			t.key.epoch = orZero(epoch)
			took[subject] = t
			return err
		}, `WITH event (subject) AS (VALUES `+db.Marks(1, 1, len(args))+`)
			UPDATE vault_gate SET n = vault_gate.n + took.many FROM (SELECT subject, count(*) AS many FROM event GROUP BY subject) took
			WHERE vault_gate.subject = took.subject RETURNING vault_gate.subject, n,
			(SELECT e.epoch FROM vault_scope e WHERE e.subject = vault_gate.subject AND e.scope = 'evidence'),
			(SELECT e.wrapped FROM vault_scope e WHERE e.subject = vault_gate.subject AND e.scope = 'evidence')`, args...)
	})
}

// bumpGates moves the gates of people, who may be named several times, in the
// order of their ids.
func bumpGates(tx *db.Tx, people []string) error {
	return each(slices.Compact(slices.Sorted(slices.Values(people))), itself, func(args []any) error {
		these := db.Marks(1, len(args), 1)
		if tx.Engine() == db.Postgres { // else there is one writer
			these = `(SELECT subject FROM vault_gate WHERE subject IN ` + these + ` ORDER BY subject FOR UPDATE)`
		}
		n, err := tx.Exec(`UPDATE vault_gate SET version = version + 1 WHERE subject IN `+these, args...)
		return all(n, args, err)
	})
}

// putValues writes values in one statement; of two for the same place the last
// one stays.
func putValues(tx *db.Tx, subject, scope string, values []*sealedValue) error {
	var rows []string
	var args []any
	for i, v := range values {
		if slices.ContainsFunc(values[i+1:], func(o *sealedValue) bool { return o.field == v.field && o.item == v.item }) {
			continue
		}
		n := len(args)
		rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7))
		args = append(args, subject, scope, v.field, v.item, v.source, v.sealed, v.at)
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO vault_value (subject, scope, field, item, source, sealed, at) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (subject, scope, field, item) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, at = excluded.at`, args...)
	return err
}

func countHolders(tx *db.Tx, fields []string) (n int64, err error) {
	marks, args := make([]string, len(fields)), make([]any, len(fields))
	for i, f := range fields {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), f
	}
	err = tx.QueryRow(`SELECT COUNT(DISTINCT subject) FROM vault_value WHERE field IN (`+strings.Join(marks, ", ")+`)`, args...).Scan(&n)
	return n, err
}

func putIndex(tx *db.Tx, kind string, mac []byte, subject string) error {
	n, err := tx.Exec(`INSERT INTO vault_index (kind, mac, subject) VALUES ($1, $2, $3) ON CONFLICT (kind, mac) DO NOTHING`, kind, mac, subject)
	if err != nil {
		return fmt.Errorf("index an identifier: %w", err)
	}
	if n == 1 {
		return nil
	}
	has, err := selectIndex(tx, kind, mac)
	if err == nil && has != subject {
		err = errTaken
	}
	return err
}

func deleteIndex(tx *db.Tx, kind string, mac []byte, subject string) error {
	if _, err := tx.Exec(`DELETE FROM vault_index WHERE kind = $1 AND mac = $2 AND subject = $3`, kind, mac, subject); err != nil {
		return fmt.Errorf("take an identifier out of the index: %w", err)
	}
	return nil
}

func selectIndex(tx *db.Tx, kind string, mac []byte) (subject string, err error) {
	err = tx.QueryRow(`SELECT subject FROM vault_index WHERE kind = $1 AND mac = $2`, kind, mac).Scan(&subject)
	if errors.Is(err, db.ErrNoRows) {
		return "", errNobody
	}
	if err != nil {
		return "", fmt.Errorf("look an identifier up: %w", err)
	}
	return subject, nil
}

// stamp is the row of vault_store.
func selectStamp(tx *db.Tx) (s keys.Stamp, found bool, err error) {
	var demo int64
	err = tx.QueryRow(`SELECT instance, demo, key_check FROM vault_store WHERE one = 1`).Scan(&s.Instance, &demo, &s.Check)
	s.Demo = demo != 0
	if errors.Is(err, db.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

// FoundedAt is when the store was founded.
func FoundedAt(tx *db.Tx) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT founded_at FROM vault_store WHERE one = 1`).Scan(&at)
	return clock.FromMicros(at), err
}

// isEmpty reports whether nobody is in the store.
func isEmpty(tx *db.Tx) (bool, error) {
	var gates int64
	err := tx.QueryRow(`SELECT count(*) FROM (SELECT subject FROM vault_gate LIMIT 1) g`).Scan(&gates)
	return gates == 0, err
}

// putStamp founds the store: its stamp, and the gate of what concerns nobody.
func putStamp(tx *db.Tx, ring *keys.Ring, at int64) error {
	s := ring.Stamp()
	var demo int64
	if s.Demo {
		demo = 1
	}
	if _, err := tx.Exec(`INSERT INTO vault_store (one, instance, demo, key_check, founded_at) VALUES (1, $1, $2, $3, $4)`,
		s.Instance, demo, s.Check, at); err != nil {
		return err
	}
	return newGate(tx, ring, audit.System, Evidence)
}

// scopeRow is a scope and its key.
type scopeRow struct {
	subject string
	scope   string
	key     wrappedKey
}

// pageScopes returns scopes behind one, in the order of their keys.
func pageScopes(tx *db.Tx, subject, scope string, limit int) (page []scopeRow, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s scopeRow
		err := r.Scan(&s.subject, &s.scope, &s.key.epoch, &s.key.wrapped)
		page = append(page, s)
		return err
	}, `SELECT subject, scope, epoch, wrapped FROM vault_scope
		WHERE (subject, scope) > ($1, $2) ORDER BY subject, scope LIMIT $3`, subject, scope, limit)
	return page, err
}

// swapScope replaces a wrapped key by another form of itself, unless it is
// gone or changed meanwhile.
func swapScope(tx *db.Tx, s scopeRow, to wrappedKey) (bool, error) {
	n, err := tx.Exec(`UPDATE vault_scope SET epoch = $1, wrapped = $2 WHERE subject = $3 AND scope = $4 AND epoch = $5 AND wrapped = $6`,
		to.epoch, to.wrapped, s.subject, s.scope, s.key.epoch, s.key.wrapped)
	return n == 1, err
}

func countEpochs(tx *db.Tx) (map[int64]int64, error) {
	count := map[int64]int64{}
	err := tx.Select(func(r *db.Rows) error {
		var epoch, n int64
		err := r.Scan(&epoch, &n)
		count[epoch] = n
		return err
	}, `SELECT epoch, count(*) FROM vault_scope GROUP BY epoch`)
	return count, err
}

// suspendGate sets or clears one of the two moments that suspend uses. The
// column is one of ours.
func suspendGate(tx *db.Tx, column, subject string, at *int64) error {
	n, err := tx.Exec(`UPDATE vault_gate SET version = version + 1, `+column+` = $1 WHERE subject = $2`, at, subject)
	if err == nil && n != 1 {
		err = db.ErrNoRows
	}
	return err
}

// selectInventory lists the values of a person without opening them.
func selectInventory(tx *db.Tx, subject string) (list []Kept, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var k Kept
		err := r.Scan(&k.Scope, &k.Field, &k.Item, &k.Source, &k.At)
		list = append(list, k)
		return err
	}, `SELECT scope, field, item, source, at FROM vault_value WHERE subject = $1 ORDER BY scope, field, item`, subject)
	return list, err
}

// eachValue calls each for every value, with the key of its scope; nothing if
// that is gone.
func eachValue(tx *db.Tx, each func(subject, scope string, k wrappedKey, value *sealedValue) error) error {
	return tx.Select(func(r *db.Rows) error {
		var subject, scope string
		var epoch *int64
		var k wrappedKey
		var v sealedValue
		if err := r.Scan(&subject, &scope, &v.field, &v.item, &v.source, &v.sealed, &v.at, &epoch, &k.wrapped); err != nil {
			return err
		}
		k.epoch = orZero(epoch)
		return each(subject, scope, k, &v)
	}, `SELECT v.subject, v.scope, v.field, v.item, v.source, v.sealed, v.at, k.epoch, k.wrapped FROM vault_value v
		LEFT JOIN vault_scope k ON k.subject = v.subject AND k.scope = v.scope ORDER BY v.subject, v.scope`)
}
