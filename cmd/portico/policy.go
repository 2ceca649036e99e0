package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/instance"
	"portico/internal/privacy"
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
			return printPolicy(cmd.Context(), cmd.OutOrStdout(), in, lang, format)
		},
	}
	cmd.Flags().StringVar(&lang, "lang", "", "language of html and md; the portal's first if left out")
	cmd.Flags().StringVar(&format, "format", "md", strings.Join(privacy.Formats(), ", "))
	return cmd
}

func printPolicy(ctx context.Context, out io.Writer, in *instance.Instance, lang, format string) error {
	langs := in.Portal.Langs()
	if lang == "" {
		lang = langs[0]
	}
	if !slices.Contains(langs, lang) {
		return fmt.Errorf("the portal does not speak %q: it speaks %s", lang, strings.Join(langs, ", "))
	}
	p := in.Catalogue.Printer(lang, in.Portal.Timezone.Location())
	return privacy.Write(ctx, out, in.Published(time.Time{}), p, format)
}
