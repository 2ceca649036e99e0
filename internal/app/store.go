package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"portico/internal/audit"
	"portico/internal/instance"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/proof"
	"portico/internal/vault"
)

// store is an open store with its keys and its log.
type store struct {
	db    *db.DB
	ring  *keys.Ring
	log   *audit.Log
	acts  *ledger.Ledger // what was taken away
	blobs blobs.Store    // the sealed bytes of files
	file  string         // of the database; empty where it is no file
}

// opener opens a store's log: audit.Open, or one that refuses nothing.
type opener func(context.Context, audit.Config) (*audit.Log, error)

// openStore opens a store, brings its schema up to date, and refuses it when
// it holds a column that nobody declared (I1), when it and the keys do not
// know each other, or when its log is not what was signed.
func openStore(ctx context.Context, s Store, in *instance.Instance, now clock.Clock, openLog opener) (*store, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	d, err := db.Open(ctx, s.URL())
	if err != nil {
		return nil, err
	}
	st := &store{db: d}
	if s.Database == "" {
		st.file = s.file()
	}
	if err := st.ready(ctx, s, in, now, openLog); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return st, nil
}

func (st *store) ready(ctx context.Context, s Store, in *instance.Instance, now clock.Clock, openLog opener) error {
	if err := st.db.Migrate(ctx, Migrations()...); err != nil {
		return err
	}
	if err := proof.Refuse(ctx, st.db, Holdings()); err != nil {
		return err
	}
	var err error
	if st.ring, err = vault.OpenKeys(ctx, st.db, s.Keys, string(in.Portal.ID), s.Demo, now); err != nil {
		return err
	}
	if st.acts, err = ledger.Open(ctx, ledger.Config{DB: st.db, Ring: st.ring, Clock: now}); err != nil {
		return err
	}
	if st.blobs, err = blobs.OpenFolder(filepath.Join(s.Data, "files"), now); err != nil {
		return err
	}
	st.log, err = openLog(ctx, audit.Config{
		DB: st.db, Ring: st.ring, Keeper: vault.NewKeeper(st.ring), Clock: now, Dir: filepath.Join(s.Data, "log"),
	})
	return err
}

// reachable reports whether the database answers.
func (st *store) reachable(ctx context.Context) error {
	return st.db.View(ctx, func(tx *db.Tx) error {
		var one int
		return tx.QueryRow("SELECT 1").Scan(&one)
	})
}
