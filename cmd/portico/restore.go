package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"portico/internal/app"
)

func restoreCommand() *cobra.Command {
	var o app.Restoring
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup back into an empty store, or try whether it can be",
		Long: "Put a data backup back into an empty store, with the newest key backup and the newest ledger.\n" +
			"What was taken away since the backup (erasures, withdrawals, opt-outs, revoked credentials) stays away,\n" +
			"sessions end, what went out to people is held, and the log goes on where it was signed last.\n" +
			"A key directory that was not lost stays: its ledger is the newest one. A restore that broke off is\n" +
			"finished by the same command. With --drill, all of it happens in a scratch place, which is removed.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.From == "" || o.Wraps == "" {
				return errors.New("restore: name the data backup with --from and the newest key backup with --keys-from")
			}
			o.Dir, o.Out = args[0], cmd.OutOrStdout()
			if o.Log == "" {
				o.Log = filepath.Join(o.Data, "log")
			}
			if err := app.Restore(cmd.Context(), o); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			return nil
		},
	}
	storeFlags(cmd.Flags(), &o.Store)
	cmd.Flags().StringVar(&o.From, "from", "", "folder of the data backup")
	cmd.Flags().StringVar(&o.Wraps, "keys-from", "", "folder of the newest key backup")
	cmd.Flags().StringVar(&o.Log, "log", "", "folder with the published log, its checkpoint and tiles (default: log in the data folder)")
	cmd.Flags().BoolVar(&o.Drill, "drill", false, "restore into a scratch place, report, and note the drill in the store")
	return cmd
}
