package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/audit"
	"portico/internal/platform/clock"
	"portico/internal/vault"
)

func keyRotateCommand() *cobra.Command {
	var s app.Store
	var destroy string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Begin a new epoch and wrap every live key under it, or destroy what ended",
		Long: "Begin a new epoch and wrap every live key under it; the portal may run.\n" +
			"With --destroy DIR, destroy instead the keys of epochs that ended before the time that the instance in DIR\n" +
			"declares, that no row names and no node holds, once a key backup under a later one was restored in a drill.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := openKeyStore(cmd.Context(), &s)
			if err != nil {
				return fmt.Errorf("keys: %w", err)
			}
			do := keyRotate
			if destroy != "" {
				do = func(ctx context.Context, out io.Writer, st *keyStore) error { return keyDestroy(ctx, out, st, destroy) }
			}
			return errors.Join(do(cmd.Context(), cmd.OutOrStdout(), st), st.db.Close())
		},
	}
	storeFlags(cmd.Flags(), &s)
	cmd.Flags().StringVar(&destroy, "destroy", "", "folder of the instance: destroy the keys of epochs that ended as it declares")
	return cmd
}

// keyDestroy destroys the keys of epochs that may be destroyed, and says why
// the others stay.
func keyDestroy(ctx context.Context, out io.Writer, s *keyStore, dir string) error {
	gone, kept, err := app.DestroyEpochs(ctx, dir, s.db, s.ring)
	for _, n := range gone {
		fmt.Fprintf(out, "epoch %d: its key is destroyed; make a key backup now, in the place of the one that holds it\n", n)
	}
	for _, n := range slices.Sorted(maps.Keys(kept)) {
		fmt.Fprintf(out, "epoch %d stays: %s\n", n, kept[n])
	}
	if err != nil {
		return fmt.Errorf("destroy the keys of old epochs: %w", err)
	}
	return nil
}

// keyRotate begins an epoch, or finishes the last rotation if it broke off.
// The old epoch's key stays, see keyDestroy.
func keyRotate(ctx context.Context, out io.Writer, s *keyStore) error {
	count, err := vault.EpochUse(ctx, s.db)
	if err != nil {
		return err
	}
	current := s.ring.Epoch()
	begin := true
	for n, keys := range count {
		begin = begin && (n == current || keys == 0)
	}
	if begin {
		if current, err = s.ring.NewEpoch(clock.System{}.Now()); err != nil {
			return err
		}
		fmt.Fprintf(out, "epoch %d begins\n", current)
	} else {
		fmt.Fprintf(out, "the rotation to epoch %d broke off and goes on; run the command again for a new epoch\n", current)
	}
	wrapped, err := vault.Rewrap(ctx, s.db, s.ring)
	if err != nil {
		return fmt.Errorf("%w; run the command again to go on", err)
	}
	facts := audit.Facts{"epoch": strconv.FormatInt(current, 10), "keys": strconv.FormatInt(wrapped, 10)}
	if err := app.Record(ctx, s.db, s.ring, "keys-rotate", facts); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d keys are wrapped under epoch %d\n", wrapped, current)
	_, err = fmt.Fprintln(out, "the keys of older epochs are kept: make a key backup now and restore it in a drill; then portico keys rotate --destroy DIR")
	return err
}
