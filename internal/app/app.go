package app

import (
	"io"
	"log/slog"
)

// Store says where a portal keeps what it keeps.
type Store struct {
	Data     string // folder of the embedded database, the files and the published log
	Keys     string // folder of the keys
	Database string // postgres:// address, or empty for the embedded database
	Demo     bool   // a demo store, from its creation and for ever
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
