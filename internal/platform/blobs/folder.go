package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"portico/internal/platform/clock"
	"portico/internal/platform/id"
)

// begun is how the name of a blob ends that is being written.
const begun = ".part"

// Folder is a store in a folder. Blobs are spread over folders below it, by
// the last two characters of their names, which are random.
type Folder struct {
	root  *os.Root
	clock clock.Clock

	mu   sync.Mutex
	made map[string]bool // the folders that are known to be there
}

var _ Store = (*Folder)(nil)

// OpenFolder opens the store in dir, and makes the folder if need be.
func OpenFolder(dir string, now clock.Clock) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	return &Folder{root: root, clock: now, made: map[string]bool{}}, nil
}

// Close closes the folder. What is open stays open.
func (f *Folder) Close() error { return f.root.Close() }

func shard(name string) string { return name[len(name)-2:] }

func place(name string) string { return path.Join(shard(name), name) }

// Place is where a blob stands in a folder.
func Place(name string) string { return place(name) }

// Put writes a blob under its name, as a backup holds it. One that is there is
// replaced.
func (f *Folder) Put(_ context.Context, name string, content io.Reader) error {
	if !id.Valid(name) {
		return fmt.Errorf("put a blob: %q is no name of one", name)
	}
	if err := f.shelf(name); err != nil {
		return fmt.Errorf("make a folder of files: %w", err)
	}
	file, err := f.root.OpenFile(place(name)+begun, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("put a blob: %w", err)
	}
	w := &writer{folder: f, name: name, file: file}
	if _, err := io.Copy(w, content); err != nil {
		w.Abort()
		return fmt.Errorf("put a blob: %w", err)
	}
	return w.Commit()
}

// shelf makes the folder of a blob, durably.
func (f *Folder) shelf(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := shard(name)
	if f.made[dir] {
		return nil
	}
	if err := f.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := f.flush("."); err != nil {
		return err
	}
	f.made[dir] = true
	return nil
}

// flush makes the entries of a folder durable.
func (f *Folder) flush(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Create begins a blob.
func (f *Folder) Create(context.Context) (Writer, error) {
	name := id.New(f.clock.Now())
	if err := f.shelf(name); err != nil {
		return nil, fmt.Errorf("make a folder of files: %w", err)
	}
	file, err := f.root.OpenFile(place(name)+begun, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin a blob: %w", err)
	}
	return &writer{folder: f, name: name, file: file}, nil
}

type writer struct {
	folder *Folder
	name   string
	file   *os.File
	ended  bool
}

func (w *writer) ID() string { return w.name }

func (w *writer) Write(p []byte) (int, error) { return w.file.Write(p) }

func (w *writer) Commit() error {
	if w.ended {
		return fmt.Errorf("commit a blob: it is ended")
	}
	at := place(w.name)
	err := errors.Join(w.file.Sync(), w.file.Close())
	w.ended = true
	if err == nil {
		err = w.folder.root.Rename(at+begun, at)
	}
	if err == nil {
		err = w.folder.flush(shard(w.name))
	}
	if err != nil {
		_ = w.folder.root.Remove(at + begun)
		_ = w.folder.root.Remove(at)
		return fmt.Errorf("commit a blob: %w", err)
	}
	return nil
}

func (w *writer) Abort() {
	if !w.ended {
		w.ended = true
		_ = w.file.Close()
		_ = w.folder.root.Remove(place(w.name) + begun)
	}
}

// Open reads a blob.
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if !id.Valid(name) {
		return nil, ErrNone
	}
	file, err := f.root.Open(place(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("open a blob: %w", err)
	}
	return file, nil
}

// Stat describes a blob.
func (f *Folder) Stat(_ context.Context, name string) (Info, error) {
	if !id.Valid(name) {
		return Info{}, ErrNone
	}
	s, err := f.root.Stat(place(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, ErrNone
	}
	if err != nil {
		return Info{}, fmt.Errorf("look at a blob: %w", err)
	}
	return Info{ID: name, Size: s.Size(), At: s.ModTime(), Done: true}, nil
}

// Delete removes a blob.
func (f *Folder) Delete(_ context.Context, name string) error {
	if !id.Valid(name) {
		return nil
	}
	for _, at := range []string{place(name), place(name) + begun} {
		if err := f.root.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete a blob: %w", err)
		}
	}
	return nil
}

// List calls each for everything there is. What is neither blob nor begun is
// somebody else's and is left alone.
func (f *Folder) List(ctx context.Context, each func(Info) error) error {
	err := fs.WalkDir(f.root.FS(), ".", func(at string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		name, unfinished := strings.CutSuffix(d.Name(), begun)
		if !id.Valid(name) || path.Dir(at) != shard(name) {
			return nil
		}
		s, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return each(Info{ID: name, Size: s.Size(), At: s.ModTime(), Done: !unfinished})
	})
	if err != nil {
		return fmt.Errorf("list blobs: %w", err)
	}
	return nil
}
