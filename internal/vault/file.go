package vault

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// A file is the content of a declared field of a case. Its bytes and its name
// are sealed under a key of their own, the scope file:ID, so that it can be
// forgotten alone; the permit that opens it is the field's, in the scope of
// the case. Scope and field are in the additional data: a file whose row was
// moved to another case, question or person does not open.

// File names a file and the field whose content it is.
type File struct {
	ID    string
	Field string
}

// scope is where the key of a file is.
func (f File) scope() string { return "file:" + f.ID }

// FileChunk is how many bytes of a file are sealed together: sealing can go on
// at a multiple of it.
const FileChunk = chunkSize

// factFiles names the files of an event.
const factFiles = "files"

// Files is a use of files that passed the gate.
type Files struct {
	vault   *Vault
	permit  *Permit
	files   []File
	keys    []wrappedKey
	durable atomic.Bool
}

// Arriving is a file whose bytes are sealed before it is in the store, under a
// key that is nowhere but here. TakeIn brings that key into the store with the
// event, in one transaction: without it nobody ever opens what was sealed.
type Arriving struct {
	vault   *Vault
	subject string
	scope   string
	file    File
	key     []byte
	box     keys.Box
}

// Arriving makes the key of a person's file in the scope of a case.
func (v *Vault) Arriving(subject, scope string, f File) (*Arriving, error) {
	key := keys.NewKey()
	box, err := keys.NewBox(key)
	if err != nil {
		return nil, fmt.Errorf("make the key of a file: %w", err)
	}
	return &Arriving{v, subject, scope, f, key, box}, nil
}

// Sealer seals the first version of the file to w.
func (a *Arriving) Sealer(w io.Writer) *Sealer {
	return NewSealer(w, a.box, a.vault.ring.Instance(), a.subject, blob(a.scope, a.file, 0))
}

// NewFile makes the key of a file with a permit to collect its field, and
// writes the event.
func (v *Vault) NewFile(tx *db.Tx, p *Permit, f File) (*Files, error) {
	a, err := v.Arriving(p.granted.Subject(), p.granted.Scope(), f)
	if err != nil {
		return nil, err
	}
	return v.TakeIn(tx, p, a)
}

// TakeIn is NewFile for a file whose bytes were sealed already.
func (v *Vault) TakeIn(tx *db.Tx, p *Permit, a *Arriving) (*Files, error) {
	if p.granted.Operation() != policy.Collect || a.subject != p.granted.Subject() || a.scope != p.granted.Scope() {
		return nil, fmt.Errorf("take a file in: the permit is not for it")
	}
	return v.passFiles(tx, p, a, a.file)
}

// OpenFiles passes the gate with a permit for the fields of these files, and
// writes one event. With a permit to use they can be read, with a permit to
// collect they can be written, once the transaction is durable.
func (v *Vault) OpenFiles(tx *db.Tx, p *Permit, files ...File) (*Files, error) {
	return v.passFiles(tx, p, nil, files...)
}

func (v *Vault) passFiles(tx *db.Tx, p *Permit, fresh *Arriving, files ...File) (*Files, error) {
	if err := p.granted.Spend(tx.ID(), v.clock.Now()); err != nil {
		return nil, err
	}
	operation, kind := p.granted.Operation(), audit.KindAccess
	if operation == policy.Collect {
		kind = audit.KindCollect
	}
	if err := p.allows(operation, files); err != nil {
		return nil, err
	}
	subject := p.granted.Subject()
	box, err := v.boxes.open(subject, Evidence, p.evidence)
	if err != nil {
		return nil, err
	}
	if err := v.through(tx, p, box, func(n int64) *audit.Event { return p.eventOf(kind, n, files) }); err != nil {
		return nil, err
	}
	h := &Files{vault: v, permit: p, files: files}
	if fresh != nil {
		k, err := keepScope(tx, v.ring, subject, fresh.file.scope(), fresh.key)
		if err != nil {
			return nil, fmt.Errorf("keep the key of a file: %w", err)
		}
		h.keys = []wrappedKey{k}
	} else if h.keys, err = selectScopes(tx, subject, files); err != nil {
		return nil, fmt.Errorf("find the keys of files: %w", err)
	}
	tx.AfterCommit(func() { h.durable.Store(true) })
	return h, nil
}

// allows answers what is wrong if a permit is not for all of these files.
func (p *Permit) allows(operation policy.Operation, files []File) error {
	for _, f := range files {
		if !p.granted.Allows(operation, f.Field) {
			return fmt.Errorf("open a file: the permit is not for it")
		}
	}
	return nil
}

