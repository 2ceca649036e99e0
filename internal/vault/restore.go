package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Known reports whether a subject has a gate, erased or not: a store that was
// restored does not know who came after its backup.
func (v *Vault) Known(tx *db.Tx, subject string) (bool, error) {
	_, err := selectGate(tx, subject)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look a gate up: %w", err)
	}
	return true, nil
}

// Replay destroys in a store that was restored the keys that were destroyed
// since, and reports whether the act is one of this package.
func (v *Vault) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	if a.Kind != ledger.Erase {
		return false, nil
	}
	if a.Scope == "" {
		err = closeAll(tx, []string{a.Subject}, clock.Micros(a.At))
	} else {
		err = destroy(tx, []Key{{a.Subject, a.Scope}})
	}
	if err == nil {
		err = deleteKeyless(tx, a.Subject)
	}
	if err != nil {
		err = fmt.Errorf("erase again: %w", err)
	}
	return true, err
}

// Reindex lets somebody be found again by a value of their own, in a store
// that was restored without its indexes: found is a subject or what else Index
// was told. The value stays in here. It reports false where there is none.
func (v *Vault) Reindex(tx *db.Tx, field, subject, scope, found string) (bool, error) {
	there := false
	err := v.again(tx, field, subject, scope, func(item, text string) error {
		if item != "" {
			return nil
		}
		there = true
		return v.Index(tx, field, found, text)
	})
	return there, err
}

// Rehash is Reindex for a feature with an index of its own: the keyed hashes of
// a field's values, the oldest first. Form says how a value is compared, and
// leaves out what it is not compared by.
func (v *Vault) Rehash(tx *db.Tx, kind, field, subject, scope string, form func(value string) (string, bool)) (list [][]byte, err error) {
	err = v.again(tx, field, subject, scope, func(_, text string) error {
		if compared, ok := form(text); ok {
			list = append(list, v.ring.Index(kind, compared))
		}
		return nil
	})
	return list, err
}

// again opens what is there of a field for whoever indexes it, the oldest first.
func (v *Vault) again(tx *db.Tx, field, subject, scope string, each func(item, text string) error) error {
	s, err := selectSealed(tx, subject, scope)
	if errors.Is(err, db.ErrNoRows) || err == nil && (s.key.wrapped == nil || s.gate.erased) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("index again: %w", err)
	}
	box, err := v.boxes.open(subject, scope, s.key)
	if err != nil {
		return err
	}
	slices.SortStableFunc(s.values, func(a, b sealedValue) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.item, a.item)) // a value after what it replaced
	})
	for i := range s.values {
		sealed := &s.values[i]
		if sealed.field != field {
			continue
		}
		text, err := box.Open(v.place(subject, scope, sealed), sealed.sealed)
		if err == nil {
			err = each(sealed.item, string(text))
		}
		if err != nil {
			return fmt.Errorf("index %s again: %w", field, err)
		}
	}
	return nil
}

// Whole opens every value of a store and says whose there are, and how many do
// not open: for a drill, which shows nobody any. A value whose key was
// destroyed, as the ledger tells, waits for its sweep and is neither.
func (v *Vault) Whole(ctx context.Context) (people, opened, shut int64, err error) {
	err = v.db.View(ctx, func(tx *db.Tx) error {
		people, opened, shut = 0, 0, 0
		if err := selectGates(tx, func(string, int64) error { people++; return nil }); err != nil {
			return err
		}
		keyless := map[[2]string]int64{}
		if err := eachValue(tx, func(subject, scope string, k wrappedKey, value *sealedValue) error {
			if k.wrapped == nil {
				keyless[[2]string{subject, scope}]++
				return nil
			}
			box, err := v.boxes.open(subject, scope, k)
			if err == nil {
				_, err = box.Open(v.place(subject, scope, value), value.sealed)
			}
			if err != nil {
				shut++
			} else {
				opened++
			}
			return nil
		}); err != nil {
			return err
		}
		for at, n := range keyless {
			erased, err := ledger.Erased(tx, at[0], at[1])
			if err != nil {
				return err
			}
			if !erased {
				shut += n
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("open every value: %w", err)
	}
	return people, opened, shut, nil
}
