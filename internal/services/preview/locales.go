package preview

import (
	"embed"
	"io/fs"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }
