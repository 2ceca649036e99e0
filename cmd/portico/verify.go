package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/audit"
	"portico/internal/consent"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/retention"
	"portico/internal/rights/export"
	"portico/internal/rights/fate"
)

func verifyCommand() *cobra.Command {
	var key, against string
	cmd := &cobra.Command{
		Use:   "verify FILE --key VKEY",
		Short: "Check downloaded records and receipts with the log's published key, offline",
		Long: "Checks that the event in FILE, or each of many, is one that the log held when it signed the checkpoint in FILE.\n" +
			"With --against, also that a copy of the log, a folder with its checkpoint and tiles as downloaded,\n" +
			"still holds it, and everything else that was signed then. FILE may also be the receipt of a consent, the certificate of a disposal\n" +
			"or of an erasure, or the package with somebody's data. Exits 0 if so, 1 if not.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "" {
				return errors.New("verify: --key is needed: the log's verifier key, which stands on the proof page")
			}
			if err := verify(cmd.OutOrStdout(), args[0], key, against); err != nil {
				return fmt.Errorf("not verified: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's verifier key, as published")
	cmd.Flags().StringVar(&against, "against", "", "folder with a later copy of the log: its checkpoint, and its tiles beneath tile/")
	return cmd
}

// fileLimit is more than any file of records has.
const fileLimit = 16 << 20

func verify(out io.Writer, file, key, against string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	if about, err := f.Stat(); err == nil {
		if m, err := export.Verify(f, about.Size(), key); !errors.Is(err, export.ErrNone) {
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "package of %s for %s, made at %s, with %d entries\nverified: the portal signed this package, and nothing in it was changed.\n",
				printable(m.ID), printable(m.Subject), printable(m.Made), len(m.Entries))
			return err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, fileLimit))
	if err != nil {
		return err
	}
	for _, read := range []func(text []byte, key string) ([]string, error){receipt, disposal, erasure} {
		if lines, err := read(text, key); !errors.Is(err, keys.ErrOther) {
			if err == nil {
				_, err = fmt.Fprintln(out, strings.Join(lines, "\n"))
			}
			return err
		}
	}
	records, err := audit.SplitRecords(text)
	if err != nil {
		return err
	}
	var later *os.Root
	if against != "" {
		if later, err = os.OpenRoot(against); err != nil {
			return err
		}
		defer later.Close() //nolint:errcheck // read only
	}
	// All or nothing: one bad record of many, and nothing is called verified.
	var lines []string
	for i, record := range records {
		said, err := verifyOne(record, key, later)
		if err != nil && len(records) > 1 {
			return fmt.Errorf("record %d of %d: %w", i+1, len(records), err)
		}
		if err != nil {
			return err
		}
		lines = append(lines, said...)
	}
	if len(records) > 1 {
		lines = append(lines, fmt.Sprintf("verified: all %d records of the file.", len(records)))
	}
	_, err = fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func receipt(text []byte, key string) ([]string, error) {
	r, err := consent.Verify(text, key)
	if err != nil {
		return nil, err
	}
	return []string{
		fmt.Sprintf("%s of %s to %s at %s", printable(r.Event.State), printable(r.Record.Principal), printable(r.Processing[0].Purpose), printable(r.Event.Time)),
		"verified: the portal signed this receipt.",
	}, nil
}

func disposal(text []byte, key string) (lines []string, err error) {
	c, err := retention.Verify(text, key)
	if err != nil {
		return nil, err
	}
	if to := c.Transferred; to != nil {
		lines = append(lines, fmt.Sprintf("transferred to %s at %s, as %s, in the file with SHA-256 %s", printable(to.To), printable(to.At), printable(to.Reference), printable(to.File)))
	}
	return append(lines,
		fmt.Sprintf("disposal %s at %s, because %s: %d things, %d keys destroyed, %d rows removed", printable(c.Disposal), printable(c.At), printable(c.Because), len(c.Items), c.Keys, c.Rows),
		fmt.Sprintf("verified: the portal signed this certificate, which is %s.", printable(c.State))), nil
}

func erasure(text []byte, key string) (lines []string, err error) {
	c, err := fate.Verify(text, key)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Parts {
		lines = append(lines, part(p))
	}
	return append(lines,
		fmt.Sprintf("erasure %s of %s, answered at %s", printable(c.Request), printable(c.Person), printable(c.Answered)),
		fmt.Sprintf("verified: the portal signed this certificate, which is %s.", printable(c.State))), nil
}

func verifyOne(record []byte, key string, later *os.Root) ([]string, error) {
	v, err := audit.VerifyRecord(record, key)
	if err != nil {
		return nil, err
	}
	lines := append(describe(&v.Event), fmt.Sprintf("verified: the log %s held this event as entry %d of %d when it signed.", v.Checkpoint.Origin, v.Index+1, v.Checkpoint.Size))
	if o := v.Original; o != nil {
		lines = append(lines, fmt.Sprintf("verified: what it reveals stood in the log as entry %d of %d, and is as this event says.", o.Index+1, o.Checkpoint.Size))
	}
	if later == nil {
		return lines, nil
	}
	c, err := v.Against(later.FS(), key)
	if err != nil {
		return nil, err
	}
	return append(lines, fmt.Sprintf("verified: the copy with %d entries holds it too, and all that was signed then: nothing was taken out or rewritten.", c.Size)), nil
}

// describe says what an event says, for people at a terminal.
func describe(e *audit.Event) []string {
	lines := []string{fmt.Sprintf("event %d of %s: %s", e.N, printable(e.Subject), printable(e.Kind))}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, fmt.Sprintf("  %-10s %s", name, printable(text)))
		}
	}
	const moment = "2006-01-02 15:04:05 UTC"
	add("at", clock.FromMicros(e.At).Format(moment))
	if e.Kind == audit.KindRevealed {
		add("happened", e.Happened().Format(moment))
	}
	who := []string{e.Actor.Kind, e.Actor.Role, e.Actor.Party, e.Actor.ID}
	add("by", strings.Join(slices.DeleteFunc(who, func(s string) bool { return s == "" }), ", "))
	add("activity", e.Activity)
	add("purpose", e.Purpose)
	add("basis", e.Basis)
	add("fields", strings.Join(e.Fields, " "))
	add("reference", e.Reference)
	add("reason", e.Reason)
	add("policy", e.Policy)
	return lines
}

// line says what became of a part of an erasure.
func part(p fate.Part) string {
	said := []string{p.Answer}
	for _, one := range []struct{ name, text string }{{"at", p.At}, {"to", p.To}, {"as", p.Reference}, {"ground", p.Ground}, {"until", p.Until}, {"counted from an event that has not happened:", p.Event}, {"period", p.Period}} {
		if one.text != "" {
			said = append(said, one.name+" "+one.text)
		}
	}
	for _, h := range p.Holds {
		said = append(said, "held by "+h.Ground+" until "+cmp.Or(h.Until, "it is lifted"))
	}
	return fmt.Sprintf("  %s %s: %s", printable(p.Kind), printable(p.ID), printable(strings.Join(said, ", ")))
}

// printable keeps a record from driving the terminal.
func printable(s string) string {
	q := fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}
