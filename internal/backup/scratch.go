package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"portico/internal/keys"
)

const scratch = "portico-drill-"

// Scratch makes a folder in which a store is restored for a while, with its keys,
// and returns what removes it. One that is left of a process that was killed is
// removed first: it opens what was erased since.
func Scratch() (dir string, remove func() error, err error) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), scratch+"*"))
	for _, old := range left {
		if f, held := keys.Hold(old); held == nil && f != nil {
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
		if f, err = keys.Hold(dir); err == nil && f == nil {
			err = errors.New("another drill took it away: try again")
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("make a scratch place: %w", err)
	}
	return dir, func() error { return errors.Join(os.RemoveAll(dir), f.Close()) }, nil
}
