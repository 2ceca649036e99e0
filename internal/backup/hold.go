package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// hold takes a folder for this process, until the file is closed or the process
// ends, however it ends; nil if another has it, or it is not there any more.
func hold(dir string) (*os.File, error) {
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

const scratch = "portico-drill-"

// Scratch makes a folder in which a store is restored for a while, with its keys,
// and returns what removes it. One that is left of a process that was killed is
// removed first: it opens what was erased since.
func Scratch() (dir string, remove func() error, err error) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), scratch+"*"))
	for _, old := range left {
		if f, held := hold(old); held == nil && f != nil {
			if gone := os.RemoveAll(old); !errors.Is(gone, fs.ErrPermission) { // what another user made is theirs
				err = errors.Join(err, gone)
			}
			err = errors.Join(err, f.Close())
		}
	}
	if err == nil {
		dir, err = os.MkdirTemp("", scratch)
	}
	var f *os.File
	if err == nil {
		if f, err = hold(dir); err == nil && f == nil {
			err = errors.New("another drill took it away: try again")
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("make a scratch place: %w", err)
	}
	return dir, func() error { return errors.Join(os.RemoveAll(dir), f.Close()) }, nil
}
