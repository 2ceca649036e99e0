package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/instance"
)

func policyCommand() *cobra.Command {
	var lang, format string
	cmd := &cobra.Command{
		Use:   "policy DIR",
		Short: "Print the policy that the instance in DIR declares",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := loadInstance(cmd.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			return printPolicy(cmd.OutOrStdout(), in, lang, format)
		},
	}
	cmd.Flags().StringVar(&lang, "lang", "", "language of html and md; the portal's first if left out")
	cmd.Flags().StringVar(&format, "format", "md", "html, md, json, jsonld or cedar")
	return cmd
}

func printPolicy(out io.Writer, in *instance.Instance, lang, format string) error {
	langs := in.Portal.Langs()
	if lang == "" {
		lang = langs[0]
	}
	if !slices.Contains(langs, lang) {
		return fmt.Errorf("the portal does not speak %q: it speaks %s", lang, strings.Join(langs, ", "))
	}
	switch format {
	case "json":
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(in.Declarations)
	case "jsonld":
		b, err := in.Policy.JSONLD(string(in.Environment.Address))
		if err != nil {
			return fmt.Errorf("write the policy as JSON-LD: %w", err)
		}
		_, err = out.Write(b)
		return err
	case "cedar":
		_, err := io.WriteString(out, in.Policy.Cedar())
		return err
	}
	return errors.New("the format is html, md, json, jsonld or cedar")
}
