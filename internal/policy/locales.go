package policy

import (
	"embed"
	"io/fs"
)

//go:embed locales
var localeFiles embed.FS

// Locales returns the sentence that people read when the policy denies.
func Locales() fs.FS { return localeFiles }
