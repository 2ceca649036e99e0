package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/vault"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Look at the key directory, begin a new epoch, back keys up or put them back",
		Args:  cobra.NoArgs,
	}
	for use, do := range map[string]struct {
		short string
		run   func(context.Context, io.Writer, *keyStore) error
	}{
		"status": {"Say which keys there are and what is under them", keyStatus},
	} {
		var s app.Store
		sub := &cobra.Command{
			Use:   use,
			Short: do.short,
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				st, err := openKeyStore(cmd.Context(), &s)
				if err != nil {
					return fmt.Errorf("keys: %w", err)
				}
				return errors.Join(do.run(cmd.Context(), cmd.OutOrStdout(), st), st.db.Close())
			},
		}
		storeFlags(sub.Flags(), &s)
		cmd.AddCommand(sub)
	}
	cmd.AddCommand(keyRotateCommand(), keyBackupCommand(), keyRestoreCommand())
	return cmd
}

// keyStore is a store and its keys, whatever their instance.
type keyStore struct {
	db   *db.DB
	ring *keys.Ring
}

func openKeyStore(ctx context.Context, s *app.Store) (*keyStore, error) {
	stamp, err := keys.Inspect(s.Keys)
	if err != nil {
		return nil, err
	}
	url := s.Database
	if url == "" {
		path := filepath.Join(s.Data, "portico.db")
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("there is no database in %s: name it with --data or --database", s.Data)
		}
		url = "file:" + path
	}
	d, err := db.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	ring, err := vault.OpenKeys(ctx, d, s.Keys, stamp.Instance, stamp.Demo, clock.System{})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &keyStore{d, ring}, nil
}

func keyStatus(ctx context.Context, out io.Writer, s *keyStore) error {
	count, err := vault.EpochUse(ctx, s.db)
	if err != nil {
		return err
	}
	signed, err := s.ring.Signed()
	if err != nil {
		return err
	}
	kind := ""
	if s.ring.Demo() {
		kind = " (demo)"
	}
	fmt.Fprintf(out, "instance      %s%s\n", s.ring.Instance(), kind)
	for _, n := range s.ring.Epochs() {
		what := "kept: older backups name it"
		if n == s.ring.Epoch() {
			what = "current"
		} else if count[n] > 0 {
			what = "left by a rotation that broke off: run portico keys rotate"
		}
		fmt.Fprintf(out, "epoch %-7d %d keys, %s\n", n, count[n], what)
	}
	fmt.Fprintf(out, "log           %d entries signed\n", signed.Size)
	fmt.Fprintf(out, "verifier key  %s\n", s.ring.Vkey())
	head, err := ledger.Read(s.ring.Dir(), s.ring.Instance(), func(ledger.Entry) error { return nil })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "ledger        %d acts\n", head.N)
	return err
}
