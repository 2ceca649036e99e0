package keys

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const lockFile = "lock"

// readPrivate reads a file that only its owner may read.
func readPrivate(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read %s (mode %04o): run chmod 600 on it, and consider the key known", path, info.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is longer than any file of a key directory", path)
	}
	return b, err
}

// writeDurable replaces path with content, whole or not at all, and returns
// once both the file and its name are on disk. What a process that was killed
// while it did so has left is removed: it may hold keys that are destroyed now.
func writeDurable(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	names, err := os.ReadDir(dir)
	for _, one := range names {
		if left := one.Name(); strings.HasPrefix(left, filepath.Base(path)+".") && strings.HasSuffix(left, ".new") {
			err = errors.Join(err, os.Remove(filepath.Join(dir, left)))
		}
	}
	if err != nil {
		return fmt.Errorf("remove what was left of a change: %w", err)
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// locked runs fn while no other process or goroutine does so with dir.
func locked(dir string, fn func() error) (err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock the key directory: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }() // closing unlocks
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the key directory: %w", err)
	}
	return fn()
}

// checkDir refuses a key directory that others can enter.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others can enter the key directory %s (mode %04o): run chmod 700 on it", dir, info.Mode().Perm())
	}
	return nil
}

// Hold takes a folder for this process, until the file is closed or the process
// ends, however it ends; nil if another has it, or it is not there any more.
func Hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil
		}
		return nil, errors.Join(err, f.Close())
	}
	held, err := f.Stat()
	if now, gone := os.Lstat(dir); err != nil || gone != nil || !os.SameFile(held, now) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Empty removes what is in a folder.
func Empty(dir string) error {
	names, err := os.ReadDir(dir)
	for _, name := range names {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name.Name())))
	}
	return err
}
