package backup

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/blobs"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// Source is a store that is copied.
type Source struct {
	DB     *db.DB
	Ring   *keys.Ring
	Blobs  blobs.Store
	Clock  clock.Clock
	Tables []db.Table // what every feature declares of its tables
}

// WriteData copies the database and the files of a store that may be running.
// to must not exist. Once all of it is there, and before it gets its name, note
// notes that it was made: one that has its name was noted, or note failed.
func (s *Source) WriteData(ctx context.Context, to string, note func(*Manifest) error) (m *Manifest, err error) {
	if _, err := os.Lstat(to); err == nil {
		return nil, fmt.Errorf("%s exists: a data backup gets a place of its own", to)
	}
	w, err := begin(to)
	if err != nil {
		return nil, fmt.Errorf("begin a backup: %w", err)
	}
	w.Kind = Data
	var unnoted error
	if err = s.data(ctx, w); err == nil {
		m, err = w.finish(s.Ring, false, func() { unnoted = note(&w.Manifest) })
	}
	if err != nil {
		w.abort()
		return nil, fmt.Errorf("back up: %w", err)
	}
	if unnoted != nil {
		return m, fmt.Errorf("the backup is whole; note in the store that it was made: %w", unnoted)
	}
	return m, nil
}

func (s *Source) data(ctx context.Context, w *writer) error {
	// The ledger first: what it holds by now is in the copy for sure, and what
	// comes later is replayed, whether it is in the copy or not.
	if err := s.head(w); err != nil {
		return err
	}
	// Files before the database and after it: one that the database names was
	// there before it, or is there still.
	copied := map[string]bool{}
	if err := s.files(ctx, w, copied); err != nil {
		return err
	}
	tables, err := s.DB.Tables(ctx)
	if err != nil {
		return err
	}
	schema, err := s.DB.Schema(ctx)
	if err != nil {
		return err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if w.Log, err = audit.Size(tx); err != nil {
			return err
		}
		w.At = s.Clock.Now() // of this state: keys that were copied before it are not all of them
		if w.Schema, err = db.Version(tx); err != nil {
			return err
		}
		for _, name := range tables {
			if err := s.table(tx, w, name, schema[name]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.files(ctx, w, copied)
}

func (s *Source) head(w *writer) error {
	head, err := ledger.Read(s.Ring.Dir(), s.Ring.Instance(), func(ledger.Entry) error { return nil })
	w.Act, w.Ledger = head.N, head.String()
	return err
}

// table copies a table without what no data backup holds.
func (s *Source) table(tx *db.Tx, w *writer, name string, columns []string) error {
	i := slices.IndexFunc(s.Tables, func(t db.Table) bool { return t.Name == name })
	if i < 0 {
		return fmt.Errorf("the table %s is declared by no feature", name)
	}
	declared := s.Tables[i]
	if declared.Apart {
		return nil
	}
	t := Table{Name: name}
	for _, c := range columns {
		if declared.Columns[c] == db.Index {
			t.Indexes = append(t.Indexes, c)
		} else {
			t.Columns = append(t.Columns, c)
		}
	}
	err := w.file(tableFile(name), func(out io.Writer) (err error) {
		t.Rows, err = dump(tx, out, name, t.Columns)
		return err
	})
	w.Tables = append(w.Tables, t)
	return err
}

func tableFile(name string) string { return path.Join(tablesDir, name+".jsonl") }

// dump writes the rows of a table, a line of JSON each.
func dump(tx *db.Tx, out io.Writer, table string, columns []string) (rows int64, err error) {
	buffered := bufio.NewWriterSize(out, 1<<16)
	err = db.Dump(tx, table, columns, func(row []any) error {
		rows++
		line := make([]any, len(row))
		for i, v := range row {
			if b, ok := v.([]byte); ok { // also a nil one: no bytes, as SQLite's driver has them
				v = sealed{b}
			}
			line[i] = v
		}
		text, err := json.Marshal(line)
		if err == nil {
			_, err = buffered.Write(append(text, '\n'))
		}
		return err
	})
	return rows, errors.Join(err, buffered.Flush())
}

// sealed are bytes, as a backup writes them.
type sealed struct {
	B []byte `json:"b"`
}

// files copies the files that were not copied yet.
func (s *Source) files(ctx context.Context, w *writer, copied map[string]bool) error {
	return s.Blobs.List(ctx, func(b blobs.Info) error {
		if !b.Done || copied[b.ID] {
			return nil
		}
		r, err := s.Blobs.Open(ctx, b.ID)
		if errors.Is(err, blobs.ErrNone) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		defer r.Close() //nolint:errcheck // read only
		copied[b.ID] = true
		return w.file(path.Join(filesDir, blobs.Place(b.ID)), func(out io.Writer) error {
			_, err := io.Copy(out, r)
			return err
		})
	})
}

// Load fills an empty database, whose schema has the backup's version, with
// the rows of a data backup. A blind index that stands in the middle of a row
// is filled with what belongs to nobody.
func (b *Backup) Load(tx *db.Tx) error {
	for _, t := range b.Tables {
		put, err := db.Load(tx, t.Name, slices.Concat(t.Columns, t.Indexes))
		if err != nil {
			return err
		}
		n, err := b.rows(tableFile(t.Name), len(t.Columns), func(row []any) error {
			for range t.Indexes {
				nothing := make([]byte, 32)
				_, _ = rand.Read(nothing)
				row = append(row, nothing)
			}
			return put(row)
		})
		if err == nil && n != t.Rows {
			err = fmt.Errorf("%s has %d rows, and %d were written", tableFile(t.Name), n, t.Rows)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows reads what dump wrote.
func (b *Backup) rows(name string, width int, each func([]any) error) (n int64, err error) {
	f, err := b.root.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	dec.UseNumber()
	for {
		var line []any
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil || len(line) != width {
			return n, fmt.Errorf("row %d of %s is damaged", n+1, name)
		}
		for i, v := range line {
			if line[i], err = value(v); err != nil {
				return n, fmt.Errorf("row %d of %s: %w", n+1, name, err)
			}
		}
		if err := each(line); err != nil {
			return n, err
		}
		n++
	}
}

// value is a value as dump wrote it.
func value(v any) (any, error) {
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		return v.Int64()
	case map[string]any:
		text, _ := v["b"].(string)
		var s sealed
		err := json.Unmarshal([]byte(`{"b":"`+text+`"}`), &s)
		if s.B == nil {
			s.B = []byte{}
		}
		return s.B, err
	}
	return nil, errors.New("it holds what no column holds")
}

// LoadFiles puts the files of a data backup into a folder of files.
func (b *Backup) LoadFiles(ctx context.Context, to *blobs.Folder) (n int64, err error) {
	for _, f := range b.Files {
		if path.Dir(path.Dir(f.Name)) != filesDir {
			continue
		}
		if err := b.loadFile(ctx, to, f); err != nil {
			return n, fmt.Errorf("put the file %s back: %w", f.Name, err)
		}
		n++
	}
	return n, nil
}

func (b *Backup) loadFile(ctx context.Context, to *blobs.Folder, f File) error {
	r, err := b.root.Open(f.Name)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read only
	return to.Put(ctx, path.Base(f.Name), r)
}