// with has files opened besides, with the fields whose content they are. It is
// asked behind the gate's row: whoever destroys a key meanwhile moves the gate.
func (s *sealedScope) with(tx *db.Tx, use *Use, find func(tx *db.Tx) ([]File, error)) (err error) {
	if s.files, err = find(tx); err != nil || len(s.files) == 0 {
		return err
	}
	use.Fields = slices.Clone(use.Fields)
	for _, f := range s.files {
		if !slices.Contains(use.Fields, f.Field) {
			use.Fields = append(use.Fields, f.Field)
		}
	}
	if s.keys, err = selectScopes(tx, use.Subject, s.files); errors.Is(err, errNoScope) {
		err = fmt.Errorf("%w: a file was destroyed", errMoved)
	}
	return err
}

// event is that of the access to all of it.
func (s *sealedScope) event(p *Permit, n int64) *audit.Event {
	return p.eventOf(audit.KindAccess, n, s.files)
}

// eventOf is the event of a use of which files are part.
func (p *Permit) eventOf(kind string, n int64, files []File) *audit.Event {
	e := p.event(kind, n)
	if len(files) == 0 {
		return e
	}
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.ID
	}
	e.Facts[factFiles] = strings.Join(ids, " ")
	return e
}

// find returns the box of a file.
func (h *Files) find(id string) (File, keys.Box, error) {
	i := slices.IndexFunc(h.files, func(f File) bool { return f.ID == id })
	if i < 0 {
		return File{}, keys.Box{}, fmt.Errorf("open a file: the permit was spent on others")
	}
	f := h.files[i]
	box, err := h.vault.boxes.open(h.permit.granted.Subject(), f.scope(), h.keys[i])
	return f, box, err
}

// blob is the place of a file's bytes: what it is the content of, and its
// version, for a file may be replaced by what was made of it.
func blob(scope string, f File, version int64) string {
	return keys.Row(scope, f.Field, f.ID, fmt.Sprint(version))
}

// Sealer seals a version of a file to w, beginning at a chunk. It refuses
// before the commit, and without a permit to collect.
func (h *Files) Sealer(w io.Writer, id string, version int64, chunk uint64) (*Sealer, error) {
	f, box, err := h.find(id)
	switch {
	case err != nil:
		return nil, err
	case !h.durable.Load():
		return nil, errNotYet
	case h.permit.granted.Operation() != policy.Collect:
		return nil, fmt.Errorf("write a file: the permit is to read")
	}
	s := NewSealer(w, box, h.vault.ring.Instance(), h.permit.granted.Subject(), blob(h.permit.granted.Scope(), f, version))
	s.chunks.next = chunk
	return s, nil
}

// Reader opens a version of a file from r. It refuses before the commit, and
// without a permit to use.
func (h *Files) Reader(r io.Reader, id string, version int64) (io.Reader, error) {
	f, box, err := h.find(id)
	switch {
	case err != nil:
		return nil, err
	case !h.durable.Load():
		return nil, errNotYet
	case h.permit.granted.Operation() != policy.Use:
		return nil, fmt.Errorf("read a file: the permit is to write")
	}
	return NewOpener(r, box, h.vault.ring.Instance(), h.permit.granted.Subject(), blob(h.permit.granted.Scope(), f, version)), nil
}

// SealName seals the name that a person gave a file.
func (h *Files) SealName(id, name string) ([]byte, error) {
	f, box, err := h.find(id)
	if err != nil {
		return nil, err
	}
	return box.Seal(h.name(f), []byte(name)), nil
}

// Name opens what SealName sealed, once the event is durable.
func (h *Files) Name(id string, sealed []byte) (string, error) {
	f, box, err := h.find(id)
	switch {
	case err != nil:
		return "", err
	case !h.durable.Load():
		return "", errNotYet
	case h.permit.granted.Operation() != policy.Use:
		return "", fmt.Errorf("read a file: the permit is to write")
	}
	name, err := box.Open(h.name(f), sealed)
	if err != nil {
		return "", fmt.Errorf("open the name of a file: %w", err)
	}
	return string(name), nil
}

func (h *Files) name(f File) keys.Place {
	return keys.Place{
		Instance: h.vault.ring.Instance(), Table: "file", Column: "name",
		Row: keys.Row(h.permit.granted.Scope(), f.Field, f.ID), Person: h.permit.granted.Subject(),
	}
}
