package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"portico/internal/keys"
)

// Kind says what a backup holds.
type Kind string

// The two kinds.
const (
	Data Kind = "data"
	Keys Kind = "keys"
)

// Manifest is what a backup says of itself, signed.
type Manifest struct {
	Version  int        `json:"version"`
	Kind     Kind       `json:"kind"`
	Instance string     `json:"instance"`
	Demo     bool       `json:"demo"`
	At       time.Time  `json:"at"`
	Schema   int64      `json:"schema"` // version of the database's schema
	Log      keys.State `json:"log"`    // the log as the backup holds it; of keys: as it was signed last
	Act      int64      `json:"act"`    // acts that the ledger held before the copy began
	Ledger   string     `json:"ledger"` // and its head: number and hash
	Tables   []Table    `json:"tables,omitempty"`
	Files    []File     `json:"files"`
}

// Table is a table of a data backup.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Indexes []string `json:"indexes,omitempty"` // blind indexes, left out
	Rows    int64    `json:"rows"`
}

// File is a file of a backup, by its path in it.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	version      = 1
	manifestName = "manifest.json"
	signName     = "manifest.sig"
	manifestMax  = 256 << 20
	tablesDir    = "tables"
	filesDir     = "files"
	partial      = ".partial" // how the folder of a backup is called until it is whole
	replaced     = ".old"     // and the one before it, until the new one has its place
)

func (k Kind) statement() string { return "backup of " + string(k) }

// writer writes the folder of a backup.
type writer struct {
	to   string // where it will stand
	held *os.File
	root *os.Root
	Manifest
}

// begin makes the folder in which a backup is written, which is its own until
// it ends. What broke off before is removed.
func begin(to string) (w *writer, err error) {
	w = &writer{to: filepath.Clean(to)}
	in := w.to + partial
	if err := os.MkdirAll(in, 0o700); err != nil {
		return nil, err
	}
	if w.held, err = keys.Hold(in); err != nil {
		return nil, err
	}
	if w.held == nil {
		return nil, fmt.Errorf("another process is writing %s", in)
	}
	if err = keys.Empty(in); err == nil {
		w.root, err = os.OpenRoot(in)
	}
	if err != nil {
		return nil, errors.Join(err, w.held.Close())
	}
	return w, nil
}

// abort removes what was written.
func (w *writer) abort() {
	_ = errors.Join(w.root.Close(), os.RemoveAll(w.to+partial), w.held.Close())
}

// file writes one file, flushed, and notes it in the manifest.
func (w *writer) file(name string, write func(io.Writer) error) (err error) {
	if err := w.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if err := write(io.MultiWriter(f, sum)); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w.Files = append(w.Files, File{name, info.Size(), hex.EncodeToString(sum.Sum(nil))})
	return f.Sync()
}

// finish signs the manifest and gives the folder its name, once whole was told
// that all of it is there. replace lets it take the place of the backup that
// stands there.
func (w *writer) finish(ring *keys.Ring, replace bool, whole func()) (*Manifest, error) {
	w.Version, w.Instance, w.Demo = version, ring.Instance(), ring.Demo()
	text, err := json.MarshalIndent(&w.Manifest, "", " ")
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		manifestName: text, signName: base64.StdEncoding.AppendEncode(nil, ring.Attest(w.Kind.statement(), text)),
	} {
		if err := w.root.WriteFile(name, content, 0o600); err != nil {
			return nil, err
		}
	}
	if err := flush(w.root); err != nil {
		return nil, err
	}
	if err := w.root.Close(); err != nil {
		return nil, err
	}
	whole()
	if replace {
		if err := os.RemoveAll(w.to + replaced); err != nil {
			return nil, err
		}
		if err := os.Rename(w.to, w.to+replaced); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.Rename(w.to+partial, w.to); err != nil {
		return nil, err
	}
	parent, err := os.Open(filepath.Dir(w.to))
	if err == nil {
		err = errors.Join(parent.Sync(), parent.Close())
	}
	if err == nil && replace {
		err = os.RemoveAll(w.to + replaced)
	}
	return &w.Manifest, errors.Join(err, w.held.Close())
}

// flush makes the names in a folder durable, and those of its manifest.
func flush(root *os.Root) error {
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && name != manifestName && name != signName {
			return err
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// Backup is a backup that was found whole.
type Backup struct {
	Manifest
	Sum  string // SHA-256 of the manifest, which names the backup
	root *os.Root
	text []byte
	sign []byte
}

// Open opens a backup and compares every file with the manifest. Who signed it
// is asked with Signed, once the keys are there.
func Open(path string, kind Kind) (*Backup, error) {
	path = filepath.Clean(path)
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) && !missing(path+replaced) && !missing(path+partial) {
		err = fmt.Errorf("%w; a newer one was whole when it was about to take its place: name %s", err, path+partial)
	}
	if err != nil {
		return nil, fmt.Errorf("open the backup of %s: %w", kind, err)
	}
	b := &Backup{root: root}
	if err := b.read(kind); err != nil {
		return nil, fmt.Errorf("the backup %s cannot be used, take another one: %w", path, errors.Join(err, root.Close()))
	}
	return b, nil
}

// Close closes the backup.
func (b *Backup) Close() error { return b.root.Close() }

func (b *Backup) read(kind Kind) (err error) {
	if b.text, err = b.small(manifestName, manifestMax); err != nil {
		return fmt.Errorf("it has no manifest, so it broke off or is none: %w", err)
	}
	sign, err := b.small(signName, 4096)
	if err != nil {
		return fmt.Errorf("its manifest is not signed: %w", err)
	}
	if b.sign, err = base64.StdEncoding.Strict().DecodeString(string(sign)); err != nil {
		return fmt.Errorf("%s is damaged", signName)
	}
	dec := json.NewDecoder(bytes.NewReader(b.text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b.Manifest); err != nil || b.Version != version {
		return fmt.Errorf("%s is damaged, or of another Portico", manifestName)
	}
	if b.Kind != kind {
		return fmt.Errorf("it is a backup of %s, and one of %s is wanted", b.Kind, kind)
	}
	sum := sha256.Sum256(b.text)
	b.Sum = hex.EncodeToString(sum[:])
	var damaged []error
	for _, f := range b.Files {
		if err := b.check(f); err != nil {
			damaged = append(damaged, err)
		}
	}
	return errors.Join(damaged...)
}

// check compares a file with what the manifest says of it.
func (b *Backup) check(f File) error {
	r, err := b.root.Open(f.Name)
	if err != nil {
		return fmt.Errorf("%s is missing: %w", f.Name, err)
	}
	defer r.Close() //nolint:errcheck // read only
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.Name, err)
	}
	if n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%s is damaged: it is not what the manifest says", f.Name)
	}
	return nil
}

func (b *Backup) small(name string, most int64) ([]byte, error) {
	f, err := b.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return io.ReadAll(io.LimitReader(f, most))
}

// Signed refuses a backup that the holder of these keys did not sign.
func (b *Backup) Signed(ring *keys.Ring) error {
	if b.Instance != ring.Instance() || b.Demo != ring.Demo() {
		return fmt.Errorf("the backup is of %q and the keys are of %q", b.Instance, ring.Instance())
	}
	ok, err := keys.Attested(ring.Vkey(), b.Kind.statement(), b.text, b.sign)
	if err == nil && !ok {
		err = errors.New("the manifest of the backup is not signed by the key of this portal: it was changed, or is another portal's")
	}
	return err
}
