package vault

import (
	"context"
	"errors"
	"fmt"

	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// OpenKeys opens the key directory of a store. On an empty store it makes
// both: the keys first, then the stamp that ties the store to them. Whenever
// store and keys do not know each other it answers what is wrong and what to
// do, and makes nothing.
func OpenKeys(ctx context.Context, d *db.DB, dir, instance string, demo bool, now clock.Clock) (*keys.Ring, error) {
	var stamp keys.Stamp
	var founded, empty bool
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		if stamp, founded, err = selectStamp(tx); err == nil && !founded {
			empty, err = isEmpty(tx)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the store's stamp: %w", err)
	case !founded && !empty:
		return nil, errors.New("the store holds people and has lost the stamp of its keys: restore the database from a backup")
	case founded && stamp.Instance != instance:
		return nil, fmt.Errorf("the database belongs to the instance %q, not %q: give this instance its own with --database or --data", stamp.Instance, instance)
	case founded && stamp.Demo && !demo:
		return nil, errors.New("the database is a demo's for ever: start with --demo, or give other --keys, --data and --database")
	case founded && !stamp.Demo && demo:
		return nil, errors.New("the database is not a demo's: start without --demo, or give other --keys, --data and --database")
	}
	ring, err := keys.Open(dir, instance, demo)
	if errors.Is(err, keys.ErrNone) {
		if founded {
			return nil, fmt.Errorf("the database has data and the key directory %s is missing or empty: put it back from the key backup, or name it with --keys; without it nothing can be read", dir)
		}
		ring, err = keys.Create(dir, instance, demo)
	}
	if err != nil {
		return nil, err
	}
	bound, err := ring.Bound()
	switch {
	case err != nil:
		return nil, err
	case founded && !ring.Same(stamp):
		return nil, fmt.Errorf("the key directory %s is not that of this database: name the right one with --keys, or put it back from the key backup", dir)
	case !founded && bound:
		return nil, fmt.Errorf("the key directory %s belongs to a store with data and the database is empty: name the right one with --database or --data, or restore it from a backup; for a new store give an empty --keys", dir)
	case !founded:
		if err := d.Update(ctx, func(tx *db.Tx) error { return putStamp(tx, ring, clock.Micros(now.Now())) }); err != nil {
			return nil, fmt.Errorf("found the store: %w", err)
		}
	}
	if !bound {
		if err := ring.Bind(); err != nil {
			return nil, fmt.Errorf("found the store: %w", err)
		}
	}
	return ring, nil
}

// Founded reports whether the store bears the stamp of its keys.
func Founded(tx *db.Tx) (bool, error) {
	_, founded, err := selectStamp(tx)
	return founded, err
}

// EpochUse counts the scope keys under each epoch.
func EpochUse(ctx context.Context, d *db.DB) (count map[int64]int64, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		count, err = EpochsOf(tx)
		return err
	})
	return count, err
}

// EpochsOf is EpochUse in a transaction.
func EpochsOf(tx *db.Tx) (map[int64]int64, error) {
	count, err := countEpochs(tx)
	if err != nil {
		return nil, fmt.Errorf("count keys by epoch: %w", err)
	}
	return count, nil
}

// rewrapBatch is how many keys change their epoch in one transaction.
const rewrapBatch = 50

// Rewrap wraps every scope key that is under an older epoch under the current
// one, and returns how many it wrapped. Broken off, it goes on where it was
// when it is called again. The keys themselves stay, so nobody's reads notice.
func Rewrap(ctx context.Context, d *db.DB, ring *keys.Ring) (wrapped int64, err error) {
	var last scopeRow
	for {
		var page []scopeRow
		err := d.View(ctx, func(tx *db.Tx) (err error) {
			page, err = pageScopes(tx, last.subject, last.scope, rewrapBatch)
			return err
		})
		if err != nil {
			return wrapped, fmt.Errorf("re-wrap keys: %w", err)
		}
		if len(page) == 0 {
			return wrapped, nil
		}
		last = page[len(page)-1]
		n, err := rewrap(ctx, d, ring, page)
		wrapped += n
		if err != nil {
			return wrapped, fmt.Errorf("re-wrap keys: %w", err)
		}
	}
}

func rewrap(ctx context.Context, d *db.DB, ring *keys.Ring, page []scopeRow) (int64, error) {
	current := ring.Epoch()
	next := make([]wrappedKey, len(page))
	old := 0
	for i, s := range page {
		if s.key.epoch == current {
			continue
		}
		at := scopeKey(ring.Instance(), s.subject, s.scope)
		key, err := ring.Unwrap(at, s.key.epoch, s.key.wrapped)
		if err != nil {
			return 0, err
		}
		next[i].epoch, next[i].wrapped = ring.Wrap(at, key)
		old++
	}
	if old == 0 {
		return 0, nil
	}
	var n int64
	err := d.Update(ctx, func(tx *db.Tx) error {
		n = 0
		for i, s := range page {
			if next[i].wrapped == nil {
				continue
			}
			done, err := swapScope(tx, s, next[i])
			if err != nil {
				return err
			}
			if done {
				n++
			}
		}
		return nil
	})
	return n, err
}
