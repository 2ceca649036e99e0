package keys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// held are the files of a key directory that this package writes, the one
// without which it is unfinished last.
func held() []string { return []string{rootFile, stateFile, ringFile} }

// Copy calls each with every file of the key directory, as of one moment: the
// root key too, where it is in a file. The ledger is package ledger's.
func (r *Ring) Copy(each func(name string, content []byte) error) error {
	return locked(r.dir, func() error {
		for _, name := range held() {
			content, err := readPrivate(filepath.Join(r.dir, name), ringLimit)
			if err == nil {
				err = each(name, content)
			}
			if err != nil {
				return fmt.Errorf("copy the key directory: %w", err)
			}
		}
		return nil
	})
}

// Put makes a key directory of files that Copy gave out, and others that
// belong there. dir must be missing or empty. It is there once ready, which gets
// the folder in which they are, found them good, and before that not at all.
func Put(dir string, files map[string][]byte, ready func(dir string) error) error {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return fmt.Errorf("the key directory %s is not empty: keys are put back into an empty one only", dir)
	}
	for _, name := range held() {
		if files[name] == nil {
			return fmt.Errorf("%s is not among the keys that are put back", name)
		}
	}
	dir = filepath.Clean(dir)
	making := dir + ".new"
	held, err := take(making)
	if err != nil {
		return fmt.Errorf("put the key directory back: %w", err)
	}
	for name, content := range files {
		if err == nil {
			err = writeDurable(filepath.Join(making, name), content)
		}
	}
	if err == nil {
		err = ready(making)
	}
	if err == nil {
		err = replace(dir, making)
	}
	if err != nil { // what was written there holds keys
		err = fmt.Errorf("put the key directory back: %w", errors.Join(err, os.RemoveAll(making)))
	}
	return errors.Join(err, held.Close())
}

// take makes a folder that is empty, in the place of what broke off there, and
// this process's alone until it is closed.
func take(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	held, err := Hold(dir)
	if err == nil && held == nil {
		err = fmt.Errorf("another process is writing %s", dir)
	}
	if err != nil {
		return nil, err
	}
	if err := Empty(dir); err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return held, nil
}

// replace gives a folder the name of one that is missing or empty.
func replace(dir, by string) error {
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(by, dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// Remember notes that a checkpoint was signed, for a key directory that was
// put back from before: the signer signs nothing smaller from then on.
func (r *Ring) Remember(signed State) error {
	return locked(r.dir, func() error {
		last, err := readState(r.dir)
		if err != nil || last.Size >= signed.Size {
			return err
		}
		return writeState(r.dir, signed)
	})
}
