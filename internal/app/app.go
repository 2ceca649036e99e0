package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"portico/internal/retention/measure"
)

// Store says where a portal keeps what it keeps.
type Store struct {
	Data     string // folder of the embedded database, the files and the published log
	Keys     string // folder of the keys
	Database string // postgres:// address, or empty for the embedded database
	Demo     bool   // a demo store, from its creation and for ever
}

// file is where the embedded database is.
func (s *Store) file() string { return filepath.Join(s.Data, "portico.db") }

// URL is the address of the database.
func (s *Store) URL() string {
	if s.Database != "" {
		return s.Database
	}
	return "file:" + s.file()
}

// apart refuses a store inside the directory of its instance: what lies there
// is declared, and the next load would find faults.
func (s *Store) apart(instance string) error {
	home, err := where(instance)
	if err != nil {
		return err
	}
	for _, f := range [][2]string{{"--data", s.Data}, {"--keys", s.Keys}} {
		flag, dir := f[0], f[1]
		at, err := where(dir)
		if err != nil {
			return err
		}
		if way, err := filepath.Rel(home, at); err == nil && filepath.IsLocal(way) {
			return fmt.Errorf("%s %s is inside the instance %s, where only declarations lie: name a folder beside it", flag, dir, instance)
		}
	}
	return nil
}

// where is the place that a path leads to, whether it is there yet or not.
func where(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for rest := ""; ; path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest) {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return "", fmt.Errorf("find %s: %w", path, err)
		}
	}
}

// exists answers an error if the embedded database is not there, for whoever
// only looks at a store: opening it would make it.
func (s *Store) exists() error {
	if s.Database != "" {
		return nil
	}
	if _, err := os.Stat(s.file()); err != nil {
		return fmt.Errorf("there is no database in %s: name it with --data or --database", s.Data)
	}
	return nil
}

// Options is what `portico serve` was told.
type Options struct {
	Store
	Dir     string // the instance
	Listen  string // host:port; port 0 takes a free one
	Metrics string // host:port, or empty for none
	Watch   bool
	Out     io.Writer // the lines that others rely on
	Logger  *slog.Logger
	Measure func(ctx context.Context, c measure.Config, url string) // beside the portal, for `portico bench`
}
