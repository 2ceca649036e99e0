package db

import (
	"embed"
	"io/fs"
)

// Embedded returns the schema of a package: its folder migrations.
func Embedded(files embed.FS) fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
