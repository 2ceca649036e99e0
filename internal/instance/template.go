package instance

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed all:template
var template embed.FS

// Template returns a small instance in English with one service.
func Template() fs.FS {
	sub, err := fs.Sub(template, "template")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Init writes the template to dir, which is created if it does not exist and
// must be empty if it does. It overwrites nothing.
func Init(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s is not empty", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look into the directory: %w", err)
	}
	if err := os.MkdirAll(filepath.Clean(dir), 0o755); err != nil { //nolint:gosec // declarations are not secret
		return fmt.Errorf("make the directory: %w", err)
	}
	if err := os.CopyFS(dir, Template()); err != nil {
		return fmt.Errorf("write the instance: %w", err)
	}
	return nil
}
