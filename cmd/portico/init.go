package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"portico/internal/instance"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write a small instance with one service, to start from",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := instance.Init(args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s holds an instance; next: portico serve --demo --watch %[1]s\n", args[0])
			return err
		},
	}
}
