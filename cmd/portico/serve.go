package main

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portico/internal/app"
)

func serveCommand() *cobra.Command {
	var o app.Options
	cmd := &cobra.Command{
		Use:   "serve DIR",
		Short: "Run the portal that DIR declares",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Dir = args[0]
			o.Out = cmd.OutOrStdout()
			o.Logger = slog.New(slog.NewJSONHandler(os.Stderr, nil))
			return app.Serve(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "", "address of the portal; port 0 takes a free one (default that of environment.yaml, or 127.0.0.1:8080)")
	cmd.Flags().StringVar(&o.Metrics, "metrics", "", "address of the metrics, on a listener of their own")
	cmd.Flags().BoolVar(&o.Watch, "watch", false, "load the directory again when it changes")
	cmd.Flags().BoolVar(&o.Demo, "demo", false, "serve a demo store: synthetic people, no second factor, mail is caught")
	storeFlags(cmd.Flags(), &o.Store)
	return cmd
}

// storeFlags are the flags of each command that opens a store.
func storeFlags(flags *pflag.FlagSet, s *app.Store) {
	flags.StringVar(&s.Data, "data", "./data", "folder of the embedded database, the files and the published log")
	flags.StringVar(&s.Keys, "keys", "./keys", "folder of the keys, apart from the data")
	flags.StringVar(&s.Database, "database", "", "postgres:// address; without it the database is embedded")
}
