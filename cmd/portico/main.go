// Command portico runs a portal of digital services whose published privacy
// policy is what the program enforces. One file holds one sub-command.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errSilent ends the program with exit code 1 after the command has said why.
var errSilent = errors.New("said already")

func main() { os.Exit(run()) }

// run is main with an exit code, for the command line tests.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := rootCommand().ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errSilent) {
		fmt.Fprintln(os.Stderr, "portico:", err)
	}
	return 1
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "portico",
		Short:             "A portal of digital services whose privacy policy is executable",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Lookup("keys") != nil {
				syscall.Umask(0o077) // it opens a store: what it writes is its owner's alone
			}
			return fromEnvironment(cmd.Flags())
		},
	}
	root.AddCommand(serveCommand(), checkCommand(), initCommand(), policyCommand(), verifyCommand(), proveCommand(), keysCommand(), backupCommand(), restoreCommand(), benchCommand())
	return root
}

// fromEnvironment gives each flag that was not set its environment twin:
// PORTICO_LISTEN is --listen. --demo has none, so that no inherited variable
// turns a portal into a demo.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "PORTICO_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(name)
		if f.Name == "demo" || f.Name == "help" || f.Changed || !set || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = fmt.Errorf("%s: %w", name, e)
		}
	})
	return err
}
