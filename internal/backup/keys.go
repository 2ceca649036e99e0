package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// keyTable is where the store keeps the wrapped keys of scopes.
const keyTable = "vault_scope"

const keyDir = "keys"

func keyColumns() []string { return []string{"subject", "scope", "epoch", "wrapped"} }

// WriteKeys copies the keys of a store that may be running, in the place of
// the key backup that stands at to.
func (s *Source) WriteKeys(ctx context.Context, to string) (m *Manifest, err error) {
	w, err := begin(to)
	if err != nil {
		return nil, fmt.Errorf("begin a key backup: %w", err)
	}
	w.Kind, w.At = Keys, s.Clock.Now()
	if err = s.replaceable(w.to); err == nil {
		if err = s.keys(ctx, w); err == nil {
			m, err = w.finish(s.Ring, true, func() {})
		}
	}
	if err != nil {
		w.abort()
		return nil, fmt.Errorf("back the keys up: %w", err)
	}
	return m, nil
}

// replaceable refuses to replace what is no key backup of these keys. One that
// was about to be replaced has its name again first: until a new one is whole,
// it is the only one.
func (s *Source) replaceable(to string) error {
	if missing(to) && !missing(to+replaced) {
		if err := os.Rename(to+replaced, to); err != nil {
			return err
		}
	}
	if missing(to) {
		return nil
	}
	old, err := Open(to, Keys)
	if err != nil {
		return fmt.Errorf("%s is there and is no key backup that could be replaced: %w", to, err)
	}
	return errors.Join(old.Signed(s.Ring), old.Close())
}

func (s *Source) keys(ctx context.Context, w *writer) error {
	t := Table{Name: keyTable, Columns: keyColumns()}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if w.Schema, err = db.Version(tx); err != nil {
			return err
		}
		return w.file(tableFile(keyTable), func(out io.Writer) (err error) {
			t.Rows, err = dump(tx, out, keyTable, t.Columns)
			return err
		})
	})
	if err != nil {
		return err
	}
	w.Tables = []Table{t}
	put := func(name string, content []byte) error {
		return w.file(path.Join(keyDir, name), func(out io.Writer) error {
			_, err := out.Write(content)
			return err
		})
	}
	// Behind the wrapped keys: the epochs that wrap them are all there, and an
	// act that took one of them away since is in the ledger.
	if err := s.Ring.Copy(put); err != nil {
		return err
	}
	if w.Log, err = s.Ring.Signed(); err != nil {
		return err
	}
	var text bytes.Buffer
	head, err := ledger.Copy(s.Ring.Dir(), s.Ring.Instance(), &text)
	if err != nil {
		return err
	}
	w.Act, w.Ledger = head.N, head.String()
	return put(ledger.FileName, text.Bytes())
}

// PutKeys makes a key directory of a key backup. dir must be missing or empty,
// and is left so unless ready, which gets the keys, finds them good.
func (b *Backup) PutKeys(dir string, ready func(*keys.Ring) error) error {
	files := map[string][]byte{}
	for _, f := range b.Files {
		if path.Dir(f.Name) != keyDir {
			continue
		}
		content, err := b.small(f.Name, f.Size)
		if err != nil {
			return fmt.Errorf("read the key backup: %w", err)
		}
		files[path.Base(f.Name)] = content
	}
	return keys.Put(dir, files, func(dir string) error {
		ring, err := keys.Open(dir, b.Instance, b.Demo)
		if err == nil {
			err = b.Signed(ring)
		}
		if err == nil {
			err = ready(ring)
		}
		return err
	})
}

// LoadKeys fills the table of wrapped keys from a key backup.
func (b *Backup) LoadKeys(tx *db.Tx) error {
	put, err := db.Load(tx, keyTable, keyColumns())
	if err == nil {
		_, err = b.rows(tableFile(keyTable), len(keyColumns()), put)
	}
	return err
}
