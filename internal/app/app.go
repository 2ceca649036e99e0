package app

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
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

// url is the address of the database.
func (s *Store) url() string {
	if s.Database != "" {
		return s.Database
	}
	return "file:" + s.file()
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
}
