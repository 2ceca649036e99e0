package desk

import (
	"embed"
	"io/fs"

	"portico/internal/cases"
	"portico/internal/platform/clock"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Config is what the desk of a portal needs.
type Config struct {
	Cases *cases.Cases
	Clock clock.Clock
}

// Desk is the pages of officials. It is safe for concurrent use.
type Desk struct{ Config }

// New returns the desk of a portal.
func New(c Config) *Desk { return &Desk{c} }
