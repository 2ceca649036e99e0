package blobs

import (
	"context"
	"io"
	"time"

	"portico/internal/platform/fault"
)

// ErrNone says that there is no such blob.
var ErrNone = fault.New(fault.NotFound, "error.not-found")

// Info is what a store knows of a blob.
type Info struct {
	ID   string
	Size int64
	At   time.Time // when it was written
	Done bool      // false: what a program left behind that died while it wrote
}

// Store keeps blobs.
type Store interface {
	// Create begins a blob.
	Create(ctx context.Context) (Writer, error)
	// Open reads a blob, or answers ErrNone.
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	// Stat describes a blob, or answers ErrNone.
	Stat(ctx context.Context, id string) (Info, error)
	// Delete removes a blob, begun or done. One that is not there is removed.
	Delete(ctx context.Context, id string) error
	// List calls each for everything there is.
	List(ctx context.Context, each func(Info) error) error
}

// Writer is a blob while it is written. One of Commit and Abort ends it.
type Writer interface {
	io.Writer
	// ID is the name that the blob will have.
	ID() string
	// Commit makes the blob durable under its name.
	Commit() error
	// Abort leaves nothing behind. After Commit it does nothing.
	Abort()
}
