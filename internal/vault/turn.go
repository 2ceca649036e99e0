package vault

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Record is the kind of what stands in a person's log of one year (see Kinds).
const Record = "record"

// earlier is what the scopes of such years begin with.
const earlier = Evidence + ":"

// What a year's record is called says whose it is, with which number it ended
// and when: what was destroyed is known by that from the ledger alone.
func recordID(subject string, last int64, at time.Time) string {
	return subject + "." + strconv.FormatInt(last, 10) + "." + strconv.FormatInt(clock.Micros(at), 10)
}

// ofScope is the number of the last event of a year and when it ended, by its
// scope.
func ofScope(scope string) (last, at int64, ok bool) {
	parts := strings.Split(strings.TrimPrefix(scope, earlier), ".")
	if !strings.HasPrefix(scope, earlier) || len(parts) != 3 {
		return 0, 0, false
	}
	last, err := strconv.ParseInt(parts[1], 10, 64)
	at, err2 := strconv.ParseInt(parts[2], 10, 64)
	return last, at, err == nil && err2 == nil
}

// Turn ends the year of people's logs, those behind a subject, limit at the
// most: what stands in each gets a key of its own, which goes when its time is
// over, and what comes is sealed under another. It returns the last subject,
// empty at the end. What concerns nobody in particular is left as it is.
func (v *Vault) Turn(tx *db.Tx, after string, limit int) (last string, err error) {
	people, err := pageTurning(tx, after, limit)
	if err != nil {
		return "", fmt.Errorf("look whose year ends: %w", err)
	}
	for _, subject := range people {
		if last = subject; subject == audit.System {
			continue
		}
		if err := v.turn(tx, subject); err != nil {
			return "", fmt.Errorf("end the year of a log: %w", err)
		}
	}
	if len(people) < limit {
		last = ""
	}
	return last, nil
}

func (v *Vault) turn(tx *db.Tx, subject string) error {
	if err := bumpGates(tx, []string{subject}); err != nil { // whoever decided with the old key decides again
		return err
	}
	n, err := selectNumber(tx, subject)
	if err != nil {
		return err
	}
	turned, err := selectTurned(tx, subject)
	if err != nil || turned >= n {
		return err
	}
	old, err := selectScope(tx, subject, Evidence)
	if err != nil {
		return err
	}
	key, err := v.ring.Unwrap(scopeKey(v.ring.Instance(), subject, Evidence), old.epoch, old.wrapped)
	if err != nil {
		return err
	}
	now := v.clock.Now()
	id := recordID(subject, n, now)
	if _, err := keepScope(tx, v.ring, subject, earlier+id, key); err != nil {
		return err
	}
	var fresh wrappedKey
	fresh.epoch, fresh.wrapped = v.ring.Wrap(scopeKey(v.ring.Instance(), subject, Evidence), keys.NewKey())
	ok, err := swapScope(tx, scopeRow{subject, Evidence, old}, fresh)
	if err == nil && !ok { // another epoch began meanwhile
		err = errMoved
	}
	if err != nil {
		return err
	}
	return insertRecord(tx, subject, id, n, clock.Micros(now))
}

// FoundedAt is when the store was founded.
func (v *Vault) FoundedAt(tx *db.Tx) (time.Time, error) {
	at, err := selectFounded(tx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when the store was founded: %w", err)
	}
	return clock.FromMicros(at), nil
}

// Restored brings back of which years there are keys: a backup made before the
// end of a year does not know it.
func (v *Vault) Restored(tx *db.Tx) error {
	rows, err := selectUnrecorded(tx)
	if err != nil {
		return fmt.Errorf("look for years of logs: %w", err)
	}
	for _, r := range rows {
		last, at, ok := ofScope(r.scope)
		if !ok {
			continue
		}
		if err := insertRecord(tx, r.subject, strings.TrimPrefix(r.scope, earlier), last, at); err != nil {
			return fmt.Errorf("note the year of a log again: %w", err)
		}
	}
	return nil
}

// Kinds declares the record of who used somebody's data, under the key of their
// evidence: it outlives the rest, and its time counts from when nothing else
// was left of them (see package holdings). The lines of a year that has ended
// have a key of their own and go before, when their time is over; their leaves
// stay in the tree. They go with the evidence at the latest.
func Kinds() []holdings.Kind {
	return []holdings.Kind{
		{Name: "evidence", Table: "vault_scope", Outlives: true, Scope: Evidence,
			Where:  "scope = 'evidence' AND subject IN (SELECT subject FROM vault_gate WHERE erased_at IS NOT NULL)",
			Events: []holdings.Event{{Name: "end", Column: "(SELECT g.erased_at FROM vault_gate g WHERE g.subject = vault_scope.subject)"}}},
		{Name: Record, Table: "vault_record", ID: "id", Outlives: true, Scope: earlier, Within: "''", Prefix: Evidence,
			Events: []holdings.Event{{Name: "year", Column: "ended_at"}}},
	}
}
