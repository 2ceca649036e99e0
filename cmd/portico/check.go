package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/instance"
)

func checkCommand() *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Say every fault of the instance in DIR, with file and line",
		Args: func(cmd *cobra.Command, args []string) error {
			if kind != "" {
				return cobra.MaximumNArgs(1)(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if kind != "" {
				return printSchema(cmd.OutOrStdout(), kind)
			}
			in, err := loadInstance(cmd.OutOrStdout(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is sound: %s, %s, version %.12s\n",
				in.Portal.ID, number(len(in.Services), "service"), number(len(in.Portal.Languages), "language"), in.Hash)
			return err
		},
	}
	cmd.Flags().StringVar(&kind, "schema", "", "print the JSON Schema of a kind of file instead: "+strings.Join(instance.SchemaKinds(), ", "))
	return cmd
}

// number is a number of things, in English.
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// loadInstance loads the directory dir as serve does, or prints its faults to
// out, one a line as FILE:LINE: fault.
func loadInstance(out io.Writer, dir string) (*instance.Instance, error) {
	opts, err := app.LoadOptions(false)
	if err != nil {
		return nil, err
	}
	fsys, closer, err := instance.Open(dir)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	if err := app.Declared(dir); err != nil { // many lines follow: it stands above and below them
		fmt.Fprintln(out, err)
		defer fmt.Fprintln(out, err)
	}
	in, faults := instance.Load(fsys, opts)
	for _, f := range faults {
		f.File = filepath.Join(dir, f.File)
		if _, err := fmt.Fprintln(out, f); err != nil {
			return nil, err
		}
	}
	if len(faults) > 0 {
		return nil, errSilent
	}
	return in, nil
}

func printSchema(out io.Writer, kind string) error {
	schema, err := instance.Schema(kind)
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(schema)
}
