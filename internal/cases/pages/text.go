package pages

import (
	"context"

	"portico/internal/platform/i18n"
)

// printer is the one of the page.
func printer(ctx context.Context) *i18n.Printer { return i18n.From(ctx) }
