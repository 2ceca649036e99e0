package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"portico/internal/instance"
)

// measure is one figure and the bound that it must keep.
type measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Bound float64 `json:"bound,omitempty"` // at the most; 0: it is told, not held
	Least bool    `json:"least,omitempty"` // the bound is at the least
	Unit  string  `json:"unit"`
	Note  string  `json:"note,omitempty"`
}

func (m measure) missed() bool {
	return m.Bound > 0 && (m.Least && m.Value < m.Bound || !m.Least && m.Value > m.Bound)
}

// said is how a figure is held to its bound, in a word.
func (m measure) said() string {
	switch {
	case m.Bound == 0:
		return ""
	case m.missed():
		return "MISSED"
	}
	return "kept"
}

func benchCommand() *cobra.Command {
	var asJSON, short, forgetting bool
	var rows int
	var database, browsed string
	cmd := &cobra.Command{
		Use:   "bench [DIR]",
		Short: "Measure this program on a store of its own; exits 1 if a bound is missed",
		Long: "bench starts this program as a demo of DIR, or of a small instance, on a store in a\n" +
			"temporary folder, and measures from outside how it starts, rests and answers. In a\n" +
			"second store it measures what erasing and the schedule of retention cost.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if browsed != "" {
				return browse(cmd.Context(), browsed, cmd.InOrStdin(), cmd.OutOrStdout())
			}
			base, err := os.MkdirTemp("", "portico-bench-")
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(base)) }()
			dir := filepath.Join(base, "instance")
			if len(args) == 1 {
				dir = args[0]
			} else if err := instance.Init(dir); err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			b := &bench{dir: dir, data: filepath.Join(base, "data"), keys: filepath.Join(base, "keys"), events: 10_000, starts: 15, rounds: 20}
			k := &keeping{base: base, database: database, many: 100_000, turns: 7, rows: rows, each: 1000, small: 50, rounds: 5}
			if short {
				b.events, b.starts, b.rounds = 500, 3, 3
				k.many, k.turns, k.rows, k.rounds = 2000, 3, min(rows, 4000), 1
			}
			all, err := k.measured(cmd.Context(), dir)
			if err == nil && database == "" && !forgetting {
				var outside []measure
				outside, err = b.run(cmd.Context())
				all = append(outside, all...)
			}
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			if err := show(cmd.OutOrStdout(), all, asJSON); err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			for _, m := range all {
				if m.missed() {
					return errors.New("bench: a bound is missed")
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&forgetting, "forgetting", false, "measure erasing and the schedule only")
	cmd.Flags().IntVar(&rows, "rows", 1_000_000, "that the schedule removes in each of five rounds")
	cmd.Flags().StringVar(&database, "database", "", "measure erasing and the schedule, and only that, in this empty PostgreSQL `database`")
	cmd.Flags().StringVar(&browsed, "browse", "", "be the browsers beside a measurement of a portal at this `URL`")
	_ = cmd.Flags().MarkHidden("browse")
	cmd.Flags().BoolVar(&short, "short", false, "a smaller store and fewer repetitions; its figures show only that bench works")
	return cmd
}

func show(w io.Writer, all []measure, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "MEASURE\tVALUE\tBOUND\t\tNOTE")
	for _, m := range all {
		bound := "-"
		if m.Bound > 0 {
			bound = fmt.Sprintf("%g %s", m.Bound, m.Unit)
			if m.Least {
				bound = "≥ " + bound
			}
		}
		fmt.Fprintf(t, "%s\t%.2f %s\t%s\t%s\t%s\n", m.Name, m.Value, m.Unit, bound, m.said(), m.Note)
	}
	return t.Flush()
}
