package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"portico/internal/app"
)

func keyBackupCommand() *cobra.Command {
	var s app.Store
	var to string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy the newest keys, apart from the data, in the place of the copy before",
		Long: "Copy the key directory, the ledger and the wrapped keys of a portal, which may run.\n" +
			"The copy takes the place of the one before: keep no older ones, they open what was erased since.\n" +
			"With it and a data backup everything can be read: keep the two in different hands.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return errors.New("keys backup: say with --to where the copy goes")
			}
			return copied(cmd.Context(), s, func(c *app.Copied) error {
				m, err := c.WriteKeys(cmd.Context(), to)
				if err != nil {
					return fmt.Errorf("keys: %w", err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n%d keys, epoch %d; act %d of the ledger; %d entries of the log were signed\n", to, rows(m), c.Ring.Epoch(), m.Act, m.Log.Size)
				return err
			})
		},
	}
	storeFlags(cmd.Flags(), &s)
	cmd.Flags().StringVar(&to, "to", "", "folder of the key backup, which is replaced")
	return cmd
}

func keyRestoreCommand() *cobra.Command {
	var s app.Store
	var from string
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Put a lost key directory back, for a database that was not lost",
		Long: "Put a lost key directory back from the newest key backup. The database, which was not lost, brings its\n" +
			"ledger and its signer up to date. Where the database was lost too, use portico restore.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return errors.New("keys restore: name the newest key backup with --from")
			}
			acts, entries, err := app.RestoreKeys(cmd.Context(), s, from)
			if err != nil {
				return fmt.Errorf("keys: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nact %d of the ledger, %d entries of the log were signed\n", s.Keys, acts, entries)
			return err
		},
	}
	storeFlags(cmd.Flags(), &s)
	cmd.Flags().StringVar(&from, "from", "", "folder of the newest key backup")
	return cmd
}
