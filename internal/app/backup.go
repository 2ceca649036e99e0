package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"portico/internal/audit"
	"portico/internal/backup"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Copied is a store that is copied from beside the portal, which may run.
type Copied struct {
	backup.Source
	files *blobs.Folder
}

// OpenSource opens a store to be copied, whatever its instance.
func OpenSource(ctx context.Context, s Store) (_ *Copied, err error) {
	stamp, err := keys.Inspect(s.Keys)
	if err != nil {
		return nil, err
	}
	if err := s.exists(); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, s.URL())
	if err != nil {
		return nil, err
	}
	c := &Copied{Source: backup.Source{DB: d, Clock: clock.System{}, Tables: Holdings()}}
	if err = backup.Refuse(ctx, d); err == nil {
		c.Ring, err = vault.OpenKeys(ctx, d, s.Keys, stamp.Instance, stamp.Demo, c.Clock)
	}
	if err == nil {
		c.files, err = blobs.OpenFolder(filepath.Join(s.Data, "files"), c.Clock)
		c.Blobs = c.files
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return c, nil
}

// Close closes the store.
func (c *Copied) Close() error { return errors.Join(c.files.Close(), c.DB.Close()) }

// Of refuses a store that is another's than the instance in dir. An instance
// with faults is backed up all the same.
func (c *Copied) Of(dir string) error {
	opts, err := LoadOptions(c.Ring.Demo())
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	if in, _ := instance.Load(os.DirFS(dir), opts); in != nil && string(in.Portal.ID) != c.Ring.Instance() {
		return fmt.Errorf("the store is of the instance %q, and %s is of %q", c.Ring.Instance(), dir, in.Portal.ID)
	}
	return nil
}

// RestoreKeys puts a lost key directory back for a database that was not lost:
// what the database knows of the ledger and of the log's signatures is brought
// to it. It returns the last act and the size of the log.
func RestoreKeys(ctx context.Context, s Store, from string) (acts, entries int64, err error) {
	b, err := backup.Open(from, backup.Keys)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := s.exists(); err != nil {
		return 0, 0, err
	}
	d, err := db.Open(ctx, s.URL())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	err = b.PutKeys(s.Keys, func(ring *keys.Ring) error {
		if err := whose(ctx, d, ring); err != nil {
			return err
		}
		c := ledger.Config{DB: d, Ring: ring, Clock: clock.System{}}
		if err := ledger.Catch(ctx, c); err != nil {
			return err
		}
		if err := audit.Look(audit.Config{DB: d, Ring: ring, Clock: clock.System{}, Dir: filepath.Join(s.Data, "log")}).Remember(ctx); err != nil {
			return err
		}
		l, err := ledger.Open(ctx, c)
		if err != nil {
			return err
		}
		signed, err := ring.Signed()
		acts, entries = l.Head().N, signed.Size
		return err
	})
	return acts, entries, err
}

// whose refuses a database that is not that of these keys, or whose keys are
// wrapped under an epoch that they lack.
func whose(ctx context.Context, d *db.DB, ring *keys.Ring) error {
	if _, err := vault.OpenKeys(ctx, d, ring.Dir(), ring.Instance(), ring.Demo(), clock.System{}); err != nil {
		return err
	}
	return d.View(ctx, func(tx *db.Tx) error { return known(tx, ring) })
}

// known refuses a store whose keys are wrapped under an epoch that is not in
// the key directory.
func known(tx *db.Tx, ring *keys.Ring) error {
	used, err := vault.EpochsOf(tx)
	for n := range used {
		if !slices.Contains(ring.Epochs(), n) {
			err = errors.Join(err, fmt.Errorf("keys are wrapped under epoch %d, whose key is not in %s: take a newer key backup", n, ring.Dir()))
		}
	}
	return err
}

// ofStore is an event of what was done to the store as a whole.
func ofStore(activity string, facts audit.Facts) audit.Event {
	return audit.Event{Subject: audit.System, Kind: audit.KindSystem, Actor: audit.Actor{Kind: policy.System.String()}, Activity: activity, Facts: facts}
}

// Record writes into the log of a store, from beside a portal that may be
// running, that something was done to it, and what else notes it there.
func Record(ctx context.Context, d *db.DB, ring *keys.Ring, activity string, facts audit.Facts, also ...func(*db.Tx) error) error {
	c := clock.System{}
	log, err := audit.Open(ctx, audit.Config{DB: d, Ring: ring, Keeper: vault.NewKeeper(ring), Clock: c})
	if err != nil {
		return err
	}
	v := vault.New(vault.Config{DB: d, Ring: ring, Log: log, Clock: c, Policy: func() *policy.Policy { return nil }})
	return d.Update(ctx, func(tx *db.Tx) error {
		for _, note := range also {
			if err := note(tx); err != nil {
				return err
			}
		}
		return v.Append(tx, ofStore(activity, facts))
	})
}
