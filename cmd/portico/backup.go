package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/audit"
	"portico/internal/backup"
	"portico/internal/platform/db"
)

func backupCommand() *cobra.Command {
	var s app.Store
	var to string
	cmd := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the database and the files of a portal, which may run",
		Long: "Copy the database and the files of a portal, which may run, into a new folder.\n" +
			"The copy holds no key and no blind index: it can be read only together with a key backup\n" +
			"(portico keys backup) that was made after it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return errors.New("backup: say with --to where the copy goes")
			}
			return copied(cmd.Context(), s, func(c *app.Copied) error {
				if err := c.Of(args[0]); err != nil {
					return fmt.Errorf("backup: %w", err)
				}
				m, err := c.WriteData(cmd.Context(), to, func(m *backup.Manifest) error {
					facts := audit.Facts{"rows": strconv.FormatInt(rows(m), 10), "entries": strconv.FormatInt(m.Log.Size, 10)}
					return app.Record(cmd.Context(), c.DB, c.Ring, "backup", facts, func(tx *db.Tx) error { return backup.Made(tx, m.At) })
				})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n%d tables, %d rows, %d files; %d entries of the log; act %d of the ledger\nmake a key backup now: portico keys backup\n",
					to, len(m.Tables), rows(m), len(m.Files)-len(m.Tables), m.Log.Size, m.Act)
				return err
			})
		},
	}
	storeFlags(cmd.Flags(), &s)
	cmd.Flags().StringVar(&to, "to", "", "folder of the backup, which must not exist")
	return cmd
}

func rows(m *backup.Manifest) (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// copied opens a store for fn and closes it.
func copied(ctx context.Context, s app.Store, fn func(*app.Copied) error) error {
	c, err := app.OpenSource(ctx, s)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close())
}
