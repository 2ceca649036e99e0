package export

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"portico/internal/keys"
)

// Schema names the form of a package.
const Schema = "portico-package-1"

// What a manifest is signed as.
const (
	signedName = "manifest"
	signedKind = "package"
)

// manifestName is the entry that holds the manifest, the last of the package.
const manifestName = "manifest.json"

// Manifest says what a package holds.
type Manifest struct {
	Schema   string  `json:"schema"`
	ID       string  `json:"id"`   // of the request
	Kind     string  `json:"kind"` // access, or copy
	Subject  string  `json:"subject"`
	Made     string  `json:"made"`
	Language string  `json:"language"`
	Policy   string  `json:"policy"` // hash of the policy in force
	Entries  []Entry `json:"entries"`
}

// Entry is a file of the package.
type Entry struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Writer writes a package.
type Writer struct {
	zip     *zip.Writer
	entries []Entry
}

// NewWriter begins a package.
func NewWriter(w io.Writer) *Writer { return &Writer{zip: zip.NewWriter(w)} }

// Add writes an entry.
func (w *Writer) Add(name, mediaType string, write func(io.Writer) error) error {
	if name == manifestName || slices.ContainsFunc(w.entries, func(e Entry) bool { return e.Name == name }) {
		return fmt.Errorf("the package has an entry %q already", name)
	}
	to, err := w.zip.Create(name)
	if err != nil {
		return fmt.Errorf("begin an entry of a package: %w", err)
	}
	m := &meter{w: to, sum: sha256.New()}
	if err := write(m); err != nil {
		return fmt.Errorf("write an entry of a package: %w", err)
	}
	w.entries = append(w.entries, Entry{Name: name, Type: mediaType, Size: m.n, SHA256: hex.EncodeToString(m.sum.Sum(nil))})
	return nil
}

// meter measures what passes through it.
type meter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	m.sum.Write(p[:n])
	m.n += int64(n)
	return n, err
}

// Close writes the manifest, signed by the ring, and ends the package.
func (w *Writer) Close(m Manifest, ring *keys.Ring) error {
	m.Schema, m.Entries = Schema, w.entries
	signed, err := ring.Document(signedName, signedKind, m)
	if err != nil {
		return fmt.Errorf("sign a package: %w", err)
	}
	to, err := w.zip.Create(manifestName)
	if err == nil {
		_, err = to.Write(signed)
	}
	if err != nil {
		return fmt.Errorf("write the manifest of a package: %w", err)
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("end a package: %w", err)
	}
	return nil
}

// ErrNone says that a file is no package.
var ErrNone = errors.New("the file is no package of a portal")

// What a package may be at the most, so that one made to harm does not fill the
// memory of who verifies it.
const (
	maxManifest = 8 << 20
	maxEntries  = 100_000
)

// Verify reads a package as downloaded, holds its signature against the
// portal's published key and each entry against the manifest. Nothing else is in
// the file.
func Verify(file io.ReaderAt, size int64, vkey string) (*Manifest, error) {
	z, err := zip.NewReader(file, size)
	if err != nil || len(z.File) == 0 || len(z.File) > maxEntries {
		return nil, ErrNone
	}
	last := z.File[len(z.File)-1]
	if last.Name != manifestName {
		return nil, ErrNone
	}
	m, err := manifest(last, vkey)
	if err != nil {
		return nil, err
	}
	if len(m.Entries) != len(z.File)-1 {
		return nil, fmt.Errorf("the package holds %d entries and its manifest names %d", len(z.File)-1, len(m.Entries))
	}
	for i, e := range m.Entries {
		if err := entry(z.File[i], e); err != nil {
			return nil, err
		}
	}
	return m, whole(file, size, z)
}

func manifest(f *zip.File, vkey string) (*Manifest, error) {
	r, err := f.Open()
	if err != nil {
		return nil, ErrNone
	}
	defer r.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return nil, ErrNone
	}
	m := &Manifest{}
	if err := keys.ReadDocument(text, vkey, signedName, signedKind, m); errors.Is(err, keys.ErrOther) || err == nil && m.Schema != Schema {
		return nil, ErrNone
	} else if err != nil {
		return nil, err
	}
	return m, nil
}

// entry holds an entry against the manifest.
func entry(f *zip.File, e Entry) error {
	if f.Name != e.Name {
		return fmt.Errorf("the package holds %q where its manifest names %q", f.Name, e.Name)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("open %q: %w", e.Name, err)
	}
	defer r.Close() //nolint:errcheck // read only
	m := &meter{w: io.Discard, sum: sha256.New()}
	if _, err := io.Copy(m, io.LimitReader(r, e.Size+1)); err != nil {
		return fmt.Errorf("read %q: %w", e.Name, err)
	}
	if m.n != e.Size || hex.EncodeToString(m.sum.Sum(nil)) != e.SHA256 {
		return fmt.Errorf("%q was changed since the portal signed it", e.Name)
	}
	return nil
}
