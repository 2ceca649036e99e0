package pages

import (
	"context"
	"strings"

	"portico/internal/platform/web/ui"
)

// lines are the lines of a text.
func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

func startText(ctx context.Context, signedIn bool) string {
	if signedIn {
		return ui.T(ctx, "services.start")
	}
	return ui.T(ctx, "services.start.sign-in")
}
