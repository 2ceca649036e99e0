package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/platform/i18n"
	"portico/internal/proof"
)

func proveCommand() *cobra.Command {
	var s app.Store
	cmd := &cobra.Command{
		Use:   "prove DIR",
		Short: "Examine every promise: status, since when, reason, evidence; exits 1 if one is broken",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := app.Prove(cmd.Context(), s, args[0])
			if err != nil {
				return fmt.Errorf("prove: %w", err)
			}
			catalogue, err := i18n.Load(proof.Locales())
			if err != nil {
				return fmt.Errorf("prove: %w", err)
			}
			p := catalogue.Printer("en", time.UTC)
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "PROMISE\tSTATUS\tSINCE\tREASON")
			for _, r := range report.Results {
				since := "-"
				if !r.Since.IsZero() {
					since = r.Since.Format("2006-01-02 15:04")
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Promise.ID, r.Status, since, p.T("proof.reason."+r.Reason))
				for _, e := range r.Evidence {
					fmt.Fprintf(w, "\t\t\t%s\n", p.T("proof.evidence."+e.Code, e.Args...))
				}
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("prove: %w", err)
			}
			if report.Broken() {
				return errors.New("prove: a promise is broken")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&s.Data, "data", "./data", "folder of the embedded database")
	cmd.Flags().StringVar(&s.Keys, "keys", "./keys", "folder of the keys")
	cmd.Flags().StringVar(&s.Database, "database", "", "postgres:// address; without it the database is embedded")
	return cmd
}
